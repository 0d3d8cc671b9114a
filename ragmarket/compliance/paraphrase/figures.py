"""What cross-validation says of the classifier, for its card."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ragmarket.compliance.paraphrase.calibration import Calibration, calibrate, expected_error
from ragmarket.compliance.paraphrase.samples import CLASSES

if TYPE_CHECKING:
    from ragmarket.compliance.paraphrase.training import Array, Bench, Places

KINDS = ("plain", "paraphrase", "evasive")


def figures_of(
    bench: Bench, margins: Array, calibration: Calibration, progress: Callable[[str], None]
) -> dict[str, Any]:
    """Recall and false alarms of held-out texts; without whole tongues, and without whole classes, in training."""
    import numpy as np

    probabilities = calibration.probabilities(margins)
    flagged = probabilities >= calibration.threshold
    tongues = sorted(set(bench.tongue[bench.written].tolist()))
    authors = sorted(set(bench.author[bench.written].tolist()))
    codes = {tongue: place for place, tongue in enumerate(sorted(set(bench.tongue.tolist())))}
    by_tongue = np.array([codes[tongue] for tongue in bench.tongue.tolist()])
    unseen_tongue = bench.held_out(by_tongue, progress, "without one tongue")
    three = np.where(bench.number > 0, (bench.number - 1) // 3, -1)
    unseen_class = bench.held_out(three, progress, "without three classes")
    return {
        "cross_validation": _shares(bench, flagged),
        "by_tongue": {name: _shares(bench, flagged, bench.tongue == name) for name in tongues},
        "by_class": {str(number): _shares(bench, flagged, bench.number == number) for number in range(1, CLASSES + 1)},
        "right_class": _right_class(bench, flagged, progress),
        "leave_one_tongue_out": {
            "all": _shares(bench, _flag(calibration, unseen_tongue)),
            **{name: _shares(bench, _flag(calibration, unseen_tongue), bench.tongue == name) for name in tongues},
        },
        "by_author": {name: _shares(bench, flagged, bench.author == name) for name in authors},
        "leave_three_classes_out": _shares(bench, _flag(calibration, unseen_class), bench.number > 0),
        "calibration": _calibration(bench, margins, bench.fold),
    }


def _flag(calibration: Calibration, margins: Array) -> Any:
    return calibration.probabilities(margins) >= calibration.threshold


def _shares(bench: Bench, flagged: Any, chosen: Any = True) -> dict[str, dict[str, int]]:
    found = {}
    for kind in (*KINDS, "lawful", "neutral", "house"):
        held = (bench.kind == kind) & chosen
        if held.any():
            found[kind] = {"flagged": int(flagged[held].sum()), "of": int(held.sum())}
    return found


def _right_class(bench: Bench, flagged: Any, progress: Callable[[str], None]) -> dict[str, int]:
    """How many flagged unlawful texts are given their class by a model that saw none of their part."""
    import numpy as np

    right = total = 0
    for done, part in enumerate(np.unique(bench.part), 1):
        weights, bias = bench.fit_classes(bench.part != part)
        rows = ((bench.part == part) & flagged & bench.unlawful)[bench.own] & ~bench.variant
        best = np.full((bench.count, CLASSES), -np.inf)
        np.maximum.at(best, bench.own[rows], bench.rows[rows] @ weights + bias)
        asked = np.unique(bench.own[rows])
        right += int((best[asked].argmax(axis=1) + 1 == bench.number[asked]).sum())
        total += len(asked)
        progress(f"classes, part {done}")
    return {"right": right, "of": total}


def _calibration(bench: Bench, margins: Array, folds: Places) -> dict[str, Any]:
    """The calibration error of scalings that saw none of the fold that they are measured on."""
    import numpy as np

    scaled = np.zeros(len(margins))
    for fold in np.unique(folds):
        out = folds == fold
        part = calibrate(margins[~out & bench.written], bench.unlawful[~out & bench.written], 0.015)
        scaled[out] = part.probabilities(margins[out])
    held = bench.written
    return {
        "expected_error": round(expected_error(scaled[held], bench.unlawful[held]), 4),
        "by_tongue": {
            name: round(expected_error(scaled[chosen], bench.unlawful[chosen]), 4)
            for name in sorted(set(bench.tongue[held].tolist()))
            if (chosen := held & (bench.tongue == name)).any()
        },
    }
