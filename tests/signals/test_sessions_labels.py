"""Labels: visitors' words, language models, agreement, the student and the model that serves it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragmarket.errors import InvalidInput, ModelMissing, UndecodableOutput
from ragmarket.knowledge.angles import load_angles
from ragmarket.knowledge.profiles import load_sessions
from ragmarket.schemas.sessions import SessionLabel, Taxonomy, TaxonomyIntent, ToldSession
from ragmarket.signals.sessions.asking import EngineLabeller, EngineProposer
from ragmarket.signals.sessions.features import session_features
from ragmarket.signals.sessions.labels import (
    agreement,
    calibrated,
    coverage_drift,
    from_words,
    nearest_centroid,
    together,
)
from ragmarket.signals.sessions.model import SessionModel
from ragmarket.signals.sessions.student import Student
from ragmarket.signals.sessions.telling import SearchKinds, in_words, tell
from ragmarket.signals.sessions.texts import HashedEncoder
from ragmarket.signals.sessions.utterances import UtteranceStudent
from ragmarket.testing import ScriptedEngine

PAGES = ("overview", "rates", "charges", "calculator", "eligibility", "documents")
TAXONOMY = Taxonomy(
    version=1,
    written_by="tests",
    groups={"borrow": "Money needed now."},
    intents={
        "buy_home": TaxonomyIntent(definition="Sizes a loan for a home.", group="borrow"),
        "meet_expense": TaxonomyIntent(definition="Needs money soon for an expense.", group="borrow"),
    },
)


def visit(intent: str, dice: np.random.Generator, *, words: bool) -> list[dict[str, Any]]:
    """Homes are read about forwards, expenses backwards; pages and product are the same."""
    step = 1 if intent == "buy_home" else -1
    place = int(dice.integers(len(PAGES)))
    rows: list[dict[str, Any]] = []
    for _ in range(6):
        rows.append({"page": PAGES[place], "product": "loan", "device": "mobile", "dwell_s": 20.0})
        place = (place + step) % len(PAGES)
    if words:
        rows[1]["text"] = "housing loan for a flat" if intent == "buy_home" else "urgent cash for hospital"
    return rows


def taught(seed: int = 0) -> Student:
    dice = np.random.default_rng(seed)
    names = [("buy_home", "meet_expense")[int(dice.integers(2))] for _ in range(300)]
    return Student.fit([visit(name, dice, words=True) for name in names], names, least=0.6)


@pytest.fixture(scope="module")
def student() -> Student:
    return taught()


def test_the_student_learns_pages_from_sessions_whose_words_gave_the_label(student: Student) -> None:
    dice = np.random.default_rng(9)
    names = [("buy_home", "meet_expense")[place % 2] for place in range(100)]
    said = [student.label(visit(name, dice, words=False)) for name in names]
    assert sum(one == name for (one, _), name in zip(said, names, strict=True)) > 95
    chances = student.scores(visit("buy_home", dice, words=True))[0]
    assert chances.sum() == pytest.approx(1.0)


def test_a_session_that_says_nothing_is_other_and_reasons_can_be_read(student: Student) -> None:
    intent, confidence = student.label([{"page": "news"}])
    assert intent == "other"
    assert confidence < 0.6
    model = SessionModel(student, TAXONOMY)
    read = model.read(visit("buy_home", np.random.default_rng(1), words=True))
    assert read.intent == "buy_home"
    assert read.group == "borrow"
    assert any(one.startswith("went from ") for one in read.reasons)
    silent = model.read([{"page": "news"}])
    assert (silent.intent, silent.group) == ("other", None)
    assert silent.reasons


def test_a_model_comes_back_whole_and_follows_a_renamed_intent(student: Student, tmp_path: Path) -> None:
    SessionModel(student, TAXONOMY, card={"sessions": 300}).save(tmp_path)
    events = visit("buy_home", np.random.default_rng(4), words=True)
    again = SessionModel.load(tmp_path)
    assert again.read(events) == SessionModel(student, TAXONOMY).read(events)
    assert again.card == {"sessions": 300}
    intents = dict(TAXONOMY.intents)
    intents["own_a_home"] = intents.pop("buy_home").model_copy(update={"aliases": ("buy_home",)})
    edited = TAXONOMY.model_copy(update={"version": 2, "intents": intents})
    found = SessionModel.load(tmp_path, taxonomy=edited).read(events)
    assert (found.intent, found.taxonomy) == ("own_a_home", 2)


def test_a_missing_or_damaged_model_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="no session model"):
        SessionModel.load(tmp_path)
    (tmp_path / "student.npz").write_bytes(b"PK but no model")
    with pytest.raises(ModelMissing, match="cannot be read"):
        SessionModel.load(tmp_path)


@pytest.mark.parametrize(
    ("events", "message"),
    [([], "1 to"), ([{"page": "rates"}, {"product": "loan"}], r"events\[1\].page"), ([{"page": 7}], r"events\[0\]")],
)
def test_what_is_no_session_is_refused_by_place(student: Student, events: list[Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        SessionModel(student, TAXONOMY).read(events)


def test_one_intent_alone_cannot_be_learned() -> None:
    with pytest.raises(InvalidInput, match="fewer than two"):
        Student.fit([[{"page": "rates"}]] * 3, ["a", "a", "other"])


def test_steps_lead_over_pages_of_no_product() -> None:
    events = [{"page": "rates", "product": "loan"}, {"page": "news"}, {"page": "apply", "product": "loan"}]
    found = session_features(events)
    assert found["step rates > apply"] == 1.0
    assert found["enter loan"] == 1.0
    assert found["stay loan"] == 1.0


# Told sessions and labels


@pytest.fixture(scope="module")
def kinds() -> SearchKinds:
    examples = {"house": ["home loan", "loan for a house"], "tax": ["save tax", "tax rules"]}
    return SearchKinds(HashedEncoder(512), examples)


def table(**columns: list[Any]) -> pl.DataFrame:
    rows = len(columns["page"])
    return pl.DataFrame({"session_id": ["A"] * rows, "event": list(range(rows)), **columns})


def test_what_a_visitor_typed_is_told_by_its_kind_only(kinds: SearchKinds) -> None:
    known = load_sessions(load_angles())
    events = table(
        page=["home", "search", "rates", "calculator", "hologram"],
        product=[None, None, "home_loan", "home_loan", None],
        text=[None, "home loan for Ramesh Kumar 9876543210", None, None, None],
        referrer=["whatsapp"] * 5,
        device=["mobile"] * 5,
        customer_id=["SIM1"] * 5,
        tile_seen=["deposit|loan", None, None, None, None],
        tile_clicked=["loan", None, None, None, None],
        dwell_s=[2.0, 5.0, 45.0, 200.0, 1.0],
    )
    told = tell(events, known, kinds)["A"]
    assert told.referrer == "campaign"
    assert [event.page for event in told.events] == ["home", "rates", "calculator"]
    assert told.events[0].tile == "clicked"
    assert told.events[1].search == "house"
    assert [event.dwell for event in told.events] == ["glance", "medium", "long"]
    for secret in ("Ramesh", "9876543210", "SIM1"):
        assert secret not in in_words(told) + told.model_dump_json()
    assert tell(events.head(2), known, kinds) == {}, "one event that can be told is too little"


def test_words_label_only_where_their_kind_belongs_to_one_intent(kinds: SearchKinds) -> None:
    known = load_sessions(load_angles())
    seeds = {name: TaxonomyIntent(definition=one.definition, group="all") for name, one in known.intents.items()}
    taxonomy = Taxonomy(version=1, written_by="tests", groups={"all": "Everything."}, intents=seeds)
    events = pl.DataFrame(
        {"session_id": ["A", "B", "C"], "text": ["loan for a house", None, "zzz qqq"], "page": ["search"] * 3}
    )
    found = from_words(events, known, kinds, taxonomy)
    assert {key: one.intent for key, one in found.items()} == {"A": "buy_home"}


def hand(labels: dict[str, str], confidence: float) -> dict[str, SessionLabel]:
    return {key: SessionLabel(session_id=key, intent=one, confidence=confidence) for key, one in labels.items()}


def test_a_hand_that_is_sure_and_wrong_loses_its_say() -> None:
    keys = [f"S{place}" for place in range(60)]
    truth = dict.fromkeys(keys, "a")
    liar = calibrated(hand(dict.fromkeys(keys, "b"), 0.95), truth)
    honest = calibrated(hand(truth, 0.5), truth)
    assert {one.confidence for one in liar.values()} == {0.0}
    assert {one.confidence for one in honest.values()} == {1.0}
    assert {one.intent for one in together([liar, honest]).values()} == {"a"}
    few = calibrated(hand({"S1": "a"}, 0.9), truth)
    assert few["S1"].confidence == 0.0, "one agreement proves nothing"
    assert together([few]) == {}


@given(st.dictionaries(st.text("xyz", min_size=1), st.sampled_from("abc"), min_size=2))
def test_agreement_with_oneself_is_whole(labels: dict[str, str]) -> None:
    kappa, equal, count = agreement(labels, labels)
    assert (kappa, equal, count) == (1.0, 1.0, len(labels))


def test_kappa_takes_chance_out() -> None:
    first = dict(zip("ABCDEFGH", "aaaabbbb", strict=True))
    second = dict(zip("ABCDEFGH", "aabbaabb", strict=True))
    assert agreement(first, second)[0] == pytest.approx(0.0)
    assert agreement(first, {"Z": "a"})[2] == 0


def test_the_nearest_mean_is_made_without_the_session_itself() -> None:
    dice = np.random.default_rng(0)
    vectors = np.concatenate([dice.normal(0, 1, (40, 3)), dice.normal(6, 1, (40, 3))]).astype(np.float32)
    ids = [f"S{place}" for place in range(80)]
    labels = {id_: "low" if place < 40 else "high" for place, id_ in enumerate(ids)}
    assert agreement(labels, nearest_centroid(vectors, ids, labels))[0] > 0.95
    random = dict(zip(ids, dice.choice(["low", "high"], 80).tolist(), strict=True))
    assert abs(agreement(random, nearest_centroid(vectors, ids, random))[0]) < 0.4


def test_drift_of_coverage_is_seen() -> None:
    same = coverage_drift(["a", "b"] * 50, ["a", "b"] * 50)
    moved = coverage_drift(["a", "b"] * 50, ["a", "other"] * 50)
    assert same["psi"] == pytest.approx(0.0, abs=1e-9)
    assert moved["psi"] > 0.25
    assert moved["other_after"] == 0.5


# Language models

SESSION = ToldSession.model_validate(
    {"device": "mobile", "referrer": "search", "events": [{"page": "rates", "product": "loan", "dwell": "long"}] * 3}
)


def test_a_served_model_labels_with_definitions_and_grammar() -> None:
    engine = ScriptedEngine(['{"intent":"buy_home","confidence":"high","because":["E1","E3"]}', '{"intent":"fly"}'])
    labeller = EngineLabeller(engine, TAXONOMY)
    found = labeller.label("S1", SESSION)
    assert (found.intent, found.confidence, found.because) == ("buy_home", 0.95, ("E1", "E3"))
    assert "Needs money soon for an expense." in engine.prompts[0]
    assert '"\\"buy_home\\""' in engine.grammars[0]
    with pytest.raises(UndecodableOutput):
        labeller.label("S1", SESSION, seed=1)


def test_grammars_compile_and_admit_only_the_answer() -> None:
    xgrammar = pytest.importorskip("xgrammar")
    engine = ScriptedEngine(
        [
            '{"intent":"other","confidence":"low","because":[]}',
            '{"name":"open_account","definition":"Wants an account."}',
        ]
    )
    EngineLabeller(engine, TAXONOMY).label("S1", SESSION)
    assert EngineProposer(engine).propose(SESSION, []).name == "open_account"
    for grammar in engine.grammars:
        xgrammar.Grammar.from_ebnf(grammar)


def test_utterances_are_told_apart_and_another_encoder_is_refused() -> None:
    texts = ["lost my card", "card was stolen", "send money abroad", "transfer money to a friend"] * 4
    labels = ["card", "card", "transfer", "transfer"] * 4
    encoder = HashedEncoder(128)
    student = UtteranceStudent.fit(texts, labels, encoder)
    assert [name for name, _ in student.label(["my card is lost", "transfer money"], encoder)] == ["card", "transfer"]
    assert student.label([], encoder) == []
    with pytest.raises(ModelMissing):
        student.label(["x"], HashedEncoder(64))
    with pytest.raises(InvalidInput, match="labels"):
        UtteranceStudent.fit(texts, labels[:3], encoder)
