"""The Bayes bound: the exact posterior of everything hidden, by forward filtering over the months.

The hidden state is (kind, engagement, intent) plus three preferences (channel, timing, tolerance). Given segment and
engagement, preferences and intents are independent a posteriori: preferences speak through who opens a message, intents
through what follows. So the joint posterior of 17 x 3 x 10 x 48 states is kept as two small arrays.

A prediction for a month is made after its behaviour was seen and before its touch is answered; answers of earlier
months are known. No model that sees the same view can beat it on average, whatever it learned from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ragmarket.signals.simulate.aims import STAY
from ragmarket.signals.simulate.draws import logistic, logs, total
from ragmarket.signals.simulate.evidence import evidence, session_logs
from ragmarket.signals.simulate.lives import month
from ragmarket.signals.simulate.touches import answer_odds, open_odds, wanted
from ragmarket.signals.simulate.world import purposes
from ragmarket.signals.truth_tables import HEADS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ragmarket.signals.simulate.blocks import Block
    from ragmarket.signals.simulate.presets import Preset
    from ragmarket.signals.simulate.world import World
    from ragmarket.signals.truth_tables import View

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Posterior:
    """What one view allows to be known: (customers, periods), and for heads (customers, periods, classes)."""

    response: Floats
    heads: dict[str, Floats]


def posterior(world: World, preset: Preset, block: Block, view: View) -> Posterior:
    """Filter one block.

    Args:
        world: The distributions that the block was drawn from.
        preset: The bank.
        block: The customers.
        view: What is seen.

    Returns:
        The chance of a response to each month's touch had it gone out, and the distribution of each head's classes.
    """
    import numpy as np

    seen, done = evidence(world, preset, block, view), block.touches
    customers, periods = block.size
    segment = world.kinds[:, 0]
    lift = np.zeros((len(segment), len(world.holds)))
    lift[np.arange(len(segment)), segment] = 1.0

    # (n, k, e, z) and (n, e, c, t, i): logs, up to a constant.
    state = logs(world.kind)[None, :, None] + seen.lives[:, :, None] + logs(world.engagement)[segment][None]
    state = state[..., None] + np.zeros(world.aim.shape[-1])
    tastes = np.zeros((customers, world.engagement.shape[1], *(len(table[0]) for table in _priors(world))))
    prior = _joint(world)
    response = np.empty((customers, periods))
    heads: dict[str, list[Floats]] = {name: [] for name in HEADS}
    everybody = np.arange(customers)
    for period in range(periods):
        fresh = world.aim[month(preset, period) - 1]
        if period == 0:
            state = state + logs(fresh)[None, :, None, :]
        else:
            top = state.max(-1, keepdims=True)
            weights = np.exp(state - top)
            moved = STAY * weights + (1 - STAY) * weights.sum(-1, keepdims=True) * fresh[None, :, None, :]
            state = np.log(np.maximum(moved, 1e-300)) + top
        state = state + seen.months[:, period][:, segment]
        tastes = tastes + (
            seen.channel[:, period][:, None, :, None, None]
            + seen.timing[:, period][:, None, None, :, None]
            + seen.tolerance[:, period][:, None, None, None, :]
        )
        # (n, s, e, c, t, i): preferences given segment and engagement, and what they weigh.
        exponents = tastes[:, None] + logs(prior)[None, :, None]
        flat = exponents.reshape(*exponents.shape[:3], -1)
        weight = total(flat, -1)
        taste = np.exp(exponents - weight[..., None, None, None])
        joint = state + weight[:, segment][..., None]
        joint = np.exp(joint - joint.max((1, 2, 3), keepdims=True))
        joint /= joint.sum((1, 2, 3), keepdims=True)
        # Axes n, s, e, z: the life stage has done its work.
        states = np.einsum("nkez,ks->nsez", joint, lift)

        held = block.holdings[:, period]
        reading = logistic(_opening(block, period, world))
        answers = _answering(block, period, world)
        read = np.einsum("nsecti,necti->nse", taste, reading)
        response[:, period] = np.einsum("nsez,nse,nez->n", states, read, logistic(answers))

        intents = states.sum((1, 2))
        both = states.sum(3)
        heads["segment"].append(states.sum((2, 3)))
        heads["intent"].append(intents)
        heads["product"].append(np.einsum("nz,nzp->np", intents, wanted(world, block.standing.state, held)))
        heads["channel"].append(np.einsum("nse,nsecti->nc", both, taste))
        heads["timing"].append(np.einsum("nse,nsecti->nt", both, taste))
        heads["intensity"].append(np.einsum("nse,nsecti->ni", both, taste))

        sent, opened = done.sent[:, period], done.opened[:, period]
        answered = done.responded[everybody, period]
        news = np.where(opened[:, None, None, None, None], logs(reading), logs(1 - reading))
        tastes = tastes + np.where(sent[:, None, None, None, None], news, 0.0)
        chances = logistic(answers)
        told = np.where(answered[:, None, None], logs(chances), logs(1 - chances))
        state = state + np.where(opened[:, None, None], told, 0.0)[:, None]
    return Posterior(response, {name: np.stack(rows, axis=1) for name, rows in heads.items()})


def session_posterior(world: World, preset: Preset, block: Block) -> Floats:
    """(sessions, z): what each session was for, from its own pages, search and tile alone."""
    import numpy as np

    exponents = session_logs(world, block).T + logs(purposes(world.aim, world.kind, preset))
    return np.asarray(np.exp(exponents - total(exponents, -1)[:, None]))


def _priors(world: World) -> tuple[Floats, Floats, Floats]:
    return world.channel, world.timing, world.tolerance


def _joint(world: World) -> Floats:
    """(s, c, t, i): the preferences before anything is seen."""
    import numpy as np

    return np.asarray(np.einsum("sc,st,si->scti", *_priors(world)))


def _opening(block: Block, period: int, world: World) -> Floats:
    """(n, e, c, t, i): log odds of opening the period's message."""
    import numpy as np

    done = block.touches
    levels, (channels, timings, tolerances) = world.engagement.shape[1], (len(table[0]) for table in _priors(world))
    touch = (done.channel[:, period], done.timing[:, period], done.intensity[:, period])
    channel, timing, intensity = (row[:, None, None, None, None] for row in touch)
    return open_odds(
        np.arange(levels)[None, :, None, None, None],
        np.arange(channels)[None, None, :, None, None] == channel,
        np.arange(timings)[None, None, None, :, None] == timing,
        np.arange(tolerances)[None, None, None, None, :],
        intensity,
    )


def _answering(block: Block, period: int, world: World) -> Floats:
    """(n, e, z): log odds of a response to the period's message once it is open."""
    import numpy as np

    offered = block.touches.product[:, period]
    held = block.holdings[np.arange(len(offered)), period, offered]
    return answer_odds(
        world,
        np.arange(world.engagement.shape[1])[None, :, None],
        np.arange(world.match.shape[0])[None, None, :],
        offered[:, None, None],
        block.standing.state[:, None, None],
        held[:, None, None],
    )
