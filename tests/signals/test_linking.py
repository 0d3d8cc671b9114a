"""Links between visits and customers: who agreed, on what evidence, and nobody else."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ragmarket.errors import InvalidInput
from ragmarket.signals.sessions.linking import Linker

START = datetime(2026, 1, 1, 9)


def visit(session: str, device: str, customer: str | None, **more: Any) -> list[dict[str, Any]]:
    """Two pages; a customer logs in on the second."""
    at = START + timedelta(days=more.pop("day", 0), hours=more.pop("hour", 0))
    plain = {"session_id": session, "device_id": device, "product": "loan", "referrer": "direct", "device": "mobile"}
    plain |= {"click_id": None, **more}
    return [
        plain | {"event": 0, "at": at, "page": "overview", "customer_id": None},
        plain | {"event": 1, "at": at + timedelta(minutes=1), "page": "rates", "customer_id": customer},
    ]


def table(*visits: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame([row for one in visits for row in one], infer_schema_length=None)


def test_login_click_and_device_link_those_who_agreed() -> None:
    events = table(
        visit("login", "D1", "ann"),
        visit("device", "D1", None, day=1),
        visit("click", "D9", None, click_id="K7"),
        visit("stranger", "D8", None),
        visit("refused", "D2", "bob"),
        visit("refused-device", "D2", None, day=1),
        visit("refused-click", "D7", None, click_id="K8"),
    )
    found = Linker().link(events, {"ann": True, "bob": False, "cy": True}, {"K7": "cy", "K8": "bob"})
    assert {one.session_id: (one.customer_id, one.evidence) for one in found.links} == {
        "login": ("ann", "login"),
        "device": ("ann", "device"),
        "click": ("cy", "click"),
    }
    assert found.unlinked == 4
    assert "bob" not in repr(found)


def test_a_customer_who_is_not_listed_did_not_agree() -> None:
    assert Linker().link(table(visit("login", "D1", "ann")), {}).links == ()


def shared(seed: int = 0) -> tuple[pl.DataFrame, dict[str, str]]:
    """Devices of two people each: one reads of loans in the morning, the other of deposits in the evening."""
    dice = np.random.default_rng(seed)
    visits, truth = [], {}
    for home in range(30):
        for number in range(12):
            early = bool(dice.random() < 0.5)
            person, session = f"{'early' if early else 'late'}-{home}", f"S{home:02d}-{number:02d}"
            truth[session] = person
            more = {
                "day": float(dice.uniform(0, 60)),
                "hour": float(dice.normal(0 if early else 10, 1)),
                "product": "loan" if early else "deposit",
            }
            visits.append(visit(session, f"D{home}", person if number < 9 else None, **more))
    return table(*visits), truth


def test_on_a_shared_device_behaviour_decides_or_nothing_is_linked() -> None:
    events, truth = shared()
    everybody = dict.fromkeys(truth.values(), True)
    found = [one for one in Linker().link(events, everybody).links if one.evidence == "behaviour"]
    assert len(found) > 70
    assert sum(truth[one.session_id] == one.customer_id for one in found) / len(found) > 0.95
    assert all(one.probability >= 0.8 for one in found)
    strict = [one for one in Linker(least=0.999999).link(events, everybody).links if one.evidence == "behaviour"]
    assert len(strict) < len(found)


def test_a_device_shared_with_somebody_who_refused_gives_no_certain_link() -> None:
    events = table(visit("a", "D1", "ann"), visit("b", "D1", "bob"), visit("c", "D1", None, day=2))
    found = Linker().link(events, {"ann": True, "bob": False})
    assert [one.session_id for one in found.links] == ["a"], "the visit may be his"


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(st.sampled_from(["D1", "D2", "D3"]), st.sampled_from([None, "ann", "bob", "cy"]), st.integers(0, 30)),
        min_size=1,
        max_size=12,
    ),
    st.dictionaries(st.sampled_from(["ann", "bob", "cy"]), st.booleans()),
)
def test_no_link_without_consent_and_every_visit_is_counted(visits: list[Any], consent: dict[str, bool]) -> None:
    events = table(
        *(visit(f"S{place}", device, customer, day=day) for place, (device, customer, day) in enumerate(visits))
    )
    found = Linker().link(events, consent)
    assert all(consent.get(one.customer_id, False) for one in found.links)
    assert len(found.links) + found.unlinked == len(visits)


def test_a_table_without_devices_is_refused() -> None:
    with pytest.raises(InvalidInput, match="device_id"):
        Linker().link(table(visit("a", "D1", None)).drop("device_id"), {})


def test_a_visit_in_which_two_customers_logged_in_belongs_to_neither() -> None:
    both = visit("both", "D1", "ann")
    both[0]["customer_id"] = "bob"
    events = table(both, visit("a", "D1", "ann"), visit("quiet", "D1", None, day=1))
    found = Linker().link(events, {"ann": True, "bob": True})
    assert [one.session_id for one in found.links] == ["a"], "the device is shared, and nothing decides"
