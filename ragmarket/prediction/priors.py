"""What is answered where nothing is known of what a customer did: what customers of the likely segments answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ragmarket.schemas.features import FeatureSpec

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from ragmarket.prediction.checkpoint import Checkpoint

    Floats = npt.NDArray[np.float32]

PRIORS = "segment_priors"
ANSWERED = ("product", "channel", "timing", "intensity", "response")


def behaves(spec: FeatureSpec, signals: Mapping[str, object]) -> bool:
    """Whether anything is known that the customer did: an empty history and none at all are alike."""
    return any(feature.behaviour and _something(signals.get(feature.name)) for feature in spec.features)


def _something(value: object) -> bool:
    return any(value.values()) if isinstance(value, Mapping) else bool(value)


def by_segment(checkpoint: Checkpoint, chances: Mapping[str, Floats], blind: Sequence[bool]) -> dict[str, Floats]:
    """Chances with those of blind rows replaced: sum_s p(s) p(answer | s), p(answer | s) as counted in training.

    Args:
        checkpoint: Holds the priors.
        chances: (n, classes) of each head.
        blind: (n,) whether nothing is known of what the customer did.
    """
    import numpy as np

    rows = np.flatnonzero(blind)
    if not len(rows):
        return {}
    found = {}
    for name in ANSWERED:
        mixed = chances[name].copy()
        mixed[rows] = chances["segment"][rows] @ checkpoint.priors[name]
        found[name] = mixed
    return found


def of_members(checkpoint: Checkpoint, segment: str) -> dict[str, dict[str, float]]:
    """What a segment's members answered in training: by head, p(answer | segment); empty for one it never met."""
    known = checkpoint.student.heads["segment"].classes
    if segment not in known:
        return {}
    row = known.index(segment)
    return {
        name: dict(zip(checkpoint.student.heads[name].classes, map(float, checkpoint.priors[name][row]), strict=True))
        for name in ANSWERED
    }
