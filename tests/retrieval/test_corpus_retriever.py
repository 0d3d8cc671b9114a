from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from document_samples import RATE_CARD, write
from pattern_reader import PatternReader

from ragmarket.errors import UnknownProduct
from ragmarket.knowledge.angles import THEMES
from ragmarket.knowledge.catalogue import Theme, load_catalogue
from ragmarket.retrieval.embedding import SentenceEncoder
from ragmarket.retrieval.index import CorpusIndex
from ragmarket.retrieval.retriever import CorpusRetriever
from ragmarket.schemas.brief import Brief
from ragmarket.schemas.compliance import Policy
from ragmarket.schemas.evidence import Evidence
from ragmarket.schemas.prediction import Prediction

DAY = date(2026, 7, 1)
NEUTRAL = dict.fromkeys(THEMES, 1.0)
LOAN = """# Test Loan

| Particulars | Charges |
|---|---|
| Interest rate | 11.00% |
| Processing fee | 2.00% |
"""
RULE = "# A rule\n\nA rate is never said without its fee. Deposits are insured up to a limit. "
RULE += "The third sentence says nothing.\n"


@pytest.fixture(scope="module")
def world(
    tmp_path_factory: pytest.TempPathFactory, encoder: SentenceEncoder
) -> tuple[Path, Path, CorpusIndex, CorpusRetriever]:
    base = tmp_path_factory.mktemp("world")
    root, home = base / "corpus", base / "home"
    write(root, "fd.md", RATE_CARD)
    write(root, "fd2.md", RATE_CARD.replace("6.50%", "6.90%"), version="2", effective_from="2026-09-01")
    write(root, "fd-faq.md", "The minimum amount is Rs. 5,000. Visit any branch.\n", doc_id="fd-faq")
    write(root, "fd-hi.md", "न्यूनतम राशि ₹5,000 है।\n", doc_id="fd-hi", language="hi")
    write(root, "loan.md", LOAN, doc_id="loan", product_class="loan", product_code="TST-PL-1", title="Test Loan")
    write(
        root,
        "old.md",
        LOAN,
        doc_id="old",
        product_class="loan",
        product_code="TST-OLD",
        title="Old",
        effective_to="2026-03-31",
    )
    write(
        root,
        "rule.md",
        RULE,
        doc_id="rule",
        kind="regulatory",
        product_class=None,
        product_code=None,
        authority="RBI",
        title="A rule",
    )
    catalogue = load_catalogue()
    index = CorpusIndex(home, catalogue, encoder, reader=PatternReader())
    index.update(root)
    preferred = {("cheap", ""): "cost", ("grow", ""): "growth", ("cheap", "savers"): "growth"}

    def weights(_: Brief, prediction: Prediction, __: str) -> dict[Theme, float]:
        best = preferred.get((prediction.intent, prediction.segment), preferred.get((prediction.intent, "")))
        return {theme: 3.0 if theme == best else 1.0 for theme in THEMES}

    retriever = CorpusRetriever(home, catalogue, encoder, weights)
    return root, home, index, retriever


@pytest.fixture
def retriever(world: tuple[Path, Path, CorpusIndex, CorpusRetriever]) -> CorpusRetriever:
    return world[3]


def policy(product_class: str = "deposit", **changes: object) -> Policy:
    fields = {
        "snapshot_id": "t", "product_class": product_class, "channel": "email", "language": "en", "as_of": DAY,
        "disclaimers": (), "max_claims": 5,
    }  # fmt: skip
    return Policy.model_validate({**fields, **changes})


def retrieve(
    retriever: CorpusRetriever,
    code: str = "TST-FD-1",
    intent: str = "grow",
    day: date = DAY,
    language: str = "en",
    segment: str = "neutral",
    **changes: object,
) -> tuple[Evidence, ...]:
    brief = Brief.model_validate({"product_code": code, "language": language, "channel": "email", "as_of": day})
    prediction = Prediction(segment=segment, intent=intent, confidence=1.0, source="caller", model="t")
    product_class = "loan" if code != "TST-FD-1" else "deposit"
    return retriever.retrieve(brief, prediction, policy(product_class, as_of=day, **changes))


def test_ids_and_slots_are_numbered_and_every_span_holds(retriever: CorpusRetriever) -> None:
    found = retrieve(retriever)
    assert [one.id for one in found] == [f"S{number}" for number in range(1, len(found) + 1)]
    assert len(found) <= 12
    for one in found:
        text = retriever.text(one.sha256)
        assert text[one.start : one.end] == one.quote
        for slot in one.slots:
            assert slot.name == f"{one.id}a"
            assert text[slot.low.start : slot.low.end] == slot.low.text


def test_only_the_version_of_the_day_and_the_product_is_seen(retriever: CorpusRetriever) -> None:
    before = [one for one in retrieve(retriever) if one.doc_kind == "product"]
    assert {one.version for one in before if one.doc_id == "test-fd"} == {"1"}
    assert {one.product_code for one in before} == {"TST-FD-1"}
    assert any("6.50%" in one.quote for one in before)
    after = retrieve(retriever, day=date(2026, 9, 1))
    assert {one.version for one in after if one.doc_id == "test-fd"} == {"2"}
    assert not any("6.50%" in one.quote for one in after)
    assert retriever.product("TST-FD-1", date(2026, 8, 31)).version == "1"
    assert retriever.product("TST-FD-1", date(2026, 9, 1)).version == "2"


