"""How good are the segments, whatever a campaign makes of them?

Behavioural segments (narratives, density clusters) beside RFM on the same customers: noise, separation, density
validity, stability over resamples and over time, and how much more often a segment's commonest next product is taken up
in it than by everybody, on months that nothing was fitted on. Offers: rules against the learned recommender.

    python eval/segments.py --bank runs/bank                     # a bank of `ragmarket simulate`
    python eval/segments.py --quick                              # simulates 1,500 customers first
    python eval/segments.py --data DIR --html segments.html      # Berka beside it (customers/ of the public data)
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from eval.segments_berka import berka, cards_later
from eval.segments_report import as_page, show
from ragmarket.bootstrap import build
from ragmarket.settings import read_settings
from ragmarket.signals.feature_tables import Tables
from ragmarket.signals.narratives import with_narratives
from ragmarket.signals.offers.recommender import Recommender
from ragmarket.signals.offers.rules import load_offer_rules
from ragmarket.signals.offers.signs import signs
from ragmarket.signals.segments import quality
from ragmarket.signals.segments.clusters import NOISE, ClusterConfig, fit_clusters
from ragmarket.signals.segments.rfm import RfmSegments, rfm_values
from ragmarket.signals.segments.selection import choose, refit
from ragmarket.signals.segments.vectors import NarrativeVectors, behaviour
from ragmarket.signals.simulate.presets import preset
from ragmarket.signals.simulate.store import write

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    Labels = NDArray[np.int64]

Interval = tuple[float, float, float]


def bootstrap(values: NDArray[np.float64], *, rounds: int = 500, seed: int = 0) -> Interval:
    """Mean of values over customers with its percentile interval."""
    import numpy as np

    dice = np.random.default_rng(seed)
    means = [values[dice.integers(0, len(values), len(values))].mean() for _ in range(rounds)]
    low, high = np.quantile(means, [0.025, 0.975])
    return float(values.mean()), float(low), float(high)


def lift(labels: Sequence[Any], taken: Sequence[str], *, folds: int = 5, seed: int = 0) -> Interval:
    """How much more often the product that a segment's other members take most, for its size, is taken in it.

    Customers are split into folds; the product is chosen on the others by its lift there, and counted on the fold. A
    figure of 1 says that the segment tells nothing.
    """
    import numpy as np

    dice = np.random.default_rng(seed)
    fold = dice.integers(0, folds, len(taken))
    overall = Counter(taken)
    total = len(taken)
    gains = np.ones(total)
    rows = list(zip(labels, taken, strict=True))
    for number in range(folds):
        learned: dict[Any, Counter[str]] = {}
        for at, (label, product) in enumerate(rows):
            if fold[at] != number:
                learned.setdefault(label, Counter())[product] += 1
        for at, (label, product) in enumerate(rows):
            if fold[at] == number and label in learned:
                own = learned[label]
                size = sum(own.values())
                best = max(own, key=lambda one: (own[one] / size) / (overall[one] / total) if own[one] >= 5 else 0.0)
                gains[at] = (product == best) / (overall[best] / total)
    return bootstrap(gains)


def segments_of(
    transactions: pl.DataFrame, vectors: NarrativeVectors, note: Callable[[str], None], rounds: int
) -> dict[str, Any]:
    """Fit, assign and judge the segments of one bank."""
    seen = behaviour(transactions)
    points = seen.mean(vectors.of(seen.sentences))
    began = time.perf_counter()
    config, trials = choose(points, ClusterConfig(), progress=note)
    model = fit_clusters(points, config)
    labels = model.assign(points).labels
    reduced = model.reduce(points)
    agreed = quality.stability(points, refit(config), rounds=rounds, seed=1)
    rfm_ids, values = rfm_values(transactions)
    names = list(RfmSegments.fit(values).names(values))
    rfm = dict(zip(rfm_ids, names, strict=True))
    ordered = sorted(set(names))
    import numpy as np

    rfm_labels = np.array([ordered.index(rfm[id_]) for id_ in seen.customers])
    scaled = (values - values.mean(axis=0)) / values.std(axis=0)
    place = {id_: row for row, id_ in enumerate(rfm_ids)}
    own_space = scaled[[place[id_] for id_ in seen.customers]]
    inside = labels[labels != NOISE]
    shares = np.bincount(inside) / max(len(inside), 1)
    return {
        "customers": seen.customers,
        "labels": labels,
        "rfm_labels": rfm_labels,
        "model": model,
        "points": points,
        "figures": {
            "customers": len(seen.customers),
            "transactions": int(seen.counts.sum()),
            "different sentences": len(seen.sentences),
            "components": config.components,
            "segments": model.count,
            "effective number": float(np.exp(-(shares[shares > 0] * np.log(shares[shares > 0])).sum())),
            "noise": float((labels == NOISE).mean()),
            "stability (ARI), mean": float(agreed.mean()),
            "stability (ARI), least": float(agreed.min()),
            "silhouette": quality.silhouette(reduced, labels),
            "silhouette of RFM in its own space": quality.silhouette(own_space, rfm_labels),
            "silhouette of RFM in the segments' space": quality.silhouette(reduced, rfm_labels),
            "DBCV": quality.dbcv(reduced, labels),
            "DBCV of RFM in its own space": quality.dbcv(own_space, rfm_labels),
            "coherence, mean": float(quality.coherence(reduced[labels != NOISE], inside).mean()),
            "separation, least": float(quality.separation(reduced[labels != NOISE], inside).min()),
            "seconds to choose, fit and assign": time.perf_counter() - began,
        },
        "sizes": {f"segment {number}": int((labels == number).sum()) for number in range(model.count)}
        | {"noise": int((labels == NOISE).sum())},
        "trials": [(one.config.components, one.segments, one.stability, one.noise, one.silhouette) for one in trials],
    }


def drift(transactions: pl.DataFrame, vectors: NarrativeVectors, fitted: dict[str, Any]) -> dict[str, float]:
    """Assignments from the first and from the last half of the months: the same customers, the same model."""
    import numpy as np
    import polars as pl
    from sklearn.metrics import adjusted_rand_score

    middle = transactions["at"].dt.truncate("1mo").unique().sort()
    if len(middle) < 4:
        return {}
    cut = middle[len(middle) // 2]
    halves = []
    for part in (transactions.filter(pl.col("at") < cut), transactions.filter(pl.col("at") >= cut)):
        seen = behaviour(part)
        labels = fitted["model"].assign(seen.mean(vectors.of(seen.sentences))).labels
        halves.append(dict(zip(seen.customers, labels.tolist(), strict=True)))
    both = sorted(set(halves[0]) & set(halves[1]))
    before, after = ([half[id_] for id_ in both] for half in halves)
    kept = [(a, b) for a, b in zip(before, after, strict=True) if NOISE not in (a, b)]
    return {
        "PSI of sizes, first half to second": quality.population_stability(before, after),
        "ARI of halves, noise left out": float(adjusted_rand_score(*np.array(kept).T)) if kept else float("nan"),
    }


def truth_agreement(bank: Path, fitted: dict[str, Any]) -> dict[str, float]:
    """Against the simulated bank's hidden segments, which nothing was fitted on."""
    from sklearn.metrics import normalized_mutual_info_score

    from ragmarket.signals.simulate.store import read

    hidden = read(bank, "truth_customers").select("customer_id", "segment").collect()
    truth = dict(zip(hidden["customer_id"].to_list(), hidden["segment"].cast(str).to_list(), strict=True))
    labels = fitted["labels"].tolist()
    inside = [(truth[id_], label) for id_, label in zip(fitted["customers"], labels, strict=True) if label != NOISE]
    everybody = [truth[id_] for id_ in fitted["customers"]]
    return {
        "NMI with the hidden segments, noise left out": float(normalized_mutual_info_score(*zip(*inside, strict=True))),
        "NMI with the hidden segments, noise as a segment": float(normalized_mutual_info_score(everybody, labels)),
        "NMI of RFM with the hidden segments": float(
            normalized_mutual_info_score(everybody, fitted["rfm_labels"].tolist())
        ),
    }


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


