"""From feature tables to signals: what customers did up to a day, counted alike for one customer and for a whole bank.

Training and serving call the same functions, so that a feature means the same in both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from ragmarket.schemas.features import words_of
from ragmarket.signals.features import BEFORE, HISTORY, RECENT, WINDOW

if TYPE_CHECKING:
    import polars as pl

Signals = dict[str, dict[str, Any]]
# A message younger than this may still be answered: it says nothing yet.
AWAITED = 7
_NETBANKING = ("NEFT", "IMPS")
_SIZES = (500, 5_000, 50_000, 500_000)


def behaviour(frames: Mapping[str, pl.DataFrame | None], as_of: date) -> Signals:
    """What customers did, as signals.

    Args:
        frames: ``transactions``, ``session_events``, ``notes`` and ``campaigns`` of some customers; a table that the
            bank does not have is None or absent, and its features are missing rather than zero.
        as_of: Nothing after this day is read.

    Returns:
        Customer to feature name to value, of customers that have a row; the others did nothing that the tables show.
    """
    found: Signals = {}
    end = datetime.combine(as_of, time.max)
    for name, read in _READERS.items():
        frame = frames.get(name)
        if frame is not None:
            read(_until(frame, end), end, found)
    if frames.get("session_events") is not None or frames.get("notes") is not None:
        _words(frames, end, found)
    return found


def nothing(frames: Mapping[str, pl.DataFrame | None]) -> dict[str, Any]:
    """The signals of a customer without any row: zero where the bank has the table, absent where it does not."""
    found: dict[str, Any] = {}
    for name, features in _FEATURES.items():
        if frames.get(name) is not None:
            found |= {feature: ({} if feature != "app_logins" else 0) for feature in features}
    if frames.get("session_events") is not None or frames.get("notes") is not None:
        found |= {"words": {}, "words_recent": {}, "words_before": {}}
    return found


def _until(frame: pl.DataFrame, end: datetime) -> pl.DataFrame:
    import polars as pl

    return frame.filter((pl.col("at") <= end) & pl.col("customer_id").is_not_null())


def _since(frame: pl.DataFrame, end: datetime, days: int) -> pl.DataFrame:
    import polars as pl

    return frame.filter(pl.col("at") > end - timedelta(days=days))


def _put(found: Signals, feature: str, frame: pl.DataFrame, token: pl.Expr) -> None:
    """Count tokens by customer into one feature; a null token counts nowhere."""
    import polars as pl

    counted = frame.select("customer_id", token.alias("token")).filter(pl.col("token").is_not_null())
    for customer, key, count in counted.group_by("customer_id", "token").len().iter_rows():
        found.setdefault(customer, {}).setdefault(feature, {})[key] = count


def _text(name: str) -> pl.Expr:
    import polars as pl

    return pl.col(name).cast(pl.String)


def _newest(found: Signals, frame: pl.DataFrame) -> None:
    import polars as pl

    for customer, at in frame.group_by("customer_id").agg(pl.col("at").max()).iter_rows():
        one = found.setdefault(customer, {})
        one["observed_on"] = max(at.date().isoformat(), one.get("observed_on", ""))


def _transactions(frame: pl.DataFrame, end: datetime, found: Signals) -> None:
    import polars as pl

    _newest(found, frame)
    channel, category = _text("channel"), _text("category")
    credit = _text("type") == "credit"
    recent = _since(frame, end, WINDOW)
    named = {"upi": channel == "UPI", "card": channel == "card", "atm": channel == "cash",
             "netbanking": channel.is_in(_NETBANKING) & ~credit,
             "merchant_qr": credit & (category == "business receipts"),
             "salary_credit": credit & (category == "salary")}  # fmt: skip
    for key, condition in named.items():
        _put(found, "txn_counts", recent, pl.when(condition).then(pl.lit(key)))
    half = _since(frame, end, HISTORY)
    _put(found, "payments", half, category)
    if "amount_inr" in frame.columns:
        size = pl.sum_horizontal(pl.col("amount_inr") > edge for edge in _SIZES).cast(pl.String)
        _put(found, "payment_sizes", half, pl.concat_str(channel, pl.lit("size ") + size, separator=" | "))
    if "is_recurring" in frame.columns:
        day = pl.col("at").dt.day()
        third = pl.when(day <= 10).then(pl.lit("1")).when(day <= 19).then(pl.lit("2")).otherwise(pl.lit("3"))
        standing = pl.when(pl.col("is_recurring")).then(pl.lit("standing")).otherwise(pl.lit("once"))
        token = pl.concat_str(category, standing, third, channel, separator=" | ")
        for feature, part in _months(frame, end):
            _put(found, f"payments_{feature}", part, token)


def _visits(frame: pl.DataFrame, end: datetime, found: Signals) -> None:
    import polars as pl

    _newest(found, frame)
    recent = _since(frame, end, WINDOW)
    for customer, count in recent.group_by("customer_id").agg(pl.col("session_id").n_unique()).iter_rows():
        found.setdefault(customer, {})["app_logins"] = count
    _put(found, "page_views", recent, _text("product"))
    if "page" not in frame.columns:
        return
    for feature, part in _months(frame, end):
        _steps(part, f"visits_{feature}", found)
    opened = _since(frame, end, HISTORY).sort("session_id", "event").unique("session_id", keep="first")
    hour = (pl.col("at").dt.hour() // 3 * 3).cast(pl.String)
    when = pl.when(pl.col("at").dt.weekday() > 5).then(pl.lit("weekend")).otherwise(pl.lit("hour ") + hour)
    _put(found, "visit_habits", opened, when)
    if "referrer" in frame.columns:
        _put(found, "visit_habits", opened, pl.lit("from ") + _text("referrer"))


def _months(frame: pl.DataFrame, end: datetime) -> Iterator[tuple[str, pl.DataFrame]]:
    """The last month's rows, and those of the two months before it."""
    import polars as pl

    yield "recent", _since(frame, end, RECENT)
    yield "before", _since(frame, end, BEFORE).filter(pl.col("at") <= end - timedelta(days=RECENT))


