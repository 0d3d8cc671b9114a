"""Visits linked to customers who agreed to it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ragmarket.bootstrap import House
from ragmarket.studies.home import tables
from ragmarket.visits.home import home

if TYPE_CHECKING:
    from ragmarket.signals.sessions.linking import Linking


def link_sessions(house: House, folder: Path | None, *, least: float = 0.8, keep: bool = True) -> Linking:
    """Link visits to customers who agreed to it, and keep the links.

    A later run replaces them, so that a consent that was withdrawn leaves nothing behind.

    Args:
        house: Gives the home.
        folder: Tables with ``customers`` and ``session_events``.
        least: Probability beneath which a visit on a shared device stays unlinked.
        keep: Whether to write ``links.parquet``.
    """
    import os

    import polars as pl

    from ragmarket.signals.sessions.linking import Linker

    source = tables(house, folder)
    agreed = source.read("customers").select("customer_id", "consent_linking")
    found = Linker(least=least).link(source.read("session_events"), dict(agreed.iter_rows()))
    if keep:
        home(house).mkdir(parents=True, exist_ok=True)
        schema = {"session_id": pl.String, "customer_id": pl.String, "evidence": pl.String, "probability": pl.Float64}
        fresh = home(house) / "links.fresh.parquet"
        pl.DataFrame([one.model_dump() for one in found.links], schema=schema).write_parquet(fresh)
        os.replace(fresh, home(house) / "links.parquet")  # noqa: PTH105 (a rename that replaces, on every system)
    return found
