"""The trained support model, through its one door: pairs in, three probabilities out."""

from __future__ import annotations

import json
import shutil
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragmarket.compliance.grounding.model.cues import CueReader, load_cues
from ragmarket.compliance.grounding.model.masking import MASKS, mask
from ragmarket.compliance.grounding.model.store import SHIPPED, load
from ragmarket.compliance.grounding.model.support import StudentSupport
from ragmarket.errors import BadKnowledge, ModelMissing
from ragmarket.knowledge.catalogue import load_catalogue
from ragmarket.knowledge.files import ROOT
from ragmarket.knowledge.language import LanguagePack, load_languages
from ragmarket.retrieval.embedding import SentenceEncoder
from ragmarket.schemas.base import LANGUAGES

FEE = "A one-time charge of 1.5% of the sanctioned amount is collected for processing the application."
LATE = "Instalments that are overdue attract penal charges of 2% per month."
# Nobody's phrasings: written for this test, in words that the phrasebook does not string together like this.
CLAIMS = {
    "en": "You pay 1.5% of the loan once, as a fee for processing it.",
    "hi": "लोन की प्रोसेसिंग फीस मंजूर रकम की 1.5% है, जो एक ही बार देनी होती है।",
    "mr": "कर्जाची प्रक्रिया फी मंजूर रकमेच्या 1.5% असून ती एकदाच भरायची आहे.",
    "gu": "લોનની પ્રોસેસિંગ ફી મંજૂર રકમના 1.5% છે, જે એક જ વાર ભરવાની છે.",
    "bn": "ঋণের প্রসেসিং ফি মঞ্জুর করা অঙ্কের 1.5%, একবারই দিতে হয়।",
    "ta": "கடனுக்கான செயலாக்கக் கட்டணம் அனுமதித்த தொகையில் 1.5%, ஒரே முறை செலுத்த வேண்டும்.",
    "te": "లోన్ ప్రాసెసింగ్ ఫీజు మంజూరైన మొత్తంలో 1.5%, ఒకేసారి చెల్లించాలి.",
    "kn": "ಸಾಲದ ಪ್ರೊಸೆಸಿಂಗ್ ಶುಲ್ಕ ಮಂಜೂರಾದ ಮೊತ್ತದ 1.5%, ಒಮ್ಮೆ ಮಾತ್ರ ಪಾವತಿಸಬೇಕು.",
    "ml": "വായ്പയുടെ പ്രോസസിങ് ഫീസ് അനുവദിച്ച തുകയുടെ 1.5%, ഒറ്റത്തവണ അടച്ചാൽ മതി.",
}


@pytest.fixture(scope="module")
def packs() -> dict[str, LanguagePack]:
    return load_languages(load_catalogue())


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    return SentenceEncoder()


@pytest.fixture(scope="module")
def model(encoder: SentenceEncoder, packs: dict[str, LanguagePack]) -> StudentSupport:
    return StudentSupport(encoder, packs)


def test_another_fact_supports_less_in_every_language(model: StudentSupport) -> None:
    told = {language: model.score([claim, claim], [FEE, LATE], language)[:, 0] for language, claim in CLAIMS.items()}
    assert [language for language, (same, other) in told.items() if same <= other] == []
    assert [language for language, (_, other) in told.items() if other >= 0.5] == []
    # Words that no phrasing strings together like this are told apart everywhere, but not everywhere with confidence.
    assert sum(same > 0.5 for same, _ in told.values()) >= 6


def test_a_claim_that_denies_its_evidence_is_not_supported(model: StudentSupport) -> None:
    pairs = {
        "en": ("No fee is charged for closing the loan early.", "A fee of 3% is charged for closing the loan early."),
        "hi": ("लोन समय से पहले बंद करने पर कोई शुल्क नहीं लगता।", "Foreclosure charges are 3% of the outstanding principal."),
        "ta": ("கடனை முன்கூட்டியே முடித்தால் கட்டணம் இல்லை.", "Foreclosure charges are 3% of the outstanding principal."),
    }
    for language, (claim, evidence) in pairs.items():
        assert model.score([claim], [evidence], language)[0, 0] < 0.5, language


def test_a_dropped_group_is_not_supported(model: StudentSupport) -> None:
    general = "Fixed deposits of 2 years earn 7.5% per annum."
    seniors = "Senior citizens earn 7.5% per annum on fixed deposits of 2 years."
    told = model.score([general, general], [general, seniors], "en")
    assert told[0, 0] > 0.5 > told[1, 0]


def test_evidence_in_the_claims_own_language(model: StudentSupport) -> None:
    evidence = "मंजूर राशि का 1.5% प्रोसेसिंग शुल्क एक बार लिया जाता है।"
    other = "किस्त समय पर न देने पर 2% प्रति माह दंड शुल्क लगता है।"
    told = model.score([CLAIMS["hi"]] * 2, [evidence, other], "hi")
    assert told[0, 0] > told[1, 0]


def test_rows_are_probabilities_and_do_not_depend_on_company(model: StudentSupport) -> None:
    claims, evidence = [CLAIMS["te"], CLAIMS["te"], "123", "…"], [FEE, LATE, "₹", FEE]
    together = model.score(claims, evidence, "te")
    assert together.shape == (4, 3)
    assert np.allclose(together.sum(axis=1), 1)
    assert (together >= 0).all()
    alone = [model.score([claim], [text], "te")[0] for claim, text in zip(claims, evidence, strict=True)]
    assert np.allclose(together, alone, atol=1e-5)


