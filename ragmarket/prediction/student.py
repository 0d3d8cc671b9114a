"""The network that serves: a branch per group of features, a gate over the branches, one trunk, seven heads; in numpy.

It learnt from the temporal model (`ragmarket.prediction.temporal.student_fitting`) and from outcomes. The shape is
ALIMN's (Eqs. 7 to 9): h_g = silu(x_g W_g + b_g), alpha = softmax(gate(h)) on the simplex, t = silu(trunk(G alpha h)),
logits = t V + x D + c; the direct line x D is the residual.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]
    Indices = npt.NDArray[np.int64]

HEADS = ("segment", "intent", "product", "channel", "timing", "intensity", "response")
SKETCHY = 1 / 3
LIMIT = 6.0  # standard deviations: farther is as far


@dataclass(frozen=True, slots=True)
class Head:
    """One head's classes and its columns of the logits; below ``threshold`` its answer is not used.

    ``sharp`` is the temperature of customers of whom most is known, ``temperature`` that of the others.
    """

    classes: tuple[str, ...]
    start: int
    temperature: float = 1.0
    threshold: float = 0.0
    sharp: float = 1.0

    @property
    def place(self) -> slice:
        """The head's columns."""
        return slice(self.start, self.start + len(self.classes))


@dataclass(frozen=True, slots=True)
class Reading:
    """What n customers were read as: ``logits`` (n, classes of all heads), ``gates`` (n, G), ``trunk`` (n, H).

    ``branches`` (n, G, W) and ``direct`` (n, classes of all heads) are the parts of the sum.
    """

    logits: Floats
    gates: Floats
    trunk: Floats
    branches: Floats
    direct: Floats


@dataclass(frozen=True, slots=True)
class Student:
    """Weights. ``groups`` gives each branch's columns; ``mean`` and ``inverse`` (C,) standardise.

    ``inverse`` is zero for a column that never varied in training: it has no say.
    """

    heads: Mapping[str, Head]
    groups: Mapping[str, Indices]
    arrays: Mapping[str, Floats]

    def standardise(self, vectors: npt.NDArray[Any]) -> Floats:
        """(n, C) as the spec encodes them to zero mean and unit variance; what is missing (NaN) becomes zero."""
        import numpy as np

        z = (vectors.astype(np.float32) - self.arrays["mean"]) * self.arrays["inverse"]
        return np.asarray(np.clip(np.nan_to_num(z, nan=0.0), -LIMIT, LIMIT), dtype=np.float32)

    def read(self, z: Floats) -> Reading:
        """(n, C) standardised to logits, gates and trunk."""
        import numpy as np

        branches = [
            _silu(z[:, columns] @ self.arrays[f"branch.{name}.weight"] + self.arrays[f"branch.{name}.bias"])
            for name, columns in self.groups.items()
        ]
        return self._above(np.stack(branches, axis=1), z @ self.arrays["direct"])

    def without(self, reading: Reading, z: Floats, group: str, instead: Floats) -> Reading:
        """The same customers with other values in one group of features, at the price of that group alone.

        Args:
            reading: Of ``z``.
            z: (n, C) standardised.
            group: Which one.
            instead: (n, columns of the group) what stands there now.
        """
        columns = self.groups[group]
        branches = reading.branches.copy()
        branches[:, list(self.groups).index(group)] = _silu(
            instead @ self.arrays[f"branch.{group}.weight"] + self.arrays[f"branch.{group}.bias"]
        )
        moved = (instead - z[:, columns]) @ self.arrays["direct"][columns]
        return self._above(branches, (reading.direct + moved).astype(reading.direct.dtype))

    def _above(self, branches: Floats, direct: Floats) -> Reading:
        import numpy as np

        flat = branches.reshape(len(branches), -1)
        gates = _softmax(flat @ self.arrays["gate.weight"] + self.arrays["gate.bias"])
        weighted = branches * (gates[:, :, None] * branches.shape[1])
        joined = np.asarray(weighted, dtype=np.float32).reshape(len(branches), -1)
        trunk = _silu(joined @ self.arrays["trunk.weight"] + self.arrays["trunk.bias"])
        logits = trunk @ self.arrays["out.weight"] + self.arrays["out.bias"] + direct
        return Reading(logits, gates, trunk, branches, direct)

    def chances(self, logits: Floats, sketchy: npt.NDArray[np.bool_]) -> dict[str, Floats]:
        """Calibrated probabilities (n, classes) of each head.

        Args:
            logits: (n, classes of all heads).
            sketchy: (n,) whether more than `SKETCHY` of the features are not known.
        """
        import numpy as np

        found = {}
        for name, head in self.heads.items():
            temperature = np.where(sketchy, head.temperature, head.sharp).astype(np.float32)
            found[name] = _softmax(logits[:, head.place] / temperature[:, None])
        return found

    def pull(self, z: Floats, head: str, answer: int) -> Floats:
        """(C,): gradient times input of one answer against the mean of the others, for one customer ``z`` (C,).

        The gate is held fixed. Tells which columns speak for an answer; how much a group changes a chance is told by
        occlusion (`ragmarket.prediction.explaining`).
        """
        import numpy as np

        place = self.heads[head].place
        arrays = self.arrays
        contrast = np.full(place.stop - place.start, -1.0 / (place.stop - place.start), dtype=np.float32)
        contrast[answer] += 1.0
        found = arrays["direct"][:, place] @ contrast
        before = {
            name: z[columns] @ arrays[f"branch.{name}.weight"] + arrays[f"branch.{name}.bias"]
            for name, columns in self.groups.items()
        }
        stacked = np.stack([_silu(one) for one in before.values()])
        gates = _softmax((stacked.reshape(1, -1) @ arrays["gate.weight"]) + arrays["gate.bias"])[0] * len(stacked)
        above = (stacked * gates[:, None]).reshape(-1) @ arrays["trunk.weight"] + arrays["trunk.bias"]
        at_trunk = (arrays["out.weight"][:, place] @ contrast) * _slope(above)
        at_joined = (arrays["trunk.weight"] @ at_trunk).reshape(stacked.shape) * gates[:, None]
        for number, (name, columns) in enumerate(self.groups.items()):
            found[columns] += arrays[f"branch.{name}.weight"] @ (at_joined[number] * _slope(before[name]))
        return np.asarray(found * z, dtype=np.float32)


def _silu(x: Floats) -> Floats:
    import numpy as np

    return np.asarray(x / (1.0 + np.exp(-np.clip(x, -60.0, 60.0))), dtype=np.float32)


def _slope(x: Floats) -> Floats:
    import numpy as np

    gate = 1.0 / (1.0 + np.exp(-np.clip(x, -60.0, 60.0)))
    return np.asarray(gate * (1.0 + x * (1.0 - gate)), dtype=np.float32)


def _softmax(x: Floats) -> Floats:
    import numpy as np

    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), dtype=np.float32)
