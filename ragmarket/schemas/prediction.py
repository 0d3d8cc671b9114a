"""What the line believes about the customer: it chooses emphasis, never text."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ragmarket.schemas.base import Frozen

Status = Literal["steady", "watch", "alarm", "missing", "too few"]


class Contribution(Frozen):
    """By how much one group of features moved a chance.

    p(answer) as it is, less p(answer) with the group's values replaced by the mean of the customer's segment.
    """

    head: str
    answer: str
    group: str
    value: float


class Prediction(Frozen):
    """Segment, intent and propensities for one brief.

    ``source`` says where they come from: ``caller`` (the brief named them), ``model``, or ``neutral`` (no signals, or
    confidence below the threshold). Propensities are probabilities in [0, 1] keyed by product class, channel, time of
    the week or intensity; ``response`` is the chance of an answer to ``offer``, as far as that is known. ``fallback``:
    ``segment_priors`` where nothing of what the customer did is known, so that propensities are those of the segment,
    or ``neutral``. ``missing`` names the features that were not known, ``unread`` those that held a value never seen in
    training. ``checkpoint`` (SHA-256), ``spec_version`` and ``spec_sha256`` say which model and features answered.
    """

    segment: str
    intent: str
    confidence: float = Field(ge=0.0, le=1.0)
    source: str
    product_propensities: dict[str, float] = {}
    channel_propensities: dict[str, float] = {}
    timing_propensities: dict[str, float] = {}
    intensity_propensities: dict[str, float] = {}
    response: float | None = Field(default=None, ge=0.0, le=1.0)
    offer: dict[str, str] = {}
    predicted_segment: str | None = None
    predicted_intent: str | None = None
    nearest_segment: str | None = None
    contributions: tuple[Contribution, ...] = ()
    gates: dict[str, float] = {}
    fallback: str | None = None
    missing: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    model: str
    checkpoint: str | None = None
    spec_version: int | None = None
    spec_sha256: str | None = None
    warnings: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


class FeatureDrift(Frozen):
    """One feature's population stability index against training; of a feature with many values, ``value`` is the worst.

    ``missing`` is the share of customers of whom it is not known, ``missing_in_training`` what it was then. ``status``:
    steady, watch (> .1), alarm (> .25), missing (known of far fewer than in training) or too few to tell.
    """

    feature: str
    value: str | None = None
    psi: float
    missing: float
    missing_in_training: float
    status: Status


class DriftReport(Frozen):
    """How far the customers served differ from those of training; ``enough`` tells whether they are enough to say."""

    customers: int
    enough: bool
    alarms: tuple[str, ...] = ()
    watch: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    features: tuple[FeatureDrift, ...] = ()
    checkpoint: str
