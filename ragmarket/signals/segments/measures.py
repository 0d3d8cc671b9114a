"""What sets a segment apart, in figures: one number per customer and kind, then the segment beside everybody.

The kinds are those of `knowledge/profiles.yaml`; a kind whose table was not given is left out, never guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Literal

from ragmarket.errors import InvalidInput
from ragmarket.schemas.segments import Measurement

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

Shown = Literal["share", "amount", "count", "years"]
# Kinds whose middle is told as a median; the others are means, for flags the share of customers.
MEDIANS = frozenset({"monthly_inflow", "median_age", "tenure"})
SHOWN: Mapping[str, Shown] = {
    "upi_share": "share", "neft_share": "share", "card_share": "share", "cash_share": "share",
    "monthly_inflow": "amount", "recurring_sip": "share", "emi_share": "share", "rent_share": "share",
    "salary_regularity": "share", "night_share": "share", "weekend_share": "share", "app_logins": "count",
    "branch_visits": "count", "fd_holding": "share", "gold_loan": "share", "home_loan": "share",
    "insurance_premium": "share", "travel_spend": "share", "education_fees": "share", "remittance_in": "share",
    "median_age": "years", "metro_share": "share", "rural_share": "share", "balance_volatility": "share",
    "average_balance": "amount", "merchant_receipts": "share", "nps_contribution": "share", "tenure": "years",
}  # fmt: skip
# A regular outgoing stands in at least this share of the months.
REGULAR = 0.8
MOSTLY = 0.5


def customer_values(
    transactions: pl.DataFrame,
    *,
    customers: pl.DataFrame | None = None,
    periods: pl.DataFrame | None = None,
    notes: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """One row per customer of ``transactions``: ``customer_id`` and a column per kind, null where it cannot be told.

    Args:
        transactions: `ragmarket.signals.tables.TRANSACTIONS`.
        customers: `CUSTOMERS`, for age, place and tenure.
        periods: `PERIODS`, for balances, holdings and logins.
        notes: `NOTES`, for branch visits.
    """
    import polars as pl

    if transactions.is_empty():
        raise InvalidInput("transactions: there are none", hint="Ingest transactions first.")
    found = _money(transactions)
    last = transactions["at"].max()
    if customers is not None:
        found = found.join(_standing(customers, last), on="customer_id", how="left")
    if periods is not None:
        found = found.join(_monthly(periods), on="customer_id", how="left")
    if notes is not None:
        months = max(1, transactions["at"].dt.truncate("1mo").n_unique())
        visits = notes.filter(pl.col("kind").cast(pl.String) == "branch_visit").group_by("customer_id").len()
        found = found.join(visits, on="customer_id", how="left").with_columns(
            (pl.col("len").fill_null(0) / months).alias("branch_visits")
        )
    return found.select("customer_id", *(name for name in SHOWN if name in found.columns)).sort("customer_id")


def _money(transactions: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    def word(name: str) -> pl.Expr:
        return pl.col(name).cast(pl.String)

    debit, credit = word("type") == "debit", word("type") == "credit"
    amount, month = pl.col("amount_inr"), pl.col("at").dt.truncate("1mo")
    months = pl.col("at").dt.truncate("1mo").n_unique().cast(pl.Float64)

    def spent(condition: pl.Expr) -> pl.Expr:
        return amount.filter(debit & condition).sum() / amount.filter(debit).sum()

    def in_months(condition: pl.Expr) -> pl.Expr:
        return month.filter(condition).n_unique() / months

    def any_of(category: str, side: pl.Expr = debit) -> pl.Expr:
        return (side & (word("category") == category)).any().cast(pl.Float64)

    hour = pl.col("at").dt.hour()
    return transactions.group_by("customer_id").agg(
        ((debit & (word("channel") == "UPI")).sum() / debit.sum()).alias("upi_share"),
        spent(word("channel").is_in(["NEFT", "IMPS"])).alias("neft_share"),
        spent(word("channel") == "card").alias("card_share"),
        spent(word("channel") == "cash").alias("cash_share"),
        (amount.filter(credit).sum() / months).alias("monthly_inflow"),
        (in_months(debit & pl.col("is_recurring") & (word("category") == "brokerage")) >= MOSTLY)
        .cast(pl.Float64)
        .alias("recurring_sip"),
        (amount.filter(debit & (word("channel") == "EMI")).sum() / amount.filter(credit).sum())
        .clip(upper_bound=1.0)
        .alias("emi_share"),
        (in_months(debit & (word("category") == "rent")) >= REGULAR).cast(pl.Float64).alias("rent_share"),
        (in_months(credit & (word("category") == "salary")) >= REGULAR).cast(pl.Float64).alias("salary_regularity"),
        ((hour >= 22) | (hour < 6)).mean().alias("night_share"),
        (pl.col("at").dt.weekday() >= 6).mean().alias("weekend_share"),
        any_of("insurer").alias("insurance_premium"),
        spent(word("category") == "travel").alias("travel_spend"),
        any_of("school fees").alias("education_fees"),
        any_of("remittance", credit).alias("remittance_in"),
        (in_months(credit & (word("category") == "business receipts")) >= REGULAR)
        .cast(pl.Float64)
        .alias("merchant_receipts"),
        (in_months(debit & (word("category") == "pension fund")) >= MOSTLY).cast(pl.Float64).alias("nps_contribution"),
    )  # fmt: skip


def _standing(customers: pl.DataFrame, last: object) -> pl.DataFrame:
    import polars as pl

    tier = pl.col("city_tier").cast(pl.String)
    return customers.select(
        "customer_id",
        pl.col("age").cast(pl.Float64).alias("median_age"),
        (tier == "metro").cast(pl.Float64).alias("metro_share"),
        (tier == "rural").cast(pl.Float64).alias("rural_share"),
        ((pl.lit(last).cast(pl.Date) - pl.col("opened_on")).dt.total_days() / 365.25).alias("tenure"),
    )


def _monthly(periods: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    balance = pl.col("balance_inr")
    return periods.group_by("customer_id").agg(
        pl.col("sessions").mean().alias("app_logins"),
        pl.col("holds_deposit").last().cast(pl.Float64).alias("fd_holding"),
        pl.col("holds_gold_loan").last().cast(pl.Float64).alias("gold_loan"),
        pl.col("holds_home_loan").last().cast(pl.Float64).alias("home_loan"),
        (balance.std() / balance.mean()).alias("balance_volatility"),
        balance.mean().alias("average_balance"),
    )


def measure(values: pl.DataFrame, members: Collection[str]) -> tuple[Measurement, ...]:
    """A segment beside everybody, every kind that can be told.

    Args:
        values: What `customer_values` gives.
        members: Ids of the segment's customers.

    Raises:
        InvalidInput: No member stands in ``values``.
    """
    import numpy as np
    import polars as pl

    own = values.filter(pl.col("customer_id").is_in(list(members)))
    if own.is_empty():
        raise InvalidInput("the segment has no member with a transaction")
    found = []
    for kind, shown in SHOWN.items():
        if kind not in values.columns:
            continue
        everybody, inside = _finite(values[kind]), _finite(own[kind])
        if not len(everybody) or not len(inside):
            continue
        middle: Callable[..., np.floating] = np.median if kind in MEDIANS else np.mean
        value, overall = float(middle(inside)), float(middle(everybody))
        found.append(
            Measurement(
                kind=kind,
                value=value,
                overall=overall,
                spread=float(everybody.std()),
                shown=show(value, shown),
                shown_overall=show(overall, shown),
            )
        )
    return tuple(found)


def _finite(column: pl.Series) -> NDArray[np.float64]:
    import numpy as np
    import polars as pl

    numbers = column.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    return np.asarray(numbers[np.isfinite(numbers)])


def show(value: float, shown: Shown) -> str:
    """A value as people read it: "62 %", "₹1,25,000", "3.4", "8 years"."""
    if shown == "share":
        return f"{value:.0%}".replace("%", " %")
    if shown == "amount":
        return "₹" + grouped(round(value, -2 if value >= 1_000 else 0))
    if shown == "years":
        return f"{value:.0f} years"
    return f"{value:.1f}"


def grouped(value: float) -> str:
    """A whole number with Indian grouping: 1,25,000."""
    digits = str(round(value))
    head, tail = digits[:-3], digits[-3:]
    parts: list[str] = []
    while len(head) > 2:
        parts.insert(0, head[-2:])
        head = head[:-2]
    return ",".join([*([head] if head else []), *parts, tail])
