"""From scores to probabilities that can be relied on, and from probabilities to whom to write."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from ragmarket.errors import InvalidInput, MissingDependency

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Mask = npt.NDArray[np.bool_]

Kind = Literal["none", "temperature", "isotonic", "offset"]
_SMALL_STEP = 1e-9


def logit(probability: Floats) -> Floats:
    """log(p / (1 - p)), finite at 0 and 1."""
    import numpy as np

    p = np.clip(probability, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(p / (1 - p)))


def sigmoid(value: Floats) -> Floats:
    """1 / (1 + exp(-value)), without overflow."""
    import numpy as np

    return np.asarray(0.5 * (1 + np.tanh(0.5 * value)))


@dataclass(frozen=True, slots=True)
class Calibrator:
    """A rising map from logits to probabilities.

    ``temperature``: sigma(slope * logit + offset) (Platt 1999; temperature scaling, Guo et al. 2017, with a bias, as
    the base rate of a blend may be off too). ``isotonic``: a step function through ``knots`` (x rising, y rising).
    ``offset``: temperature one; only the base rate is mended, and the order is always kept.
    """

    kind: Kind
    slope: float = 1.0
    offset: float = 0.0
    knots: tuple[tuple[float, float], ...] = ()

    @staticmethod
    def fit(logits: Floats, target: Floats, kind: Kind) -> Calibrator:
        """Fit on rows that the model never saw.

        Raises:
            InvalidInput: Only one class is there.
            MissingDependency: scikit-learn is not installed.
        """
        import numpy as np

        if kind == "none":
            return Calibrator("none")
        if target.min() == target.max():
            raise InvalidInput("calibration: the rows hold only one class")
        if kind == "offset":
            return Calibrator("offset", 1.0, RollingOffset(precision=0.0).learned(logits, target).offset)
        try:
            from sklearn.isotonic import IsotonicRegression
            from sklearn.linear_model import LogisticRegression
        except ImportError as error:
            raise MissingDependency("scikit-learn", "prediction") from error
        if kind == "temperature":
            found = LogisticRegression(C=1e6, max_iter=1000).fit(logits[:, None], target)
            if found.coef_[0, 0] <= 0:  # scores that point the wrong way say nothing
                return Calibrator("temperature", 0.0, float(logit(np.array([target.mean()]))[0]))
            return Calibrator("temperature", float(found.coef_[0, 0]), float(found.intercept_[0]))
        regression = IsotonicRegression(out_of_bounds="clip", y_min=1e-4, y_max=1 - 1e-4).fit(logits, target)
        knots = zip(regression.X_thresholds_.tolist(), regression.y_thresholds_.tolist(), strict=True)
        return Calibrator("isotonic", knots=tuple(knots))

    def probabilities(self, logits: Floats) -> Floats:
        """(n,) logits to (n,) probabilities."""
        import numpy as np

        if self.kind == "isotonic":
            x, y = zip(*self.knots, strict=True)
            return np.asarray(np.interp(logits, x, y))
        return sigmoid(self.slope * logits + self.offset)

    def as_dict(self) -> dict[str, Any]:
        """As plain JSON."""
        return {"kind": self.kind, "slope": self.slope, "offset": self.offset, "knots": [list(k) for k in self.knots]}

    @staticmethod
    def from_dict(data: dict[str, Any]) -> Calibrator:
        """The inverse of `as_dict`."""
        knots = tuple((float(x), float(y)) for x, y in data["knots"])
        return Calibrator(data["kind"], float(data["slope"]), float(data["offset"]), knots)


@dataclass(frozen=True, slots=True)
class RollingOffset:
    """sigma(logit + offset), whose offset follows the base rate from answer to answer.

    Not calibration in advance: it needs the answers of earlier customers, which a campaign has a day later. The offset
    is the mean of a Gaussian with the given precision (in answers' worth of information), which fades by half every
    ``half_life`` answers; a batch moves it to the mode of its posterior (Laplace; West, Harrison and Migon 1985).
    """

    offset: float = 0.0
    precision: float = 1.0
    half_life: float = 30.0

    def probabilities(self, logits: Floats) -> Floats:
        """(n,) logits to (n,) probabilities."""
        return sigmoid(logits + self.offset)

    def learned(self, logits: Floats, target: Floats) -> RollingOffset:
        """The filter after a batch of answers.

        Args:
            logits: (n,) as the model said them before this filter.
            target: (n,) 0 or 1.

        Raises:
            InvalidInput: Nothing is known before, and the batch holds one class only.
        """
        if not len(target):
            return self
        before = self.precision * 0.5 ** (len(target) / self.half_life)
        if before <= 0 and target.min() == target.max():
            raise InvalidInput("calibration: the rows hold only one class")
        offset = self.offset
        for _ in range(100):
            chance = sigmoid(logits + offset)
            slope = float((target - chance).sum()) - before * (offset - self.offset)
            step = slope / (float((chance * (1 - chance)).sum()) + before)
            offset += min(max(step, -1.0), 1.0)
            if abs(step) < _SMALL_STEP:
                break
        chance = sigmoid(logits + offset)
        return replace(self, offset=offset, precision=before + float((chance * (1 - chance)).sum()))


def shift_prior(probabilities: Floats, old: float, new: float) -> Floats:
    """Probabilities under another share of positives, where p(x | y) stays (Saerens et al. 2002, Eq. 2.4).

    Raises:
        InvalidInput: A share is not strictly between 0 and 1.
    """
    if not (0 < old < 1 and 0 < new < 1):
        raise InvalidInput(f"prior shift: the shares {old} and {new} must lie between 0 and 1")
    yes = probabilities * (new / old)
    no = (1 - probabilities) * ((1 - new) / (1 - old))
    return yes / (yes + no)


def estimate_prior(probabilities: Floats, old: float, rounds: int = 200, tolerance: float = 1e-7) -> float:
    """The share of positives among unlabelled customers, by EM (Saerens, Latinne, Decaestecker 2002, Eqs. 2.9).

    Right only where p(x | y) did not change; where it did (other customers, another economy) it may be far off, so the
    caller reports it beside the plain mean.

    Args:
        probabilities: (n,) of the unlabelled customers, calibrated for ``old``.
        old: The share of positives in training.
        rounds: At most so many steps.
        tolerance: Stops when a step moves the share by less.
    """
    share = old
    for _ in range(rounds):
        moved = float(shift_prior(probabilities, old, min(max(share, 1e-6), 1 - 1e-6)).mean())
        if abs(moved - share) < tolerance:
            break
        share = moved
    return min(max(share, 1e-6), 1 - 1e-6)


def best_f1_threshold(probabilities: Floats, target: Floats) -> float:
    """The threshold with the best F1 on these rows (never those that are scored)."""
    import numpy as np

    order = np.argsort(-probabilities, kind="stable")
    hits = np.cumsum(target[order])
    f1 = 2 * hits / (np.arange(1, len(target) + 1) + target.sum())
    return float(probabilities[order][int(f1.argmax())])


def contact(probabilities: Floats, budget: int) -> Mask:
    """Whom to write to when ``budget`` customers may be contacted: the likeliest; ties go to the earlier row.

    Raises:
        InvalidInput: The budget is negative.
    """
    import numpy as np

    if budget < 0:
        raise InvalidInput(f"the contact budget {budget} is negative")
    chosen = np.zeros(len(probabilities), dtype=bool)
    chosen[np.argsort(-probabilities, kind="stable")[:budget]] = True
    return chosen


def budget_threshold(probabilities: Floats, share: float) -> float:
    """The threshold above which ``share`` of such customers lie, for a budget that is known before the customers are.

    Raises:
        InvalidInput: The share is not in (0, 1].
    """
    import numpy as np

    if not 0 < share <= 1:
        raise InvalidInput(f"the contact share {share} must lie in (0, 1]")
    return float(np.quantile(probabilities, 1 - share))
