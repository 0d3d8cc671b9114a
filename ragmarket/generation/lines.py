"""The bank's lines around the claims: subject or title, opening, bridge, call to action; and whose turn each is.

They are read one after the other, so each knows those above it. Subject and opening do not both speak of the intent,
no line repeats most of the words of one above it, and a call to action does not name again what the opening named.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import takewhile
from typing import Literal

from ragmarket.generation.task import WritingTask
from ragmarket.knowledge.language import LanguagePack, by_length

PRODUCT = "{product}"
# Lines that share so much of the shorter one, by letters, say the same twice: the rest of a line is mostly frame.
ALIKE = 1 / 3
# Words with so long a common beginning, and so great a part of the shorter one, are forms of one word.
STEM, STEM_SHARE = 4, 0.6
# Shorter words hold sentences together and say nothing.
SHORTEST_WORD = 3
# The name takes the ending with it that a language writes right behind it.
_NAME = re.compile(r"\{product\}\S*")
_WORD = re.compile(r"[^\s{}.,;:?!।()'’–-]+")


def naming_lines(lines: Sequence[str]) -> tuple[str, ...]:
    """The lines that name the product."""
    return tuple(line for line in lines if PRODUCT in line)


def nameless_lines(lines: Sequence[str]) -> tuple[str, ...]:
    """The lines that do not name the product."""
    return tuple(line for line in lines if PRODUCT not in line)


def sentences(lines: Sequence[str]) -> tuple[str, ...]:
    """The lines that tell their fact in a sentence and put no label before a figure ("Annual fee: {amount}.")."""
    return tuple(line for line in lines if ":" not in line)


@lru_cache(maxsize=32_768)  # the bank's lines are the same in every message
def overlap(one: str, other: str) -> float:
    """The share of the shorter of two lines that stands in the other too, 0 to 1.

    Words weigh by their letters, forms of one word count as one, and the product's name does not count: most of what is
    long carries content, in any language.
    """
    few, many = sorted((_words(one), _words(other)), key=lambda words: sum(map(len, words)))
    return sum(len(word) for word in few if any(_one_word(word, each) for each in many)) / (sum(map(len, few)) or 1)


@lru_cache(maxsize=4096)
def _words(line: str) -> frozenset[str]:
    return frozenset(word.casefold() for word in _WORD.findall(_NAME.sub(" ", line)) if len(word) >= SHORTEST_WORD)


def _one_word(one: str, other: str) -> bool:
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    return one == other or shared >= max(STEM, STEM_SHARE * min(len(one), len(other)))


def _turn(
    lines: Sequence[str], task: WritingTask, above: Sequence[str] = (), *, halved: bool = False
) -> tuple[str, ...]:
    """The line whose turn it is, so that not all messages open and close alike; all where lines take no turns.

    Args:
        lines: The lines to choose from.
        task: Knows the turn.
        above: Lines before it; the next one is taken that is not much like any of them, else the least alike.
        halved: Whether the turn of these lines comes with every second message.
    """
    if task.rotation is None or not lines:
        return tuple(lines)
    begin = (task.rotation // 2 if halved else task.rotation) % len(lines)
    waiting = (*lines[begin:], *lines[:begin])
    likeness = [max((overlap(line, other) for other in above), default=0.0) for line in waiting]
    unlike = (line for line, much in zip(waiting, likeness, strict=True) if much < ALIKE)
    return (next(unlike, waiting[likeness.index(min(likeness))]),)


def _halved(task: WritingTask, pack: LanguagePack) -> bool:
    """Whether an e-mail could speak of its intent both in the subject and in the opening."""
    has_own = task.channel == "email" and task.own_lines and task.tone != "formal" and task.rotation is not None
    return bool(has_own and pack.intent_subjects.get(task.intent) and pack.intent_openings.get(task.intent))


def _own_part(task: WritingTask, pack: LanguagePack) -> Literal["subject", "opening", "both"]:
    """Which part of the message speaks of the intent: subjects and openings take turns where there is one each."""
    if not _halved(task, pack):
        return "both"
    return "opening" if (task.rotation or 0) % 2 else "subject"


def _mannered(task: WritingTask, common: Sequence[str], own: Sequence[str], of_class: Sequence[str]) -> tuple[str, ...]:
    """The intent's own lines where it has some for this product, else the product class's; plain words are common."""
    warm = (own if task.own_lines else ()) or of_class
    return by_length(warm if warm and task.tone != "formal" else common, task.style)


def openings_of(task: WritingTask, pack: LanguagePack, above: Sequence[str] = ()) -> tuple[str, ...]:
    """The lines that may open the message: those that name the product, if there are any.

    Args:
        task: What is to be written.
        pack: The language.
        above: The subject, which the opening does not repeat.
    """
    channel: Literal["whatsapp", "email"] = "email" if task.channel == "email" else "whatsapp"
    greeted = pack.greeted if channel == "email" else tuple[str, ...]
    own = greeted(pack.intent_openings.get(task.intent, ())) if _own_part(task, pack) != "subject" else ()
    # A bare salutation says nothing of what the claims are about; a greeting of short messages that does suits a mail.
    common = next(filter(None, map(naming_lines, (pack.openings[channel], pack.openings["whatsapp"]))), ())
    common = common or tuple(pack.openings[channel])
    of_class = greeted(pack.class_openings.get(task.product_class, ()))
    return _turn(_mannered(task, common, naming_lines(own) or own, of_class), task, above, halved=_halved(task, pack))


def named_above(task: WritingTask, pack: LanguagePack) -> bool:
    """Whether the line right before the claims names the product: a push message's title, or the opening."""
    if task.channel in ("email", "whatsapp"):
        return bool(naming_lines(openings_of(task, pack)))
    return task.channel == "push"


