"""Sessions as they are read in service: an intent of the taxonomy, how sure, the vector, and what speaks for it."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

from pydantic import ValidationError

from ragmarket.errors import InvalidInput, ModelMissing
from ragmarket.schemas.sessions import OTHER, SessionReading, Taxonomy
from ragmarket.signals.sessions.features import by_session
from ragmarket.signals.sessions.student import Student

if TYPE_CHECKING:
    import polars as pl

    from ragmarket.protocols import TextEncoder
    from ragmarket.signals.sessions.encoder import SessionEncoder

FORMAT = 1
FILE = "student.npz"
MOST_EVENTS = 1_000
_COLUMNS = (
    "session_id", "event", "customer_id", "at", "page", "product", "text", "referrer", "device", "dwell_s",
    "tile_seen", "tile_clicked",
)  # fmt: skip


class SessionModel:
    """Reads sessions.

    Intent, confidence and reasons come from the student alone: well under a millisecond, no torch. The vector comes
    from the encoder and costs a few milliseconds; ask for it only where something reads it.

    Args:
        student: Labels.
        taxonomy: The version that the student learned.
        encoder: Gives vectors; without one they stay empty.
        card: What was measured when it was fitted, as plain JSON.
    """

    def __init__(
        self,
        student: Student,
        taxonomy: Taxonomy,
        encoder: SessionEncoder | None = None,
        card: Mapping[str, Any] | None = None,
    ) -> None:
        self.student, self.taxonomy, self.encoder, self.card = student, taxonomy, encoder, dict(card or {})

    def read(self, events: Sequence[Mapping[str, Any]], *, vector: bool = True) -> SessionReading:
        """Read one session.

        Args:
            events: Its events in order, each a mapping with ``page`` and, where known, ``product text referrer device
                dwell_s at tile_seen tile_clicked session_id customer_id`` (see `ragmarket.signals.tables`).
            vector: Whether to compute the vector too.

        Raises:
            InvalidInput: There is no event, there are too many, or one has no page.
        """
        if not 0 < len(events) <= MOST_EVENTS:
            raise InvalidInput(f"a session needs 1 to {MOST_EVENTS} events, not {len(events)}")
        for place, event in enumerate(events):
            if not isinstance(event, Mapping) or not isinstance(event.get("page"), str):
                hint = 'For example {"page": "calculator"}.'
                raise InvalidInput(f"events[{place}].page: a word is needed", hint=hint)
        session = str(events[0].get("session_id") or "session")
        found: tuple[float, ...] = ()
        if vector and self.encoder is not None:
            found = tuple(round(float(value), 6) for value in self.encoder.embed(_frame(events, session))[1][0])
        return self._reading(session, events, found)

    def read_all(self, events: pl.DataFrame, *, vectors: bool = False) -> tuple[SessionReading, ...]:
        """Read every session of a table, in the order of session ids.

        Raises:
            InvalidInput: The table cannot be read.
        """
        import polars as pl

        from ragmarket.signals.sessions.events import checked

        events = checked(events)
        words = [name for name in ("page", "product", "referrer", "device", "tile_clicked") if name in events.columns]
        rows = by_session(events.with_columns(pl.col(words).cast(pl.String)).to_dicts())
        numbers: dict[str, tuple[float, ...]] = {}
        if vectors and self.encoder is not None:
            ids, table = self.encoder.embed(events)
            numbers = {id_: tuple(row.round(6).tolist()) for id_, row in zip(ids, table, strict=True)}
        return tuple(self._reading(session, own, numbers.get(session, ())) for session, own in rows.items())

    def _reading(self, session: str, events: Sequence[Mapping[str, Any]], vector: tuple[float, ...]) -> SessionReading:
        chances, features = self.student.scores(events)
        best = int(chances.argmax())
        learned = self.student.intents[best]
        intent = self.taxonomy.resolve(learned) if chances[best] >= self.student.least else OTHER
        return SessionReading(
            session_id=session,
            intent=intent,
            confidence=min(1.0, float(chances[best])),
            group=self.taxonomy.intents[intent].group if intent != OTHER else None,
            vector=vector,
            reasons=self.student.reasons(features, learned if intent != OTHER else OTHER),
            taxonomy=self.taxonomy.version,
        )

    def save(self, folder: Path) -> None:
        """Write student and taxonomy, and the encoder if there is one."""
        import numpy as np

        if self.encoder is not None:
            self.encoder.save(folder)
        folder.mkdir(parents=True, exist_ok=True)
        own = self.student
        plain = {
            "format": FORMAT,
            "intents": list(own.intents),
            "columns": dict(own.columns),
            "temperature": own.temperature,
            "least": own.least,
            "taxonomy": self.taxonomy.model_dump(mode="json"),
            "card": self.card,
        }
        with tempfile.NamedTemporaryFile(dir=folder, suffix=".npz", delete=False) as stream:
            np.savez_compressed(
                stream,
                weights=own.weights,
                bias=own.bias,
                plain=np.frombuffer(json.dumps(plain, ensure_ascii=False).encode(), dtype=np.uint8),
            )
        os.replace(stream.name, folder / FILE)  # noqa: PTH105 (a rename that replaces, on every system)

    @classmethod
    def load(cls, folder: Path, texts: TextEncoder | None = None, *, taxonomy: Taxonomy | None = None) -> SessionModel:
        """Read a model.

        Args:
            folder: Where it was saved.
            texts: Reads queries for the vectors; without it the model labels, and its vectors stay empty.
            taxonomy: The version in force; the one that the student learned without it. What was renamed since is read
                under its new name.

        Raises:
            ModelMissing: There is none, it is damaged, or it was fitted with another sentence encoder.
        """
        import numpy as np

        hint = "Run `ragmarket sessions fit`, then `ragmarket sessions taxonomy --write`."
        try:
            with (folder / FILE).open("rb") as stream, np.load(stream) as kept:
                weights, bias, plain = kept["weights"], kept["bias"], json.loads(kept["plain"].tobytes())
            if plain["format"] != FORMAT:
                raise ValueError(f"format {plain['format']}")
            student = Student(
                intents=tuple(plain["intents"]),
                columns=dict(plain["columns"]),
                weights=weights,
                bias=bias,
                temperature=float(plain["temperature"]),
                least=float(plain["least"]),
            )
            learned = Taxonomy.model_validate(plain["taxonomy"])
            card = dict(plain["card"])
        except FileNotFoundError as error:
            raise ModelMissing(f"no session model was fitted in {folder}", hint=hint) from error
        except (OSError, ValueError, KeyError, TypeError, BadZipFile, ValidationError) as error:
            raise ModelMissing(f"the session model in {folder} cannot be read: {error}", hint=hint) from error
        encoder = None
        if texts is not None:
            from ragmarket.signals.sessions.encoder import SessionEncoder

            encoder = SessionEncoder.load(folder, texts)
        return cls(student, taxonomy or learned, encoder, card)


def _frame(events: Sequence[Mapping[str, Any]], session: str) -> pl.DataFrame:
    import polars as pl

    schema = {name: pl.String() for name in _COLUMNS if name not in ("event", "dwell_s", "at")}
    rows = [
        {name: None if event.get(name) is None else str(event[name]) for name in schema} | {"session_id": session}
        for event in events
    ]
    frame = pl.DataFrame(rows, schema=schema).with_columns(
        pl.Series("event", range(len(events)), dtype=pl.Int32),
        pl.Series("dwell_s", [float(event.get("dwell_s") or 0.0) for event in events], dtype=pl.Float64),
    )
    times = pl.Series("at", [str(event.get("at") or "")[:19] for event in events])
    return frame.with_columns(times.str.to_datetime(time_unit="ms", strict=False).alias("at"))
