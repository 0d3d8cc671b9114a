"""How sessions come about: the generative process that the weights of `sessions.yaml` describe.

It gives the exact posterior of each intent, and with it the best label that anybody could give: the teacher of the
labelling task, and the ceiling beside which a labeller is measured.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property

from ragmarket.generation.tasks.sessions import (
    CONFIDENCES,
    MAX_REASONS,
    Confidence,
    Event,
    Session,
    SessionLabel,
    build_session_grammar,
    build_session_prompt,
    check_session,
    parse_session,
)
from ragmarket.knowledge.profiles import UNCLEAR, IntentBehaviour, Sessions
from ragmarket.protocols import Engine

MAX_TOKENS = 64
TWICE = math.log(2)
# An intent is plausible when it is at least this likely beside the likeliest one.
PLAUSIBLE = 0.6


def _shares(background: Mapping[str, float], added: Mapping[str, float]) -> dict[str, float]:
    weights = {name: weight + added.get(name, 0.0) for name, weight in background.items()}
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}


class _Habit:
    """The distributions of one intent, or of anybody."""

    def __init__(self, sessions: Sessions, behaviour: IntentBehaviour | None) -> None:
        own = behaviour.model_dump() if behaviour else {}
        self.pages = _shares(sessions.pages, own.get("pages", {}))
        self.products = _shares(sessions.products, own.get("products", {}))
        self.searches = _shares(sessions.searches, own.get("searches", {}))
        self.referrers = _shares(sessions.referrers, own.get("referrers", {}))
        self.dwell = _shares(sessions.dwell, own.get("dwell", {}))


class Behaviour:
    """The generative process of sessions: who does what, and what that says of the intent.

    A session has an intent and a distractor intent. Each event belongs to nobody in particular with probability
    ``noise``, to the distractor with ``distraction``, else to the intent; its page, product, dwell, search and clicked
    tile are then drawn independently. The tiles that are shown depend on nothing.

    Args:
        sessions: Vocabularies and weights.
    """

    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions
        self.intents = tuple(sessions.intents)
        self.anybody = _Habit(sessions, None)
        self.habits = {intent: _Habit(sessions, behaviour) for intent, behaviour in sessions.intents.items()}
        self.devices = _shares(sessions.devices, {})
        self.tiles = _shares(sessions.tiles, {})

    @cached_property
    def priors(self) -> dict[str, float]:
        """How common each intent is."""
        return _shares({intent: one.share for intent, one in self.sessions.intents.items()}, {})

    def likelihood(self, event: Event, habit: _Habit) -> float:
        """Probability of one event under one habit."""
        found = habit.pages[event.page] * habit.dwell[event.dwell] * habit.searches[event.search]
        found *= self.tiles[event.tile]
        if event.product is not None:
            found *= habit.products[event.product]
        if event.tile_product is not None:
            shown = habit if event.tile == "clicked" else self.anybody
            found *= shown.products[event.tile_product]
        return found

    def posterior(self, session: Session) -> dict[str, float]:
        """Exact probability of each intent, the distractor summed out."""
        noise, distraction = self.sessions.noise, self.sessions.distraction
        likely = {intent: [self.likelihood(e, habit) for e in session.events] for intent, habit in self.habits.items()}
        common = [noise * self.likelihood(event, self.anybody) for event in session.events]
        weights: dict[str, float] = {}
        for intent, prior in self.priors.items():
            others = [name for name in self.intents if name != intent]
            mass = sum(
                math.prod(
                    base + (1 - noise - distraction) * own + distraction * other
                    for base, own, other in zip(common, likely[intent], likely[name], strict=True)
                )
                for name in others
            )
            weights[intent] = prior * self.habits[intent].referrers[session.referrer] * mass / len(others)
        total = sum(weights.values())
        return {intent: weight / total for intent, weight in weights.items()}

    def _gains(self, session: Session, intent: str) -> dict[str, float]:
        """By how much (log of the likelihood ratio to anybody) each event speaks for an intent."""
        habit = self.habits[intent]
        return {
            id_: math.log(self.likelihood(event, habit) / self.likelihood(event, self.anybody))
            for id_, event in zip(session.ids, session.events, strict=True)
        }

    def speaking(self, session: Session) -> dict[str, tuple[str, ...]]:
        """Per intent the events at least twice as likely under it as under anybody; else the one that is likeliest."""
        found: dict[str, tuple[str, ...]] = {}
        for intent in self.intents:
            gains = self._gains(session, intent)
            best = max(gains, key=lambda id_: gains[id_])
            found[intent] = tuple(id_ for id_ in session.ids if gains[id_] >= TWICE) or (best,)
        return found

    def reasons(self, session: Session, intent: str) -> tuple[str, ...]:
        """Up to three of the events that speak for an intent, those that speak most, in their order."""
        gains = self._gains(session, intent)
        best = sorted(self.speaking(session)[intent], key=lambda id_: -gains[id_])[:MAX_REASONS]
        return tuple(id_ for id_ in session.ids if id_ in best)

    def plausible(self, session: Session) -> dict[str, Confidence]:
        """The intents worth choosing among, each with how sure one may be of it; none below the lowest confidence."""
        posterior = self.posterior(session)
        best = max(posterior.values())
        if best < self.sessions.confidence[CONFIDENCES[-1]]:
            return {}
        return {
            intent: next((sure for sure in CONFIDENCES if likely >= self.sessions.confidence[sure]), CONFIDENCES[-1])
            for intent, likely in posterior.items()
            if likely >= PLAUSIBLE * best
        }

    def best_label(self, session: Session) -> SessionLabel:
        """The label of the Bayes-optimal labeller; ``unclear`` below the lowest confidence.

        Raises:
            InvalidInput: The session does not fit the vocabularies.
        """
        check_session(session, self.sessions)
        posterior = self.posterior(session)
        intent = max(posterior, key=lambda name: posterior[name])
        for confidence in CONFIDENCES:
            if posterior[intent] >= self.sessions.confidence[confidence]:
                definition = self.sessions.intents[intent].definition
                return SessionLabel(intent, definition, confidence, self.reasons(session, intent))
        return SessionLabel(UNCLEAR, self.sessions.unclear, "low", ())


class SessionLabeller:
    """Labels sessions with any engine.

    Args:
        engine: Continues the prompt.
        behaviour: The process; a label may cite only events that speak for it.
    """

    def __init__(self, engine: Engine, behaviour: Behaviour) -> None:
        self._engine = engine
        self._behaviour = behaviour

    def label(self, session: Session, *, seed: int = 0) -> SessionLabel:
        """The session's intent.

        Raises:
            InvalidInput: The session does not fit the vocabularies.
            UndecodableOutput: The engine did not follow the grammar.
        """
        sessions = self._behaviour.sessions
        check_session(session, sessions)
        speaking = self._behaviour.speaking(session)
        grammar = build_session_grammar(session, sessions, speaking, self._behaviour.plausible(session))
        prompt = build_session_prompt(session)
        generation = self._engine.generate(prompt, grammar, seed=seed, max_tokens=MAX_TOKENS, temperature=0.0)
        return parse_session(generation.raw, session, sessions)
