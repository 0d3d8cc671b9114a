"""From a seed to blocks of customers.

A block of `BLOCK` customers has a random stream of its own, so that neither the size of a chunk nor the number of
customers that follow changes a byte of it.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from ragmarket.errors import InvalidInput, MissingDependency
from ragmarket.signals.simulate.activity import LAST_DAY, payments, remarks, visits
from ragmarket.signals.simulate.blocks import Block
from ragmarket.signals.simulate.lives import balances, hidden, standing
from ragmarket.signals.simulate.touches import touches
from ragmarket.signals.simulate.world import build

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ragmarket.signals.simulate.presets import Preset

BLOCK = 1_000


def starts(preset: Preset) -> list[date]:
    """First days of the periods."""
    months = [preset.start.year * 12 + preset.start.month - 1 + period for period in range(preset.periods)]
    return [date(number // 12, number % 12 + 1, 1) for number in months]


def calendar(preset: Preset) -> NDArray[np.int64]:
    """(periods, 2, 20): days of the month, from 0, that are weekdays and that lie on a weekend, repeated to fill."""
    import numpy as np

    rows = []
    for start in starts(preset):
        first = monthrange(start.year, start.month)[0]
        days = np.arange(LAST_DAY)
        weekend = (days + first) % 7 >= 5
        rows.append([np.resize(days[~weekend], 20), np.resize(days[weekend], 20)])
    return np.array(rows)


def blocks(preset: Preset, seed: int) -> Iterator[Block]:
    """All customers of a preset, `BLOCK` at a time; the last block is whole and may hold more than were asked for.

    Raises:
        InvalidInput: The seed is negative.
        MissingDependency: numpy is not installed.
    """
    if seed < 0:
        raise InvalidInput("seed must not be negative")
    try:
        import numpy as np
    except ImportError as error:
        raise MissingDependency("numpy", "prediction") from error
    world, days = build(preset), calendar(preset)
    for number in range(-(-preset.customers // BLOCK)):
        # A stream per part: changing one part of the generator leaves the others' draws alone.
        streams = [np.random.default_rng(child) for child in np.random.SeedSequence((seed, number)).spawn(7)]
        lives = hidden(streams[0], world, preset, BLOCK)
        columns = standing(streams[1], world, lives)
        answers, holdings = touches(streams[6], world, lives, columns)
        yield Block(
            first=number * BLOCK,
            hidden=lives,
            standing=columns,
            holdings=holdings,
            balance=balances(streams[2], world, lives),
            payments=payments(streams[3], world, lives, columns),
            visits=visits(streams[4], world, preset, lives, days),
            remarks=remarks(streams[5], world, preset, lives),
            touches=answers,
        )
