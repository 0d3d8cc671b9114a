"""What the Bayes bounds amount to: AUC, F1 and accuracy of the best possible prediction, with intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ragmarket.signals.truth_tables import HEADS, SIGHTS, VIEWS

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

REPETITIONS = 60


def auc(truth: Any, score: Floats) -> float:
    """Area under the ROC curve; ties count half.

    Args:
        truth: Flags, (n,).
        score: Larger means more likely, (n,).
    """
    import numpy as np

    flags = np.asarray(truth, dtype=bool)
    _, place, counts = np.unique(score, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    positive = int(flags.sum())
    return float((ranks[flags].sum() - positive * (positive + 1) / 2) / (positive * (len(flags) - positive)))


def best_f1(truth: Any, score: Floats) -> float:
    """The largest F1 over all thresholds."""
    import numpy as np

    flags = np.asarray(truth, dtype=float)[np.argsort(-score, kind="stable")]
    return float((2 * np.cumsum(flags) / (np.arange(1, len(flags) + 1) + flags.sum())).max())


def summary(bounds: pl.DataFrame, outcomes: pl.DataFrame, truth: pl.DataFrame, seed: int = 0) -> dict[str, Any]:
    """The bound of each target in each view.

    Args:
        bounds: Table `bounds`.
        outcomes: Table `outcomes`, the same rows.
        truth: Columns ``segment`` and ``intent`` for the same rows.
        seed: Of the bootstrap over customers.

    Returns:
        Target to view to figures; intervals are 95 % percentiles over customers drawn with replacement.
    """
    import numpy as np

    who = bounds["customer_id"].rank("dense").to_numpy().astype(np.int64) - 1
    rng = np.random.default_rng(seed)
    # Whole customers are drawn: their months are not independent.
    draws = [rng.multinomial(who.max() + 1, np.full(who.max() + 1, 1 / (who.max() + 1))) for _ in range(REPETITIONS)]

    def interval(values: list[float]) -> list[float]:
        return [round(float(value), 4) for value in np.percentile(values, [2.5, 97.5])]

    touched = outcomes["responded"].is_not_null().to_numpy()
    answers = outcomes["responded"].fill_null(value=False).to_numpy()[touched]
    weights = [draw[who][touched] for draw in draws]
    response: dict[str, Any] = {"rows": int(touched.sum()), "prevalence": round(float(answers.mean()), 4)}
    for view in ("truth", *VIEWS):
        score = bounds[f"response_{view}"].to_numpy()[touched]
        again = [np.repeat(np.arange(len(score)), weight) for weight in weights]
        response[view] = {
            "auc": round(auc(answers, score), 4),
            "auc_interval": interval([auc(answers[rows], score[rows]) for rows in again]),
            "f1": round(best_f1(answers, score), 4),
            "f1_interval": interval([best_f1(answers[rows], score[rows]) for rows in again]),
            "mean": round(float(score.mean()), 4),
        }
    figures: dict[str, Any] = {"response": response}
    for head in HEADS:
        real = (truth if head in truth.columns else outcomes)[head].to_physical().to_numpy()
        figures[head] = {"rows": len(real), "most_common": round(float(np.bincount(real).max() / len(real)), 4)}
        for view in VIEWS:
            right = bounds[f"{head}_{view}"].to_physical().to_numpy() == real
            hits = np.bincount(who, weights=right)
            sizes = np.bincount(who)
            figures[head][view] = {
                "accuracy": round(float(right.mean()), 4),
                "interval": interval([float((draw @ hits) / (draw @ sizes)) for draw in draws]),
                "macro_f1": round(_macro_f1(real, bounds[f"{head}_{view}"].to_physical().to_numpy()), 4),
                "nmi": round(_shared(real, bounds[f"{head}_{view}"].to_physical().to_numpy()), 4),
            }
    return figures


def alone(real: pl.Series, said: pl.Series) -> dict[str, Any]:
    """How well single sessions can be labelled at best: accuracy and NMI."""
    codes, guesses = real.to_physical().to_numpy(), said.to_physical().to_numpy()
    return {
        "rows": len(codes),
        "accuracy": round(float((codes == guesses).mean()), 4),
        "nmi": round(_shared(codes, guesses), 4),
    }


def tiles(known: pl.DataFrame, clicked: pl.Series) -> dict[str, dict[str, float]]:
    """How well the clicked tile can be told at best, by sight: log loss, and the share that is ranked first.

    Args:
        known: Table `session_bounds`.
        clicked: The clicked tile of each of its rows, null without one.
    """
    import numpy as np

    rows = known.with_columns(clicked.alias("clicked")).drop_nulls("clicked")
    found: dict[str, dict[str, float]] = {}
    for sight in SIGHTS:
        right = rows[f"tile_{sight}"].to_physical().to_numpy() == rows["clicked"].to_physical().to_numpy()
        chances = rows[f"tile_chance_{sight}"].to_numpy()
        found[sight] = {
            "rows": rows.height,
            "log_loss": round(float(-np.log(np.maximum(chances, 1e-9)).mean()), 4),
            "right": round(float(right.mean()), 4),
        }
    return found


def _macro_f1(real: Any, said: Any) -> float:
    import numpy as np

    shares = []
    for code in np.unique(real):
        both = int(((real == code) & (said == code)).sum())
        shares.append(2 * both / int((real == code).sum() + (said == code).sum()))
    return float(np.mean(shares))


def _shared(real: Any, said: Any) -> float:
    """Normalised mutual information, by the arithmetic mean of the entropies."""
    import numpy as np

    table = np.zeros((int(real.max()) + 1, int(said.max()) + 1))
    np.add.at(table, (real, said), 1.0 / len(real))
    rows, columns = table.sum(1), table.sum(0)
    filled = table > 0
    mutual = float((table[filled] * np.log(table[filled] / np.outer(rows, columns)[filled])).sum())
    entropy = sum(-float((side[side > 0] * np.log(side[side > 0])).sum()) for side in (rows, columns)) / 2
    return mutual / entropy if entropy > 0 else 0.0
