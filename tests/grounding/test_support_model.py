"""The trained support model, through its one door: pairs in, three probabilities out."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ragmarket.compliance.grounding.model.cross_encoder import CrossEncoder
from ragmarket.compliance.grounding.model.store import SHIPPED, load
from ragmarket.compliance.grounding.verifier import ClaimVerifier
from ragmarket.errors import ModelMissing
from ragmarket.knowledge.catalogue import load_catalogue
from ragmarket.knowledge.language import load_languages
from ragmarket.retrieval.embedding import packaged_path
from ragmarket.retrieval.figures import recognise
from ragmarket.schemas.grounding import GroundingRequest, SupportPair

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
def reader() -> ClaimVerifier:
    return ClaimVerifier(recognise, load_languages(load_catalogue()))


@pytest.fixture(scope="module")
def model() -> CrossEncoder:
    return CrossEncoder(packaged_path())


def pair(reader: ClaimVerifier, claim: str, evidence: str, language: str) -> SupportPair:
    return reader.pair(GroundingRequest.model_validate({"claim": claim, "evidence": evidence, "language": language}))


def test_another_fact_supports_less_in_every_language(reader: ClaimVerifier, model: CrossEncoder) -> None:
    told = {
        language: model.score([pair(reader, claim, FEE, language), pair(reader, claim, LATE, language)])[:, 0]
        for language, claim in CLAIMS.items()
    }
    assert [language for language, (same, other) in told.items() if same <= other] == []
    assert [language for language, (_, other) in told.items() if other >= 0.5] == []
    assert sum(same > 0.5 for same, _ in told.values()) >= 8


def test_a_claim_that_denies_its_evidence_is_not_supported(reader: ClaimVerifier, model: CrossEncoder) -> None:
    pairs = {
        "en": ("No fee is charged for closing the loan early.", "A fee of 3% is charged for closing the loan early."),
        "hi": ("लोन समय से पहले बंद करने पर कोई शुल्क नहीं लगता।", "Foreclosure charges are 3% of the outstanding principal."),
        "ta": ("கடனை முன்கூட்டியே முடித்தால் கட்டணம் இல்லை.", "Foreclosure charges are 3% of the outstanding principal."),
    }
    for language, (claim, evidence) in pairs.items():
        assert model.score([pair(reader, claim, evidence, language)])[0, 0] < 0.5, language


def test_a_dropped_group_is_not_supported(reader: ClaimVerifier, model: CrossEncoder) -> None:
    general = "Fixed deposits of 2 years earn 7.5% per annum."
    seniors = "Senior citizens earn 7.5% per annum on fixed deposits of 2 years."
    told = model.score([pair(reader, general, general, "en"), pair(reader, general, seniors, "en")])
    assert told[0, 0] > 0.5 > told[1, 0]


def test_evidence_in_the_claims_own_language(reader: ClaimVerifier, model: CrossEncoder) -> None:
    evidence = "मंजूर राशि का 1.5% प्रोसेसिंग शुल्क एक बार लिया जाता है।"
    other = "किस्त समय पर न देने पर 2% प्रति माह दंड शुल्क लगता है।"
    told = model.score([pair(reader, CLAIMS["hi"], text, "hi") for text in (evidence, other)])
    assert told[0, 0] > told[1, 0]


def test_rows_are_probabilities_and_do_not_depend_on_company(reader: ClaimVerifier, model: CrossEncoder) -> None:
    asked = [("te", CLAIMS["te"], FEE), ("te", CLAIMS["te"], LATE), ("en", "123", "₹"), ("hi", "१२३ …", FEE)]
    pairs = [pair(reader, claim, evidence, language) for language, claim, evidence in asked]
    together = CrossEncoder(packaged_path()).score(pairs)
    assert together.shape == (4, 3)
    assert np.allclose(together.sum(axis=1), 1)
    assert (together >= 0).all()
    assert np.array_equal(together, np.concatenate([model.score([one]) for one in reversed(pairs)])[::-1])
    assert model.score([]).shape == (0, 3)


def test_threads_get_the_same_answer(reader: ClaimVerifier, model: CrossEncoder) -> None:
    pairs = [pair(reader, CLAIMS["kn"], text, "kn") for text in (FEE, LATE)]
    fresh, expected = CrossEncoder(packaged_path()), model.score(pairs)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: fresh.score(pairs), range(16)))
    assert all(np.allclose(answer, expected, atol=1e-6) for answer in answers)


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


def test_weights_for_another_rendering_are_refused(tmp_path: Path) -> None:
    other = tmp_path / "model"
    shutil.copytree(SHIPPED, other)
    card: dict[str, Any] = json.loads((other / "card.json").read_text(encoding="utf-8"))
    card["form"]["rendering"] += 1
    (other / "card.json").write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(ModelMissing, match="another rendering"):
        load(other)


def test_the_card_says_whose_claims_were_learnt_from() -> None:
    card = load()[1]
    assert sum(card["lessons"].values()) > 5_000
    assert not set(card["lessons"]) & {"test", "held", "unseen"}