def test_threads_get_the_same_answer(
    model: StudentSupport, encoder: SentenceEncoder, packs: dict[str, LanguagePack]
) -> None:
    fresh = StudentSupport(encoder, packs)
    expected = model.score([CLAIMS["kn"]] * 2, [FEE, LATE], "kn")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: fresh.score([CLAIMS["kn"]] * 2, [FEE, LATE], "kn"), range(16)))
    assert all(np.allclose(answer, expected, atol=1e-6) for answer in answers)


def test_nothing_in_nothing_out(model: StudentSupport) -> None:
    assert model.score([], [], "en").shape == (0, 3)


def test_bad_calls_are_refused(model: StudentSupport) -> None:
    with pytest.raises(ValueError, match="language: 'xx'"):
        model.score(["a"], ["b"], "xx")
    with pytest.raises(ValueError, match="2 sentences for 1 claims"):
        model.score(["a"], ["b", "c"], "en")


def test_a_pair_is_judged_within_its_time(model: StudentSupport) -> None:
    model.score(list(CLAIMS.values())[:1], [FEE], "en")  # weights are read, the evidence is embedded
    taken = []
    for number in range(60):
        claim = CLAIMS["hi"].replace("1.5%", f"{number} रुपये").replace("एक", f"एक{'क' * (number % 7)}")
        start = time.thread_time()
        model.score([claim], [FEE], "hi")
        taken.append(time.thread_time() - start)
    assert statistics.median(taken) < 0.006


def test_weights_are_small_and_match_their_card(tmp_path: Path) -> None:
    assert (SHIPPED / "weights.npz").stat().st_size < 12 * 2**20
    broken = tmp_path / "model"
    shutil.copytree(SHIPPED, broken)
    data = bytearray((broken / "weights.npz").read_bytes())
    data[len(data) // 2] ^= 1
    (broken / "weights.npz").write_bytes(bytes(data))
    with pytest.raises(ModelMissing, match="do not match their card"):
        load(broken)
    with pytest.raises(ModelMissing, match="is absent"):
        load(tmp_path / "nowhere")


def test_weights_for_other_features_are_refused(tmp_path: Path) -> None:
    other = tmp_path / "model"
    shutil.copytree(SHIPPED, other)
    card: dict[str, Any] = json.loads((other / "card.json").read_text(encoding="utf-8"))
    card["form"]["features"] += 1
    (other / "card.json").write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(ModelMissing, match="other features"):
        load(other)


class _Stranger:
    name, fingerprint = "stranger", "0" * 64

    def embed(self, texts: Any) -> Any:
        return np.zeros((len(texts), 384), dtype=np.float32)


def test_another_encoder_is_refused(packs: dict[str, LanguagePack]) -> None:
    with pytest.raises(ModelMissing, match="trained after all-MiniLM-L6-v2, not stranger"):
        StudentSupport(_Stranger(), packs).score(["a"], ["b"], "en")


def test_the_card_says_what_was_held_out() -> None:
    figures = load().card["figures"]
    for held in ("phrasing", "language_kind", "kind"):
        for name in ("supported_recall", "contradicted_flagged", "unsupported_flagged"):
            one = figures[held][name]
            assert one["of"] > 500
            assert one["low"] <= one["share"] <= one["high"]
    assert set(figures["by_language"]) == set(LANGUAGES)


@given(st.text(max_size=80), st.sampled_from(LANGUAGES))
def test_masked_text_holds_no_digit_and_masks_to_itself(text: str, language: str) -> None:
    once = mask(text, language)
    assert not any(char in "0123456789" for char in once)
    assert mask(once, language) == once


@pytest.mark.parametrize(
    ("text", "language", "types"),
    [
        ("₹५ लाख तक, ९.५% से, 6 से 12 महीने", "hi", ["AMOUNT", "RATE", "DURATION", "DURATION"]),
        ("Rs. 2,500 within 7 days at 8.5 per cent", "en", ["AMOUNT", "DURATION", "RATE"]),
        ("5 லட்சம் வரை 12 மாதங்கள்", "ta", ["AMOUNT", "DURATION"]),
        ("3 free switches", "en", ["COUNT"]),
    ],
)
def test_figures_are_masked_by_type(text: str, language: str, types: list[str]) -> None:
    assert [word.strip(",") for word in mask(text, language).split() if word.strip(",") in MASKS] == types


def test_cues_in_every_language(packs: dict[str, LanguagePack]) -> None:
    reader = CueReader(packs)
    for language in LANGUAGES:
        limit = load_cues().limits["senior"]
        assert "senior" in reader.read(mask(limit.claim[language], language), language).groups, language
    assert reader.read("at AMOUNT or more, not below AMOUNT", "en").negations == 0
    assert reader.read("no charge is levied", "en").negations == 1


def test_cues_that_forget_a_language_are_refused_whole(tmp_path: Path) -> None:
    text = (ROOT / "support_cues.yaml").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("  ta: [இல்லை")]
    (tmp_path / "cues.yaml").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(BadKnowledge, match="negation: one list for each language is needed, see ta"):
        load_cues(tmp_path / "cues.yaml")
