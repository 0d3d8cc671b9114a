"""The trained predictor: from signals to a `Prediction`, with reasons in plain words."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from ragmarket.errors import InvalidInput
from ragmarket.knowledge.angles import NEUTRAL_INTENT, NEUTRAL_SEGMENT, Angles, load_angles
from ragmarket.prediction.weights import SHIPPED, Head, Model, load
from ragmarket.schemas.base import today
from ragmarket.schemas.brief import Brief
from ragmarket.schemas.prediction import Prediction

if TYPE_CHECKING:
    from ragmarket.prediction.weights import Floats

_REASONS = 3


class TrainedPredictor:
    """A `ragmarket.protocols.Predictor` over logistic heads; weights are read at the first use or by `warm_up`.

    Args:
        encode: Turns signals into a vector; raises InvalidInput on signals it does not know.
        spec_sha256: Hash of the feature spec behind ``encode``.
        weights: Folder of the model.
        angles: The intents and segments that the bank knows; the shipped ones by default.
        max_age_days: Older signals (by their ``observed_on``) count as stale.
        today: The day to use where a brief names none.
    """

    def __init__(
        self,
        *,
        encode: Callable[[Mapping[str, object]], Sequence[float]],
        spec_sha256: str,
        weights: Path = SHIPPED,
        angles: Angles | None = None,
        max_age_days: int = 180,
        today: Callable[[], date] = today,
    ) -> None:
        self._encode = encode
        self._spec_sha256 = spec_sha256
        self._folder = weights
        self._angles = angles or load_angles()
        self._max_age_days = max_age_days
        self._today = today
        self._model: Model | None = None
        self._loading = threading.Lock()

    def warm_up(self) -> None:
        """Read the weights now.

        Raises:
            ModelMissing: They are absent, damaged, or were trained for another feature spec.
            MissingDependency: numpy is not installed.
        """
        self._loaded()

    def predict(self, brief: Brief, signals: Mapping[str, object] | None = None) -> Prediction:
        """Predict for one brief; what the brief says of intent and segment wins.

        Raises:
            InvalidInput: A signal is unknown or has the wrong type.
            ModelMissing: Signals were given and the model cannot be used.
        """
        found = self.score(signals, as_of=brief.as_of)
        if brief.intent is None and brief.segment is None:
            return found
        intent, segment, said = found.intent, found.segment, list[str]()
        if brief.intent is not None:
            intent = self._angles.intent(brief.intent)
            known = intent != NEUTRAL_INTENT or _slug(brief.intent) == NEUTRAL_INTENT
            said.append(
                "the caller named the intent"
                if known
                else f"the caller's intent is not known; {NEUTRAL_INTENT} is used"
            )
        if brief.segment is not None:
            segment = _slug(brief.segment)
            known = segment in self._angles.segments
            segment = segment if known else NEUTRAL_SEGMENT
            said.append(
                "the caller named the segment" if known else f"the caller's segment is not known; {segment} is used"
            )
        sure = brief.intent is not None and brief.segment is not None
        return found.model_copy(
            update={
                "intent": intent,
                "segment": segment,
                "source": "caller",
                "confidence": 1.0 if sure else found.confidence,
                "reasons": (*said, *found.reasons),
            }
        )

    def score(self, signals: Mapping[str, object] | None, *, as_of: date | None = None) -> Prediction:
        """Predict from signals alone.

        Raises:
            InvalidInput: A signal is unknown or has the wrong type.
            ModelMissing: Signals were given and the model cannot be used.
        """
        if signals is None:
            return _neutral("no signals were given")
        vector = self._encode(signals)
        stale = self._stale(signals, as_of or self._today())
        if stale is not None:
            return _neutral(stale)
        import numpy as np

        model = self._loaded()
        z = model.standardise(np.asarray(vector, dtype=np.float64))
        by_head = {name: head.probabilities(z) for name, head in model.heads.items()}
        segment, p_segment = _top(model.heads["segment"], by_head["segment"])
        intent, p_intent = _top(model.heads["intent"], by_head["intent"])
        reasons: list[str] = []
        used = {}
        for name, best, probability, known in (
            ("segment", segment, p_segment, self._angles.segments),
            ("intent", intent, p_intent, self._angles.intents),
        ):
            head = model.heads[name]
            if best not in known:
                reasons.append(f"{name}: the model's answer is not one that the bank knows any more")
            elif probability < head.threshold:
                reasons.append(f"{name}: confidence {probability:.2f} is below {head.threshold:.2f}")
            else:
                used[name] = best
                reasons.extend(f"{name} {best}: {words}" for words in _why(model, head, best, z, vector))
        return Prediction(
            segment=used.get("segment", NEUTRAL_SEGMENT),
            intent=used.get("intent", NEUTRAL_INTENT),
            confidence=min(p_segment, p_intent),
            source="model" if used else "neutral",
            product_propensities=_table(model.heads["product_class"], by_head["product_class"]),
            channel_propensities=_table(model.heads["channel"], by_head["channel"]),
            response=_table(model.heads["response"], by_head["response"])["yes"],
            predicted_segment=segment,
            predicted_intent=intent,
            model=model.name,
            reasons=tuple(reasons),
        )

    def _stale(self, signals: Mapping[str, object], day: date) -> str | None:
        value = signals.get("observed_on")
        if value is None:
            return None
        try:
            observed = value if isinstance(value, date) else date.fromisoformat(str(value))
        except ValueError as error:
            raise InvalidInput("signals: observed_on must be a date (YYYY-MM-DD)") from error
        age = (day - observed).days
        if age < 0:
            return "the signals are from after the brief's day"
        return f"the signals are {age} days old" if age > self._max_age_days else None

    def _loaded(self) -> Model:
        with self._loading:
            if self._model is None:
                self._model = load(self._folder, self._spec_sha256)
            return self._model


def _slug(name: str) -> str:
    return name.strip().lower().replace("-", "_").replace(" ", "_")


def _neutral(reason: str) -> Prediction:
    return Prediction(
        segment=NEUTRAL_SEGMENT,
        intent=NEUTRAL_INTENT,
        confidence=0.0,
        source="neutral",
        model="none",
        reasons=(reason,),
    )


def _top(head: Head, probabilities: Floats) -> tuple[str, float]:
    best = int(probabilities.argmax())
    return head.classes[best], float(probabilities[best])


def _table(head: Head, probabilities: Floats) -> dict[str, float]:
    return {name: round(float(value), 6) for name, value in zip(head.classes, probabilities, strict=True)}


def _why(model: Model, head: Head, best: str, z: Floats, vector: Sequence[float]) -> list[str]:
    """The features that speak most for a class, against the average class and the average customer."""
    place = head.classes.index(best)
    pull = z * (head.weights[:, place] - head.weights.mean(axis=1))
    words: list[str] = []
    for column in pull.argsort()[::-1]:
        _, label, role = model.columns[column]
        if pull[column] <= 0.05 or len(words) == _REASONS:
            break
        if role == "level":
            words.append(f"{label}: {'more' if z[column] > 0 else 'fewer or less'} than usual")
        elif role == "flag" and vector[column] == 1.0:
            words.append(label)
    return words
