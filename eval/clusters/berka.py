"""Berka's transactions in this project's columns, and who took a card later."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl


BERKA_CHANNELS = {
    "VKLAD": "cash", "PREVOD Z UCTU": "NEFT", "VYBER": "cash", "PREVOD NA UCET": "NEFT", "VYBER KARTOU": "card",
}  # fmt: skip
BERKA_CATEGORIES = {
    "SIPO": "household", "POJISTNE": "insurer", "UROK": "interest", "SLUZBY": "bank charges", "UVER": "loan instalment",
    "DUCHOD": "pension", "SANKC. UROK": "penalty interest",
}  # fmt: skip
BERKA_MANDATES = ("SIPO", "POJISTNE", "UVER", "DUCHOD")


def berka(folder: Path, least: int = 15) -> pl.DataFrame:
    """Berka's transactions in this project's columns; clients with at least ``least`` of them."""
    import polars as pl

    raw = pl.read_csv(gzip.decompress((folder / "berka_trans_first100k.csv.gz").read_bytes()), infer_schema_length=0)
    symbol = pl.col("k_symbol").fill_null("").str.strip_chars()
    found = raw.select(
        pl.col("account_id").alias("customer_id"),
        pl.col("date").str.strptime(pl.Datetime("ms"), "%y%m%d").alias("at"),
        pl.when(pl.col("type") == "PRIJEM").then(pl.lit("credit")).otherwise(pl.lit("debit")).alias("type"),
        pl.col("operation").fill_null("").replace_strict(BERKA_CHANNELS, default="own").alias("channel"),
        pl.col("amount").cast(pl.Float64).alias("amount_inr"),
        symbol.replace_strict(BERKA_CATEGORIES, default="other").alias("category"),
        symbol.is_in(BERKA_MANDATES).alias("is_recurring"),
    )
    return found.filter(pl.len().over("customer_id") >= least)


def cards_later(folder: Path, transactions: pl.DataFrame) -> dict[str, str]:
    """For Berka's accounts without a card by the last transaction: whether one was issued later."""
    import polars as pl

    def read(name: str) -> pl.DataFrame:
        return pl.read_csv(gzip.decompress((folder / f"{name}.csv.gz").read_bytes()), infer_schema_length=0)

    cards = read("berka_card").join(read("berka_disp"), on="disp_id").select("account_id", "issued")
    issued = dict(cards.with_columns(pl.col("issued").str.slice(0, 6).str.strptime(pl.Date, "%y%m%d")).iter_rows())
    last = transactions["at"].dt.date().max()
    accounts = transactions["customer_id"].unique().to_list()
    return {
        one: "card later" if issued.get(one) else "no card"
        for one in accounts
        if not (issued.get(one) and issued[one] <= last)
    }