def _steps(part: pl.DataFrame, feature: str, found: Signals) -> None:
    """From page to product page, products as they change, tiles clicked."""
    import polars as pl

    last = part.sort("session_id", "event")
    before = _text("page").shift(1).over("session_id").fill_null("start")
    product = _text("product")
    step = pl.concat_str(pl.lit("step"), before, _text("page"), separator=" | ")
    _put(found, feature, last.with_columns(step=step), pl.when(product.is_not_null()).then(pl.col("step")))
    other = (product != product.shift(1).over("session_id")).fill_null(True)
    turned = last.with_columns(other=other)
    _put(found, feature, turned, pl.when(pl.col("other")).then(pl.lit("product | ") + product))
    if "tile_clicked" in part.columns:
        _put(found, feature, last, pl.lit("tile | ") + _text("tile_clicked"))


def _messages(frame: pl.DataFrame, end: datetime, found: Signals) -> None:
    import polars as pl

    sent = frame.filter(pl.col("sent") & (pl.col("at") <= end - timedelta(days=AWAITED)))
    opened, answered = sent.filter(pl.col("opened")), sent.filter(pl.col("responded"))
    for feature, rows, column in (
        ("messages_sent", sent, "channel"), ("messages_opened", opened, "channel"),
        ("messages_answered", answered, "channel"), ("times_sent", sent, "timing"),
        ("times_opened", opened, "timing"), ("intensities_sent", sent, "intensity"),
        ("intensities_opened", opened, "intensity"), ("products_answered", answered, "product"),
    ):  # fmt: skip
        _put(found, feature, rows, _text(column))


def _words(frames: Mapping[str, pl.DataFrame | None], end: datetime, found: Signals) -> None:
    import polars as pl

    parts = [
        frame.select("customer_id", "at", "text").filter(pl.col("text").is_not_null())
        for name in ("notes", "session_events")
        if (frame := frames.get(name)) is not None and "text" in frame.columns
    ]
    if not parts:
        return
    said = _since(_until(pl.concat(parts), end), end, HISTORY)
    month, quarter = end - timedelta(days=RECENT), end - timedelta(days=BEFORE)
    for customer, at, text in said.iter_rows():
        one = found.setdefault(customer, {})
        counts = words_of([text])
        part = "words_recent" if at > month else "words_before" if at > quarter else None
        for feature in ("words", part) if part else ("words",):
            kept = one.setdefault(feature, {})
            for word, count in counts.items():
                kept[word] = kept.get(word, 0) + count


_READERS: dict[str, Callable[[pl.DataFrame, datetime, Signals], None]] = {
    "transactions": _transactions,
    "session_events": _visits,
    "campaigns": _messages,
}
_FEATURES: dict[str, tuple[str, ...]] = {
    "transactions": ("txn_counts", "payments", "payments_recent", "payments_before", "payment_sizes"),
    "session_events": ("app_logins", "page_views", "visits_recent", "visits_before", "visit_habits"),
    "campaigns": (
        "messages_sent", "messages_opened", "messages_answered", "times_sent", "times_opened", "intensities_sent",
        "intensities_opened", "products_answered",
    ),
}  # fmt: skip
