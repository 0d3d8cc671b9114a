"""The account book of a block.

The payments that were drawn, and the salaries, pensions and instalments that follow from what the columns already say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ragmarket.schemas.base import PRODUCT_CLASSES
from ragmarket.signals.simulate.people import MONTHLY_INCOME
from ragmarket.signals.simulate.series import coded
from ragmarket.signals.vocabulary import CATEGORIES, OCCUPATIONS, TXN_CHANNELS

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    from ragmarket.signals.simulate.blocks import Block

CREDITS = ("salary", "business receipts", "pension", "remittance")
_WAGES = {"salaried": "salary", "professional": "salary", "retired": "pension"}
_INSTALMENTS = {"home_loan": 0.28, "loan": 0.12}


def booked(rng: np.random.Generator, block: Block) -> pl.DataFrame:
    """All transactions of a block as codes and categories, in order of time, with their ``cell``."""
    import numpy as np
    import polars as pl

    customers, periods = block.size
    cells = np.arange(customers * periods)
    owner = cells // periods
    income = np.array(list(MONTHLY_INCOME.values()))[block.standing.income]
    size = np.round(income * rng.lognormal(0.0, 0.25, customers), 0)
    paid = block.payments
    parts: list[tuple[Any, ...]] = [
        (paid.cell, paid.category, paid.channel, paid.recurring, paid.amount, paid.day, paid.minute)
    ]

    def add(rows: Any, category: str, channel: str, share: float, day: int) -> None:
        codes = (CATEGORIES.index(category), TXN_CHANNELS.index(channel))
        same = [np.full(len(rows), code) for code in codes]
        flags = np.ones(len(rows), dtype=bool)
        amount = np.round(size[rows // periods] * share, 0)
        parts.append((rows, *same, flags, amount, np.full(len(rows), day), rng.integers(60, 9 * 60, len(rows))))

    occupation = np.array(OCCUPATIONS)[block.standing.occupation]
    for name, category in _WAGES.items():
        add(cells[(occupation == name)[owner]], category, "NEFT", 0.6 if category == "pension" else 1.0, 0)
    for product, share in _INSTALMENTS.items():
        held = block.holdings[:, :, PRODUCT_CLASSES.index(product)].ravel()
        add(cells[held], "loan instalment", "EMI", share, 4)
    cell, payee, channel, recurring, amount, day, minute = (np.concatenate(one) for one in zip(*parts, strict=True))
    order = np.lexsort((minute, day, cell))
    credit = np.isin(payee, [CATEGORIES.index(name) for name in CREDITS])
    return pl.DataFrame(
        {
            "cell": cell[order],
            "channel": coded("transactions", "channel", channel[order]),
            "type": coded("transactions", "type", credit[order].astype(np.int64)),
            "amount_inr": amount[order],
            "category": coded("transactions", "category", payee[order]),
            "is_recurring": recurring[order],
            "day": day[order],
            "minute": minute[order],
        }
    )
