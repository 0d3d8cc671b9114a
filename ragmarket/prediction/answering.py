"""From signals that can be read to predictions: chances, fallbacks, reasons, and a look at who is served."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from ragmarket.knowledge.angles import NEUTRAL_INTENT, NEUTRAL_SEGMENT, Angles
from ragmarket.prediction.checkpoint import Checkpoint
from ragmarket.prediction.drift import LEAST, RollingWindow
from ragmarket.prediction.explaining import contributions, nearest, why
from ragmarket.prediction.offers import Scene, codes, response
from ragmarket.prediction.priors import PRIORS, behaves, by_segment
from ragmarket.prediction.student import SKETCHY
from ragmarket.schemas.features import FeatureSpec
from ragmarket.schemas.prediction import Contribution, Prediction

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]

Signals = Mapping[str, object]
_log = logging.getLogger(__name__)
_DRIFT_EVERY = 500


class Answering:
    """A checkpoint at work.

    Args:
        checkpoint: The model.
        spec: The features that the line gathers.
        angles: The intents and segments that the bank knows.
        window: How many served customers the drift of serving is measured on.
        max_model_age_days: An older checkpoint answers with a warning.
    """

    def __init__(
        self, checkpoint: Checkpoint, spec: FeatureSpec, angles: Angles, *, window: int, max_model_age_days: int
    ) -> None:
        import numpy as np

        self.checkpoint = checkpoint
        self.window = RollingWindow(checkpoint.reference, window)
        self._spec = spec
        self._angles = angles
        self._max_model_age_days = max_model_age_days
        self._blank = np.array(checkpoint.spec.encode({}), dtype=np.float32)
        self._drifting: tuple[str, ...] = ()

    def vectors(self, part: Sequence[Signals]) -> Floats:
        """(n, C) as the checkpoint's spec encodes signals."""
        import numpy as np

        spec = self.checkpoint.spec
        found = np.empty((len(part), len(self._blank)), dtype=np.float32)
        for place, signals in enumerate(part):
            spec.fill(signals, found[place], self._blank)
        return found

    def of(
        self, part: Sequence[tuple[Signals, tuple[str, ...]]], day: date, offer: Mapping[str, str], *, explain: bool
    ) -> list[Prediction]:
        """Predictions for customers, in their order.

        Args:
            part: Legible signals of each, and the features that held a value never seen.
            day: The day of the question.
            offer: As `TrainedPredictor.score_many`.
            explain: Whether to add reasons, contributions and gates.

        Raises:
            InvalidInput: A value has the wrong type, or the offer is unknown.
        """
        import numpy as np

        checkpoint = self.checkpoint
        student = checkpoint.student
        kinds = {feature.name: feature for feature in self._spec.features}
        vectors = self.vectors([signals for signals, _ in part])
        z = student.standardise(vectors)
        reading = student.read(z)
        lacking = [[name for name in kinds if name not in signals] for signals, _ in part]
        sketchy = np.array([len(names) > SKETCHY * len(kinds) for names in lacking])
        chances = student.chances(reading.logits, sketchy)
        blind = [not behaves(checkpoint.spec, signals) for signals, _ in part]
        if offer:
            met = Scene.of(checkpoint.spec, student.heads, chances, z)
            yes = response(checkpoint.offers, met, codes(student.heads, offer))
            chances["response"] = np.stack([1 - yes, yes], axis=1)
        chances |= by_segment(checkpoint, chances, blind)
        warnings = self._warnings(checkpoint, day, vectors)
        moved: Sequence[tuple[Contribution, ...]] = [()] * len(part)
        near: Sequence[str | None] = [None] * len(part)
        if explain:
            groups = [frozenset(kinds[name].group for name in signals if name in kinds) for signals, _ in part]
            moved = contributions(checkpoint, z, reading, groups, sketchy)
            near = nearest(checkpoint, reading.trunk)
        found = []
        for row, (_, strange) in enumerate(part):
            used, reasons = self._used(checkpoint, chances, row, blind[row], (z, vectors) if explain else None)
            reasons += [f"{name}: a value never seen in training counts as not known" for name in strange]
            if blind[row]:
                reasons.append("nothing is known of what the customer did: propensities are those of the segment")
            tables = {name: _table(head.classes, chances[name][row]) for name, head in student.heads.items()}
            found.append(
                Prediction(
                    segment=used.get("segment", NEUTRAL_SEGMENT),
                    intent=used.get("intent", NEUTRAL_INTENT),
                    confidence=min(float(chances[name][row].max()) for name in ("segment", "intent")),
                    source="model" if used else "neutral",
                    product_propensities=tables["product"],
                    channel_propensities=tables["channel"],
                    timing_propensities=tables["timing"],
                    intensity_propensities=tables["intensity"],
                    response=tables["response"]["yes"],
                    offer=dict(offer),
                    predicted_segment=max(tables["segment"], key=tables["segment"].__getitem__),
                    predicted_intent=max(tables["intent"], key=tables["intent"].__getitem__),
                    nearest_segment=near[row],
                    contributions=() if blind[row] else moved[row],
                    gates=_table(tuple(student.groups), reading.gates[row]) if explain else {},
                    fallback=PRIORS if blind[row] else None,
                    missing=tuple(lacking[row]),
                    unread=strange,
                    model=checkpoint.name,
                    checkpoint=checkpoint.sha256,
                    spec_version=checkpoint.spec.version,
                    spec_sha256=checkpoint.spec.sha256,
                    warnings=warnings,
                    reasons=tuple(reasons),
                )
            )
        return found

    def _used(
        self,
        checkpoint: Checkpoint,
        chances: Mapping[str, Floats],
        row: int,
        blind: bool,
        shown: tuple[Floats, Floats] | None,
    ) -> tuple[dict[str, str], list[str]]:
        """Which answers are sure enough to be used, and why they were given."""
        used: dict[str, str] = {}
        reasons: list[str] = []
        for name, known in (("segment", self._angles.segments), ("intent", self._angles.intents)):
            head = checkpoint.student.heads[name]
            place = int(chances[name][row].argmax())
            best, probability = head.classes[place], float(chances[name][row][place])
            if best not in known:
                reasons.append(f"{name}: the model's answer is not one that the bank knows any more")
            elif probability < head.threshold:
                reasons.append(f"{name}: confidence {probability:.2f} is below {head.threshold:.2f}")
            elif name == "intent" and blind:
                reasons.append("intent: nothing that the customer did speaks for one")
            else:
                used[name] = best
                if shown is not None:
                    words = why(checkpoint, shown[0][row], shown[1][row], name, place)
                    reasons.extend(f"{name} {best}: {one}" for one in words)
        return used, reasons

    def _warnings(self, checkpoint: Checkpoint, day: date, vectors: Floats) -> tuple[str, ...]:
        window = self.window
        before = window.seen
        window.add(checkpoint.reference.codes(checkpoint.spec, vectors))
        if window.seen >= LEAST and before // _DRIFT_EVERY != window.seen // _DRIFT_EVERY:
            alarms = window.report(checkpoint.name).alarms
            if set(alarms) - set(self._drifting):
                _log.warning("customers differ from those of training: %s", ", ".join(alarms))
            self._drifting = alarms
        found = []
        if checkpoint.age(day) > self._max_model_age_days:
            found.append(f"the model is {checkpoint.age(day)} days old: train it again")
        if self._drifting:
            found.append(f"customers differ from those of training: {', '.join(self._drifting)}")
        return tuple(found)


def _table(names: Sequence[str], values: Floats) -> dict[str, float]:
    return {name: round(value, 6) for name, value in zip(names, values.tolist(), strict=True)}
