"""Customers that never lived, with the answers kept beside them.

A hidden segment shapes who a customer is, a hidden intent shapes what the customer looks at; neither is ever a signal.
The same seed gives the same customers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ragmarket.errors import MissingDependency
from ragmarket.schemas.base import CHANNELS, LANGUAGES, PRODUCT_CLASSES
from ragmarket.signals.features import AGE_BANDS, CITY_TIERS, INCOME_BANDS, TXN_CHANNELS
from ragmarket.signals.simulate.archetypes import (
    BACKGROUND_INTENT,
    BROWSING,
    INTENT_PAGES,
    INTENT_TXN,
    SEGMENTS,
    Profile,
)

if TYPE_CHECKING:
    import numpy as np

_SPEAKERS = (22.0, 30.0, 8.0, 8.0, 7.0, 5.0, 8.0, 8.0, 4.0)
_INTENTS = tuple(INTENT_PAGES)
# Share of customers about whom nearly all, some, or hardly any signals are known, and the chance that one is missing.
_GAPS = ((0.65, 0.03), (0.25, 0.3), (0.10, 0.8))


@dataclass(frozen=True, slots=True)
class SimulatedCustomer:
    """One customer: the signals that a bank would see, and the hidden truth that a model should find."""

    signals: Mapping[str, object]
    segment: str
    intent: str
    product_class: str
    channel: str
    responds: bool


def simulate(count: int, seed: int) -> Iterator[SimulatedCustomer]:
    """Generate customers.

    Args:
        count: How many.
        seed: Any non-negative integer; different seeds give unrelated customers of one population.

    Raises:
        MissingDependency: numpy is not installed.
    """
    try:
        import numpy as np
    except ImportError as error:
        raise MissingDependency("numpy", "prediction") from error
    rng = np.random.default_rng(seed)
    for _ in range(count):
        yield _customer(rng)


def _pick(rng: np.random.Generator, values: Sequence[str], weights: Sequence[float]) -> str:
    total, mark = sum(weights), rng.random()
    for value, weight in zip(values, weights, strict=True):
        mark -= weight / total
        if mark < 0:
            return value
    return values[-1]


def _customer(rng: np.random.Generator) -> SimulatedCustomer:
    segment = _pick(rng, tuple(SEGMENTS), [profile.share for profile in SEGMENTS.values()])
    profile = SEGMENTS[segment]
    intent = _pick(rng, _INTENTS, [profile.intents.get(name, 0.0) + BACKGROUND_INTENT for name in _INTENTS])
    # Two customers with one segment and one intent still differ: in how active they are and in what they answer.
    activity = float(rng.lognormal(0.0, 0.45))
    affinity = [odds + float(rng.normal(0.0, 0.8)) for odds in profile.channel]
    willing = float(rng.normal(0.0, 0.8))

    signals = _standing(rng, profile, activity)
    held = {str(name) for name in signals["holdings"]}  # type: ignore[attr-defined]
    pages = _pages(rng, intent, activity)
    sent, answered = _messages(rng, affinity, willing)
    signals |= {
        "txn_counts": _txn(rng, profile, intent, activity),
        "page_views": pages,
        "messages_sent": sent,
        "messages_answered": answered,
    }
    gaps = _gap(rng)
    seen = {name: value for name, value in signals.items() if rng.random() >= gaps}

    wanted = [
        (INTENT_PAGES[intent].get(name, 0.0) + 0.08) * (0.3 if name in held else 1.0)  # type: ignore[call-overload]
        for name in PRODUCT_CLASSES
    ]
    best = [odds + float(rng.gumbel(0.0, 0.5)) for odds in affinity]
    logit = -1.3 + 1.1 * willing + (0.0 if intent == "general" else 0.9) + 0.5 * (activity - 1.0)
    return SimulatedCustomer(
        signals=seen,
        segment=segment,
        intent=intent,
        product_class=_pick(rng, PRODUCT_CLASSES, wanted),
        channel=CHANNELS[best.index(max(best))],
        responds=bool(rng.random() < _sigmoid(logit)),
    )


def _sigmoid(logit: float) -> float:
    return 1.0 / (1.0 + math.exp(-logit))


def _gap(rng: np.random.Generator) -> float:
    mark = rng.random()
    for share, chance in _GAPS:
        mark -= share
        if mark < 0:
            return chance
    return _GAPS[-1][1]


def _standing(rng: np.random.Generator, profile: Profile, activity: float) -> dict[str, object]:
    holdings = [name for name in PRODUCT_CLASSES if rng.random() < profile.holds.get(name, 0.04)]  # type: ignore[call-overload]
    owes = any(name in holdings for name in ("loan", "home_loan", "gold_loan"))
    saves = "deposit" in holdings
    return {
        "age_band": _pick(rng, AGE_BANDS, profile.age),
        "income_band": _pick(rng, INCOME_BANDS, profile.income),
        "city_tier": _pick(rng, CITY_TIERS, profile.city),
        "language": _pick(rng, LANGUAGES, _SPEAKERS),
        "tenure_months": round(float(rng.gamma(2.0, profile.tenure / 2.0))),
        "balance_inr": round(profile.balance * float(rng.lognormal(0.0, 0.8))),
        "deposits_inr": round(profile.deposits * float(rng.lognormal(0.0, 0.8))) if saves else 0,
        "loans_inr": round(float(rng.lognormal(12.5, 1.0))) if owes else 0,
        "app_logins": int(rng.poisson(profile.logins * activity)),
        "holdings": holdings,
    }


def _pages(rng: np.random.Generator, intent: str, activity: float) -> dict[str, int]:
    rates = [(BROWSING + INTENT_PAGES[intent].get(name, 0.0)) * activity for name in PRODUCT_CLASSES]  # type: ignore[call-overload]
    return {name: int(seen) for name, seen in zip(PRODUCT_CLASSES, rng.poisson(rates), strict=True) if seen}


def _txn(rng: np.random.Generator, profile: Profile, intent: str, activity: float) -> dict[str, int]:
    factors = INTENT_TXN.get(intent, {})
    rates = [rate * factors.get(name, 1.0) * activity for name, rate in zip(TXN_CHANNELS, profile.txn, strict=True)]
    return {name: int(made) for name, made in zip(TXN_CHANNELS, rng.poisson(rates), strict=True) if made}


def _messages(
    rng: np.random.Generator, affinity: Sequence[float], willing: float
) -> tuple[dict[str, int], dict[str, int]]:
    sent = [int(count) for count in rng.poisson([12.0, 9.0, 10.0, 11.0])]
    answered = [
        int(rng.binomial(count, _sigmoid(-1.8 + 1.2 * odds + 0.8 * willing)))
        for count, odds in zip(sent, affinity, strict=True)
    ]
    return dict(zip(CHANNELS, sent, strict=True)), dict(zip(CHANNELS, answered, strict=True))