def subjects_of(task: WritingTask, pack: LanguagePack, fits: Callable[[str], bool] = bool) -> tuple[str, ...]:
    """The subjects of an e-mail or titles of a push message.

    Args:
        task: What is to be written.
        pack: The language.
        fits: Whether a subject has room beside the product's name; where none has, the shortest stays.
    """
    common: Sequence[str] = pack.titles if task.channel == "push" else pack.subjects
    has_own = task.channel != "push" and task.own_lines and _own_part(task, pack) != "opening"
    own: Sequence[str] = pack.intent_subjects.get(task.intent, ()) if has_own else ()
    of_class = pack.class_subjects.get(task.product_class, ()) if task.channel != "push" else ()
    lines = [line for line in _mannered(task, common, own, of_class) if fits(line)]
    lines = lines or [line for line in (*common, *own) if fits(line)]
    return _turn(lines, task, halved=_halved(task, pack)) or (min((*common, *own), key=len),)


def fitting(product_name: str, most: int | None) -> Callable[[str], bool]:
    """Whether a line has room: at most so many characters with the product's name in it, where there is a limit."""
    return lambda line: most is None or len(line.replace(PRODUCT, product_name)) <= most


def ctas_of(task: WritingTask, pack: LanguagePack, above: Sequence[str] = ()) -> tuple[str, ...]:
    """The calls to action: of the intent, or where the group that the message is for likes to go on.

    Args:
        task: What is to be written.
        pack: The language.
        above: Subject and opening, which the call to action does not repeat.
    """
    own_aim = task.own_aim or not task.own_lines
    lines = pack.ctas[task.aim] if own_aim else pack.ctas_for(task.aim, task.intent)
    if named_above(task, pack):
        lines = nameless_lines(lines) or lines
    return _turn(lines, task, above)


def bridges_of(task: WritingTask, pack: LanguagePack, above: Sequence[str] = ()) -> tuple[str, ...]:
    """The lines that may lead over from the first fact to the others.

    Args:
        task: What is to be written.
        pack: The language.
        above: Subject and opening, which the bridge does not repeat.
    """
    return _turn(pack.bridges, task, above)
