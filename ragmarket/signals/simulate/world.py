"""The distributions, as arrays: the one place that the generator draws from and the Bayes filter computes with.

Axes are named by their letters: s segment, k kind (a pair of segment and life stage), e engagement, z intent, p product
class, c message channel, t timing, i contact tolerance, a transaction category, h transaction channel.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from ragmarket.schemas.base import LANGUAGES, PRODUCT_CLASSES
from ragmarket.signals.simulate.aims import AIMS, BACKGROUND_AIM, OTHER_PAGES
from ragmarket.signals.simulate.people import OLDEST, RURAL_STATES, SEGMENTS, STAGES, STATES, YOUNGEST
from ragmarket.signals.simulate.rates import ACTIVITY, ALIKE, CONTACT_COMPLAINT_RATE, PURPOSEFUL
from ragmarket.signals.simulate.tellings import blend, level, norm, referrers, rows, slots, told
from ragmarket.signals.simulate.tiles import worth_of_passing
from ragmarket.signals.vocabulary import INTENTS, LIFE_STAGES
from ragmarket.signals.vocabulary import SEGMENTS as SEGMENT_NAMES
from ragmarket.signals.vocabulary import STATES as STATE_NAMES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ragmarket.signals.simulate.presets import Preset

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class World:
    """Every distribution of one preset; each last axis that is a distribution sums to one."""

    kinds: NDArray[np.int64]  # (k, 2): segment, life stage
    kind: Floats  # (k,)
    age: Floats  # (stage, years)
    income: Floats  # (s, bands)
    city: Floats  # (s, tiers)
    occupation: Floats  # (s, occupations)
    state: Floats  # (s, states)
    language: Floats  # (states, languages)
    engagement: Floats  # (s, e)
    channel: Floats  # (s, c)
    timing: Floats  # (s, t)
    tolerance: Floats  # (s, i)
    holds: Floats  # (s, states, p): chances
    aim: Floats  # (months 12, k, z)
    balance: Floats  # (s, z): log INR
    txns: Floats  # (s, e): expected number
    visits: Floats  # (s, e, z): expected number
    everyday: Floats  # (s, a, h)
    purpose: Floats  # (z, a, h)
    recurring: Floats  # (z,)
    phase: Floats  # (z, PHASES)
    products: Floats  # (z, p): of product pages
    pages: Floats  # (z, pages, pages)
    searches: Floats  # (z, queries)
    cores: Floats  # (z, cores)
    tiles: Floats  # (z, p): what a tile is worth to a purpose
    passing: float | None  # what passing on is worth; None: every visit clicks with the same chance
    contact: Floats  # (i,)
    referrer: Floats  # (c, referrers)
    slot: Floats  # (t, t)
    match: Floats  # (z, p): 0 to 1
    wants: Floats  # (z, p)
    affinity: Floats  # (states, p): factors
    other_pages: Floats

    @property
    def channels(self) -> Floats:
        """(s, z, h): how a transaction moves, whatever its category."""
        import numpy as np

        mixed = (1 - PURPOSEFUL) * self.everyday.sum(1)[:, None] + PURPOSEFUL * self.purpose.sum(1)[None]
        return np.asarray(mixed)


@cache
def build(preset: Preset) -> World:
    """The distributions of a preset."""
    import numpy as np

    walks = [SEGMENTS[name] for name in SEGMENT_NAMES]
    kinds, prior = [], []
    for place, walk in enumerate(walks):
        total = sum(walk.stages.values())
        for stage, weight in walk.stages.items():
            kinds.append((place, LIFE_STAGES.index(stage)))
            prior.append(walk.share * weight / total)
    ages = np.arange(YOUNGEST, OLDEST + 1)
    means = np.array([STAGES[name][:2] for name in LIFE_STAGES])
    rural = np.array([RURAL_STATES.get(name, 1.0) for name in STATE_NAMES])
    shares = np.array([STATES[name][0] for name in STATE_NAMES])
    countryside = np.array([norm(walk.city)[3] for walk in walks])
    affinity = np.array([[STATES[name][2].get(p, 1.0) for p in PRODUCT_CLASSES] for name in STATE_NAMES])  # type: ignore[call-overload]
    held = np.array([[walk.holds.get(p, 0.04) for p in PRODUCT_CLASSES] for walk in walks])  # type: ignore[call-overload]
    odds = (held / (1 - held))[:, None] * affinity[None]
    wants = norm([[AIMS[z].products.get(p, 0.15) for p in PRODUCT_CLASSES] for z in INTENTS])  # type: ignore[call-overload]
    visits = np.array([AIMS[z].visits for z in INTENTS]) ** preset.tilt
    tiles = level((1 - preset.idle_clicks) * wants + preset.idle_clicks / wants.shape[1], preset)
    aims = _aims(kinds)
    return World(
        kinds=np.array(kinds),
        kind=norm(prior),
        age=norm(np.exp(-0.5 * ((ages[None] - means[:, :1]) / means[:, 1:]) ** 2)),
        income=blend([walk.income for walk in walks]),
        city=blend([walk.city for walk in walks]),
        occupation=blend([walk.occupation for walk in walks]),
        state=norm(shares[None] * (1 - countryside[:, None] + countryside[:, None] * rural[None])),
        language=norm([rows(LANGUAGES, STATES[name][1]) for name in STATE_NAMES]),
        engagement=norm([walk.engagement for walk in walks]),
        channel=norm([walk.channel for walk in walks]),
        timing=norm([walk.timing for walk in walks]),
        tolerance=norm([walk.tolerance for walk in walks]),
        holds=odds / (1 + odds),
        aim=aims,
        balance=(1 - ALIKE / 2) * np.log([[walk.balance] for walk in walks])
        + ALIKE / 2 * np.log(60_000)
        + preset.tilt * np.array([[AIMS[z].balance for z in INTENTS]]),
        txns=np.array([[walk.txns * factor for factor in ACTIVITY] for walk in walks]),
        visits=np.array([[walk.visits * factor for factor in ACTIVITY] for walk in walks])[..., None] * visits,
        tiles=tiles,
        passing=worth_of_passing(tiles, purposes(aims, norm(prior), preset), preset),
        contact=level(np.array(CONTACT_COMPLAINT_RATE), preset),
        referrer=referrers(preset),
        slot=slots(preset),
        match=wants / wants.max(-1, keepdims=True),
        wants=wants,
        affinity=affinity,
        other_pages=norm(list(OTHER_PAGES.values())),
        **told(preset),
    )


def purposes(aims: Floats, kind: Floats, preset: Preset) -> Floats:
    """(z,): how common each purpose is among visits, errands included.

    Args:
        aims: (months, k, z).
        kind: (k,).
        preset: The bank.
    """
    import numpy as np

    months = np.einsum("mkz,k->z", aims, kind) / len(aims)
    return np.asarray((1 - preset.errand) * months + preset.errand / len(months))


def _aims(kinds: list[tuple[int, int]]) -> Floats:
    import numpy as np

    rows = []
    for month in range(1, 13):
        for segment, stage in kinds:
            walk, favours = SEGMENTS[SEGMENT_NAMES[segment]], STAGES[LIFE_STAGES[stage]][2]
            rows.append(
                [
                    (walk.aims.get(z, 0.0) + BACKGROUND_AIM) * favours.get(z, 1.0) * AIMS[z].months.get(month, 1.0)
                    for z in INTENTS
                ]
            )
    return norm(np.array(rows).reshape(12, len(kinds), len(INTENTS)))
