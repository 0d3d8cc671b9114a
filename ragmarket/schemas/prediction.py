"""What the line believes about the customer: it chooses emphasis, never text."""

from __future__ import annotations

from pydantic import Field

from ragmarket.schemas.base import Frozen


class Prediction(Frozen):
    """Segment, intent and propensities for one brief.

    ``source`` says where they come from: ``caller`` (the brief named them), ``model``, or ``neutral`` (no signals, or
    confidence below the threshold). Propensities are probabilities in [0, 1] keyed by product class or channel.
    """

    segment: str
    intent: str
    confidence: float = Field(ge=0.0, le=1.0)
    source: str
    product_propensities: dict[str, float] = {}
    channel_propensities: dict[str, float] = {}
    response: float | None = Field(default=None, ge=0.0, le=1.0)
    predicted_segment: str | None = None
    predicted_intent: str | None = None
    model: str
    reasons: tuple[str, ...] = ()
