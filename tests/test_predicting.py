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
from ragmarket.predicting import predict
from ragmarket.prediction.predictor import TrainedPredictor
from ragmarket.schemas.customers import CustomerView
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


@pytest.mark.parametrize(
    ("asked", "field", "error"),
    [
        ({"customer_id": "stranger"}, "stranger", NotFound),
        ({"customer_id": "C1", "as_of": "soon"}, "as_of", InvalidInput),
        ({"events": "calculator"}, "events", InvalidInput),
        ({"favourite_colour": "red"}, "favourite_colour", InvalidInput),
    ],
)
def test_bad_questions_name_what_is_wrong(asked: dict[str, Any], field: str, error: type[Exception]) -> None:
    with pytest.raises(error, match=field):
        ask(**asked)
