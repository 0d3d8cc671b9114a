"""What is seen of a block, as log likelihoods under every hidden state.

Three views: ``columns`` (the tables `customers`, `periods`, and the campaign history), ``all`` (also transactions,
notes, and sessions with a login on the way) and ``linked`` (also sessions without one, as if each were traced to its
customer). The columns are functions of the events, so their own likelihood is not counted twice. Of the columns two are
left out, the sums of debits and credits: given the counts by channel and the income band they tell next to nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ragmarket.signals.simulate import rates as w
from ragmarket.signals.simulate.activity import purposeful
from ragmarket.signals.simulate.aims import EVERYDAY_RECURRING
from ragmarket.signals.simulate.draws import logs, overdispersed_log, poisson_log, total
from ragmarket.signals.simulate.people import YOUNGEST
from ragmarket.signals.simulate.tiles import click_chances
from ragmarket.signals.vocabulary import INTENTS, PAGES, TXN_CHANNELS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ragmarket.signals.simulate.blocks import Block
    from ragmarket.signals.simulate.presets import Preset
    from ragmarket.signals.simulate.world import World
    from ragmarket.signals.truth_tables import View

    Floats = NDArray[np.float64]
    Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Log likelihoods; n customers, T periods, other axes as in `ragmarket.signals.simulate.world`."""

    lives: Floats  # (n, k): the standing columns and holdings
    months: Floats  # (n, T, s, e, z): the month's behaviour
    channel: Floats  # (n, T, c)
    timing: Floats  # (n, T, t)
    tolerance: Floats  # (n, T, i)


def evidence(world: World, preset: Preset, block: Block, view: View) -> Evidence:
    """The likelihoods of what one view shows of a block."""
    import numpy as np

    shown = block.visits.kind < (3 if view == "linked" else 2)
    share = 1.0 if view == "linked" else w.LOGGED_IN
    segments, levels, intents = world.visits.shape
    months = _payments(world, block, view)[:, :, :, None, :] + _balances(world, block)[:, :, :, None, :]
    months = np.broadcast_to(months, (*block.size, segments, levels, intents)).copy()
    counts = _count(block, block.payments.cell)[:, :, None, None]
    months += overdispersed_log(counts, world.txns[None, None], w.OVERDISPERSION)[..., None]
    seen = _count(block, block.visits.cell[shown])[:, :, None, None, None]
    months += poisson_log(seen, share * world.visits[None, None])
    asked = block.remarks.intent >= 0
    enquiries = _count(block, block.remarks.cell[asked])[:, :, None]
    months += poisson_log(enquiries, np.array(w.NOTE_RATE))[:, :, None, :, None]

    grumbles = ~asked & ~block.remarks.contact
    channel, timing = np.zeros((*block.size, 4)), np.zeros((*block.size, 4))
    if view == "columns":
        complaints = _count(block, block.remarks.cell[~asked])[:, :, None]
        tolerance = poisson_log(complaints, w.COMPLAINT_RATE + world.contact)
    else:
        tolerance = poisson_log(_count(block, block.remarks.cell[~asked & ~grumbles])[:, :, None], world.contact)
        spoken = pool(
            block, block.remarks.cell[asked], errands(preset, logs(world.cores)[:, block.remarks.core[asked]])
        )
        read = pool(block, block.visits.cell[shown], errands(preset, session_logs(world, block)[:, shown]))
        months += (spoken + read)[:, :, None, None, :]
        channel = pool(block, block.visits.cell[shown], logs(world.referrer)[:, block.visits.referrer[shown]])
        timing = pool(block, block.visits.cell[shown], logs(world.slot)[:, block.visits.slot[shown]])
    return Evidence(standing_logs(world, block), months, channel, timing, tolerance)


def _count(block: Block, cell: Codes) -> Any:
    import numpy as np

    customers, periods = block.size
    return np.bincount(cell, minlength=customers * periods).reshape(customers, periods).astype(np.int64)


def pool(block: Block, cell: Codes, rows: Floats) -> Floats:
    """(n, T, states): the sum over the rows of each cell; ``rows`` is (states, events)."""
    import numpy as np

    customers, periods = block.size
    sums: list[Any] = [np.bincount(cell, weights=row, minlength=customers * periods) for row in rows]
    return np.stack(sums, axis=-1).reshape(customers, periods, len(rows))


def errands(preset: Preset, rows: Floats) -> Floats:
    """Log likelihoods given the month's intent from those given what a single session or call was for."""
    import numpy as np

    if preset.errand == 0:
        return rows
    any_aim = total(rows, 0) - np.log(len(INTENTS)) + np.log(preset.errand)
    return np.asarray(np.logaddexp(rows + np.log1p(-preset.errand), any_aim[None]))


def standing_logs(world: World, block: Block) -> Floats:
    """(n, k): the standing columns and holdings."""
    import numpy as np

    columns = block.standing
    age = logs(world.age)[:, columns.age - YOUNGEST]
    segment = (
        logs(world.income)[:, columns.income]
        + logs(world.city)[:, columns.city]
        + logs(world.occupation)[:, columns.occupation]
        + logs(world.state)[:, columns.state]
    )
    chances = world.holds[:, columns.state]
    segment = segment + np.where(columns.holds[None], logs(chances), logs(1 - chances)).sum(-1)
    return np.asarray((segment[world.kinds[:, 0]] + age[world.kinds[:, 1]]).T)


