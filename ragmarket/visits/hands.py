"""Who labels told sessions: the project's own writer, and any hand asked for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ragmarket.bootstrap import House
from ragmarket.errors import UndecodableOutput
from ragmarket.schemas.sessions import SessionLabel, ToldSession
from ragmarket.visits.home import Progress

if TYPE_CHECKING:
    from ragmarket.knowledge.profiles import Sessions as Vocabularies

SURE = {"high": 0.95, "medium": 0.75, "low": 0.5}


class WriterHand:
    """Labels told sessions with the project's own writer, on the task that it was trained for.

    Args:
        house: Gives the engine.
        known: The vocabularies.
    """

    def __init__(self, house: House, known: Vocabularies) -> None:
        from ragmarket.generation.tasks.behaviour import Behaviour, SessionLabeller

        self._labeller = SessionLabeller(house.engine, Behaviour(known))

    def label(self, session_id: str, session: ToldSession, *, seed: int = 0) -> SessionLabel | None:
        """The writer's label; None where it cannot tell."""
        from ragmarket.generation.tasks.sessions import Event, Session
        from ragmarket.knowledge.profiles import UNCLEAR

        events = tuple(Event(**event.model_dump()) for event in session.events)
        found = self._labeller.label(Session(session.device, session.referrer, events), seed=seed)
        if found.label == UNCLEAR:
            return None
        return SessionLabel(
            session_id=session_id, intent=found.label, confidence=SURE[found.confidence], because=found.because
        )


def label_all(
    hand: Any, told: Mapping[str, ToldSession], progress: Progress, *, what: str = "labelling", seed: int = 0
) -> dict[str, SessionLabel]:
    """What one hand says of every told session; an answer that cannot be read is left out."""
    found: dict[str, SessionLabel] = {}
    for done, (session_id, session) in enumerate(told.items(), start=1):
        try:
            label = hand.label(session_id, session, seed=seed)
        except UndecodableOutput:
            label = None
        if label is not None:
            found[session_id] = label
        progress(what, done, len(told))
    return found


def without_last(told: Mapping[str, ToldSession], least: int = 3) -> dict[str, ToldSession]:
    """The sessions without their last event, where enough remain: a second look at the same visits."""
    return {
        id_: one.model_copy(update={"events": one.events[:-1]}) for id_, one in told.items() if len(one.events) > least
    }