def test_unknown_products_and_days_are_refused(retriever: CorpusRetriever) -> None:
    with pytest.raises(UnknownProduct, match="NOPE"):
        retriever.product("NOPE", DAY)
    with pytest.raises(UnknownProduct, match="in force"):
        retriever.product("TST-OLD", DAY)
    with pytest.raises(UnknownProduct):
        retrieve(retriever, day=date(2020, 1, 1))


def test_facts_come_first_each_once_then_support_then_rules(retriever: CorpusRetriever) -> None:
    found = retrieve(retriever)
    order = [0 if one.phrasable else 1 if one.doc_kind == "product" else 2 for one in found]
    assert order == sorted(order)
    assert order.count(2) == 2
    assert not any(one.phrasable or one.kind or one.slots for one in found if one.doc_kind == "regulatory")
    minimum = [one for one in found if one.kind == "fd_min_deposit"]
    assert len(minimum) == 1


def test_intent_decides_which_fact_leads(retriever: CorpusRetriever) -> None:
    catalogue = load_catalogue()
    themes = {
        intent: catalogue.kinds[retrieve(retriever, intent=intent)[0].kind or ""].theme for intent in ("grow", "cheap")
    }
    assert themes == {"grow": "growth", "cheap": "cost"}
    assert retrieve(retriever, intent="unheard_of")


def test_a_segment_decides_too(retriever: CorpusRetriever) -> None:
    first = retrieve(retriever, intent="cheap", segment="savers")[0]
    assert load_catalogue().kinds[first.kind or ""].theme == "growth"


def test_a_version_that_lapsed_leaves_no_older_one_in_force(tmp_path: Path, encoder: SentenceEncoder) -> None:
    write(tmp_path / "corpus", "v1.md", RATE_CARD)
    offer = {"version": "2", "effective_from": "2026-04-01", "effective_to": "2026-09-30"}
    write(tmp_path / "corpus", "v2.md", RATE_CARD, **offer)
    catalogue = load_catalogue()
    CorpusIndex(tmp_path / "home", catalogue, encoder, reader=PatternReader()).update(tmp_path / "corpus")
    retriever = CorpusRetriever(tmp_path / "home", catalogue, encoder, lambda *_: NEUTRAL)
    assert retriever.product("TST-FD-1", date(2026, 3, 31)).version == "1"
    assert retriever.product("TST-FD-1", date(2026, 9, 30)).version == "2"
    with pytest.raises(UnknownProduct, match="in force"):
        retriever.product("TST-FD-1", date(2026, 10, 15))


def test_must_say_leads_and_must_not_say_is_gone(retriever: CorpusRetriever) -> None:
    found = retrieve(retriever, must_say=("fd_premature_penalty",), must_not_say=("fd_senior_rate",))
    assert found[0].kind == "fd_premature_penalty"
    assert "fd_senior_rate" not in {one.kind for one in found}


def test_a_kind_travels_with_its_companion_or_not_at_all(retriever: CorpusRetriever) -> None:
    together = retrieve(retriever, "TST-PL-1", must_say_with={"loan_interest_rate": ("processing_fee_rate",)})
    kinds = [one.kind for one in together if one.phrasable]
    assert abs(kinds.index("loan_interest_rate") - kinds.index("processing_fee_rate")) == 1
    alone = retrieve(retriever, "TST-PL-1", must_say_with={"loan_interest_rate": ("loan_apr",)})
    rate = next(one for one in alone if one.kind == "loan_interest_rate")
    assert not rate.phrasable
    assert "loan_apr" in (rate.why_not or "")


def test_documents_in_a_third_language_are_left_out(retriever: CorpusRetriever) -> None:
    assert "fd-hi" not in {one.doc_id for one in retrieve(retriever, language="ta")}
    assert "fd-hi" in {one.doc_id for one in retrieve(retriever, language="hi")}


def test_the_same_question_gives_the_same_answer(retriever: CorpusRetriever) -> None:
    assert retrieve(retriever) == retrieve(retriever)


def test_a_new_run_of_indexing_is_noticed(world: tuple[Path, Path, CorpusIndex, CorpusRetriever]) -> None:
    root, _, index, retriever = world
    retrieve(retriever)
    write(
        root,
        "loan.md",
        LOAN.replace("11.00%", "12.00%"),
        doc_id="loan",
        product_class="loan",
        product_code="TST-PL-1",
        title="T",
    )
    index.update(root)
    assert any("12.00%" in one.quote for one in retrieve(retriever, "TST-PL-1"))
    assert not any("11.00%" in one.quote for one in retrieve(retriever, "TST-PL-1"))


def test_nothing_indexed_says_what_to_do(tmp_path: Path, encoder: SentenceEncoder) -> None:
    empty = CorpusRetriever(tmp_path, load_catalogue(), encoder, lambda *_: NEUTRAL)
    with pytest.raises(UnknownProduct, match="nothing is indexed") as caught:
        empty.product("X", DAY)
    assert "ragmarket index" in caught.value.hint
