"""What a temporal model is made of."""

from __future__ import annotations

from pydantic import Field

from ragmarket.prediction.temporal.fitting import FittingConfig
from ragmarket.prediction.temporal.network import EncoderConfig
from ragmarket.schemas.base import Frozen


class TemporalConfig(Frozen):
    """What to fit.

    ``temporal=False``: months are read one by one beside the mean of those before, and intents have no memory.
    ``encoder.intents``, ``encoder.text``, ``encoder.fusion``, ``encoder.behaviour`` leave out the intents, the words,
    the gate with the products of belief and touch, and all events. ``heads``: those learnt jointly.
    """

    encoder: EncoderConfig = EncoderConfig()
    fitting: FittingConfig = FittingConfig()
    temporal: bool = True
    heads: tuple[str, ...] = ("segment", "intent", "product", "channel", "timing", "intensity", "response")
    folds: int = Field(3, ge=2, le=10)
    states: int | None = Field(None, ge=2, description="of the HMM; as many as there are intents by default")
    rounds: int = Field(15, ge=1, description="of expectation maximisation")
    lines: bool = Field(True, description="whether a line per head stands beside the network")
    seed: int = 0
