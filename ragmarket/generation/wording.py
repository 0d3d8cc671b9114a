"""Which of the bank's words a task may be told in: by channel, register, style, intent and where the group goes on.

A message names its product once before the claims, in its title, subject or opening; the claims then do without the
name. Where nothing before them names it, as in an SMS, the first claim does if there is room; and no first claim points
at "this loan" where the line right before it did not name one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Literal

from ragmarket.generation.phrasing import phrase_claim
from ragmarket.generation.prompt import register_of, style_of
from ragmarket.generation.task import Fact, WritingTask
from ragmarket.knowledge.language import LanguagePack, by_length

_PRODUCT = "{product}"
_WORD = re.compile(r"[^\s{}.,;:?।()]+")
_SLOT = re.compile(r"\{S\d+[a-z]\}")
# A figure as long as most get, with its unit and a bound.
_FIGURE = "0" * 14


def _mannered(task: WritingTask, common: Sequence[str], own: Sequence[str]) -> tuple[str, ...]:
    """Lines of the intent's own where it has some for this product; plain words keep to the common ones."""
    return by_length(own if own and task.own_lines and task.tone != "formal" else common, task.style)


def openings_of(task: WritingTask, pack: LanguagePack) -> tuple[str, ...]:
    """The lines that may open the message."""
    channel: Literal["whatsapp", "email"] = "email" if task.channel == "email" else "whatsapp"
    common, own = pack.openings[channel], pack.intent_openings.get(task.intent, ())
    common, own = (_of_one_mind(lines, subject=channel == "email") for lines in (common, own))
    return _mannered(task, common, own)


def _of_one_mind(lines: Sequence[str], *, subject: bool) -> tuple[str, ...]:
    """The openings that name the product, or those that do not, so that the first claim knows whether to name it.

    Where no subject stands above, those that do if there are any; else the greater part.
    """
    naming, nameless = _naming(lines), _nameless(lines)
    return naming if naming and (not subject or len(naming) >= len(nameless)) else nameless


def named_above(task: WritingTask, pack: LanguagePack) -> bool:
    """Whether the line right before the claims names the product: a push message's title, or the opening."""
    if task.channel in ("email", "whatsapp"):
        return bool(_naming(openings_of(task, pack)))
    return task.channel == "push"


def _naming(lines: Sequence[str]) -> tuple[str, ...]:
    return tuple(line for line in lines if _PRODUCT in line)


def _nameless(lines: Sequence[str]) -> tuple[str, ...]:
    return tuple(line for line in lines if _PRODUCT not in line)


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


def naming(task: WritingTask, pack: LanguagePack, product_name: str, room: int | None) -> Callable[[str], bool]:
    """Whether a first claim that names the product leaves room for the others.

    Args:
        task: What is to be written.
        pack: The language.
        product_name: The name.
        room: How many characters the claims may take together; None where there is no limit.
    """

    def length(fact: Fact, phrase: str) -> int:
        text = phrase_claim(pack, fact, phrase).replace(_PRODUCT, product_name)
        return len(_SLOT.sub(_FIGURE, text)) + 1

    if room is None or not task.facts:
        return bool
    first, *others = task.facts
    left = room - sum(max(length(fact, one) for one in phrasings_of(task, pack, fact.id)) for fact in others)
    return lambda phrase: length(first, phrase) <= left


def phrasings_of(
    task: WritingTask, pack: LanguagePack, id_: str, names: Callable[[str], bool] = bool
) -> tuple[str, ...]:
    """The phrasings of one fact of the task; facts of one kind never share one where there are enough.

    Args:
        task: What is to be written.
        pack: The language.
        id_: The fact's id.
        names: Whether a phrasing that names the product has room as the first claim of a message.
    """
    kinds = {fact.id: fact.kind for fact in task.facts}
    kind = pack.kinds[kinds[id_]]
    register = register_of(task.channel, task.tone)
    alike = [other for other, name in kinds.items() if name == kinds[id_]]
    own = kind.of(register, "any")
    unnamed = next(iter(kinds)) == id_ and not named_above(task, pack)
    if len(alike) > 1:
        # The name falls away here alone: a first claim that had to bear it could not leave the others their own words.
        pool = next(
            (lines for lines in (_nameless(own), _nameless(kind.all), own) if len(lines) >= len(alike)), kind.all
        )
        pool = pool[alike.index(id_) :: len(alike)] or pool
        return (unnamed and _unpointed(pool, pack)) or pool
    pool = _nameless(own) or own
    if unnamed:
        # An e-mail's subject has named it, so there a claim that points at nothing need not name it again.
        named, plain = tuple(phrase for phrase in _naming(own) if names(phrase)), _unpointed(_nameless(own), pack)
        pool = (plain or named if task.channel == "email" else named or plain) or pool
    return by_length(pool, style_of(task.channel, task.style))


def _unpointed(lines: Sequence[str], pack: LanguagePack) -> tuple[str, ...]:
    """The lines that point at nothing named before."""
    return tuple(line for line in lines if {word.casefold() for word in _WORD.findall(line)}.isdisjoint(pack.pointers))
