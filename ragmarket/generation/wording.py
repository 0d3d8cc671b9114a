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
from ragmarket.schemas.compliance import Policy

_PRODUCT = "{product}"
_WORD = re.compile(r"[^\s{}.,;:?।()]+")
_SLOT = re.compile(r"\{S\d+[a-z]\}")
# A figure as long as most get, with its unit and a bound.
_FIGURE = "0" * 14
# Characters of one segment of a longer SMS: in GSM-7, and in UCS-2 where a native script stands.
SEGMENT_LATIN, SEGMENT_NATIVE = 153, 67
# The phrasings of a fact are dealt out to as many variants.
SHARES = 3


def _mannered(task: WritingTask, common: Sequence[str], own: Sequence[str]) -> tuple[str, ...]:
    """Lines of the intent's own where it has some for this product; plain words keep to the common ones."""
    return by_length(own if own and task.own_lines and task.tone != "formal" else common, task.style)


def openings_of(task: WritingTask, pack: LanguagePack) -> tuple[str, ...]:
    """The lines that may open the message."""
    channel: Literal["whatsapp", "email"] = "email" if task.channel == "email" else "whatsapp"
    common = pack.openings[channel]
    own = pack.greeted(task.intent) if channel == "email" else pack.intent_openings.get(task.intent, ())
    common, own = (_of_one_mind(lines, subject=channel == "email") for lines in (common, own))
    return _turn(_mannered(task, common, own), task)


def _turn(lines: Sequence[str], task: WritingTask) -> tuple[str, ...]:
    """The line whose turn it is, so that not all messages open and close alike; all where lines take no turns."""
    return tuple(lines) if task.rotation is None or not lines else (lines[task.rotation % len(lines)],)


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
    return _turn(lines, task) or (min((*common, *own), key=len),)


def fitting(product_name: str, most: int | None) -> Callable[[str], bool]:
    """Whether a line has room: at most so many characters with the product's name in it, where there is a limit."""
    return lambda line: most is None or len(line.replace(_PRODUCT, product_name)) <= most


def ctas_of(task: WritingTask, pack: LanguagePack) -> tuple[str, ...]:
    """The calls to action: of the intent, or where the group that the message is for likes to go on."""
    own_aim = task.own_aim or not task.own_lines
    return _turn(pack.ctas[task.aim] if own_aim else pack.ctas_for(task.aim, task.intent), task)


def bridges_of(task: WritingTask, pack: LanguagePack) -> tuple[str, ...]:
    """The lines that may lead over from the first fact to the others."""
    return _turn(pack.bridges, task)


def naming(task: WritingTask, pack: LanguagePack, product_name: str, room: int | None) -> Callable[[str], bool]:
    """Whether a first claim that names the product leaves room for the others.

    Args:
        task: What is to be written.
        pack: The language.
        product_name: The name.
        room: How many characters the claims may take together; None where there is no limit.
    """
    if room is None or not task.facts:
        return bool
    first, *others = task.facts
    left = room - sum(
        max(_length(fact, one, pack, product_name) for one in phrasings_of(task, pack, fact.id)) for fact in others
    )
    return lambda phrase: _length(first, phrase, pack, product_name) <= left


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
    register, style = register_of(task.channel, task.tone), style_of(task.channel, task.style)
    alike = [other for other, name in kinds.items() if name == kinds[id_]]
    own = kind.of(register, "any")
    unnamed = next(iter(kinds)) == id_ and not named_above(task, pack)
    if len(alike) > 1:
        # The name falls away here alone: a first claim that had to bear it could not leave the others their own words.
        pool = next(
            (lines for lines in (_nameless(own), _nameless(kind.all), own) if len(lines) >= len(alike)), kind.all
        )
        pool = pool[alike.index(id_) :: len(alike)] or pool
        return _of_turn((unnamed and _unpointed(pool, pack)) or pool, (), task, id_)
    pool = _nameless(own) or own
    if unnamed:
        # An e-mail's subject has named it, so there a claim that points at nothing need not name it again.
        plain = _unpointed(_nameless(own), pack)
        named = next(
            (found for lines in (own, kind.all) if (found := tuple(one for one in _naming(lines) if names(one)))), ()
        )
        pool = (plain or named if task.channel == "email" else named or plain) or pool
    styled = by_length(pool, style)
    return _of_turn(styled, [phrase for phrase in pool if phrase not in styled], task, id_)


def _of_turn(pool: Sequence[str], others: Sequence[str], task: WritingTask, id_: str) -> tuple[str, ...]:
    """The share of some phrasings that falls to this variant: no two variants tell a fact in the same words.

    Args:
        pool: Phrasings that suit the message.
        others: Phrasings of other lengths, which are taken when those are used up.
        task: Knows how many variants before have told the fact.
        id_: The fact's id.
    """
    if task.rotation is None or id_ not in task.turns:
        return tuple(pool)
    shares, turn = min(SHARES, len(pool)), task.turns[id_]
    if turn >= shares and others:
        return (others[(turn - shares) % len(others)],)
    return tuple(pool[(turn + task.rotation) % shares :: shares])


def ways(pack: LanguagePack, kind: str, register: str) -> int:
    """In how many words of a register a kind can be told without the product's name."""
    return len(_nameless(pack.kinds[kind].of(register, "any")))


def room_of(policy: Policy) -> int | None:
    """How many characters are left beside the mandatory text; None where the channel sets no limit."""
    limits = [policy.max_chars] if policy.max_chars is not None else []
    if policy.max_sms_segments is not None:
        limits.append(policy.max_sms_segments * (SEGMENT_LATIN if policy.language == "en" else SEGMENT_NATIVE))
    return min(limits) - policy.reserved if limits else None


def room_needed(task: WritingTask, pack: LanguagePack) -> int:
    """How many characters the claims of a task take at most, in their longest words without the product's name."""
    return sum(
        max(_length(fact, phrase, pack) for phrase in phrasings_of(task, pack, fact.id, lambda _: False))
        for fact in task.facts
    )


def _length(fact: Fact, phrase: str, pack: LanguagePack, product_name: str = _PRODUCT) -> int:
    text = phrase_claim(pack, fact, phrase).replace(_PRODUCT, product_name)
    return len(_SLOT.sub(_FIGURE, text)) + 1


def _unpointed(lines: Sequence[str], pack: LanguagePack) -> tuple[str, ...]:
    """The lines that point at nothing named before."""
    return tuple(line for line in lines if {word.casefold() for word in _WORD.findall(line)}.isdisjoint(pack.pointers))
