"""Offers of the next product: rules, popularity and the recommender."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from eval.clusters.lift import Interval, bootstrap
from ragmarket.signals.feature_tables import Tables
from ragmarket.signals.offers.recommender import Recommender
from ragmarket.signals.offers.rules import load_offer_rules
from ragmarket.signals.offers.signs import signs


def offers(bank: Path, seed: int) -> dict[str, Interval]:
    """Rules, popularity and the recommender on customers and a month that nothing was learned from."""
    import numpy as np
    import polars as pl

    from ragmarket.signals.simulate.store import read

    source = Tables(bank)
    periods, transactions, events = (source.read(name) for name in ("periods", "transactions", "session_events"))
    outcomes = read(bank, "outcomes").select("customer_id", "period", pl.col("product").cast(pl.String)).collect()
    last = int(periods["period"].max())  # type: ignore[arg-type]
    months = {
        month: signs(month, periods=periods, transactions=transactions, session_events=events)
        .with_columns(pl.lit(month).cast(pl.Int32).alias("period"))
        .join(outcomes, on=["customer_id", "period"], how="inner")
        for month in range(1, last + 1)
    }
    ids = sorted(set(periods["customer_id"].to_list()))
    held = set(np.random.default_rng(seed).permutation(ids)[: len(ids) // 4].tolist())
    inside = pl.col("customer_id").is_in(list(held))
    learn = pl.concat([months[month].filter(~inside) for month in range(1, last)])
    test = months[last].filter(inside)
    taken = test["product"].to_list()
    popular = [name for name, _ in Counter(learn["product"].to_list()).most_common()]
    model = Recommender.fit(learn.drop("product", "period"), learn["product"].to_list())
    plain = test.drop("product", "period")
    ranked = {
        "popularity": [popular] * test.height,
        "rules": [
            [*dict.fromkeys([*(offer.product_class for offer in found), *popular])]
            for found in load_offer_rules().offers(plain).values()
        ],
        "recommender": [
            [offer.product_class for offer in found] for found in model.offers(plain, most=len(model.classes)).values()
        ],
    }
    found: dict[str, Interval] = {}
    for name, lists in ranked.items():
        places = np.array([row.index(one) + 1 if one in row else 99 for row, one in zip(lists, taken, strict=True)])
        for k in (1, 3):
            found[f"{name}: recall at {k}"] = bootstrap((places <= k).astype(np.float64))
        found[f"{name}: MRR"] = bootstrap(np.where(places < 99, 1 / places, 0.0))
    return found
