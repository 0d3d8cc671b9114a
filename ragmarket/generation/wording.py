"""Which of the bank's words a task may be told in: by channel, register, style, intent and where the group goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from ragmarket.generation.prompt import register_of, style_of
from ragmarket.generation.task import WritingTask
from ragmarket.knowledge.language import LanguagePack, by_length

_PRODUCT = "{product}"


def _mannered(task: WritingTask, common: Sequence[str], own: Sequence[str]) -> tuple[str, ...]:
    """Lines of the intent's own where it has some for this product; plain words keep to the common ones."""
    return by_length(own if own and task.own_lines and task.tone != "formal" else common, task.style)


def openings_of(task: WritingTask, pack: LanguagePack) -> tuple[str, ...]:
    """The lines that may open the message."""
    channel: Literal["whatsapp", "email"] = "email" if task.channel == "email" else "whatsapp"
    return _mannered(task, pack.openings[channel], pack.intent_openings.get(task.intent, ()))


def subjects_of(task: WritingTask, pack: LanguagePack, fits: Callable[[str], bool] = bool) -> tuple[str, ...]:
    """The subjects of an e-mail or titles of a push message.

    Args:
        task: What is to be written.
        pack: The language.
        fits: Whether a subject has room beside the product's name; where none has, the shortest stays.
    """
    common: Sequence[str] = pack.titles if task.channel == "push" else pack.subjects
    has_own = task.channel != "push" and task.own_lines
    own: Sequence[str] = pack.intent_subjects.get(task.intent, ()) if has_own else ()
    lines = [line for line in _mannered(task, common, own) if fits(line)]
    lines = lines or [line for line in (*common, *own) if fits(line)]
    return tuple(lines) or (min((*common, *own), key=len),)


def fitting(product_name: str, most: int | None) -> Callable[[str], bool]:
    """Whether a line has room: at most so many characters with the product's name in it, where there is a limit."""
    return lambda line: most is None or len(line.replace(_PRODUCT, product_name)) <= most


def ctas_of(task: WritingTask, pack: LanguagePack) -> tuple[str, ...]:
    """The calls to action: of the intent, or where the group that the message is for likes to go on."""
    return pack.ctas[task.aim] if task.own_aim or not task.own_lines else pack.ctas_for(task.aim, task.intent)


def phrasings_of(task: WritingTask, pack: LanguagePack, id_: str) -> tuple[str, ...]:
    """The phrasings of one fact of the task; facts of one kind never share one where there are enough."""
    kinds = {fact.id: fact.kind for fact in task.facts}
    register = register_of(task.channel, task.tone)
    alike = [other for other, kind in kinds.items() if kind == kinds[id_]]
    if len(alike) == 1:
        return pack.kinds[kinds[id_]].of(register, style_of(task.channel, task.style))
    own = pack.kinds[kinds[id_]].of(register, "any")
    own = own if len(own) >= len(alike) else pack.kinds[kinds[id_]].all
    return own[alike.index(id_) :: len(alike)] or own
