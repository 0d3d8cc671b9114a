from __future__ import annotations

from datetime import datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragmarket.errors import InvalidInput
from ragmarket.signals.narratives import BOUNDS, BUCKETS, DAYS, bucket, narrative, with_narratives


def transactions(**changes: object) -> pl.DataFrame:
    row = {
        "customer_id": "C1",
        "at": datetime(2026, 3, 2, 9, 30),  # a Monday
        "channel": "UPI",
        "type": "debit",
        "amount_inr": 320.0,
        "category": "food delivery",
        "is_recurring": False,
    }
    return pl.DataFrame([row | changes])


@pytest.mark.parametrize(
    ("amount", "name"),
    [
        (0, "micro"),
        (499.99, "micro"),
        (500, "small"),
        (4_999.99, "small"),
        (5_000, "medium"),
        (49_999.99, "medium"),
        (50_000, "large"),
        (499_999.99, "large"),
        (500_000, "high-value"),
        (10**9, "high-value"),
    ],
)
def test_a_bound_belongs_to_the_bucket_above_it(amount: float, name: str) -> None:
    assert bucket(amount) == name
    assert f" {name} " in with_narratives(transactions(amount_inr=float(amount)))["narrative"][0]


@pytest.mark.parametrize("amount", [-0.01, float("nan")])
def test_an_amount_that_is_none_is_refused(amount: float) -> None:
    with pytest.raises(InvalidInput, match="amount_inr"):
        bucket(amount)
    with pytest.raises(InvalidInput, match="amount_inr"):
        with_narratives(transactions(amount_inr=amount))


def test_the_sentence_is_the_one_agreed() -> None:
    told = with_narratives(transactions())["narrative"][0]
    assert told == "UPI debit of micro to food delivery on Monday one-time"
    assert with_narratives(transactions(is_recurring=True))["narrative"][0].endswith("recurring")


@given(
    st.sampled_from(["UPI", "NEFT", "card"]),
    st.floats(0, 1e7),
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),
    st.booleans(),
)
def test_one_by_one_and_all_at_once_say_the_same(channel: str, amount: float, at: datetime, recurring: bool) -> None:
    frame = transactions(channel=channel, amount_inr=amount, at=at, is_recurring=recurring)
    assert with_narratives(frame)["narrative"][0] == narrative(
        channel=channel,
        type_="debit",
        amount=amount,
        category="food delivery",
        weekday=DAYS[at.weekday()],
        recurring=recurring,
    )


def test_buckets_follow_their_bounds() -> None:
    assert len(BUCKETS) == len(BOUNDS) + 1
    assert list(BOUNDS) == sorted(BOUNDS)


def test_a_missing_column_and_a_missing_value_are_named() -> None:
    with pytest.raises(InvalidInput, match="category"):
        with_narratives(transactions().drop("category"))
    with pytest.raises(InvalidInput, match="channel"):
        with_narratives(transactions(channel=None))
