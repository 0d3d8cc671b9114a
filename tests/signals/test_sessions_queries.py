"""Queries read by what their visitors do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ragmarket.schemas.sessions import SessionLabel
from ragmarket.signals.sessions.queries import agreed
from ragmarket.signals.sessions.texts import HashedEncoder

PAGES = ("overview", "rates", "charges", "calculator", "eligibility", "documents")
TYPED = {
    "buy_home": ("housing loan", "flat in Pune", "plot registration", "sanction letter", "ready possession"),
    "meet_expense": ("urgent cash", "hospital bill", "wedding money", "salary advance", "gold pledge"),
}


def visit(intent: str, text: str | None, dice: np.random.Generator) -> list[dict[str, Any]]:
    """Homes are read about forwards, expenses backwards; pages and product are the same."""
    step, place = (1 if intent == "buy_home" else -1), int(dice.integers(len(PAGES)))
    rows: list[dict[str, Any]] = [{"page": "search", "text": text, "product": None}] if text else []
    for _ in range(6):
        rows.append({"page": PAGES[place], "product": "loan", "text": None, "dwell_s": 20.0})
        place = (place + step) % len(PAGES)
    return rows


@pytest.fixture
def visits() -> dict[str, tuple[str, str, list[dict[str, Any]]]]:
    dice = np.random.default_rng(3)
    return {
        f"{intent} {text} {number}": (intent, text, visit(intent, text, dice))
        for intent, texts in TYPED.items()
        for text in texts
        for number in range(12)
    }


def labelled(visits: Any, known: dict[str, str]) -> dict[str, SessionLabel]:
    return {
        key: SessionLabel(session_id=key, intent=known[text], confidence=0.8)
        for key, (_, text, _) in visits.items()
        if text in known
    }


def known(texts: int) -> dict[str, str]:
    return {text: intent for intent, own in TYPED.items() for text in own[:texts]}


def test_a_query_that_resembles_nothing_takes_the_intent_of_its_visits(visits: Any) -> None:
    hand = labelled(visits, known(3))
    found = agreed({key: rows for key, (_, _, rows) in visits.items()}, hand, HashedEncoder())
    assert len(hand) < len(found) == len(visits)
    assert {key: one.intent for key, one in found.items()} == {key: intent for key, (intent, _, _) in visits.items()}


def test_a_query_that_was_read_wrongly_is_corrected(visits: Any) -> None:
    hand = labelled(visits, known(4) | {"plot registration": "meet_expense"})
    found = agreed({key: rows for key, (_, _, rows) in visits.items()}, hand, HashedEncoder())
    own = [found[key].intent for key, (_, text, _) in visits.items() if text == "plot registration"]
    assert own == ["buy_home"] * 12


def test_an_intent_with_one_query_alone_keeps_what_it_was_told(visits: Any) -> None:
    hand = labelled(visits, known(3) | {"salary advance": "compare_costs"})
    found = agreed({key: rows for key, (_, _, rows) in visits.items()}, hand, HashedEncoder())
    own = {found[key].intent for key, (_, text, _) in visits.items() if text == "salary advance"}
    assert own == {"compare_costs"}


def test_visits_without_words_stay_without_a_label_and_one_intent_is_no_choice(visits: Any) -> None:
    dice = np.random.default_rng(5)
    sessions = {key: rows for key, (_, _, rows) in visits.items()}
    silent = {f"silent {number}": visit("buy_home", None, dice) for number in range(5)}
    hand = labelled(visits, known(3))
    assert not set(agreed(sessions | silent, hand, HashedEncoder())) & set(silent)
    only = labelled(visits, {"housing loan": "buy_home"})
    assert agreed(sessions, only, HashedEncoder()) == only
    assert agreed({}, {}, HashedEncoder()) == {}
