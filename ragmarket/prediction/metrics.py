"""How good probabilities are: accuracy, log loss, expected calibration error."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Indices = npt.NDArray[np.int64]

BINS = 15


def expected_calibration_error(confidence: Floats, right: Floats) -> float:
    """The mean gap between confidence and accuracy over equal-width bins, weighted by size.

    Args:
        confidence: (n,) probabilities in [0, 1].
        right: (n,) 1 where the event happened.
    """
    import numpy as np

    bins = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
    gaps = [
        abs(float(confidence[bins == number].mean()) - float(right[bins == number].mean()))
        * int((bins == number).sum())
        for number in range(BINS)
        if (bins == number).any()
    ]
    return float(sum(gaps) / len(confidence))


def scores(probabilities: Floats, truth: Indices) -> dict[str, float]:
    """Accuracy, log loss (nats) and ECE of the most probable class.

    Args:
        probabilities: (n, k), rows sum to 1.
        truth: (n,) indices of the true class.
    """
    import numpy as np

    rows = np.arange(len(truth))
    chosen = probabilities.argmax(axis=1)
    right = (chosen == truth).astype(np.float64)
    return {
        "accuracy": round(float(right.mean()), 4),
        "log_loss": round(float(-np.log(np.maximum(probabilities[rows, truth], 1e-12)).mean()), 4),
        "ece": round(expected_calibration_error(probabilities[rows, chosen], right), 4),
    }


def binary_scores(probabilities: Floats, target: Floats, threshold: float = 0.5) -> dict[str, float]:
    """The metrics of the ALIMN paper (3.7), and those that rare classes need.

    Accuracy, precision, recall and F1 at ``threshold``; ROC AUC; PR AUC (average precision); Brier score; ECE over
    equal- width bins; log loss (nats); lift among the likeliest tenth.

    Args:
        probabilities: (n,) of the positive class.
        target: (n,) 0 or 1, both present.
        threshold: At or above it the answer is yes.
    """
    import numpy as np

    yes, truth = probabilities >= threshold, target == 1
    hits, alarms, missed = int((yes & truth).sum()), int((yes & ~truth).sum()), int((~yes & truth).sum())
    precision = hits / (hits + alarms) if hits + alarms else 0.0
    recall = hits / (hits + missed) if hits + missed else 0.0
    p = np.clip(probabilities, 1e-12, 1 - 1e-12)
    return {
        "accuracy": float((yes == truth).mean()),
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / (precision + recall) if precision + recall else 0.0,
        "roc_auc": roc_auc(probabilities, target),
        "pr_auc": average_precision(probabilities, target),
        "brier": float(((probabilities - target) ** 2).mean()),
        "ece": expected_calibration_error(probabilities, target),
        "log_loss": float(-(target * np.log(p) + (1 - target) * np.log(1 - p)).mean()),
        "lift_10": lift(probabilities, target, 0.1),
    }


def roc_auc(scores: Floats, target: Floats) -> float:
    """The chance that a positive outranks a negative (Mann-Whitney); ties count half; NaN with one class only."""
    import numpy as np

    positives = int(target.sum())
    negatives = len(target) - positives
    if not positives or not negatives:
        return float("nan")
    _, where, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[where]
    return float((ranks[target == 1].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def average_precision(scores: Floats, target: Floats) -> float:
    """The area under the precision-recall steps: sum of (R_n - R_{n-1}) P_n over distinct scores."""
    import numpy as np

    order = np.argsort(-scores, kind="stable")
    ranked, truth = scores[order], target[order]
    ends = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)
    hits = np.cumsum(truth)[ends]
    if not hits[-1]:
        return float("nan")
    steps = np.diff(np.concatenate([[0.0], hits])) / hits[-1]
    return float((steps * hits / (ends + 1)).sum())


def lift(scores: Floats, target: Floats, share: float) -> float:
    """How much likelier a positive is among the top ``share`` than on average; ties go to the earlier row."""
    import numpy as np

    count = max(1, round(share * len(target)))
    chosen = np.argsort(-scores, kind="stable")[:count]
    return float(target[chosen].mean() / target.mean()) if target.any() else float("nan")


def reliability(probabilities: Floats, target: Floats, bins: int = 10) -> list[dict[str, float]]:
    """A reliability diagram's points over bins of equal size: mean probability, share of positives, count."""
    import numpy as np

    parts = np.array_split(np.argsort(probabilities, kind="stable"), bins)
    return [
        {"predicted": float(probabilities[part].mean()), "observed": float(target[part].mean()), "n": float(len(part))}
        for part in parts
        if len(part)
    ]
