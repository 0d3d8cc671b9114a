"""What customers did, month by month, as bags of tokens; months are cells ``customer * periods + period``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ragmarket.errors import InvalidInput

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import polars as pl
    from scipy.sparse import csr_matrix

    Floats = npt.NDArray[np.float64]
    Indices = npt.NDArray[np.int64]

RAREST = 5


@dataclass(frozen=True, slots=True)
class Documents:
    """One kind of evidence: visits, say, or the words that were said.

    ``cell`` (D,) is each document's customer and month, ascending; ``counts`` (D, V) how often each token occurs.
    """

    cell: Indices
    counts: csr_matrix

    def of(self, customers: Indices, periods: int) -> Documents:
        """The documents of some customers (ascending places), whose cells are numbered anew."""
        import numpy as np

        who = self.cell // periods
        place = np.searchsorted(customers, who)
        kept = (place < len(customers)) & (customers[np.minimum(place, len(customers) - 1)] == who)
        return Documents(place[kept] * periods + self.cell[kept] % periods, self.counts[kept])


@dataclass(frozen=True, slots=True)
class Sequences:
    """n customers over T periods.

    ``streams`` by name; ``level`` (n, T), the series whose mean an intent shifts (log of a balance), NaN where unknown;
    ``columns`` (n, T, C), numbers that a bank's tables have; ``touch`` (n, T, codes): product, channel, timing and
    intensity of the month's touch; ``sent``, ``opened``, ``responded`` (n, T), how earlier touches ended: of a month's
    own touch they are answers, never features.
    """

    streams: Mapping[str, Documents]
    level: Floats
    columns: Floats
    touch: Indices
    sent: npt.NDArray[np.bool_]
    opened: npt.NDArray[np.bool_]
    responded: npt.NDArray[np.bool_]

    def __post_init__(self) -> None:
        shape = self.level.shape
        for name in ("columns", "touch", "sent", "opened", "responded"):
            if getattr(self, name).shape[:2] != shape:
                raise InvalidInput(f"sequences: {name} has the shape {getattr(self, name).shape}, not {shape} + …")

    @property
    def size(self) -> tuple[int, int]:
        """Customers and periods."""
        customers, periods = self.level.shape
        return customers, periods

    def take(self, customers: Indices) -> Sequences:
        """Some customers, given by ascending places."""
        import numpy as np

        rows = np.asarray(customers, dtype=np.int64)
        if len(rows) > 1 and (np.diff(rows) <= 0).any():
            raise InvalidInput("sequences: the places of customers must ascend")
        parts: dict[str, Any] = {
            name: getattr(self, name)[rows] for name in ("level", "columns", "touch", "sent", "opened", "responded")
        }
        return Sequences({name: one.of(rows, self.size[1]) for name, one in self.streams.items()}, **parts)


def vocabulary(tokens: pl.DataFrame, rarest: int = RAREST) -> tuple[str, ...]:
    """The tokens that occur at least ``rarest`` times, in alphabetical order; ``tokens`` as in `documents`."""
    import polars as pl

    counts = tokens.group_by("token").len().filter(pl.col("len") >= rarest)
    return tuple(counts["token"].sort().to_list())


def documents(tokens: pl.DataFrame, words: Sequence[str]) -> Documents:
    """Documents from tokens; those outside the vocabulary are left out.

    Args:
        tokens: Columns ``cell`` (customer and month), ``document`` (anything that orders documents in a cell) and
            ``token``; one row per occurrence.
        words: The vocabulary.

    Raises:
        InvalidInput: The vocabulary is empty.
    """
    import numpy as np
    import polars as pl
    from scipy.sparse import csr_matrix

    if not words:
        raise InvalidInput("sequences: the vocabulary is empty", hint="Give more customers, or leave the stream out.")
    places = pl.DataFrame({"token": list(words), "_place": np.arange(len(words))})
    found = (
        tokens.join(places, on="token")
        .group_by("cell", "document", "_place")
        .len()
        .sort("cell", "document", "_place")
        .with_columns(pl.struct("cell", "document").rle_id().alias("_row"))
    )
    row = found["_row"].to_numpy().astype(np.int64)
    first = np.flatnonzero(np.r_[True, row[1:] != row[:-1]]) if len(row) else np.zeros(0, dtype=np.int64)
    counts = csr_matrix(
        (found["len"].to_numpy().astype(np.float64), (row, found["_place"].to_numpy())),
        shape=(len(first), len(words)),
    )
    return Documents(found["cell"].to_numpy().astype(np.int64)[first], counts)
