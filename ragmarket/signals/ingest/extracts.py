"""Extracts as five systems would deliver them, made from simulated customers, with the truth beside them.

Every customer gets a name, a family and a home (`identity.people`), several files under different spellings
(`identity.corruption`), and its transactions, notes and visits are spread over those files.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import fields
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragmarket.schemas.base import PRODUCT_CLASSES
from ragmarket.signals.identity.corruption import Corruptor
from ragmarket.signals.identity.people import simulate_people
from ragmarket.signals.identity.systems import SourceRecord
from ragmarket.signals.ingest.intake import record_id

if TYPE_CHECKING:
    import polars as pl

_PERSONAL = ("name", "birth_date", "gender", "pan", "phone", "email", "address", "pin")
# Which of the five a customer file is delivered by, and the column that names it there.
_DELIVERED = {"core_banking": "cif", "cards": "cif", "crm": "contact_id", "digital": "user_id", "market": "visitor_id"}
_PREFIX = {"cif": "C", "contact_id": "CRM", "user_id": "U", "visitor_id": "V"}
_OWNER = {"cif": "core_banking", "contact_id": "crm", "user_id": "digital", "visitor_id": "market"}
NEEDED = ("customers", "periods", "transactions", "notes", "session_events")
_MONEY = ("balance_inr", "deposits_inr", "loans_inr")
_HELD = ("holdings", "holdings_opened")
# Files whose system never kept when products were opened.
_UNDATED = 0.05
_ACTIONS = ("viewed", "compared", "calculated", "started_application")


def write_extracts(
    tables: Mapping[str, pl.LazyFrame], folder: Path, seed: int, *, scale: float = 1.0
) -> dict[str, int]:
    """Write the five extracts and the truth.

    Args:
        tables: Those of `NEEDED`, as `signals.tables` describes them.
        folder: Where to; made when missing.
        seed: Of names and corruption.
        scale: Of the corruption's rates.

    Returns:
        Rows by file. ``truth.parquet`` holds ``record_id`` (as ingestion makes it) and ``customer_id``.
    """
    import polars as pl

    folder.mkdir(parents=True, exist_ok=True)
    customers = tables["customers"].collect().sort("customer_id")
    people = simulate_people(customers.height, seed, customers.to_dicts())
    records = _keyed(list(Corruptor(seed, scale=scale).records(people)))
    rng = random.Random(f"extracts:{seed}")
    written = {
        "core_banking.csv": _core_banking(records, customers, tables["periods"], seed),
        "crm.parquet": _crm(records, tables["notes"].collect()),
        "market.csv": _market(records, rng),
    }
    for name, frame in written.items():
        frame.write_parquet(folder / name) if name.endswith("parquet") else frame.write_csv(folder / name)
    rows = {name: frame.height for name, frame in written.items()}
    files = records.filter(pl.col("key") == "cif").group_by("person_id", maintain_order=True).agg("id")
    spread = (
        tables["transactions"]
        .join(files.lazy(), left_on="customer_id", right_on="person_id")
        .with_columns(
            pl.col("id").list.get(pl.col("at").dt.day().cast(pl.Int64) % pl.col("id").list.len()).alias("cif")
        )
        .select("transaction_id", "cif", "at", "channel", "type", "amount_inr", "category", "merchant", "is_recurring")
    )
    spread.sink_csv(folder / "transactions.csv")
    visits = _visits(records, tables["session_events"])
    visits.sink_csv(folder / "digital.csv")
    for name in ("transactions.csv", "digital.csv"):
        rows[name] = int(pl.scan_csv(folder / name, infer_schema=False).select(pl.len()).collect().item())
    truth = records.select("record_id", pl.col("person_id").alias("customer_id")).sort("record_id")
    truth.write_parquet(folder / "truth.parquet")
    return rows


def _keyed(made: list[SourceRecord]) -> pl.DataFrame:
    import polars as pl

    rows: list[dict[str, Any]] = []
    for number, one in enumerate(made):
        key = _DELIVERED[one.source]
        value = f"{_PREFIX[key]}{100_000_000 + number * 7}"
        row = {field.name: getattr(one, field.name) for field in fields(one) if field.name in {*_PERSONAL, "person_id"}}
        rows.append({**row, "key": key, "id": value, "record_id": record_id(_OWNER[key], value)})
    return pl.DataFrame(rows)


def _core_banking(records: pl.DataFrame, customers: pl.DataFrame, periods: pl.LazyFrame, seed: int) -> pl.DataFrame:
    import polars as pl

    last = periods.sort("customer_id", "period").group_by("customer_id", maintain_order=True).last().collect()
    held = pl.concat_list(
        pl.when(pl.col(f"holds_{name}")).then(pl.lit(name)).otherwise(None) for name in PRODUCT_CLASSES
    ).list.drop_nulls().list.join("|")  # fmt: skip
    last = last.with_columns(held.alias("holdings"), pl.col("start").alias("updated_at"))
    last = last.join(_openings(customers, periods, seed), on="customer_id", how="left")
    files = records.filter(pl.col("key") == "cif").with_columns(pl.len().over("person_id").alias("files"))
    joined = files.join(customers.drop("gender"), left_on="person_id", right_on="customer_id").join(
        last.select("customer_id", *_MONEY, *_HELD, "updated_at"),
        left_on="person_id",
        right_on="customer_id",
    )
    shares = [(pl.col(name) / pl.col("files")).round(2) for name in _MONEY]
    standing = ("income_band", "city_tier", "state", "language", "occupation", "opened_on")
    consents = ("consent_marketing", "consent_linking", "do_not_disturb")
    return joined.select(
        pl.col("id").alias("cif"), *_PERSONAL, *standing, *shares, *_HELD, *consents, "updated_at"
    ).sort("cif")  # fmt: skip


def _openings(customers: pl.DataFrame, periods: pl.LazyFrame, seed: int) -> pl.DataFrame:
    """When each product was opened: shortly before the first month that starts with it, or in the years before."""
    import polars as pl

    held = (
        periods.select("customer_id", "start", *(pl.col(f"holds_{name}").alias(name) for name in PRODUCT_CLASSES))
        .unpivot(index=["customer_id", "start"], variable_name="product", value_name="held")
        .filter("held")
        .group_by("customer_id", "product")
        .agg(pl.col("start").min())
        .collect()
        .join(customers.select("customer_id", "opened_on"), on="customer_id")
        .sort("customer_id", "product")
    )
    begun = periods.select(pl.col("start").min()).collect().item()
    rng = random.Random(f"openings:{seed}")
    days = []
    for _, _, start, opened_on in held.iter_rows():
        early = opened_on + timedelta(days=rng.randrange(max(1, (begun - opened_on).days)))
        days.append(early if start == begun else start - timedelta(days=rng.randint(1, 3)))
    pair = pl.concat_str("product", pl.col("day").dt.strftime("%Y-%m-%d"), separator=":")
    dated = held.with_columns(pl.Series("day", days, dtype=pl.Date))
    told = dated.group_by("customer_id", maintain_order=True).agg(pair.str.join("|").alias("holdings_opened"))
    kept = pl.Series([rng.random() >= _UNDATED for _ in range(told.height)], dtype=pl.Boolean)
    return told.filter(kept)


def _one_each(records: pl.DataFrame, key: str) -> pl.DataFrame:
    """The first record of each person in one system; who has none there is not known to it."""
    import polars as pl

    return records.filter(pl.col("key") == key).unique("person_id", keep="first", maintain_order=True)


def _crm(records: pl.DataFrame, notes: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    contacts = _one_each(records, "contact_id").select("person_id", pl.col("id").alias("contact_id"), *_PERSONAL)
    joined = notes.join(contacts, left_on="customer_id", right_on="person_id")
    return joined.select("note_id", "contact_id", *_PERSONAL, "at", pl.col("kind").cast(pl.String), "text").sort(
        "note_id"
    )


def _visits(records: pl.DataFrame, events: pl.LazyFrame) -> pl.LazyFrame:
    """Visits with the profile of who is logged in; without a profile of their own people stay unknown."""
    import polars as pl

    profiles = _one_each(records, "user_id").select("person_id", pl.col("id").alias("user_id"), *_PERSONAL)
    joined = events.join(
        profiles.lazy(), left_on="customer_id", right_on="person_id", how="left", maintain_order="left"
    )
    visit = ("device_id", "at", "page", "product", "text", "referrer", "device", "dwell_s", "tile_seen", "tile_clicked")
    return joined.select("session_id", "event", "user_id", *_PERSONAL, *(pl.col(name) for name in visit))


def _market(records: pl.DataFrame, rng: random.Random) -> pl.DataFrame:
    import polars as pl

    visitors = records.filter(pl.col("key") == "visitor_id")
    rows = [
        {
            "lead_id": f"L{number:08d}",
            "visitor_id": one["id"],
            **{name: one[name] for name in _PERSONAL},
            "at": (date(2026, 1, 1) + timedelta(days=rng.randrange(181))).isoformat() + f"T{rng.randint(10, 22)}:30:00",
            "product": rng.choice(PRODUCT_CLASSES),
            "action": rng.choice(_ACTIONS),
        }
        for number, one in enumerate(visitors.iter_rows(named=True))
    ]
    return pl.DataFrame(rows)
