"""Offers: which product class a customer may want next, and what speaks for it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ragmarket.schemas.base import Frozen, ProductClass


class Offer(Frozen):
    """One product class with its evidence in plain words.

    ``score`` is a rule's weight or the recommender's calibrated probability, as ``source`` says; the two are not on one
    scale.
    """

    product_class: ProductClass
    score: float = Field(ge=0.0, le=1.0)
    evidence: tuple[str, ...] = ()
    source: Literal["rules", "recommender"]
