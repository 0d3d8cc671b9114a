"""Asking any configured language model: propose an intent for a session, or choose one of a taxonomy.

The project's own writer has a task and a notation of its own for the second; these prompts are for instruction-tuned
models behind an `Engine`. Grammars leave no room for anything but the answer.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from ragmarket.errors import UndecodableOutput
from ragmarket.protocols import Engine
from ragmarket.schemas.sessions import OTHER, Proposal, SessionLabel, Taxonomy, ToldSession
from ragmarket.signals.sessions.telling import in_words

CONFIDENCES = {"high": 0.95, "medium": 0.75, "low": 0.5}
_MAX_TOKENS = 120
_PROPOSE = """You name what visitors of a bank's site want. Read one visit and name its one aim: a short snake_case name
of two or three words, and one English sentence that defines it so that it fits other visits too. Names so far:
{names}. Use one of them if it fits.

Visit:
{session}

Answer as JSON: """
_LABEL = """You label visits of a bank's site. The intents:
{intents}
- {other}: none of these, or not clear enough

Visit:
{session}

Answer as JSON with the intent, your confidence, and the events (E1, E2, ...) that speak for it: """


def _quoted(text: str) -> str:
    return json.dumps(json.dumps(text))


class EngineProposer:
    """Proposes an intent for a session in the model's own words.

    Args:
        engine: An instruction-tuned model.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def propose(self, session: ToldSession, known: Sequence[str], *, seed: int = 0) -> Proposal:
        """One proposal.

        Raises:
            UndecodableOutput: The engine did not follow the grammar.
        """
        grammar = (
            'root ::= "{\\"name\\":\\"" [a-z] slug "\\",\\"definition\\":\\"" [A-Z] words ".\\"}"\n'
            "slug ::= [a-z_] slug | [a-z]\n"
            "words ::= [a-zA-Z ,'-] words | [a-z]\n"
        )
        prompt = _PROPOSE.format(names=", ".join(known) or "none", session=in_words(session))
        answer = self._engine.generate(prompt, grammar, seed=seed, max_tokens=_MAX_TOKENS, temperature=0.3)
        try:
            data = json.loads(answer.raw)
            return Proposal(name=str(data["name"])[:40], definition=str(data["definition"])[:300])
        except (ValueError, KeyError, TypeError) as error:
            raise UndecodableOutput(f"the engine's proposal cannot be read: {error}") from error


class EngineLabeller:
    """Chooses an intent of a taxonomy for a session.

    Args:
        engine: An instruction-tuned model.
        taxonomy: The intents and what they mean.
    """

    def __init__(self, engine: Engine, taxonomy: Taxonomy) -> None:
        self._engine, self._taxonomy = engine, taxonomy

    def label(self, session_id: str, session: ToldSession, *, seed: int = 0) -> SessionLabel:
        """The session's label; two seeds ask in two orders of the intents.

        Raises:
            UndecodableOutput: The engine did not follow the grammar.
        """
        names = list(self._taxonomy.intents)
        names = names[seed % len(names) :] + names[: seed % len(names)]
        lines = "\n".join(f"- {name}: {self._taxonomy.intents[name].definition}" for name in names)
        choices = " | ".join(_quoted(name) for name in (*names, OTHER))
        events = " | ".join(_quoted(f"E{place}") for place in range(1, len(session.events) + 1))
        sure = " | ".join(_quoted(name) for name in CONFIDENCES)
        grammar = (
            'root ::= "{\\"intent\\":" intent ",\\"confidence\\":" sure ",\\"because\\":[" (event ("," event)*)? "]}"\n'
            f"intent ::= {choices}\nsure ::= {sure}\nevent ::= {events}\n"
        )
        prompt = _LABEL.format(intents=lines, other=OTHER, session=in_words(session))
        answer = self._engine.generate(prompt, grammar, seed=seed, max_tokens=_MAX_TOKENS, temperature=0.0)
        try:
            data = json.loads(answer.raw)
            intent, sureness = str(data["intent"]), CONFIDENCES[data["confidence"]]
            because = tuple(dict.fromkeys(str(one) for one in data["because"]))
        except (ValueError, KeyError, TypeError) as error:
            raise UndecodableOutput(f"the engine's label cannot be read: {error}") from error
        if intent not in (*names, OTHER):
            raise UndecodableOutput(f"the engine's label {intent!r} is not in the taxonomy")
        return SessionLabel(session_id=session_id, intent=intent, confidence=sureness, because=because)