def _balances(world: World, block: Block) -> Floats:
    import numpy as np

    home, rows = world.balance.mean(1)[:, None], block.balance[:, :, None, None]
    mean = np.broadcast_to(world.balance[None, None], (*block.size, *world.balance.shape)).copy()
    mean[:, 1:] += w.BALANCE_MEMORY * (rows[:, :-1] - home[None, None])
    spread = np.full((1, block.size[1], 1, 1), w.BALANCE_NOISE)
    spread[:, 0] = w.BALANCE_SD
    return np.asarray(-0.5 * ((rows - mean) / spread) ** 2)


def _payments(world: World, block: Block, view: View) -> Floats:
    """(n, T, s, z)."""
    import numpy as np

    paid = block.payments
    customers, periods = block.size
    if view == "columns":
        width = len(TXN_CHANNELS)
        counts = np.bincount(paid.cell * width + paid.channel, minlength=customers * periods * width)
        table = logs(world.channels)
        return np.asarray(np.tensordot(counts.reshape(customers, periods, width), table, ([2], [2])))
    everyday = (1 - w.PURPOSEFUL) * world.everyday[:, paid.category, paid.channel]
    aimed = w.PURPOSEFUL * world.purpose[:, paid.category, paid.channel]
    # A category is everyday or purposeful, never both, outside a control world: there the sum does not factorise.
    mixed = [[pool(block, paid.cell, logs(every + aim)[None])[..., 0] for aim in aimed] for every in everyday]
    rows = np.moveaxis(np.array(mixed), (0, 1), (2, 3))
    return np.asarray(rows + pool(block, paid.cell, _habits(world, block))[:, :, None, :])


def payment_logs(world: World, block: Block) -> Floats:
    """(s, z, payments): each payment with its payee, channel, recurrence and time of the month."""
    import numpy as np

    paid = block.payments
    everyday = (1 - w.PURPOSEFUL) * world.everyday[:, paid.category, paid.channel]
    aimed = w.PURPOSEFUL * world.purpose[:, paid.category, paid.channel]
    return np.asarray(logs(everyday[:, None] + aimed[None]) + _habits(world, block)[None])


def _habits(world: World, block: Block) -> Floats:
    import numpy as np

    paid = block.payments
    marked = purposeful()[paid.category]
    chance = np.where(marked, world.recurring[:, None], EVERYDAY_RECURRING)
    habit = logs(np.where(paid.recurring, chance, 1 - chance))
    return np.asarray(habit + logs(np.where(marked, world.phase[:, paid.phase], 1 / w.PHASES)))


def session_logs(world: World, block: Block, *, before_tiles: bool = False) -> Floats:
    """(z, sessions): pages and products in order, the search, and what was done with the tiles.

    Args:
        world: The distributions.
        block: The customers.
        before_tiles: Whether to read only what stands before the home page and its tiles; nothing in visits without it.
    """
    import numpy as np

    visits = block.visits
    count, read = len(visits.cell), visits.chain >= 0
    searched = visits.search >= 0
    if before_tiles:
        at_home = np.flatnonzero(visits.page == PAGES.index("home"))
        home = np.zeros(count, dtype=np.int64)
        home[visits.session[at_home]] = at_home
        at_search = np.flatnonzero(visits.page == PAGES.index("search"))
        early = np.zeros(count, dtype=bool)
        early[visits.session[at_search]] = at_search < home[visits.session[at_search]]
        read = read & (np.arange(len(read)) < home[visits.session])
        searched = searched & early
    rows = np.flatnonzero(read)
    session, page, product = visits.session[rows], visits.chain[rows], visits.product[rows]
    first = np.r_[True, session[1:] != session[:-1]]
    before_page, before_product = np.r_[0, page[:-1]], np.r_[0, product[:-1]]
    moves = np.where(first, -np.log(world.pages.shape[1]), logs(world.pages)[:, before_page, page])
    fresh = world.products[:, product]
    kept = w.KEEP_PRODUCT * (product == before_product) + (1 - w.KEEP_PRODUCT) * fresh
    moves += logs(np.where(first, fresh, kept))
    found: Floats = np.stack([np.bincount(session, weights=row, minlength=count) for row in moves]).astype(np.float64)
    found += np.where(searched, logs(world.searches)[:, visits.search], 0.0)
    return found if before_tiles else found + _tile_logs(world, block)


def _tile_logs(world: World, block: Block) -> Floats:
    """(z, sessions): the click, or that there was none; nothing where no tiles were shown."""
    import numpy as np

    visits = block.visits
    chances = click_chances(world, visits.tiles)
    place = (visits.tiles == visits.clicked[:, None]).argmax(1)
    chosen = chances[:, np.arange(len(place)), place]
    told = logs(np.where(visits.clicked >= 0, chosen, 1 - chances.sum(-1)))
    return np.asarray(np.where(visits.kind < 2, told, 0.0))
