"""Fitting the decision: weighted multinomial logistic regression with a quadratic penalty."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragmarket.compliance.grounding.decision.model import LABELS, Decision
from ragmarket.compliance.grounding.decision.signs import NAMES, VERSION

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

PENALTY = 50.0
_STEPS, _RATE, _KEPT = 1500, 0.5, 0.9
_LEAST, _CLIP = 0.05, 6.0
_AGAINST = (
    "fault_", "figures_open", "topics_missing", "audience_lost", "audience_added", "model_contradicted",
    "model_unsupported",
)  # fmt: skip
_FOR = ("borne_figure", "touched", "rooted", "shared", "model_supported")


def fit(rows: Floats, labels: Sequence[str], weights: Floats, *, penalty: float = PENALTY) -> Decision:
    """Fit by full-batch gradient steps with momentum; the same rows give the same decision.

    Args:
        rows: Signs, shape (n, signs).
        labels: What the writers of the claims say.
        weights: What each row counts, shape (n,), before labels are brought to equal parts.
        penalty: Of the squared weights.

    Raises:
        ValueError: A label has no row.
    """
    import numpy as np

    places = np.array([LABELS.index(label) for label in labels])
    missing = [label for place, label in enumerate(LABELS) if not (places == place).any()]
    if missing:
        raise ValueError(f"no claim is {missing[0]}")
    centre = np.average(rows, axis=0, weights=weights)
    spread = np.maximum(np.sqrt(np.average((rows - centre) ** 2, axis=0, weights=weights)), _LEAST)
    scaled = np.clip((rows - centre) / spread, -_CLIP, _CLIP)
    each = np.array([weights[places == place].sum() for place in range(len(LABELS))])
    # A false alarm on what is supported and a fault let through cost the same, so supported counts for both others.
    share = np.array([0.5, 0.25, 0.25]) * weights.sum() / each
    counts = weights * share[places]
    target = np.eye(len(LABELS))[places]
    matrix, bias = np.zeros((rows.shape[1], len(LABELS))), np.zeros(len(LABELS))
    speed, drift = np.zeros_like(matrix), np.zeros_like(bias)
    for _ in range(_STEPS):
        logits = scaled @ matrix + bias
        logits -= logits.max(axis=1, keepdims=True)
        chances = np.exp(logits)
        chances /= chances.sum(axis=1, keepdims=True)
        miss = (chances - target) * counts[:, None]
        total = counts.sum()
        speed = _KEPT * speed - _RATE * (scaled.T @ miss + penalty * matrix) / (total * _KEPT * 10)
        drift = _KEPT * drift - _RATE * miss.sum(axis=0) / (total * _KEPT * 10)
        matrix += speed
        _kept_sane(matrix)
        bias += drift
    return Decision(
        centre=tuple(centre.tolist()),
        spread=tuple(spread.tolist()),
        weights=tuple(tuple(matrix[:, place].tolist()) for place in range(len(LABELS))),
        bias=tuple(bias.tolist()),
    )


def _kept_sane(matrix: Floats) -> None:
    """A fault, a missing word or a model's doubt never speaks for a claim, and what is borne out never against it."""
    import numpy as np

    for names, side in ((_AGAINST, -1.0), (_FOR, 1.0)):
        places = [place for place, name in enumerate(NAMES) if name.startswith(names)]
        signed = side * matrix[places]
        signed[:, 0] = np.maximum(signed[:, 0], 0.0)
        signed[:, 1:] = np.minimum(signed[:, 1:], signed[:, :1])
        matrix[places] = side * signed


def save(decision: Decision, path: Path, card: Mapping[str, Any]) -> None:
    """Write a decision as JSON that a person can read: each sign with its weights."""
    signs = {
        name: {
            "centre": round(decision.centre[place], 5),
            "spread": round(decision.spread[place], 5),
            **{label: round(row[place], 5) for label, row in zip(LABELS, decision.weights, strict=True)},
        }
        for place, name in enumerate(NAMES)
    }
    bias = {label: round(value, 5) for label, value in zip(LABELS, decision.bias, strict=True)}
    body = {"version": VERSION, "labels": LABELS, **card, "bias": bias, "signs": signs}
    path.write_text(json.dumps(body, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
