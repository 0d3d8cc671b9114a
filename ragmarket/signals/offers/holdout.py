"""How well take-ups of the last months are foretold: popularity, rules and what was learned, on the same rows."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ragmarket.schemas.base import PRODUCT_CLASSES
from ragmarket.schemas.offers import OfferHoldout, OfferShape, Recall
from ragmarket.signals.offers.selection import fitted

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from ragmarket.signals.offers.rules import OfferRules

DEPTHS = (1, 3)
ROUNDS, SEED = 1_000, 0


def measure(
    learn: pl.DataFrame, test: pl.DataFrame, shape: OfferShape, rules: OfferRules, from_month_end: str
) -> OfferHoldout:
    """Learn from earlier take-ups and rank the later ones.

    Nothing is offered that is held already: popularity skips it as rules do.

    Args:
        learn: `ragmarket.signals.offers.takeups.examples` of the earlier months.
        test: Those of the later months.
        shape: Of the recommender, chosen on ``learn``.
        rules: The readable rules; where they say nothing more, the most popular follow.
        from_month_end: The first month end that take-ups of ``test`` are foretold from.
    """
    import numpy as np
    import polars as pl

    # A customer may stand in several rows; each is asked for on its own.
    asked = test.with_columns(pl.int_range(pl.len()).cast(pl.String).alias("customer_id"))
    popular = [name for name, _ in Counter(learn["product"].to_list()).most_common()]
    model = fitted(learn, shape)
    chances = model.probabilities(asked, new_only=True)
    held = asked.select(f"holds_{name}" for name in PRODUCT_CLASSES).rename(lambda name: name.removeprefix("holds_"))
    free = [[name for name in popular if not row[name]] for row in held.iter_rows(named=True)]
    ruled = [[offer.product_class for offer in offers] for offers in rules.offers(asked).values()]
    lists: dict[str, list[list[str]]] = {
        "popularity": free,
        "rules": [[*dict.fromkeys([*first, *rest])] for first, rest in zip(ruled, free, strict=True)],
        "recommender": [[model.classes[place] for place in row] for row in np.argsort(-chances, axis=1).tolist()],
    }
    taken = test["product"].to_list()
    hits = {
        (name, k): np.array([one in row[:k] for one, row in zip(taken, rows, strict=True)], dtype=np.float64)
        for name, rows in lists.items()
        for k in DEPTHS
    }
    owners = test["customer_id"].to_list()
    return OfferHoldout(
        take_ups=test.height,
        customers=len(set(owners)),
        from_month_end=from_month_end,
        recalls={name: tuple(_recall(k, hits[name, k], owners) for k in DEPTHS) for name in lists},
        gains={
            f"recommender less {name}": tuple(
                _recall(k, hits["recommender", k] - hits[name, k], owners) for k in DEPTHS
            )
            for name in ("popularity", "rules")
        },
    )


def _recall(k: int, hits: NDArray[np.float64], owners: Sequence[str]) -> Recall:
    """Mean over take-ups; customers are drawn again and again, each with all of its take-ups."""
    import numpy as np

    _, place = np.unique(np.array(owners), return_inverse=True)
    counts, sums = np.bincount(place), np.bincount(place, weights=hits)
    dice = np.random.default_rng(SEED)
    drawn = dice.multinomial(len(counts), np.full(len(counts), 1 / len(counts)), size=ROUNDS)
    low, high = np.quantile((drawn @ sums) / (drawn @ counts), [0.025, 0.975])
    return Recall(k=k, share=round(float(hits.mean()), 4), low=round(float(low), 4), high=round(float(high), 4))
