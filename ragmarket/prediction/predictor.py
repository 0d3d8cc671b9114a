"""The trained predictor: from signals to a `Prediction`, with reasons in plain words."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

from ragmarket.errors import InvalidInput
from ragmarket.knowledge.angles import NEUTRAL_INTENT, NEUTRAL_SEGMENT, Angles, load_angles
from ragmarket.prediction.answering import Answering, Signals
from ragmarket.prediction.checkpoint import SHIPPED, Checkpoint, load
from ragmarket.prediction.drift import RollingWindow
from ragmarket.prediction.priors import PRIORS, of_members
from ragmarket.schemas.base import today
from ragmarket.schemas.brief import Brief
from ragmarket.schemas.features import FeatureSpec, observed_on
from ragmarket.schemas.prediction import DriftReport, Prediction

_log = logging.getLogger(__name__)
_CHUNK = 2_048


class TrainedPredictor:
    """A `ragmarket.protocols.Predictor` over a checkpoint, which is read at the first use or by `warm_up`.

    Fallbacks: no signals, or stale ones, give the neutral prediction. Where nothing is known of what the customer did
    (no history, or an empty one) the intent is neutral and propensities are those of the likely segments. A value never
    seen in training counts as not known. All of it is said in the `Prediction`.

    Args:
        spec: The features that the line gathers; a checkpoint for others is refused.
        weights: Folder of the checkpoint.
        angles: The intents and segments that the bank knows; the shipped ones by default.
        max_age_days: Older signals (by their ``observed_on``) count as stale.
        max_model_age_days: An older checkpoint serves on, with a warning.
        window: How many served customers the drift of serving is measured on.
        today: The day to use where a brief names none.
    """

    def __init__(
        self,
        *,
        spec: FeatureSpec,
        weights: Path = SHIPPED,
        angles: Angles | None = None,
        max_age_days: int = 180,
        max_model_age_days: int = 365,
        window: int = 2_000,
        today: Callable[[], date] = today,
    ) -> None:
        self._spec = spec
        self._folder = weights
        self._angles = angles or load_angles()
        self._max_age_days = max_age_days
        self._max_model_age_days = max_model_age_days
        self._window_size = window
        self._today = today
        self._answering: Answering | None = None
        self._loading = threading.Lock()

    def warm_up(self) -> None:
        """Read the checkpoint now.

        Raises:
            ModelMissing: It is absent, damaged, or was trained for another feature spec.
            MissingDependency: numpy is not installed.
        """
        self._loaded()

    @property
    def checkpoint(self) -> Checkpoint:
        """What answers.

        Raises:
            ModelMissing: It cannot be used.
        """
        return self._loaded().checkpoint

    def predict(self, brief: Brief, signals: Signals | None = None) -> Prediction:
        """Predict for one brief; what the brief says of intent and segment wins.

        Raises:
            InvalidInput: A signal is unknown or has the wrong type.
            ModelMissing: Signals were given and the model cannot be used.
        """
        found = self.score(signals, as_of=brief.as_of, offer={"channel": brief.channel})
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

    def of_segment(self, segment: str) -> Prediction:
        """What a named segment's members answered in training; of a segment it never met no propensities are known.

        Raises:
            InvalidInput: The bank has no such segment; names those it has.
            ModelMissing: The model cannot be used.
        """
        name, known = _slug(segment), sorted({*self._angles.segments, NEUTRAL_SEGMENT})
        if name not in known:
            raise InvalidInput(f"segment: {segment!r} is none of the bank's", hint=f"Known: {', '.join(known)}.")
        checkpoint = self._loaded().checkpoint
        told = of_members(checkpoint, name)
        return Prediction(
            segment=name,
            intent=NEUTRAL_INTENT,
            confidence=0.0,
            source="caller",
            product_propensities=told.get("product", {}),
            channel_propensities=told.get("channel", {}),
            timing_propensities=told.get("timing", {}),
            intensity_propensities=told.get("intensity", {}),
            response=told["response"]["yes"] if told else None,
            fallback=PRIORS if told else "neutral",
            model=checkpoint.name,
            checkpoint=checkpoint.sha256,
            spec_version=checkpoint.spec.version,
            spec_sha256=checkpoint.spec.sha256,
            reasons=(
                "the caller named the segment",
                "propensities are those of its members" if told else "the model was not trained on this segment",
            ),
        )

    def score(
        self, signals: Signals | None, *, as_of: date | None = None, offer: Mapping[str, str] | None = None
    ) -> Prediction:
        """Predict from signals alone; of `score_many` for one.

        Raises:
            InvalidInput: A signal is unknown or has the wrong type.
            ModelMissing: Signals were given and the model cannot be used.
        """
        return self.score_many([signals], as_of=as_of, offer=offer)[0]

    def score_many(
        self,
        many: Sequence[Signals | None],
        *,
        as_of: date | None = None,
        offer: Mapping[str, str] | None = None,
        explain: bool = True,
    ) -> list[Prediction]:
        """Predict for many customers, in their order.

        Args:
            many: Signals of each.
            as_of: The day; today by default.
            offer: The message that ``response`` is asked of: product, channel, timing, intensity, as far as known;
                what is open is averaged. Without one, ``response`` is that to the bank's usual messages.
            explain: Whether to add reasons, contributions and gates; ten times the work.

        Raises:
            InvalidInput: A signal is unknown or has the wrong type.
            ModelMissing: Signals were given and the model cannot be used.
        """
        day = as_of or self._today()
        found: list[Prediction | None] = [None] * len(many)
        rows: list[tuple[int, tuple[Signals, tuple[str, ...]]]] = []
        for place, signals in enumerate(many):
            if signals is None:
                found[place] = _neutral("no signals were given")
                continue
            legible = self._spec.legible(signals)
            stale = self._stale(signals, day)
            if stale is None:
                rows.append((place, legible))
            else:
                found[place] = _neutral(stale)
        for start in range(0, len(rows), _CHUNK):
            part = rows[start : start + _CHUNK]
            answers = self._loaded().of([one for _, one in part], day, offer or {}, explain=explain)
            for (place, _), prediction in zip(part, answers, strict=True):
                found[place] = prediction
        return [one for one in found if one is not None]

    def drift(self) -> DriftReport:
        """PSI of the customers served last, by this process.

        Raises:
            ModelMissing: The model cannot be used.
        """
        serving = self._loaded()
        return serving.window.report(serving.checkpoint.name)

    def drift_of(self, many: Sequence[Signals]) -> DriftReport:
        """PSI of a batch, each feature against training.

        Raises:
            InvalidInput: A signal is unknown or has the wrong type.
            ModelMissing: The model cannot be used.
        """
        serving = self._loaded()
        checkpoint = serving.checkpoint
        window = RollingWindow(checkpoint.reference, max(len(many), 1))
        for start in range(0, len(many), _CHUNK):
            part = [self._spec.legible(one)[0] for one in many[start : start + _CHUNK]]
            if part:
                window.add(checkpoint.reference.codes(checkpoint.spec, serving.vectors(part)))
        return window.report(checkpoint.name)

    def _stale(self, signals: Signals, day: date) -> str | None:
        observed = observed_on(signals)
        if observed is None:
            return None
        age = (day - observed).days
        if age < 0:
            return "the signals are from after the brief's day"
        return f"the signals are {age} days old" if age > self._max_age_days else None

    def _loaded(self) -> Answering:
        with self._loading:
            if self._answering is None:
                found = load(self._folder, self._spec)
                if found.age(self._today()) > self._max_model_age_days:
                    _log.warning("the prediction model is %d days old: train it again", found.age(self._today()))
                self._answering = Answering(
                    found,
                    self._spec,
                    self._angles,
                    window=self._window_size,
                    max_model_age_days=self._max_model_age_days,
                )
            return self._answering


def _slug(name: str) -> str:
    return name.strip().lower().replace("-", "_").replace(" ", "_")


def _neutral(reason: str) -> Prediction:
    return Prediction(
        segment=NEUTRAL_SEGMENT,
        intent=NEUTRAL_INTENT,
        confidence=0.0,
        source="neutral",
        fallback="neutral",
        model="none",
        reasons=(reason,),
    )
