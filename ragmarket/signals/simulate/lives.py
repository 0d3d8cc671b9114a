"""Hidden lives and the columns that follow from them: who a customer is, what a month is for, what lies in the bank."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ragmarket.signals.simulate import rates as w
from ragmarket.signals.simulate.aims import STAY
from ragmarket.signals.simulate.blocks import Hidden, Standing
from ragmarket.signals.simulate.draws import pick
from ragmarket.signals.simulate.people import YOUNGEST

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ragmarket.signals.simulate.presets import Preset
    from ragmarket.signals.simulate.world import World


def hidden(rng: np.random.Generator, world: World, preset: Preset, count: int) -> Hidden:
    """Segments, life stages, preferences, and a Markov chain of intents over the months."""
    import numpy as np

    kind = pick(rng, world.kind[None], np.zeros(count, dtype=np.int64))
    segment, stage = world.kinds[kind].T
    intent = np.empty((count, preset.periods), dtype=np.int64)
    for period in range(preset.periods):
        fresh = pick(rng, world.aim[month(preset, period) - 1], kind)
        stays = rng.random(count) < STAY
        intent[:, period] = np.where(stays & (period > 0), intent[:, period - 1], fresh)
    return Hidden(
        kind=kind,
        segment=segment,
        stage=stage,
        engagement=pick(rng, world.engagement, segment),
        channel=pick(rng, world.channel, segment),
        timing=pick(rng, world.timing, segment),
        tolerance=pick(rng, world.tolerance, segment),
        intent=intent,
    )


def month(preset: Preset, period: int) -> int:
    """The month of the year, 1 to 12, in which a period lies."""
    return (preset.start.month - 1 + period) % 12 + 1


def standing(rng: np.random.Generator, world: World, lives: Hidden) -> Standing:
    """The columns that hold for good."""
    import numpy as np

    count = len(lives.kind)
    nobody = np.zeros(count, dtype=np.int64)
    age = pick(rng, world.age, lives.stage)
    state = pick(rng, world.state, lives.segment)
    rows = world.holds.reshape(-1, world.holds.shape[-1])[lives.segment * world.holds.shape[1] + state]
    gender = pick(rng, np.array([[46.0, 50.0, 0.5, 3.5]]), nobody)
    return Standing(
        age=age + YOUNGEST,
        gender=np.where(gender == 3, -1, gender),
        income=pick(rng, world.income, lives.segment),
        city=pick(rng, world.city, lives.segment),
        state=state,
        language=pick(rng, world.language, state),
        occupation=pick(rng, world.occupation, lives.segment),
        # An account may be opened from the age of 18 on; nothing else decides how long ago that was.
        months=np.floor(rng.random(count) ** 1.5 * (age * 12 + 3)).astype(np.int64),
        consent_marketing=rng.random(count) < 0.88,
        consent_linking=rng.random(count) < 0.7,
        do_not_disturb=rng.random(count) < 0.06,
        holds=rng.random(rows.shape) < rows,
    )


def balances(rng: np.random.Generator, world: World, lives: Hidden) -> NDArray[np.float64]:
    """(customers, periods): log of the savings balance; each month remembers the one before."""
    import numpy as np

    home = world.balance.mean(1)[lives.segment]
    rows = np.zeros_like(lives.intent, dtype=float)
    for period in range(lives.intent.shape[1]):
        mean = world.balance[lives.segment, lives.intent[:, period]]
        if period == 0:
            rows[:, 0] = mean + w.BALANCE_SD * rng.standard_normal(len(mean))
        else:
            memory = w.BALANCE_MEMORY * (rows[:, period - 1] - home)
            rows[:, period] = mean + memory + w.BALANCE_NOISE * rng.standard_normal(len(mean))
    return rows
