"""How much a recommender may make of the examples at hand: chosen by customers left out, never on the hold-out."""

from __future__ import annotations

from itertools import product as every
from typing import TYPE_CHECKING

from ragmarket.schemas.offers import OfferShape
from ragmarket.signals.offers.recommender import Recommender

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl

STRENGTHS, PAIRS = (0.01, 0.02, 0.05, 0.1), (0, 150)
FOLDS, SEED = 4, 0
# Of a product that nobody in the other folds took up.
_UNSEEN = 0.005


def choose(known: pl.DataFrame, note: Callable[[str], None]) -> OfferShape:
    """The strength of the penalty and the number of pairs under which left-out take-ups are likeliest.

    Args:
        known: `ragmarket.signals.offers.takeups.examples`; all take-ups of a customer are left out together.
        note: Receives a line for each shape.
    """
    import numpy as np
    import polars as pl

    names = known["customer_id"].unique().sort()
    folds = np.random.default_rng(SEED).integers(0, FOLDS, len(names))
    parted = known.join(pl.DataFrame({"customer_id": names, "fold": folds}), on="customer_id", maintain_order="left")
    best, likeliest = OfferShape(strength=STRENGTHS[0], pairs=0), -np.inf
    for strength, pairs in every(STRENGTHS, PAIRS):
        shape = OfferShape(strength=strength, pairs=pairs)
        mean = float(np.mean(np.concatenate([_left_out(parted, fold, shape) for fold in range(FOLDS)])))
        note(f"strength {strength}, {pairs} pairs: mean log-likelihood of left-out take-ups {mean:.3f}")
        if mean > likeliest:
            best, likeliest = shape, mean
    return best


def fitted(known: pl.DataFrame, shape: OfferShape) -> Recommender:
    """A recommender of a shape."""
    return Recommender.fit(known, known["product"].to_list(), most_pairs=shape.pairs, strength=shape.strength)


def _left_out(parted: pl.DataFrame, fold: int, shape: OfferShape) -> list[float]:
    import numpy as np

    own = parted.filter(parted["fold"] == fold)
    model = fitted(parted.filter(parted["fold"] != fold), shape)
    chances = model.probabilities(own, new_only=True)
    place = {name: number for number, name in enumerate(model.classes)}
    rows = ((row, place.get(name)) for row, name in enumerate(own["product"].to_list()))
    likely = [_UNSEEN if at is None else max(_UNSEEN, float(chances[row, at])) for row, at in rows]
    return [float(one) for one in np.log(likely)]
