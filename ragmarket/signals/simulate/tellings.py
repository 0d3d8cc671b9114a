"""What words, order, recurrence and timing tell of a hidden state; in a control world nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ragmarket.schemas.base import CHANNELS, PRODUCT_CLASSES
from ragmarket.signals.simulate.aims import (
    AFTER_PAYDAY,
    ANY_TIME,
    CHANNEL_TILT,
    FORWARD,
    ONCE,
    PAGE_PAIRS,
    PAYEE_PAIRS,
    PRODUCT_PAGES,
    PURPOSE_CHANNEL,
    RECURRING,
    SKIP,
)
from ragmarket.signals.simulate.people import SEGMENTS
from ragmarket.signals.simulate.rates import (
    ALIKE,
    ANY_PRODUCT,
    OTHER_PAYEE,
    OWN_REFERRER,
    OWN_TIMING,
    PHASES,
    PURPOSEFUL,
)
from ragmarket.signals.simulate.wording import load_wording
from ragmarket.signals.vocabulary import CATEGORIES, INTENTS, REFERRERS, TIMINGS, TXN_CHANNELS
from ragmarket.signals.vocabulary import SEGMENTS as SEGMENT_NAMES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ragmarket.signals.simulate.presets import Preset

    Floats = NDArray[np.float64]


def norm(weights: Any) -> Floats:
    """Rows that sum to one."""
    import numpy as np

    values = np.asarray(weights, dtype=float)
    return np.asarray(values / values.sum(-1, keepdims=True))


def blend(weights: Any) -> Floats:
    """Rows that keep a part of their own and share the rest: nobody's segment can be read off one column."""
    import numpy as np

    own = norm(weights)
    return np.asarray((1 - ALIKE) * own + ALIKE * own.mean(0))


def rows(names: Sequence[str], table: Mapping[Any, float]) -> list[float]:
    """The weights of names in their order; 0 where none is given."""
    return [table.get(name, 0.0) for name in names]


def level(values: Floats, preset: Preset) -> Floats:
    """In a control world every row of what words and order tell is the rows' mean."""
    import numpy as np

    return np.asarray(np.broadcast_to(values.mean(0), values.shape)) if preset.control else values


def referrers(preset: Preset) -> Floats:
    """(c, referrers): what leads somebody with a preferred channel to a session."""
    import numpy as np

    common = norm([4.0, 4.0, 1.0, 1.0, 1.0, 1.0, 1.5, 1.0])
    own = np.array([[float(name == channel) for name in REFERRERS] for channel in CHANNELS])
    return level((1 - OWN_REFERRER) * common + OWN_REFERRER * own, preset)


def slots(preset: Preset) -> Floats:
    """(t, t): when somebody with a preferred timing opens a session."""
    import numpy as np

    common = norm([3.0, 3.0, 4.0, 3.0])
    return level((1 - OWN_TIMING) * common[None] + OWN_TIMING * np.eye(len(TIMINGS)), preset)


def told(preset: Preset) -> dict[str, Floats]:
    """What words and order tell of an intent."""
    import numpy as np

    count = len(INTENTS)
    products, pages = np.zeros((count, len(PRODUCT_CLASSES))), np.zeros((count,) + (len(PRODUCT_PAGES),) * 2)
    size = len(PRODUCT_PAGES)
    forward = np.full((size, size), (1 - FORWARD - SKIP) / size)
    forward += FORWARD * np.roll(np.eye(size), 1, axis=1) + SKIP * np.roll(np.eye(size), 2, axis=1)
    for first, second, table in PAGE_PAIRS:
        row = (1 - ANY_PRODUCT) * norm(rows(PRODUCT_CLASSES, table))
        for name, matrix in ((first, forward), (second, forward.T)):
            place = INTENTS.index(name)
            products[place] = row + ANY_PRODUCT / len(PRODUCT_CLASSES)
            # The chain is doubly stochastic: both directions visit every page equally often.
            pages[place] = matrix

    payees, recurring, phase = np.zeros((count, len(CATEGORIES))), np.zeros(count), np.zeros((count, PHASES))
    everyone = norm(sum(np.array(rows(CATEGORIES, table)) for _, _, table in PAYEE_PAIRS))
    for first, second, payee in PAYEE_PAIRS:
        row = (1 - OTHER_PAYEE) * norm(rows(CATEGORIES, payee)) + OTHER_PAYEE * everyone
        for name, share, days in ((first, RECURRING, AFTER_PAYDAY), (second, ONCE, ANY_TIME)):
            place = INTENTS.index(name)
            payees[place], recurring[place], phase[place] = row, share, days
    tilts = np.array([CHANNEL_TILT.get(name, (1.0,) * len(PURPOSE_CHANNEL)) for name in INTENTS])
    moves = norm(np.array([PURPOSE_CHANNEL]) * tilts**preset.tilt)
    purpose = payees[:, :, None] * moves[:, None, :]
    everyday = np.array([_everyday(name) for name in SEGMENT_NAMES])
    everyday = (1 - ALIKE) * everyday + ALIKE * everyday.mean(0)
    if preset.control:
        # How a payment moves is a column and still differs; where it goes is drawn alike for every payment.
        category = norm((1 - PURPOSEFUL) * everyday.sum((0, 2)) / len(everyday) + PURPOSEFUL * payees.mean(0))
        purpose = category[None, :, None] * moves[:, None, :]
        everyday = category[None, :, None] * everyday.sum(1)[:, None, :]

    wording = load_wording()
    cores = np.array([[float(owner == name) for owner, _ in wording.cores] for name in INTENTS])
    searches = np.array([[float(owner == name) for owner, _ in wording.searches] for name in INTENTS])
    return {
        "products": level(products, preset),
        "pages": level(pages, preset),
        "searches": level(norm(searches), preset),
        "cores": level(norm(cores), preset),
        "purpose": purpose,
        "recurring": level(recurring, preset),
        "phase": level(phase, preset),
        "everyday": everyday,
    }


def _everyday(segment: str) -> Floats:
    """(a, h) of what is bought and sold without an aim: a category favours some channels, a segment others."""
    import numpy as np

    walk = SEGMENTS[segment]
    habits = {"cash withdrawal": "cash", "loan instalment": "EMI", "pension": "NEFT", "business receipts": "UPI"}
    share = norm(rows(CATEGORIES, walk.everyday))
    table = np.zeros((len(CATEGORIES), len(TXN_CHANNELS)))
    for place, name in enumerate(CATEGORIES):
        if share[place]:
            factors = np.array([1.0, 1.0, 1.0, 1.0, 1.0, 0.1])
            if name in habits:
                factors[TXN_CHANNELS.index(habits[name])] = 25.0
            table[place] = share[place] * norm(np.array(walk.txn) * factors)
    return table
