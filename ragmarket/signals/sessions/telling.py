"""Sessions in words that may be shown to a language model: closed vocabularies, no typed text, nobody's identity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ragmarket.schemas.sessions import ToldEvent, ToldSession

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from ragmarket.knowledge.profiles import Sessions as Vocabularies
    from ragmarket.protocols import TextEncoder

# Seconds at which a page counts as read a little, read, and studied.
_SHORT, _MEDIUM, _LONG = 10.0, 30.0, 90.0
_CAMPAIGN = ("sms", "whatsapp", "push")
NONE = "none"


class SearchKinds:
    """What kind of search a query is: the kind whose example phrases mean the nearest, or none that is near enough.

    Args:
        texts: Reads queries and examples.
        examples: Phrases per kind.
        least: Cosine beneath which a query is of no kind.
        margin: By how much the nearest kind must be nearer than the next; a query between two is of none.
    """

    def __init__(
        self, texts: TextEncoder, examples: Mapping[str, Sequence[str]], least: float = 0.35, margin: float = 0.05
    ) -> None:
        self._texts = texts
        self._kinds = [kind for kind, phrases in examples.items() for _ in phrases]
        self._phrases = [phrase for phrases in examples.values() for phrase in phrases]
        self._least, self._margin = least, margin
        self._known: dict[str, str] = {}
        self._table: NDArray[np.float32] | None = None

    @property
    def texts(self) -> TextEncoder:
        """What reads queries."""
        return self._texts

    def of(self, queries: Sequence[str]) -> dict[str, str]:
        """The kind of each query."""
        import numpy as np

        new = [query for query in dict.fromkeys(queries) if query not in self._known]
        if new and self._phrases:
            if self._table is None:
                self._table = self._texts.embed(self._phrases)
            near = self._texts.embed(new) @ self._table.T
            kinds = np.array(self._kinds)
            names = list(dict.fromkeys(self._kinds))
            # The two nearest examples together: one alone may share nothing but a frame.
            score = np.stack([np.sort(near[:, kinds == kind], axis=1)[:, -2:].mean(axis=1) for kind in names], axis=1)
            best = score.argmax(axis=1)
            ahead = np.sort(score, axis=1)
            second = ahead[:, -2] if len(names) > 1 else np.full(len(new), -1.0)
            clear = (ahead[:, -1] >= self._least) & (ahead[:, -1] - second >= self._margin)
            for row, query in enumerate(new):
                self._known[query] = names[best[row]] if clear[row] else NONE
        return {query: self._known.get(query, NONE) for query in queries}


def tell(
    events: pl.DataFrame, vocabularies: Vocabularies, kinds: SearchKinds, *, least: int = 3, most: int = 12
) -> dict[str, ToldSession]:
    """Sessions by id as a language model may read them.

    Those with fewer than ``least`` events that can be told are left out. A search is told by its kind, on the
    page that it led to. What the vocabularies do not know is not told.

    Args:
        events: Session events, see `ragmarket.signals.tables.SESSION_EVENTS`.
        vocabularies: The closed words.
        kinds: Reads queries.
        least: Fewest events.
        most: Most events, the last ones.
    """
    import polars as pl

    ordered = events.sort("session_id", "event", maintain_order=True)
    wanted = ("session_id", "page", "product", "text", "referrer", "device", "tile_seen", "tile_clicked")
    words = [name for name in wanted if name in ordered.columns]
    kept = [*words, "dwell_s"] if "dwell_s" in ordered.columns else words
    rows = ordered.select(kept).with_columns(pl.col(words).cast(pl.String)).to_dicts()
    asked = kinds.of([row["text"] for row in rows if row.get("text")])
    found: dict[str, ToldSession] = {}
    gathered: list[ToldEvent] = []
    search, previous = NONE, None

    def close(row: dict[str, Any]) -> None:
        if len(gathered) >= least:
            found[row["session_id"]] = ToldSession(
                device=_known(row.get("device"), vocabularies.devices, "mobile"),
                referrer=_referrer(row.get("referrer"), vocabularies),
                events=tuple(gathered[-most:]),
            )

    for row in rows:
        if previous is not None and row["session_id"] != previous["session_id"]:
            close(previous)
            gathered, search = [], NONE
        previous = row
        if row.get("text"):
            search = asked[row["text"]]
        event = _event(row, vocabularies, search)
        if event is not None:
            gathered.append(event)
            search = NONE
    if previous is not None:
        close(previous)
    return found


def _event(row: Mapping[str, Any], vocabularies: Vocabularies, search: str) -> ToldEvent | None:
    page, product = row["page"], row.get("product")
    if page not in vocabularies.pages:
        return None
    about = page in vocabularies.product_pages
    if about and product not in vocabularies.products:
        return None
    clicked, shown = row.get("tile_clicked"), (row.get("tile_seen") or "").split("|")[0]
    tile = clicked if clicked in vocabularies.products else shown if shown in vocabularies.products else None
    dwell = float(row.get("dwell_s") or 0.0)
    return ToldEvent(
        page=page,
        product=product if about else None,
        dwell="glance" if dwell < _SHORT else "short" if dwell < _MEDIUM else "medium" if dwell < _LONG else "long",
        tile=NONE if tile is None else "clicked" if tile == clicked else "seen",
        tile_product=tile,
        search=search if search in vocabularies.searches else NONE,
    )


def _known(word: str | None, vocabulary: Mapping[str, float], default: str) -> str:
    return word if word is not None and word in vocabulary else default


def _referrer(word: str | None, vocabularies: Vocabularies) -> str:
    return _known("campaign" if word in _CAMPAIGN else word, vocabularies.referrers, "direct")


def in_words(session: ToldSession) -> str:
    """A session in plain English, for language models that were not trained on this project's notation."""
    lines = [f"Device: {session.device}. Came from: {session.referrer}."]
    for place, event in enumerate(session.events, start=1):
        parts = [f"E{place}: {event.page.replace('_', ' ')} page"]
        if event.product:
            parts.append(f"of {event.product.replace('_', ' ')}")
        parts.append(f"({event.dwell} stay)")
        if event.search != NONE:
            parts.append(f"after searching for {event.search.replace('_', ' ')}")
        if event.tile != NONE and event.tile_product:
            parts.append(f"with the {event.tile_product.replace('_', ' ')} tile {event.tile}")
        lines.append(" ".join(parts))
    return "\n".join(lines)
