from __future__ import annotations

import pytest

from ragmarket.compliance.renderer import Renderer
from ragmarket.compliance.renderings import Renderings
from ragmarket.knowledge.joined import JoinedBook
from ragmarket.schemas.base import LANGUAGES
from tests.test_pipeline import CATALOGUE, EVIDENCE, PACKS, answer, brief, line

RENDERINGS = Renderings(Renderer(CATALOGUE, PACKS), PACKS)
UNJOINED = {language: pack.model_copy(update={"joined": JoinedBook(())}) for language, pack in PACKS.items()}
WHOLE = Renderings(Renderer(CATALOGUE, UNJOINED), UNJOINED)
NAME = "Test Deposit"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("channel", ["sms", "email"])
def test_what_the_line_writes_is_recognised_from_its_bytes(language: str, channel: str) -> None:
    ids = (1,) if channel == "sms" else (1, 2, 3)
    pipeline, _, _ = line(answer(language, channel, ids))
    result = pipeline.draft(brief(language, channel))
    assert result.status == "accepted", result.findings
    for id_, claim in zip(ids, result.claims, strict=True):
        assert RENDERINGS.proves(claim.text, EVIDENCE[id_ - 1], language, NAME)
        others = [one for one in EVIDENCE if one.id != f"S{id_}"]
        assert not any(RENDERINGS.proves(claim.text, one, language, NAME) for one in others)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_changed_letter_figure_or_word_is_no_rendering(language: str) -> None:
    fact = EVIDENCE[1]
    # Whole sentences: the second half of a joined one may be another phrasing with "and" before it.
    told = WHOLE.of(fact, language, NAME)
    assert len(told) >= 6
    for text in told:
        assert RENDERINGS.proves(text, fact, language, NAME)
        assert not RENDERINGS.proves(text.replace("7.25", "7.75"), fact, language, NAME)
        assert not RENDERINGS.proves(text + " always", fact, language, NAME)
        assert not RENDERINGS.proves(" ".join(text.split()[1:]), fact, language, NAME)


def test_evidence_that_may_not_be_put_into_words_proves_nothing() -> None:
    fact = EVIDENCE[0]
    text = RENDERINGS.of(fact, "en", NAME)[0]
    assert not RENDERINGS.proves(text, fact.model_copy(update={"phrasable": False}), "en", NAME)
    assert RENDERINGS.of(fact.model_copy(update={"kind": None}), "en", NAME) == ()
