"""Labelling a session's intent, with the definition and the events that speak for it.

A session is a device, a referrer and a few events in the closed vocabularies of `sessions.yaml`; no text that a visitor
typed and nothing about a person enters the prompt.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ragmarket.errors import InvalidInput, UndecodableOutput
from ragmarket.generation.tasks.notation import literal, one_of, ordered_list
from ragmarket.knowledge.profiles import UNCLEAR, Sessions

MIN_EVENTS, MAX_EVENTS = 3, 12
MAX_REASONS = 3
NONE = "none"
Confidence = Literal["high", "medium", "low"]
CONFIDENCES: tuple[Confidence, ...] = ("high", "medium", "low")


@dataclass(frozen=True, slots=True)
class Event:
    """One page view.

    Attributes:
        page: Kind of page.
        dwell: Bucket of how long it was read.
        product: Product class of the page; None on pages about no product.
        tile: Whether the tile beside the page was absent, seen or clicked.
        tile_product: What the tile was for; None when there was none.
        search: Kind of words searched for on the way here, "none" when nothing was.
    """

    page: str
    dwell: str
    product: str | None = None
    tile: str = NONE
    tile_product: str | None = None
    search: str = NONE

    @property
    def body(self) -> str:
        """The event in the prompt: ``calculator home_loan dwell long tile clicked home_loan search house``."""
        parts = [self.page, self.product or "", f"dwell {self.dwell}"]
        if self.tile != NONE:
            parts.append(f"tile {self.tile} {self.tile_product}")
        if self.search != NONE:
            parts.append(f"search {self.search}")
        return " ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Session:
    """A visit: device, where the visitor came from, and three to twelve events, oldest first."""

    device: str
    referrer: str
    events: tuple[Event, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of the events, E1 onwards."""
        return tuple(f"E{place}" for place in range(1, len(self.events) + 1))


@dataclass(frozen=True, slots=True)
class SessionLabel:
    """The intent of a session, what it means, how sure the label is and which events speak for it."""

    label: str
    definition: str
    confidence: Confidence
    because: tuple[str, ...]


def check_session(session: Session, sessions: Sessions) -> None:
    """Hold a session against the vocabularies.

    Raises:
        InvalidInput: Names the event and the value that is not known.
    """
    if not MIN_EVENTS <= len(session.events) <= MAX_EVENTS:
        raise InvalidInput(
            f"a session needs {MIN_EVENTS} to {MAX_EVENTS} events, not {len(session.events)}",
            hint="Send the latest events of a longer session.",
        )

    def known(place: str, value: str | None, vocabulary: Mapping[str, float]) -> None:
        if value not in vocabulary:
            raise InvalidInput(f"{place} {value!r} is not known", hint=f"Known: {', '.join(vocabulary)}.")

    known("the device", session.device, sessions.devices)
    known("the referrer", session.referrer, sessions.referrers)
    for id_, event in zip(session.ids, session.events, strict=True):
        known(f"{id_}: the page", event.page, sessions.pages)
        known(f"{id_}: the dwell", event.dwell, sessions.dwell)
        known(f"{id_}: the tile", event.tile, sessions.tiles)
        known(f"{id_}: the search", event.search, sessions.searches)
        if event.page in sessions.product_pages:
            known(f"{id_}: the product", event.product, sessions.products)
        elif event.product is not None:
            raise InvalidInput(f"{id_}: the page {event.page!r} is about no product, but {event.product!r} is given")
        if event.tile != NONE:
            known(f"{id_}: the tile's product", event.tile_product, sessions.products)
        elif event.tile_product is not None:
            raise InvalidInput(f"{id_}: there is no tile, but its product {event.tile_product!r} is given")


def build_session_prompt(session: Session) -> str:
    """The prompt of a session; the part that varies least stands first."""
    lines = [
        "<task> session <lang> en",
        f"<device> {session.device} <referrer> {session.referrer}",
        "<events>",
        *(f"{id_} {event.body}" for id_, event in zip(session.ids, session.events, strict=True)),
        "<write>\n",
    ]
    return "\n".join(lines)


def build_session_grammar(
    session: Session,
    sessions: Sessions,
    reasons: Mapping[str, Sequence[str]] | None = None,
    plausible: Mapping[str, Confidence] | None = None,
) -> str:
    """The grammar of one session: an intent with one to three of its events, or ``unclear`` with none.

    Args:
        session: The session.
        sessions: The vocabularies.
        reasons: Per intent the events that may be cited for it, at least one each; None admits any event.
        plausible: The intents that may be given, each with its confidence; when there is none, the session is unclear.
            None admits every intent, every confidence and ``unclear``.

    Raises:
        InvalidInput: The session does not fit the vocabularies.
    """
    check_session(session, sessions)
    opening = literal('{"label":"')
    middle, because, closing = literal('","confidence":"'), literal('","because":'), literal("}")
    groups: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for intent in sessions.intents if plausible is None else plausible:
        sure = "sure" if plausible is None else literal(plausible[intent])
        ids = session.ids if reasons is None else tuple(reasons[intent])
        groups.setdefault((sure, ids), []).append(intent)
    options = [] if plausible else [literal(f'{{"label":"{UNCLEAR}","confidence":"low","because":[]}}')]
    lists: list[str] = []
    for number, ((sure, ids), intents) in enumerate(groups.items()):
        options.append(f"{opening} ({one_of(intents)}) {middle} {sure} {because} ids{number} {closing}")
        lists += ordered_list(f"ids{number}", [literal(json.dumps(id_)) for id_ in ids], 1, MAX_REASONS)
    return "\n".join([f"root ::= {' | '.join(options)}", f"sure ::= {one_of(CONFIDENCES)}", *lists]) + "\n"


def parse_session(raw: str, session: Session, sessions: Sessions) -> SessionLabel:
    """Read an engine's answer back, trusting nothing, and add the label's definition.

    Raises:
        UndecodableOutput: The text is cut short, has another shape, or names what is not known.
    """
    try:
        data = json.loads(raw)
        label, confidence, because = data["label"], data["confidence"], tuple(data["because"])
    except (ValueError, KeyError, TypeError) as error:
        raise UndecodableOutput(f"the engine's answer is not a session's label: {error!r}") from error
    if confidence not in CONFIDENCES or (label != UNCLEAR and label not in sessions.intents):
        raise UndecodableOutput(f"the label {label!r} ({confidence!r}) is not known")
    if not set(because) <= set(session.ids) or bool(because) == (label == UNCLEAR):
        raise UndecodableOutput("the label does not rest on events of the session")
    definition = sessions.unclear if label == UNCLEAR else sessions.intents[label].definition
    return SessionLabel(label, definition, confidence, because)
