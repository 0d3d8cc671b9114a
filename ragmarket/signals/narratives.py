"""A transaction as a sentence: what was done, roughly how much, with whom, when, and whether it recurs.

The wording and the four amounts at which a bucket begins are those of the campaign engine that this follows (seed 3):
``UPI debit of small to groceries on Monday one-time``. Few sentences cover very many transactions, so a sentence
encoder reads each of them once.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ragmarket.errors import InvalidInput

if TYPE_CHECKING:
    import polars as pl

# Version of the wording: a fitted model serves only the one it was fitted on.
WORDING = 1
# The least amount, in INR, of every bucket but the first.
BOUNDS = (500.0, 5_000.0, 50_000.0, 500_000.0)
BUCKETS = ("micro", "small", "medium", "large", "high-value")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_PARTS = re.compile(rf"(.+?) (\S+) of ({'|'.join(BUCKETS)}) to (.+) on ({'|'.join(DAYS)}) (recurring|one-time)")
NEEDED = ("customer_id", "at", "channel", "type", "amount_inr", "category", "is_recurring")


def bucket(amount: float) -> str:
    """The bucket of an amount in INR: an amount on a bound belongs to the bucket above it.

    Raises:
        InvalidInput: The amount is negative or no number.
    """
    if not 0 <= amount < math.inf:
        raise InvalidInput("amount_inr: an amount must be zero or more", hint="The direction stands in the type.")
    return BUCKETS[sum(amount >= bound for bound in BOUNDS)]


def narrative(*, channel: str, type_: str, amount: float, category: str, weekday: str, recurring: bool) -> str:
    """One transaction as a sentence.

    Args:
        channel: UPI, NEFT, IMPS, card, cash or EMI.
        type_: debit or credit.
        amount: Amount in INR.
        category: Merchant or counterparty category.
        weekday: One of `DAYS`.
        recurring: Whether it runs on a mandate or standing instruction.
    """
    how_often = "recurring" if recurring else "one-time"
    return f"{channel} {type_} of {bucket(amount)} to {category} on {weekday} {how_often}"


def with_narratives(transactions: pl.DataFrame) -> pl.DataFrame:
    """Transactions with a column ``narrative``, the same sentences as `narrative` gives.

    Args:
        transactions: The columns of `NEEDED`; others are kept.

    Raises:
        InvalidInput: A column is missing, an amount is negative, or a value that the sentence needs is null.
    """
    import polars as pl

    if missing := [name for name in NEEDED if name not in transactions.columns]:
        raise InvalidInput(f"transactions: columns are missing: {', '.join(missing)}")
    for name in NEEDED:
        if transactions[name].null_count():
            raise InvalidInput(f"transactions.{name}: a value is missing", hint="Ingestion sets such rows aside.")
    amount = pl.col("amount_inr")
    if transactions.filter(~((amount >= 0) & amount.is_finite())).height:
        raise InvalidInput("transactions.amount_inr: an amount must be zero or more")
    words = pl.lit(BUCKETS[0])
    for bound, name in zip(BOUNDS, BUCKETS[1:], strict=True):
        words = pl.when(amount >= bound).then(pl.lit(name)).otherwise(words)
    day = pl.col("at").dt.weekday().cast(pl.Int32).replace_strict(dict(enumerate(DAYS, 1)), return_dtype=pl.String)
    return transactions.with_columns(
        pl.format(
            "{} {} of {} to {} on {} {}",
            pl.col("channel").cast(pl.String),
            pl.col("type").cast(pl.String),
            words,
            pl.col("category").cast(pl.String),
            day,
            pl.when(pl.col("is_recurring")).then(pl.lit("recurring")).otherwise(pl.lit("one-time")),
        ).alias("narrative")
    )


def traits(sentence: str) -> tuple[str, ...]:
    """What a transaction's sentence tells, part by part: "by UPI", "debit", "small amounts", "to groceries"."""
    parts = _PARTS.fullmatch(sentence)
    if parts is None:
        return ()
    channel, type_, amount, category, day, often = parts.groups()
    return (f"by {channel}", type_, f"{amount} amounts", f"to {category}", f"on {day}", often)


def unique(narratives: Sequence[str]) -> tuple[str, ...]:
    """The different sentences, sorted, so that the same data always gives the same order."""
    return tuple(sorted(set(narratives)))
