"""Single measures of the bench of sessions: labels found again, time, links."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.intervals import wilson
from eval.sessions.scores import resampled
from ragmarket.schemas.sessions import OTHER, SessionLabel
from ragmarket.signals.sessions.linking import Linker

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def hot(intent: str, confidence: float, names: Sequence[str]) -> Floats:
    """An intent as a row of confidences, one column per name."""
    import numpy as np

    found = np.zeros(len(names))
    found[names.index(intent)] = confidence
    return found


def before_tiles(events: pl.DataFrame) -> pl.DataFrame:
    """The part of each session that stands before its tiles were shown."""
    import polars as pl

    ordered = events.sort("session_id", "event")
    first = (
        ordered.filter(pl.col("tile_clicked").is_not_null())
        .group_by("session_id")
        .agg(pl.col("event").min().alias("shown"))
    )
    return ordered.join(first, on="session_id", how="inner").filter(pl.col("event") < pl.col("shown")).drop("shown")


def recovered(
    bank: Path, purpose: Mapping[str, str], held: set[str], readings: Mapping[str, Any], events: pl.DataFrame,
    known: Any, kinds: Any, taxonomy: Any, first: Mapping[str, SessionLabel], whose: Mapping[str, str],
) -> dict[str, Any]:  # fmt: skip
    """How well labels find the hidden purposes of sessions that nothing was learned from."""
    import polars as pl
    from sklearn.metrics import normalized_mutual_info_score

    from ragmarket.signals.sessions.labels import from_words

    def row(said: Mapping[str, str]) -> dict[str, Any]:
        keys = [key for key in said if key in purpose]
        hits = [said[key] == purpose[key] for key in keys]
        share = sum(hits) / max(len(hits), 1)
        truth, own = [purpose[key] for key in keys], [said[key] for key in keys]
        import numpy as np

        codes_t, codes_o = np.unique(truth, return_inverse=True)[1], np.unique(own, return_inverse=True)[1]
        return {
            "sessions": len(keys),
            "accuracy": (share, *wilson(sum(hits), len(hits))),
            "NMI": resampled(
                [whose[key] for key in keys],
                lambda rows: float(normalized_mutual_info_score(codes_t[rows], codes_o[rows])),
            ),
            "other": sum(one == OTHER for one in own) / max(len(own), 1),
        }

    test = events.filter(pl.col("session_id").is_in(list(held)))
    found = {"student, held-out sessions": row({key: readings[key].intent for key in held if key in readings})}
    words = from_words(test, known, kinds, taxonomy)
    found["visitors' words, where they typed"] = row({key: one.intent for key, one in words.items()})
    found["student, the same sessions"] = row({key: readings[key].intent for key in words})
    found["language model, its sample"] = row({key: one.intent for key, one in first.items()})
    found["student, the same sample"] = row({key: readings[key].intent for key in first})
    bounds = sorted((bank / "truth" / "session_bounds").glob("*.parquet"))
    if bounds:
        best = pl.read_parquet(bounds).filter(pl.col("session_id").is_in(list(held)))
        found["best possible (Bayes)"] = row(
            dict(best.select("session_id", pl.col("intent").cast(pl.String)).iter_rows())
        )
    return found


def latency(student: Any, events: pl.DataFrame, held: set[str]) -> dict[str, float]:
    """Milliseconds of one thread to label a held-out session."""
    import numpy as np
    import polars as pl

    from ragmarket.signals.sessions.features import by_session

    some = events.filter(pl.col("session_id").is_in(sorted(held)[:2_000])).sort("session_id", "event")
    words = ["page", "product", "referrer", "device", "tile_clicked"]
    rows = list(by_session(some.with_columns(pl.col(words).cast(pl.String)).to_dicts()).values())
    spent = []
    for one in rows:
        began = time.perf_counter()
        student.label(one)
        spent.append(1000 * (time.perf_counter() - began))
    return {"sessions": len(rows), "median ms": float(np.median(spent)), "p95 ms": float(np.quantile(spent, 0.95))}


def linked(events: pl.DataFrame, customers: pl.DataFrame, whose: Mapping[str, str]) -> tuple[dict[str, str], Any]:
    """Links, and how many of the visits without a login they find and get right."""
    import polars as pl

    consent = dict(customers.select("customer_id", "consent_linking").iter_rows())
    result = Linker().link(events, consent)
    links = {one.session_id: one.customer_id for one in result.links}
    anonymous = events.group_by("session_id").agg(pl.col("customer_id").is_null().all().alias("nobody"))
    quiet = anonymous.filter(pl.col("nobody"))["session_id"].to_list()
    made = [one for one in result.links if one.evidence != "login"]
    right = sum(whose[one.session_id] == one.customer_id for one in made)
    wanted = [session for session in quiet if consent[whose[session]]]
    found = sum(links.get(session) == whose[session] for session in wanted)
    by: dict[str, Any] = {}
    for kind in ("device", "behaviour"):
        own = [one for one in made if one.evidence == kind]
        hits = sum(whose[one.session_id] == one.customer_id for one in own)
        by[kind] = (hits, len(own))
    return links, {
        "precision": (right, len(made)), "recall": (found, len(wanted)), "by": by,
        "links of customers who did not agree": sum(not consent[one.customer_id] for one in result.links),
    }  # fmt: skip
