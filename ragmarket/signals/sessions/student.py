"""The student: a linear model over named counts that labels a session in well under a millisecond.

It learns from labels that language models and visitors' own words gave, each session twice: as it is, and as if the
visitor had typed nothing. So it reads pages where there are no words.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ragmarket.errors import InvalidInput
from ragmarket.schemas.sessions import OTHER
from ragmarket.signals.sessions.features import session_features, without_words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Event = Mapping[str, Any]
_TOLD = 4


@dataclass(frozen=True, slots=True)
class Student:
    """A fitted student.

    Attributes:
        intents: Names, in the order of the columns.
        columns: Feature name to column.
        weights: Shape (features, intents).
        bias: Shape (intents,).
        temperature: Divides the scores, so that a confidence is what it says.
        least: Confidence beneath which a session is ``other``.
    """

    intents: tuple[str, ...]
    columns: Mapping[str, int]
    weights: NDArray[np.float64]
    bias: NDArray[np.float64]
    temperature: float = 1.0
    least: float = 0.0

    @classmethod
    def fit(
        cls,
        sessions: Sequence[Sequence[Event]],
        labels: Sequence[str],
        confidences: Sequence[float] | None = None,
        *,
        least: float = 0.0,
        regularity: float = 0.1,
        seed: int = 0,
    ) -> Student:
        """Learn from labelled sessions; ``other`` is not learned, it is what a low confidence means.

        Args:
            sessions: Events of each session.
            labels: Intent of each.
            confidences: Weight of each label; equal without them.
            least: Confidence beneath which a session will be ``other``.
            regularity: Inverse strength of the L2 penalty.
            seed: Of the split that the temperature is fitted on.

        Raises:
            InvalidInput: Fewer than two intents are labelled.
        """
        import numpy as np
        from sklearn.feature_extraction import DictVectorizer
        from sklearn.linear_model import LogisticRegression

        sure = confidences if confidences is not None else [1.0] * len(labels)
        kept = [row for row, label in enumerate(labels) if label != OTHER]
        if len({labels[row] for row in kept}) < 2:
            raise InvalidInput("fewer than two intents are labelled", hint="Label more sessions.")
        rows = [session_features(sessions[row]) for row in kept]
        silent = [without_words(features) for features in rows]
        names = np.array([labels[row] for row in kept])
        weight = np.array([sure[row] for row in kept])
        reader = DictVectorizer()
        reader.fit(rows)
        full, bare = reader.transform(rows), reader.transform(silent)
        from scipy.sparse import vstack

        def learned(chosen: NDArray[np.bool_]) -> Any:
            model = LogisticRegression(C=regularity, max_iter=400)
            both = vstack([full[chosen], bare[chosen]])
            return model.fit(both, np.tile(names[chosen], 2), np.tile(weight[chosen], 2))

        held = np.random.default_rng(seed).random(len(kept)) < 0.2
        everything = np.ones(len(kept), dtype=bool)
        temperature = 1.0
        if held.sum() >= 20 and len(set(names[~held])) == len(set(names)):
            trial = learned(~held)
            temperature = _temperature(trial.decision_function(bare[held]), names[held], trial.classes_.tolist())
        model = learned(everything)
        weights, bias, classes = model.coef_.T, model.intercept_, tuple(model.classes_.tolist())
        if len(classes) == 2:
            weights, bias = np.concatenate([-weights, weights], axis=1) / 2, np.array([-bias[0], bias[0]]) / 2
        columns = {str(name): place for place, name in enumerate(reader.feature_names_)}
        return cls(classes, columns, np.ascontiguousarray(weights), bias, temperature, least)

    def scores(self, events: Sequence[Event]) -> tuple[NDArray[np.float64], dict[str, float]]:
        """Probability of each intent, shape (intents,), and the features of the session."""
        import numpy as np

        features = session_features(events)
        known = [(self.columns[name], value) for name, value in features.items() if name in self.columns]
        total = self.bias
        if known:
            places, values = zip(*known, strict=True)
            total = total + np.array(values) @ self.weights[list(places)]
        power = np.exp((total - total.max()) / self.temperature)
        return power / power.sum(), features

    def label(self, events: Sequence[Event]) -> tuple[str, float]:
        """The intent and its probability; ``other`` beneath the least confidence."""
        chances, _ = self.scores(events)
        best = int(chances.argmax())
        intent = self.intents[best] if chances[best] >= self.least else OTHER
        return intent, float(chances[best])

    def reasons(self, features: Mapping[str, float], intent: str) -> tuple[str, ...]:
        """The counts that speak most for an intent, against the mean of the others."""
        if intent not in self.intents:
            return ("nothing in it speaks clearly enough for one intent",)
        own = self.intents.index(intent)
        gains = {}
        for name, value in features.items():
            place = self.columns.get(name)
            # Pieces of words and totals are no reason that anybody could read.
            if place is None or name in ("minutes", "events"):
                continue
            row = self.weights[place]
            gains[name] = value * float(row[own] - (row.sum() - row[own]) / max(len(row) - 1, 1))
        best = sorted((name for name in gains if gains[name] > 0), key=lambda name: -gains[name])
        return tuple(_told(name) for name in best[:_TOLD])


def _told(name: str) -> str:
    kind, _, what = name.partition(" ")
    words = what.replace("_", " ")
    if kind == "step":
        return f"went from {words.replace(' > ', ' to ')}"
    frames = {
        "page": "opened {}", "enter": "turned to {}", "stay": "stayed with {}", "tile": "clicked the tile {}",
        "passed": "passed over the tile {}", "word": "typed '{}'", "referrer": "came from {}", "device": "uses a {}",
    }  # fmt: skip
    return frames.get(kind, "{}").format(words)


def _temperature(scores: NDArray[np.float64], names: NDArray[np.str_], classes: Sequence[str]) -> float:
    """The temperature of least log loss on sessions that were held back (Guo et al. 2017), a grid."""
    import numpy as np

    if scores.ndim == 1:
        scores = np.stack([-scores, scores], axis=1) / 2
    right = np.array([classes.index(name) for name in names])
    best, found = math.inf, 1.0
    for temperature in (0.6, 0.75, 0.9, 1.0, 1.2, 1.5, 2.0, 3.0):
        scaled = scores / temperature
        scaled = scaled - scaled.max(axis=1, keepdims=True)
        likely = scaled[np.arange(len(right)), right] - np.log(np.exp(scaled).sum(axis=1))
        if -likely.mean() < best:
            best, found = -float(likely.mean()), temperature
    return found
