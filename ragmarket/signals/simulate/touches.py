"""The bank's touches and the answers to them: the only part in which everything hidden meets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ragmarket.schemas.base import CHANNELS, PRODUCT_CLASSES
from ragmarket.signals.simulate import rates as w
from ragmarket.signals.simulate.blocks import Touches
from ragmarket.signals.simulate.draws import logistic, pick
from ragmarket.signals.vocabulary import INTENSITIES, TIMINGS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ragmarket.signals.simulate.blocks import Hidden, Standing
    from ragmarket.signals.simulate.world import World

    Floats = NDArray[np.float64]

# What the bank's present rules favour, by age up to and by income from a band on; beside it, anything to anybody.
RULES: tuple[tuple[int, tuple[str, ...]], ...] = (
    (30, ("mutual_fund", "credit_card", "savings")),
    (45, ("home_loan", "insurance", "loan")),
    (58, ("nps", "deposit", "mutual_fund")),
    (200, ("deposit", "insurance", "savings")),
)
RULE_WEIGHT, HELD = 2.5, 0.35
SENT_INTENSITY = (0.4, 0.4, 0.2)


def policy(columns: Standing) -> Floats:
    """(customers, products): weights of what is offered; they know nothing that is hidden."""
    import numpy as np

    weights = np.ones((len(columns.age), len(PRODUCT_CLASSES)))
    floor = 0
    for ceiling, names in RULES:
        group = np.flatnonzero((columns.age >= floor) & (columns.age < ceiling))
        weights[np.ix_(group, np.array([PRODUCT_CLASSES.index(name) for name in names]))] += RULE_WEIGHT
        floor = ceiling
    weights[:, PRODUCT_CLASSES.index("securities")] *= np.where(columns.income < 2, 0.3, 1.0)
    return weights


def open_odds(engagement: Any, channel_fits: Any, timing_fits: Any, tolerance: Any, sent: Any) -> Floats:
    """Log odds of opening a message; arguments are codes and flags that broadcast."""
    import numpy as np

    base, room = np.array(w.OPEN_BASE), np.array(w.OPEN_INTENSITY)
    fits = w.OPEN_CHANNEL * np.asarray(channel_fits) + w.OPEN_TIMING * np.asarray(timing_fits)
    return np.asarray(base[engagement] + fits + room[tolerance, sent])


def answer_odds(world: World, engagement: Any, intent: Any, product: Any, state: Any, held: Any) -> Floats:
    """Log odds of a response to an opened message; arguments are codes and flags that broadcast."""
    import numpy as np

    base = np.array(w.RESPOND_BASE)
    region = 0.6 * np.log(world.affinity)[state, product]
    match = w.RESPOND_MATCH * world.match[intent, product]
    return np.asarray(base[engagement] + match + region - 1.0 * np.asarray(held))


def wanted(world: World, state: NDArray[np.int64], held: NDArray[np.bool_]) -> Floats:
    """(customers, intents, products): what is taken up next; a state's taste counts, and what is held counts less."""
    import numpy as np

    weights = world.wants[None] * world.affinity[state][:, None] * np.where(held, HELD, 1.0)[:, None]
    return np.asarray(weights / weights.sum(-1, keepdims=True))


def touches(
    rng: np.random.Generator, world: World, lives: Hidden, columns: Standing
) -> tuple[Touches, NDArray[np.bool_]]:
    """The touches of all months.

    Returns:
        The touches, and holdings (customers, periods, products) at the start of each month.
    """
    import numpy as np

    customers, periods = lives.intent.shape
    everybody = np.arange(customers)
    nobody = np.zeros((customers, periods), dtype=np.int64)
    offers = policy(columns)
    channel, timing, intensity = (
        pick(rng, np.array([weights]), nobody)
        for weights in ([1.0] * len(CHANNELS), [1.0] * len(TIMINGS), SENT_INTENSITY[: len(INTENSITIES)])
    )
    sent = (rng.random((customers, periods)) >= w.HOLDOUT) & ~columns.do_not_disturb[:, None]
    product, following = np.empty((2, customers, periods), dtype=np.int64)
    opened, responded = np.zeros((2, customers, periods), dtype=bool)
    chance = np.zeros((customers, periods))
    holdings = np.empty((customers, periods, len(PRODUCT_CLASSES)), dtype=bool)
    held = columns.holds.copy()
    for period in range(periods):
        holdings[:, period] = held
        intent = lives.intent[:, period]
        product[:, period] = pick(rng, offers, everybody)
        offered = product[:, period]
        reading = logistic(
            open_odds(
                lives.engagement,
                lives.channel == channel[:, period],
                lives.timing == timing[:, period],
                lives.tolerance,
                intensity[:, period],
            )
        )
        answering = logistic(
            answer_odds(world, lives.engagement, intent, offered, columns.state, held[everybody, offered])
        )
        opened[:, period] = sent[:, period] & (rng.random(customers) < reading)
        responded[:, period] = opened[:, period] & (rng.random(customers) < answering)
        chance[:, period] = reading * answering
        following[:, period] = pick(rng, wanted(world, columns.state, held)[everybody, intent], everybody)
        held[everybody[responded[:, period]], offered[responded[:, period]]] = True
    return Touches(product, channel, timing, intensity, sent, opened, responded, chance, following), holdings
