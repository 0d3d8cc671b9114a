"""What customers do: payments, visits and calls, each drawn from the world's tables."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from ragmarket.signals.simulate import rates as w
from ragmarket.signals.simulate.aims import EVERYDAY_RECURRING, OTHER_PAGES, PAYEE_PAIRS, PRODUCT_PAGES
from ragmarket.signals.simulate.blocks import Payments, Remarks, Visits
from ragmarket.signals.simulate.draws import logistic, pick
from ragmarket.signals.simulate.people import MONTHLY_INCOME
from ragmarket.signals.simulate.tiles import click_chances
from ragmarket.signals.simulate.wording import load_wording
from ragmarket.signals.vocabulary import CATEGORIES, INTENTS, PAGES, TXN_CHANNELS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ragmarket.signals.simulate.blocks import Hidden, Standing
    from ragmarket.signals.simulate.presets import Preset
    from ragmarket.signals.simulate.world import World

    Codes = NDArray[np.int64]

LONGEST, FEWEST = 12, 5
OTHER_PAGE = 0.2
LAST_DAY = 27  # of the month's behaviour; the touch follows
_FIRST_DAY, _DAYS = (0, 10, 19), (10, 9, 8)
# Median debit as a share of a month's income, by transaction channel: everyday, and with a purpose.
_SHARES = ((0.006, 0.08, 0.05, 0.02, 0.05, 0.12), (0.03, 0.25, 0.15, 0.12, 0.15, 0.15))
_HOURS = ((7, 11), (11, 16), (17, 23), (9, 22))


@cache
def purposeful() -> NDArray[np.bool_]:
    """(categories,): payees that intents share; all other categories are everyday."""
    import numpy as np

    names = {name for _, _, table in PAYEE_PAIRS for name in table}
    return np.array([name in names for name in CATEGORIES])


def payments(rng: np.random.Generator, world: World, lives: Hidden, columns: Standing) -> Payments:
    """The month's payments: how many follows from segment and engagement, what for also from the intent."""
    import numpy as np

    customers, periods = lives.intent.shape
    means = np.repeat(world.txns[lives.segment, lives.engagement], periods)
    counts = rng.poisson(rng.gamma(w.OVERDISPERSION, means / w.OVERDISPERSION))
    cell = np.repeat(np.arange(customers * periods), counts)
    segment, intent = lives.segment[cell // periods], lives.intent.ravel()[cell]
    aimed = rng.random(len(cell)) < w.PURPOSEFUL
    width = len(TXN_CHANNELS)
    drawn = np.empty(len(cell), dtype=np.int64)
    for table, rows, chosen in ((world.everyday, segment, ~aimed), (world.purpose, intent, aimed)):
        drawn[chosen] = pick(rng, table.reshape(len(table), -1), rows[chosen])
    category, channel = drawn // width, drawn % width
    marked = purposeful()[category]
    chance = np.where(marked, world.recurring[intent], EVERYDAY_RECURRING)
    recurring = rng.random(len(cell)) < chance
    spread = np.full((1, w.PHASES), 1 / w.PHASES)
    phase = np.where(marked, pick(rng, world.phase, intent), pick(rng, spread, np.zeros_like(intent)))
    income = np.array(list(MONTHLY_INCOME.values()))[columns.income[cell // periods]]
    share = np.array(_SHARES)[marked.astype(np.int64), channel]
    amount = np.maximum(10.0, np.round(income * share * rng.lognormal(0.0, 0.7, len(cell)), 0))
    day = np.array(_FIRST_DAY)[phase] + np.floor(rng.random(len(cell)) * np.array(_DAYS)[phase]).astype(np.int64)
    minute = rng.integers(6 * 60, 23 * 60, len(cell))
    order = np.lexsort((minute, day, cell))
    parts: tuple[Any, ...] = (cell, category, channel, recurring, phase, amount, day, minute)
    return Payments(*(part[order] for part in parts))


def aims_of(rng: np.random.Generator, preset: Preset, intent: Codes) -> Codes:
    """What single sessions or calls are for: the month's intent, or now and then any."""
    import numpy as np

    errand = rng.random(len(intent)) < preset.errand
    return np.where(errand, rng.integers(0, len(INTENTS), len(intent)), intent)


def visits(rng: np.random.Generator, world: World, preset: Preset, lives: Hidden, days: Codes) -> Visits:
    """The month's sessions and their pages.

    Args:
        rng: Source of chance.
        world: The distributions.
        preset: The bank.
        lives: The hidden states.
        days: (periods, 2, n) days of the month that are weekdays and weekend days, padded by repetition.
    """
    import numpy as np

    customers, periods = lives.intent.shape
    rate = world.visits[lives.segment[:, None], lives.engagement[:, None], lives.intent]
    cell = np.repeat(np.arange(customers * periods), rng.poisson(rate).ravel())
    who, count = cell // periods, len(cell)
    intent = aims_of(rng, preset, lives.intent.ravel()[cell])
    nobody = np.zeros(count, dtype=np.int64)
    kind = pick(rng, np.array([w.SESSION_KINDS]), nobody)
    slot = pick(rng, world.slot, lives.timing[who])
    weekend = (slot == len(_HOURS) - 1).astype(np.int64)
    day = days[cell % periods, weekend, rng.integers(0, days.shape[2], count)]
    opens, closes = np.array(_HOURS)[slot].T
    minute = opens * 60 + np.floor(rng.random(count) * (closes - opens) * 60).astype(np.int64)
    searched = rng.random(count) < w.SEARCHES
    tiles = np.argsort(rng.random((count, world.tiles.shape[1])), axis=1)[:, : len(w.PLACES)]
    weights = click_chances(world, tiles)[intent, np.arange(count)]
    clicks = (kind < 2) & (rng.random(count) < weights.sum(1))
    clicked = tiles[np.arange(count), pick(rng, weights, np.arange(count))]

    lengths = np.minimum(FEWEST + rng.geometric(0.28, count) - 1, LONGEST)
    chain, product = _reading(rng, world, intent)
    inside = np.arange(LONGEST)[None] < lengths[:, None]
    applied = (inside & (chain == PRODUCT_PAGES.index("apply"))).any(1)
    odds = -3.3 + 1.5 * applied + 0.5 * lives.engagement[who] + 1.2 * (kind < 2) - 1.5 * (intent == 0)
    converts = rng.random(count) < logistic(odds)

    cut = 1 + np.floor(rng.random(count) * lengths).astype(np.int64)
    session, key, page, chain, product, known = _pages(rng, world, kind, cut, searched, inside, chain, product)
    order = np.lexsort((minute, day, cell))
    place = np.empty(count, dtype=np.int64)
    place[order] = np.arange(count)
    session = place[session]
    rows = np.lexsort((key, session))
    return Visits(
        cell=cell[order],
        intent=intent[order],
        kind=kind[order],
        slot=slot[order],
        referrer=pick(rng, world.referrer, lives.channel[who])[order],
        device=np.where(kind == 0, 0, pick(rng, np.array([[5.0, 4.0, 1.0]]), nobody))[order],
        own_device=((kind < 2) | (rng.random(count) < 0.8))[order],
        day=day[order],
        minute=minute[order],
        converted=np.where(converts, pick(rng, world.wants, intent), -1)[order],
        search=np.where(searched, pick(rng, world.searches, intent), -1)[order],
        tiles=np.where(kind[:, None] < 2, tiles, -1)[order],
        clicked=np.where(clicks, clicked, -1)[order],
        session=session[rows],
        page=page[rows],
        chain=chain[rows],
        product=product[rows],
        known=known[rows],
        dwell=np.round(rng.lognormal(3.2, 0.9, len(rows)), 1),
    )


def _reading(rng: np.random.Generator, world: World, intent: Codes) -> tuple[Codes, Codes]:
    """(sessions, LONGEST) product pages and products; -1 where a page of no product stands between."""
    import numpy as np

    count, width = len(intent), len(PRODUCT_PAGES)
    chain, product = np.full((2, count, LONGEST), -1)
    last_page, last_product = np.full((2, count), -1)
    steps = world.pages.reshape(-1, width)
    for place in range(LONGEST):
        reads = rng.random(count) >= OTHER_PAGE
        follows = pick(rng, steps, intent * width + np.maximum(last_page, 0))
        page = np.where(last_page < 0, rng.integers(0, width, count), follows)
        fresh = pick(rng, world.products, intent)
        keeps = (last_product >= 0) & (rng.random(count) < w.KEEP_PRODUCT)
        subject = np.where(keeps, last_product, fresh)
        chain[:, place], product[:, place] = np.where(reads, page, -1), np.where(reads, subject, -1)
        last_page, last_product = np.where(reads, page, last_page), np.where(reads, subject, last_product)
    return chain, product


def _pages(
    rng: np.random.Generator, world: World, kind: Codes, cut: Codes, searched: NDArray[np.bool_],
    inside: NDArray[np.bool_], chain: Codes, product: Codes,
) -> tuple[Codes, Codes, Codes, Codes, Codes, NDArray[np.bool_]]:  # fmt: skip
    """Pages with home, login and search in their places; ``key`` orders them inside a session."""
    import numpy as np

    session, place = np.nonzero(inside)
    steps, subjects = chain[session, place], product[session, place]
    others = np.array([PAGES.index(name) for name in OTHER_PAGES])
    wander = others[pick(rng, world.other_pages[None], np.zeros(len(session), dtype=np.int64))]
    reading = np.array([PAGES.index(name) for name in PRODUCT_PAGES])
    parts = [(session, 4 * place + 3, np.where(steps < 0, wander, reading[steps]), steps, subjects)]

    def insert(rows: Codes, keys: Codes, page: str) -> None:
        nothing = np.full(len(rows), -1)
        parts.append((rows, keys, np.full(len(rows), PAGES.index(page)), nothing, nothing))

    app, web, found = np.nonzero(kind == 0)[0], np.nonzero(kind == 1)[0], np.nonzero(searched)[0]
    insert(app, np.zeros_like(app), "home")
    insert(web, 4 * cut[web] + 1, "login")
    insert(web, 4 * cut[web] + 2, "home")
    insert(found, np.full(len(found), 4), "search")
    session, key, page, steps, subjects = (np.concatenate(column) for column in zip(*parts, strict=True))
    known = (kind[session] == 0) | ((kind[session] == 1) & (key >= 4 * cut[session] + 2))
    return session, key, page, steps, subjects, known


def _complaints(rng: np.random.Generator, cell: Codes, lines: int, *, contact: bool) -> tuple[Any, ...]:
    import numpy as np

    nothing = np.full(len(cell), -1)
    return cell, nothing, nothing, np.full(len(cell), contact), rng.integers(0, lines, len(cell))


def remarks(rng: np.random.Generator, world: World, preset: Preset, lives: Hidden) -> Remarks:
    """The month's CRM notes."""
    import numpy as np

    customers, periods = lives.intent.shape
    cells = np.arange(customers * periods)
    wording = load_wording()
    asked = np.repeat(cells, rng.poisson(np.repeat(np.array(w.NOTE_RATE)[lives.engagement], periods)))
    grumbled = np.repeat(cells, rng.poisson(w.COMPLAINT_RATE, len(cells)))
    bothered = np.repeat(cells, rng.poisson(np.repeat(world.contact[lives.tolerance], periods)))
    intent = aims_of(rng, preset, lives.intent.ravel()[asked])
    core = pick(rng, world.cores, intent)
    parts = (
        (asked, intent, core, np.zeros(len(asked), dtype=bool), np.full(len(asked), -1)),
        _complaints(rng, grumbled, len(wording.complaints), contact=False),
        _complaints(rng, bothered, len(wording.contact_complaints), contact=True),
    )
    cell, intent, core, contact, line = (np.concatenate(column) for column in zip(*parts, strict=True))
    day, minute = rng.integers(0, LAST_DAY, len(cell)), rng.integers(10 * 60, 17 * 60, len(cell))
    order = np.lexsort((minute, day, cell))
    columns: tuple[Any, ...] = (cell, intent, core, contact, line, day, minute)
    return Remarks(*(column[order] for column in columns))
