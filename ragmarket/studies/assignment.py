"""Customers in the segments that were fitted, and what sets each segment apart."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ragmarket.bootstrap import House
from ragmarket.errors import NotFound
from ragmarket.schemas.segments import Measurement, TargetedCustomer
from ragmarket.studies.fitting import segment_model
from ragmarket.studies.home import tables, vectors


def assign_segments(
    house: House, folder: Path | None, customers: Sequence[str] | None, *, noise_too: bool = False
) -> tuple[TargetedCustomer, ...]:
    """The segment of customers, all or these, without refitting, and whether a campaign may address them.

    Args:
        house: Gives the encoder and the home.
        folder: Tables; the published store without one.
        customers: Ids; all without them.
        noise_too: Whether noise may be addressed too.

    Raises:
        NotFound: None of them has a transaction.
        ModelMissing: No segments were fitted, or with another encoder.
    """
    from ragmarket.signals.customers import CustomerBook
    from ragmarket.signals.segments.targeting import targeting

    source = tables(house, folder)
    transactions = source.read("transactions", customers)
    if transactions.is_empty():
        raise NotFound("none of these customers has a transaction", hint="Check the ids and the folder.")
    found = segment_model(house).assign(transactions, vectors(house))
    barred = CustomerBook(source.folder).barred([one.customer_id for one in found])
    return targeting(found, barred, noise_too=noise_too)


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
