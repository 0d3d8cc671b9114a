"""The one prompt that all engines see.

No text of a document enters it: the writer is told which facts there are (kind, roles, conditions) and under which slot
names their figures stand. So nothing that a document says can instruct the writer, and no personal data can reach it.
"""

from __future__ import annotations

from ragmarket.generation.task import Fact, WritingTask
from ragmarket.knowledge.customers import Register, Style

PROMPT_VERSION = "writer-prompt/2"
SHORT_CHANNELS = frozenset({"sms", "push"})


def register_of(tone: Register) -> str:
    """The register in which a message is written: the one that its group prefers, else warm.

    E-mails were plain once, as circulars are: readers of nine languages found them to read like forms, and the warm
    words for the same facts fit to be sent.
    """
    return "customer" if tone == "any" else tone


def style_of(channel: str, style: Style) -> Style:
    """The style in which a message is written: where every character counts, facts are told briefly unless asked."""
    return "short" if style == "any" and channel in SHORT_CHANNELS else style


def slot_token(name: str) -> str:
    """How a slot stands in the text: a token of its own."""
    return "{" + name + "}"


def fact_body(fact: Fact) -> str:
    """A fact without its id: ``exit_load rate={S2a} duration={S2b} +gst_extra``.

    The writer repeats it before the words of each claim (the grammar leaves it no choice), so that kind, slots and
    conditions stand right beside the words that must carry them.
    """
    parts = [fact.kind]
    parts += [f"{role}={slot_token(slot)}" for role, slot in sorted(fact.roles.items())]
    parts += [f"+{id_}={slot_token(slot)}" if slot else f"+{id_}" for id_, slot in fact.conditions]
    return " ".join(parts)


def fact_line(fact: Fact) -> str:
    """One fact of the prompt: ``S2 exit_load rate={S2a} duration={S2b} +gst_extra must``."""
    return f"{fact.id} {fact_body(fact)}{' must' if fact.must else ''}"


def build_prompt(task: WritingTask) -> str:
    """The prompt of a task. The parts that vary least stand first, so that servers can share the prefix.

    Intent and aim choose the lines around the facts; the facts are chosen already, and the angle says why. The segment
    does not stand here: a prediction about a customer decides what is told first and in which manner, and no word of it
    can reach the text.
    """
    register, style = register_of(task.tone), style_of(task.channel, task.style)
    lines = [
        f"<task> draft <lang> {task.language} <channel> {task.channel} <register> {register} <style> {style}",
        f"<class> {task.product_class} <intent> {task.intent} <aim> {task.aim}",
        f"<angle> {' '.join(task.angle) or 'any'}",
        f"<claims> {task.max_claims}",
        "<facts>",
        *(fact_line(fact) for fact in task.facts),
        "<write>\n",
    ]
    return "\n".join(lines)
