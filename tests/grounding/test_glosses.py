"""Native words in English: by their longest stem, joiners or not, and nothing invented for what nobody wrote down."""

from __future__ import annotations

from pathlib import Path

import pytest

from ragmarket.compliance.grounding.glosses import FOLDER, Glossary, load_glossary
from ragmarket.compliance.grounding.model.lines import glossed
from ragmarket.errors import BadKnowledge

WRITTEN = sorted(path.stem for path in FOLDER.glob("*.yaml"))
SMALL = Glossary({"கடன": "loan", "கட": "cross", "செலுத்த": "pay", "இல்லை": "not have / not"})


def test_a_word_means_what_its_longest_stem_means() -> None:
    assert SMALL.word("கடனுக்கு") == "loan"
    assert SMALL.word("செலுத்தலாம்") == "pay"


def test_a_short_stem_holds_for_itself_alone() -> None:
    assert SMALL.word("கட") == "cross"
    assert SMALL.word("கடவுள்") == ""


def test_a_text_keeps_its_figures_and_latin_words() -> None:
    assert SMALL.english("SIP கடன் ₹5,000 இல்லை") == "SIP loan ₹5,000 not have"
    found = SMALL.glosses("SIP கடன் பூனை")
    assert [(one.start, one.end, one.english) for one in found] == [(0, 3, "SIP"), (4, 8, "loan"), (9, 13, "")]


def test_joiners_are_a_matter_of_keyboards() -> None:
    assert Glossary({"ലോൺ": "loan"}).word("ലോ\u200dൺ") == "loan"


@pytest.mark.parametrize("language", WRITTEN)
def test_each_glossary_loads_and_knows_its_banking_words(language: str) -> None:
    entries = dict(load_glossary(language).entries)
    assert len(entries) > 1000
    assert {"loan", "interest", "fee", "premium"} <= {word for english in entries.values() for word in english.split()}


def test_a_language_without_a_glossary_knows_nothing() -> None:
    assert load_glossary("en").entries == ()


def test_only_words_that_say_something_are_learnt_from() -> None:
    learnt = glossed(WRITTEN)
    assert learnt == sorted(set(learnt))
    assert all(len(stem) > 2 and not any(char.isdigit() for char in english) for _, stem, english in learnt)


def test_a_word_without_a_meaning_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "ta.yaml").write_text("கடன: loan\nவட்டி: yes\n", encoding="utf-8")
    with pytest.raises(BadKnowledge, match=r"ta\.yaml:2"):
        load_glossary("ta", tmp_path)
