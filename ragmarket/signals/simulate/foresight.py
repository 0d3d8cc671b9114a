"""What can be known of a visit's purpose before its tiles are shown, and so of the click: a bound for tile ranking.

Exact filtering over the hidden state (kind, engagement, intent of the month), up to what is left out because it tells
next to nothing: how often somebody comes and pays within the month at hand, its balance, and answers to messages. Three
sights. ``purpose``: the purpose itself, which nobody sees. ``visits``: the customer's columns, every earlier visit, and
what stands before the tiles in this one. ``all``: also payments and notes, those of this month up to the visit. A visit
without a login counts as its customer's where customers agreed to be linked, as if each such visit were traced. No
model of the same sight beats it on average, but for what is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ragmarket.signals.simulate.aims import STAY
from ragmarket.signals.simulate.bayes import session_posterior
from ragmarket.signals.simulate.draws import logs, total
from ragmarket.signals.simulate.evidence import errands, evidence, payment_logs, pool, session_logs, standing_logs
from ragmarket.signals.simulate.lives import month
from ragmarket.signals.simulate.tiles import click_chances
from ragmarket.signals.truth_tables import SIGHTS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ragmarket.signals.simulate.blocks import Block
    from ragmarket.signals.simulate.presets import Preset
    from ragmarket.signals.simulate.world import World
    from ragmarket.signals.truth_tables import Sight

    Floats = NDArray[np.float64]
    Codes = NDArray[np.int64]

_MONTH = 100_000  # more than the minutes of any month


@dataclass(frozen=True, slots=True)
class SessionBounds:
    """What can be known of visits at best.

    Attributes:
        purposes: (sessions, z), from the whole visit alone.
        clicks: By sight (sessions, places): the chance of each tile on show, given that one of them is clicked.
    """

    purposes: Floats
    clicks: dict[Sight, Floats]


def session_bounds(world: World, preset: Preset, block: Block) -> SessionBounds:
    """The bounds of one block's visits."""
    return SessionBounds(
        session_posterior(world, preset, block),
        {sight: clicks(world, block, foreseen(world, preset, block, sight)) for sight in SIGHTS},
    )


def foreseen(world: World, preset: Preset, block: Block, sight: Sight) -> Floats:
    """(sessions, z): the distribution of each visit's purpose before its tiles are shown."""
    import numpy as np

    if sight == "purpose":
        return np.eye(world.aim.shape[-1])[block.visits.intent]

    visits, periods = block.visits, block.size[1]
    owner, period = visits.cell // periods, visits.cell % periods
    traced = (visits.kind < 2) | block.standing.consent_linking[owner]
    read = errands(preset, session_logs(world, block)) * traced
    now = _stamp(visits.cell, visits.day, visits.minute)
    # (sessions, s or 1, z): what this month has told so far.
    told = _before(now, now, visits.cell, read)[:, None]
    if sight == "all":
        paid, notes = block.payments, block.remarks
        spent = payment_logs(world, block)
        pairs = spent.reshape(-1, spent.shape[-1])
        then = _before(_stamp(paid.cell, paid.day, paid.minute), now, visits.cell, pairs)
        told = told + then.reshape(len(now), *spent.shape[:2])
        asked = notes.intent >= 0
        cores = errands(preset, logs(world.cores)[:, notes.core[asked]])
        written = _stamp(notes.cell, notes.day, notes.minute)[asked]
        told = told + _before(written, now, visits.cell, cores)[:, None]
    month_of = _months(world, preset, block, sight, read)
    aims = np.empty((len(now), world.aim.shape[-1]))
    segment = world.kinds[:, 0] if told.shape[1] > 1 else np.zeros(len(world.kinds), dtype=np.int64)
    for chosen in np.array_split(np.arange(len(now)), max(1, len(now) // 4_000)):
        state = month_of[owner[chosen], period[chosen]] + told[chosen][:, segment][:, :, None]
        aims[chosen] = total(state.reshape(len(chosen), -1, state.shape[-1]), 1)
    chances = np.exp(aims - total(aims, -1)[:, None])
    prior = (1 - preset.errand) * chances + preset.errand / chances.shape[1]
    exponents = logs(prior) + session_logs(world, block, before_tiles=True).T
    return np.asarray(np.exp(exponents - total(exponents, -1)[:, None]))


def clicks(world: World, block: Block, purpose: Floats) -> Floats:
    """(sessions, places): the chance of each tile on show, given that one of them is clicked.

    Args:
        world: The distributions.
        block: The customers.
        purpose: (sessions, z): what is known of each visit's purpose.
    """
    import numpy as np

    chances = np.einsum("nz,znp->np", purpose, click_chances(world, block.visits.tiles))
    return np.asarray(chances / chances.sum(1, keepdims=True))


def _stamp(cell: Codes, day: Codes, minute: Codes) -> Codes:
    return cell * _MONTH + day * 1_440 + minute


def _before(then: Codes, now: Codes, cell: Codes, rows: Floats) -> Floats:
    """(sessions, states): the sum of rows (states, events) of the same month that stand before each session."""
    import numpy as np

    gathered = np.concatenate([np.zeros((len(rows), 1)), np.cumsum(rows, axis=1)], axis=1)
    first, last = np.searchsorted(then, cell * _MONTH), np.searchsorted(then, now)
    return np.asarray((gathered[:, last] - gathered[:, first]).T)


def _months(world: World, preset: Preset, block: Block, sight: Sight, read: Floats) -> Floats:
    """(n, T, k, e, z): logs of the hidden state as each month begins, up to a constant."""
    import numpy as np

    segment = world.kinds[:, 0]
    if sight == "all":
        traced, plain = (evidence(world, preset, block, view).months for view in ("linked", "all"))
        months = np.where(block.standing.consent_linking[:, None, None, None, None], traced, plain)[:, :, segment]
    else:
        months = pool(block, block.visits.cell, read)[:, :, None, None]
    levels = world.engagement.shape[1] if sight == "all" else 1
    engaged = logs(world.engagement)[segment] if sight == "all" else np.zeros((len(segment), 1))
    state = (logs(world.kind) + standing_logs(world, block))[:, :, None, None] + engaged[None, :, :, None]
    found = np.empty((*block.size, len(segment), levels, world.aim.shape[-1]))
    for period in range(block.size[1]):
        fresh = world.aim[month(preset, period) - 1][None, :, None, :]
        if period == 0:
            state = state + logs(fresh)
        else:
            top = state.max(-1, keepdims=True)
            weights = np.exp(state - top)
            moved = STAY * weights + (1 - STAY) * weights.sum(-1, keepdims=True) * fresh
            state = np.log(np.maximum(moved, 1e-300)) + top
        found[:, period] = state
        state = state + months[:, period]
    return found
