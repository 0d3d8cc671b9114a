"""Intent, confidence and reasons of visits, by the model that was fitted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ragmarket.bootstrap import House
from ragmarket.errors import InvalidInput
from ragmarket.schemas.sessions import SessionReading
from ragmarket.studies.home import tables
from ragmarket.visits.home import home, texts

if TYPE_CHECKING:
    from ragmarket.signals.sessions.model import SessionModel


def session_model(house: House, *, vectors: bool = True) -> SessionModel:
    """The fitted model under the taxonomy in force, people's edits included.

    Raises:
        ModelMissing: None was fitted.
        BadKnowledge: The taxonomy's file is wrong.
    """
    from ragmarket.errors import NotFound
    from ragmarket.signals.sessions.book import TaxonomyBook
    from ragmarket.signals.sessions.model import SessionModel

    try:
        taxonomy = TaxonomyBook(home(house)).read()
    except NotFound:
        taxonomy = None
    return SessionModel.load(home(house), texts(house) if vectors else None, taxonomy=taxonomy)


def label_sessions(
    house: House, folder: Path | None, sessions: Sequence[str] | None, *, vectors: bool = False
) -> tuple[SessionReading, ...]:
    """Intent, confidence and reasons of sessions, all or these.

    Raises:
        InvalidInput: None of them is in the tables.
        ModelMissing: No model was fitted.
    """
    import polars as pl

    model = session_model(house, vectors=vectors)
    events = tables(house, folder).read("session_events")
    if sessions is not None:
        events = events.filter(pl.col("session_id").is_in(list(sessions)))
        if events.is_empty():
            raise InvalidInput("none of these sessions is in the tables", hint="Check the ids and the folder.")
    return model.read_all(events, vectors=vectors)