def main() -> int:
    """Run the bench."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bank", type=Path, help="a folder of `ragmarket simulate`; without it one is simulated")
    parser.add_argument("--customers", type=int, default=6_000, help="customers to simulate (default %(default)s)")
    parser.add_argument("--seed", type=int, default=4_242, help="seed of the simulated bank (default %(default)s)")
    parser.add_argument("--data", type=Path, help="public data sets: Berka is read from customers/ there")
    parser.add_argument("--rounds", type=int, default=10, help="resamples for stability (default %(default)s)")
    parser.add_argument("--cache", type=Path, help="keep sentence vectors there between runs")
    parser.add_argument("--quick", action="store_true", help="1,500 customers, 3 resamples")
    parser.add_argument("--json", type=Path, help="write all figures there")
    parser.add_argument("--html", type=Path, help="write one page with tables and plots there")
    arguments = parser.parse_args()
    console = Console(stderr=True)
    note = console.print
    rounds = 3 if arguments.quick else arguments.rounds
    with tempfile.TemporaryDirectory() as scratch:
        bank = arguments.bank
        if bank is None:
            size = 1_500 if arguments.quick else arguments.customers
            note(f"simulating {size:,} customers, seed {arguments.seed}")
            bank = Path(scratch) / "bank"
            write(preset("default", customers=size), arguments.seed, bank, lambda *_: None, bounds=False)
        vectors = NarrativeVectors(build(read_settings()).encoder, arguments.cache)
        report: dict[str, Any] = {"machine": platform.processor() or platform.machine()}
        transactions = Tables(bank).read("transactions")
        note(f"simulated bank: {transactions.height:,} transactions")
        fitted = segments_of(transactions, vectors, note, rounds)
        figures = fitted["figures"] | drift(transactions, vectors, fitted) | truth_agreement(bank, fitted)
        next_product = _next_product(bank)
        taken = [next_product[id_] for id_ in fitted["customers"]]
        lifts = {
            "segments": lift(fitted["labels"].tolist(), taken),
            "RFM": lift(fitted["rfm_labels"].tolist(), taken),
        }
        report["simulated"] = {
            "figures": figures, "lift": lifts, "sizes": fitted["sizes"], "trials": fitted["trials"],
            "offers": offers(bank, arguments.seed),
        }  # fmt: skip
        report["typical"] = _typical(transactions, fitted)
    if arguments.data is not None:
        folder = arguments.data / "customers"
        if (folder / "berka_trans_first100k.csv.gz").is_file():
            history = berka(folder)
            fitted = segments_of(history, vectors, note, rounds)
            later = cards_later(folder, history)
            rows = [at for at, id_ in enumerate(fitted["customers"]) if id_ in later]
            taken = [later[fitted["customers"][at]] for at in rows]
            report["berka"] = {
                "figures": fitted["figures"],
                "lift": {
                    "segments": lift([int(fitted["labels"][at]) for at in rows], taken),
                    "RFM": lift([int(fitted["rfm_labels"][at]) for at in rows], taken),
                },
                "sizes": fitted["sizes"],
                "trials": fitted["trials"],
            }
        else:
            note(f"no Berka in {folder}: skipped")
    show(report)
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=2, default=str) + "\n", "utf-8")
    if arguments.html:
        arguments.html.write_text(as_page(report), "utf-8")
        note(f"the page: {arguments.html}")
    return 0


def _next_product(bank: Path) -> dict[str, str]:
    import polars as pl

    from ragmarket.signals.simulate.store import read

    rows = read(bank, "outcomes").select("customer_id", "period", pl.col("product").cast(pl.String)).collect()
    last = rows.filter(pl.col("period") == rows["period"].max())
    return dict(zip(last["customer_id"].to_list(), last["product"].to_list(), strict=True))


def _typical(transactions: pl.DataFrame, fitted: dict[str, Any]) -> dict[str, list[str]]:
    """The sentences that each segment shows most beyond everybody."""
    import polars as pl

    told = with_narratives(transactions).select("customer_id", "narrative")
    labels = pl.DataFrame({"customer_id": list(fitted["customers"]), "label": fitted["labels"]})
    joined = told.join(labels, on="customer_id")
    overall = joined.group_by("narrative").agg((pl.len() / joined.height).alias("overall"))
    found = {}
    for number in range(fitted["model"].count):
        own = joined.filter(pl.col("label") == number)
        rows = (
            own.group_by("narrative")
            .agg((pl.len() / own.height).alias("share"))
            .join(overall, on="narrative")
            .with_columns((pl.col("share") * (pl.col("share") / pl.col("overall"))).alias("weight"))
            .sort("weight", descending=True)
            .head(3)
        )
        found[f"segment {number}"] = [
            f"{row['narrative']} ({row['share']:.1%}, everybody {row['overall']:.1%})" for row in rows.to_dicts()
        ]
    return found


if __name__ == "__main__":
    sys.exit(main())
