"""Events as tokens: who paid whom, when and how regularly; what was read, in which order; what was said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ragmarket.errors import InvalidInput

if TYPE_CHECKING:
    import polars as pl

KEYS = ("customer_id", "period")
NEEDED: dict[str, tuple[str, ...]] = {
    "transactions": (*KEYS, "at", "channel", "amount_inr", "category", "is_recurring"),
    "session_events": (
        "session_id", "event", *KEYS, "at", "page", "product", "text", "referrer", "dwell_s", "tile_clicked",
    ),
    "notes": ("note_id", *KEYS, "text"),
}  # fmt: skip
STREAMS = ("payments", "habits", "visits", "words")
TEXT_STREAMS = ("words",)
_BUCKETS = (500, 5_000, 50_000, 500_000)
_WORD = r"[\p{L}\p{M}]{3,}"


def tokens(frames: Mapping[str, pl.DataFrame], cells: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Every stream's tokens.

    ``payments``: category, standing instruction or not, third of the month and channel, as one token; one document per
    month. ``habits``: hour and weekend of visits, what led to them, payments by channel and size. ``visits``: the step
    from each product page to the next, products as they change, tiles clicked; one document per session. ``words``:
    the words of notes and searches, one document each.

    Args:
        frames: The tables of `NEEDED`, with those columns. Sessions without a login are left out; all events of the
            others belong to who logged in.
        cells: Columns ``customer_id``, ``period`` and ``cell``.

    Raises:
        InvalidInput: A table or column is missing.
    """
    for name, columns in NEEDED.items():
        if name not in frames:
            raise InvalidInput(f"behaviour: the table {name} is missing")
        lacking = [one for one in columns if one not in frames[name].columns]
        if lacking:
            raise InvalidInput(f"behaviour: {name} lacks {', '.join(lacking)}")
    paid = frames["transactions"].join(cells, on=KEYS)
    visited = _owned(frames["session_events"]).join(cells, on=KEYS)
    said = frames["notes"].join(cells, on=KEYS)
    return {
        "payments": _payments(paid),
        "habits": _habits(paid, visited),
        "visits": _visits(visited),
        "words": _words(said, visited),
    }


def _owned(events: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    owners = (
        events.filter(pl.col("customer_id").is_not_null())
        .group_by("session_id")
        .agg(pl.col("customer_id").sort_by("event").first())
    )
    return events.drop("customer_id").join(owners, on="session_id").sort("session_id", "event")


def _text(name: str) -> pl.Expr:
    import polars as pl

    return pl.col(name).cast(pl.String)


def _payments(paid: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    day = pl.col("at").dt.day()
    third = pl.when(day <= 10).then(pl.lit("1")).when(day <= 19).then(pl.lit("2")).otherwise(pl.lit("3"))
    standing = pl.when(pl.col("is_recurring")).then(pl.lit("standing")).otherwise(pl.lit("once"))
    token = pl.concat_str(_text("category"), standing, third, _text("channel"), separator=" | ")
    return paid.select("cell", pl.lit("").alias("document"), token.alias("token"))


def _habits(paid: pl.DataFrame, visited: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    size = pl.lit("size ") + pl.sum_horizontal(pl.col("amount_inr") > edge for edge in _BUCKETS).cast(pl.String)
    opened = visited.unique("session_id", keep="first", maintain_order=True)
    hour = (pl.col("at").dt.hour() // 3 * 3).cast(pl.String)
    # Hours say little of weekends, where the day is what was chosen.
    when = pl.when(pl.col("at").dt.weekday() > 5).then(pl.lit("visit: weekend")).otherwise("visit: hour " + hour)
    made = [
        paid.select("cell", pl.concat_str(_text("channel"), size, separator=" | ").alias("token")),
        opened.select("cell", when.alias("token")),
        opened.select("cell", ("from: " + _text("referrer")).alias("token")),
    ]
    return pl.concat(made).with_columns(pl.lit("").alias("document")).select("cell", "document", "token")


def _visits(visited: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    read = visited.filter(pl.col("product").is_not_null())
    before = _text("page").shift(1).over("session_id").fill_null("start")
    step = pl.concat_str(pl.lit("step"), before, _text("page"), separator=" | ")
    other = (_text("product") != _text("product").shift(1).over("session_id")).fill_null(True)
    parts = [
        read.select("cell", "session_id", step.alias("token")),
        read.filter(other).select("cell", "session_id", ("product | " + _text("product")).alias("token")),
        visited.filter(pl.col("tile_clicked").is_not_null()).select(
            "cell", "session_id", ("tile | " + _text("tile_clicked")).alias("token")
        ),
    ]
    return pl.concat(parts).rename({"session_id": "document"})


def _words(said: pl.DataFrame, visited: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    texts = pl.concat(
        [
            said.select("cell", pl.col("note_id").alias("document"), "text"),
            visited.filter(pl.col("text").is_not_null()).select(
                "cell", pl.concat_str("session_id", "event", separator=".").alias("document"), "text"
            ),
        ]
    )
    found = texts.with_columns(pl.col("text").str.to_lowercase().str.extract_all(_WORD).list.unique().alias("token"))
    return found.explode("token").filter(pl.col("token").is_not_null()).select("cell", "document", "token")
