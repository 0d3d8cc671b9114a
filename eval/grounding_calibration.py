"""How probable support has to be, chosen by cross-validation on claims that may be read.

Every threshold of `compliance/grounding/deciding.py` decides over its own share of the claims, so each is chosen by
itself: the middle of the values with which the fewest claims come out wrong, one that should not have passed counting
double.
The language enters through the model's own temperatures: the claims are too few for nine sets of thresholds.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from eval.grounding_claims import Claim
from eval.intervals import wilson
from ragmarket.compliance.grounding.deciding import THRESHOLDS
from ragmarket.compliance.grounding.verifier import ClaimVerifier
from ragmarket.schemas.grounding import GroundingRequest

_GRID = [step / 100 for step in range(1, 100)]
_FOLDS, _SEED, _DOUBLE = 5, 7, 2.0
Case = tuple[float, bool]


def cost(cases: Sequence[Case], threshold: float) -> float:
    """Wrong verdicts at a threshold; one that should not have passed counts double."""
    return sum(_DOUBLE if not true else 1.0 for p, true in cases if (p >= threshold) != true)


def best(cases: Sequence[Case]) -> float:
    """The middle of the cheapest thresholds."""
    prices = [(cost(cases, value), value) for value in _GRID]
    lowest = min(price for price, _ in prices)
    values = [value for price, value in prices if price == lowest]
    return values[len(values) // 2]


def calibrated(verifier: ClaimVerifier, claims: Sequence[Claim]) -> dict[str, Any]:
    """For each threshold: what ships, what all claims would choose, and the share right without the fold."""
    cases: dict[str, list[Case]] = defaultdict(list)
    for claim in claims:
        request = GroundingRequest(claim=claim.text, evidence=list(claim.evidence), language=claim.language)
        left = verifier.left_open(request)
        if left is not None:
            cases[left[0]].append((left[1].supported, claim.label == "supported"))
    found: dict[str, Any] = {}
    for name, own in sorted(cases.items()):
        order = random.Random(_SEED).sample(range(len(own)), len(own))
        right = 0
        for fold in range(_FOLDS):
            held = set(order[fold::_FOLDS])
            rest = [case for place, case in enumerate(own) if place not in held]
            threshold = best(rest) if rest else getattr(THRESHOLDS, name)
            right += sum((own[place][0] >= threshold) == own[place][1] for place in held)
        ships = getattr(THRESHOLDS, name)
        low, high = wilson(right, len(own))
        found[name] = {
            "claims": len(own),
            "supported": sum(true for _, true in own),
            "ships": ships,
            "right_with_it": sum((p >= ships) == true for p, true in own),
            "chosen": best(own),
            "right_held_out": right,
            "share": [round(right / len(own), 4), round(low, 4), round(high, 4)],
        }
    return found
