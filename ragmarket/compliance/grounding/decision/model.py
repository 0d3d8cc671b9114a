"""The decision: a multinomial logistic regression over the signs, read from JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ragmarket.compliance.grounding.decision.signs import NAMES, VERSION
from ragmarket.errors import ModelMissing

SHIPPED = Path(__file__).parent / "decision.json"
LABELS = ("supported", "contradicted", "unsupported")
RETRAIN = "Reinstall the package, or fit it with `python eval/grounding_deciding.py --write`."
_CLIP = 6.0


@dataclass(frozen=True, slots=True)
class Decision:
    """Standardised signs times ``weights``, one row a label in the order of `LABELS`."""

    centre: tuple[float, ...]
    spread: tuple[float, ...]
    weights: tuple[tuple[float, ...], ...]
    bias: tuple[float, ...]

    def probabilities(self, signs: Sequence[float]) -> tuple[float, float, float]:
        """Of supported, contradicted and unsupported; they sum to one."""
        scaled = [
            max(-_CLIP, min(_CLIP, (value - centre) / spread))
            for value, centre, spread in zip(signs, self.centre, self.spread, strict=True)
        ]
        logits = [
            bias + sum(weight * value for weight, value in zip(row, scaled, strict=True))
            for row, bias in zip(self.weights, self.bias, strict=True)
        ]
        most = max(logits)
        powers = [math.exp(one - most) for one in logits]
        total = sum(powers)
        return powers[0] / total, powers[1] / total, powers[2] / total


@lru_cache(maxsize=4)
def load_decision(path: Path = SHIPPED) -> Decision:
    """Read and check a decision.

    Raises:
        ModelMissing: The file is absent, or was fitted on other signs.
    """
    try:
        card: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        signs = card["signs"]
        if card["version"] != VERSION or tuple(signs) != NAMES or tuple(card["labels"]) != LABELS:
            raise ModelMissing("the decision on claims was fitted on other signs", hint=RETRAIN)
        return Decision(
            centre=tuple(float(one["centre"]) for one in signs.values()),
            spread=tuple(float(one["spread"]) for one in signs.values()),
            weights=tuple(tuple(float(one[label]) for one in signs.values()) for label in LABELS),
            bias=tuple(float(card["bias"][label]) for label in LABELS),
        )
    except FileNotFoundError as error:
        raise ModelMissing(f"the decision on claims is absent: {error.filename}", hint=RETRAIN) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelMissing(f"the decision on claims cannot be read: {error}", hint=RETRAIN) from error
