"""Asking by signals, by a customer's reference, by a visit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from ragmarket.bootstrap import PREDICTOR_WEIGHTS
from ragmarket.errors import InvalidInput, NotFound
from ragmarket.knowledge.angles import load_angles
from ragmarket.predicting import predict, predict_many
from ragmarket.prediction.predictor import TrainedPredictor
from ragmarket.schemas.customers import CustomerView, VisitView
from ragmarket.schemas.prediction import Prediction
from ragmarket.schemas.sessions import SessionReading
from ragmarket.signals.features import DEFAULT_SPEC

SENIOR = {
    "age_band": "60+",
    "tenure_months": 240,
    "holdings": ["savings", "deposit"],
    "deposits_inr": 900_000.0,
    "txn_counts": {"branch": 9, "atm": 12},
}


class Book:
    exists = True

    def barred(self, customers: Sequence[str]) -> dict[str, str]:
        return {"C2": "customer.do_not_disturb"} if "C2" in customers else {}

    def visit(self, session_id: str) -> VisitView | None:
        events = ({"page": "calculator", "product": "home_loan"},)
        return {
            "S1": VisitView(session_id="S1", customer_id="C1", events=events),
            "S2": VisitView(session_id="S2", barred="customer.do_not_disturb"),
            "S3": VisitView(session_id="S3", events=events),
        }.get(session_id)

    def find(self, customer_id: str, as_of: date) -> CustomerView | None:
        assert as_of == date(2026, 3, 31)
        return {
            "C1": CustomerView(customer_id="C1", signals=SENIOR),
            "C2": CustomerView(customer_id="C2", barred="customer.do_not_disturb"),
        }.get(customer_id)


class Visits:
    def __init__(self, intent: str) -> None:
        self.intent = intent

    def read(self, events: Sequence[Mapping[str, Any]], *, vector: bool) -> SessionReading:
        assert events
        assert not vector
        return SessionReading(
            session_id="s", intent=self.intent, confidence=0.9, reasons=("the calculator",), taxonomy=1
        )


def house(intent: str = "buy_home") -> Any:
    angles = load_angles()
    return SimpleNamespace(
        predictor=TrainedPredictor(spec=DEFAULT_SPEC, weights=PREDICTOR_WEIGHTS, angles=angles),
        customers=Book(),
        angles=angles,
        session_model=Visits(intent),
    )


def ask(intent: str = "buy_home", **asked: Any) -> Any:
    return predict(house(intent), {"as_of": "2026-03-31"} | asked)


def test_a_known_customer_is_predicted_for_as_by_the_signals_themselves() -> None:
    known, given = ask(customer_id="C1"), ask(**SENIOR)
    assert known == given
    assert known.segment == "senior"


def test_a_barred_customer_is_answered_with_the_neutral_segment_and_the_reason() -> None:
    found = ask(customer_id="C2", events=[{"page": "calculator"}])
    assert found.source == "neutral"
    assert found.intent == "general"
    assert found.product_propensities == {}
    assert "do_not_disturb" in found.reasons[0]


def test_what_a_visit_shows_wins_over_past_behaviour() -> None:
    found = ask(**SENIOR, events=[{"page": "calculator", "product": "home_loan"}])
    assert (found.segment, found.intent, found.confidence) == ("senior", "buy_home", 0.9)
    assert found.reasons[0].startswith("this visit: ")


def test_a_visit_can_be_read_without_knowing_whose_it_is() -> None:
    found = ask(customer_id="stranger", events=[{"page": "calculator"}])
    assert found.intent == "buy_home"
    assert found.segment == "neutral"


def test_a_visit_without_a_known_intent_changes_nothing_but_the_reasons() -> None:
    found, plain = ask("other", **SENIOR, events=[{"page": "news"}]), ask(**SENIOR)
    assert found.intent == plain.intent
    assert found.reasons[-1] == "this visit shows no intent that the bank knows"


@pytest.mark.parametrize("more", [{}, {"events": [{"page": "calculator"}]}, {"segment": "senior"}])
def test_what_a_caller_knows_of_a_barred_customer_is_not_predicted_from(more: dict[str, Any]) -> None:
    asked = {"customer_id": "C2", "age_band": "25-34", "holdings": ["savings"]} | more
    for found in (ask(**asked), *predict_many(house(), [{"as_of": "2026-03-31"} | asked])):
        assert isinstance(found, Prediction)
        assert (found.source, found.product_propensities) == ("neutral", {})
        assert "do_not_disturb" in found.reasons[0]
    stranger, free = predict_many(house(), [{"customer_id": name, **SENIOR} for name in ("stranger", "C1")])
    assert isinstance(stranger, Prediction)
    assert isinstance(free, Prediction)
    assert stranger.segment == free.segment == "senior"


def test_a_published_visit_stands_for_its_events_and_whose_it_is() -> None:
    known = ask(session_id="S1")
    assert known == ask(customer_id="C1", events=[{"page": "calculator", "product": "home_loan"}])
    assert (known.segment, known.intent) == ("senior", "buy_home")
    nobodys = ask(session_id="S3")
    assert (nobodys.segment, nobodys.intent) == ("neutral", "buy_home")
    barred = ask(session_id="S2")
    assert (barred.intent, barred.product_propensities) == ("general", {})
    assert "do_not_disturb" in barred.reasons[0]


def test_a_named_segment_answers_what_its_members_did() -> None:
    senior, young = ask(segment="senior"), ask(segment="Young earner")
    assert (senior.segment, young.segment, senior.source) == ("senior", "young_earner", "caller")
    assert sum(senior.product_propensities.values()) == pytest.approx(1, abs=1e-3)
    assert senior.product_propensities["deposit"] > young.product_propensities["deposit"]
    assert "members" in senior.reasons[1]


def test_a_named_segment_wins_over_a_predicted_one_and_leaves_the_rest() -> None:
    found, plain = ask(**SENIOR, segment="rural"), ask(**SENIOR)
    assert (found.segment, found.predicted_segment, found.intent) == ("rural", "senior", plain.intent)
    assert found.product_propensities == plain.product_propensities


@pytest.mark.parametrize(
    ("asked", "field", "error"),
    [
        ({"segment": "gentry"}, "gentry", InvalidInput),
        ({"session_id": "S9"}, "S9", NotFound),
        ({"session_id": "S1", "events": [{"page": "news"}]}, "two visits", InvalidInput),
        ({"customer_id": "stranger"}, "stranger", NotFound),
        ({"customer_id": "C1", "as_of": "soon"}, "as_of", InvalidInput),
        ({"events": "calculator"}, "events", InvalidInput),
        ({"favourite_colour": "red"}, "favourite_colour", InvalidInput),
    ],
)
def test_bad_questions_name_what_is_wrong(asked: dict[str, Any], field: str, error: type[Exception]) -> None:
    with pytest.raises(error, match=field):
        ask(**asked)
