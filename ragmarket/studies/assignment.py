"""Customers in the segments that were fitted, and what sets each segment apart."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ragmarket.bootstrap import House
from ragmarket.errors import NotFound
from ragmarket.schemas.segments import (
    CustomerSegment,
    Measurement,
)
from ragmarket.studies.fitting import segment_model
from ragmarket.studies.home import tables, vectors


def assign_segments(house: House, folder: Path | None, customers: Sequence[str] | None) -> tuple[CustomerSegment, ...]:
    """The segment of customers, all or these, without refitting.

    Raises:
        NotFound: None of them has a transaction.
        ModelMissing: No segments were fitted, or with another encoder.
    """
    transactions = tables(house, folder).read("transactions", customers)
    if transactions.is_empty():
        raise NotFound("none of these customers has a transaction", hint="Check the ids and the folder.")
    return segment_model(house).assign(transactions, vectors(house))


def measure_segments(house: House, folder: Path | None) -> dict[int, tuple[Measurement, ...]]:
    """What sets each segment apart, by its number."""
    from ragmarket.signals.segments.measures import customer_values, measure

    source, model = tables(house, folder), segment_model(house)
    transactions = source.read("transactions")
    values = customer_values(
        transactions,
        customers=source.maybe("customers"),
        periods=source.maybe("periods"),
        notes=source.maybe("notes"),
    )
    ids, labels = model.labels(transactions, vectors(house))
    return {
        card.number: measure(
            values, [id_ for id_, label in zip(ids, labels.tolist(), strict=True) if label == card.number]
        )
        for card in model.cards
    }
