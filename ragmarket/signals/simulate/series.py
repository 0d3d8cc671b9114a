"""Columns made of codes: identities, categories and times of a block."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from ragmarket.signals.simulate.generator import starts
from ragmarket.signals.tables import TABLES

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from ragmarket.signals.simulate.blocks import Block
    from ragmarket.signals.simulate.presets import Preset

    Codes = NDArray[np.int64]


class Stock:
    """What all tables of one block share: customers' identities, and owner and period of each cell."""

    def __init__(self, preset: Preset, block: Block) -> None:
        self.preset, self.block = preset, block
        self.customers = block.size[0]

    @cached_property
    def numbers(self) -> Codes:
        """(customers,): running numbers."""
        import numpy as np

        return self.block.first + np.arange(self.customers)

    @cached_property
    def ids(self) -> pl.Series:
        """(customers,): identities."""
        import polars as pl

        return pl.Series([f"SIM{number:08d}" for number in self.numbers])

    @cached_property
    def owners(self) -> Codes:
        """(cells,): the customer's place in the block."""
        import numpy as np

        return np.repeat(np.arange(self.customers), self.block.size[1])

    @cached_property
    def cell_ids(self) -> pl.Series:
        """(cells,): the customer's identity."""
        return self.ids.gather(self.owners)

    @cached_property
    def cell_periods(self) -> pl.Series:
        """(cells,): the period."""
        import numpy as np
        import polars as pl

        return pl.Series(np.tile(np.arange(self.block.size[1]), self.customers), dtype=pl.Int32)


def coded(table: str, column: str, codes: Any) -> pl.Series:
    """Codes as the words of a category column; a negative code is null."""
    import numpy as np
    import polars as pl

    kind = next(one for one in TABLES[table].columns if one.name == column).dtype()
    values = np.asarray(codes)
    numbers = pl.Series(values, dtype=pl.Int64)
    words = pl.Series(kind.categories, dtype=kind)  # type: ignore[attr-defined]
    if (values < 0).any():
        numbers = pl.select(pl.when(numbers >= 0).then(numbers)).to_series()
    return words.gather(numbers)


def stamps(stock: Stock, cell: Codes, day: Codes, minute: Codes, second: Any = 0) -> pl.Series:
    """Local times from the cell's month, the day in it from 0, and the minute of the day."""
    import numpy as np
    import polars as pl

    first = np.array(starts(stock.preset), dtype="datetime64[s]")[cell % stock.block.size[1]]
    moments = first + (day * 86_400 + minute * 60 + np.asarray(second, dtype=np.int64)).astype("timedelta64[s]")
    return pl.Series(moments.astype("datetime64[ms]"))


def ids_of(letter: str, first: int, places: Codes) -> pl.Series:
    """Identities of a block's rows: a letter, the block's first customer, and the row's place."""
    import polars as pl

    head = f"{letter}{first // 1_000:05d}"
    return pl.select(pl.lit(head) + pl.Series(places).cast(pl.String).str.zfill(7)).to_series()
