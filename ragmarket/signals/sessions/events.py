"""Sessions as arrays: events of many kinds in one fixed shape, with vocabularies learned from the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ragmarket.errors import InvalidInput

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]
    Floats = NDArray[np.float32]

FIELDS = ("page", "product", "referrer", "device", "tile_clicked")
NUMBERS = ("dwell", "gap", "known", "hour_sin", "hour_cos")
TILES_SEEN = 4
ABSENT, UNKNOWN = 0, 1
_NEEDED = ("session_id", "event", "page")
# Longer than this between two events is no longer reading.
_LONGEST_GAP_S = 3600.0


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of each field in the order of their codes; code 0 is absent, 1 is a word that was never met."""

    words: Mapping[str, tuple[str, ...]]

    @classmethod
    def fit(cls, events: pl.DataFrame) -> Vocabulary:
        """The words of a table of events (columns as `ragmarket.signals.tables.SESSION_EVENTS`; most may be absent).

        Raises:
            InvalidInput: A needed column is missing, or there is no event.
        """
        events = checked(events)
        return cls({field: tuple(_column(events, field).drop_nulls().unique().sort().to_list()) for field in FIELDS})

    def size(self, field: str) -> int:
        """How many codes a field has."""
        return len(self.words[field]) + 2

    def code(self, field: str, words: pl.Series) -> Codes:
        """The codes of words, shape (words,)."""
        import numpy as np
        import polars as pl

        table = {word: place + 2 for place, word in enumerate(self.words[field])}
        found = words.cast(pl.String).replace_strict(table, default=UNKNOWN, return_dtype=pl.Int64)
        return np.where(words.is_null().to_numpy(), ABSENT, found.fill_null(ABSENT).to_numpy())


@dataclass(frozen=True, slots=True)
class Sessions:
    """Events of sessions, flat and in order.

    Attributes:
        ids: Session ids, sorted.
        bounds: Where each session's events begin, shape (sessions + 1,).
        codes: Shape (events, fields), in the order of `FIELDS`.
        seen: Codes of the tiles shown, shape (events, TILES_SEEN), 0 where there is none.
        numbers: Shape (events, numbers), in the order of `NUMBERS`.
        query: Place of the event's query in ``queries``, -1 without one, shape (events,).
        queries: The different queries.
    """

    ids: tuple[str, ...]
    bounds: Codes
    codes: Codes
    seen: Codes
    numbers: Floats
    query: Codes
    queries: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def lengths(self) -> Codes:
        """Events per session, shape (sessions,)."""
        import numpy as np

        return np.diff(self.bounds)

    def rows(self, chosen: Sequence[int] | Codes, longest: int) -> Codes:
        """Places of the last ``longest`` events of sessions, shape (sessions, longest), -1 behind the last."""
        import numpy as np

        places = np.asarray(chosen, dtype=np.int64)
        ends = self.bounds[places + 1]
        starts = np.maximum(self.bounds[places], ends - longest)
        grid = starts[:, None] + np.arange(longest)[None]
        return np.where(grid < ends[:, None], grid, -1)


def checked(events: pl.DataFrame) -> pl.DataFrame:
    """The events, sorted by session and place.

    Raises:
        InvalidInput: A needed column is missing, there is no event, or a session or page is null.
    """
    if missing := [name for name in _NEEDED if name not in events.columns]:
        raise InvalidInput(f"session events: columns are missing: {', '.join(missing)}")
    if events.is_empty():
        raise InvalidInput("session events: there are none", hint="Ingest or simulate sessions first.")
    for name in _NEEDED:
        if events[name].null_count():
            raise InvalidInput(f"session events: {name} is missing in {events[name].null_count()} rows")
    return events.sort("session_id", "event", maintain_order=True)


def read_sessions(events: pl.DataFrame, vocabulary: Vocabulary) -> Sessions:
    """Events as arrays.

    Args:
        events: Columns as `ragmarket.signals.tables.SESSION_EVENTS`; only ``session_id``, ``event`` and ``page`` must
            be there.
        vocabulary: Words and their codes.

    Raises:
        InvalidInput: A needed column is missing, or there is no event.
    """
    import numpy as np
    import polars as pl

    events = checked(events)
    counted = events.group_by("session_id", maintain_order=True).len()
    bounds = np.concatenate([[0], counted["len"].to_numpy().cumsum()]).astype(np.int64)
    shown = _column(events, "tile_seen").fill_null("").str.split("|").to_list()
    words = {word: place + 2 for place, word in enumerate(vocabulary.words["tile_clicked"])}
    seen = np.zeros((events.height, TILES_SEEN), dtype=np.int64)
    for row, tiles in enumerate(shown):
        if tiles[0]:
            codes = [words.get(tile, UNKNOWN) for tile in tiles[:TILES_SEEN]]
            seen[row, : len(codes)] = codes
    text = _column(events, "text")
    queries = text.drop_nulls().unique().sort()
    places = {query: place for place, query in enumerate(queries.to_list())}
    query = text.replace_strict(places, default=-1, return_dtype=pl.Int64).fill_null(-1).to_numpy()
    return Sessions(
        ids=tuple(counted["session_id"].cast(pl.String).to_list()),
        bounds=bounds,
        codes=np.stack([vocabulary.code(field, _column(events, field)) for field in FIELDS], axis=1),
        seen=seen,
        numbers=_numbers(events, bounds),
        query=query,
        queries=tuple(queries.to_list()),
    )


def _column(events: pl.DataFrame, name: str) -> pl.Series:
    import polars as pl

    if name not in events.columns:
        return pl.Series(name, [None] * events.height, dtype=pl.String)
    return events[name].cast(pl.String)


def _numbers(events: pl.DataFrame, bounds: Codes) -> Floats:
    import numpy as np
    import polars as pl

    found: dict[str, Any] = dict.fromkeys(NUMBERS, np.zeros(events.height))
    if "dwell_s" in events.columns:
        dwell = events["dwell_s"].cast(pl.Float64).fill_null(0.0).to_numpy()
        found["dwell"] = np.log1p(np.maximum(dwell, 0.0)) / 3
    if "at" in events.columns:
        at = events["at"].cast(pl.Datetime("ms")).dt.epoch("ms").fill_null(0).to_numpy() / 1000
        gap = np.diff(at, prepend=at[:1])
        gap[bounds[:-1]] = 0.0
        found["gap"] = np.log1p(np.clip(gap, 0.0, _LONGEST_GAP_S)) / 3
        turn = 2 * np.pi * (at % 86_400) / 86_400
        found["hour_sin"], found["hour_cos"] = np.sin(turn), np.cos(turn)
    if "customer_id" in events.columns:
        found["known"] = events["customer_id"].is_not_null().to_numpy().astype(np.float64)
    return np.stack([found[name] for name in NUMBERS], axis=1).astype(np.float32)
