"""Which of the bank's words the facts of a task may be told in: by channel, register, style and variant.

A message names its product once before the claims, in its title or opening; the claims then do without the name. Where
the line right before them does not name it, as in an SMS or under a bare salutation, the first claim does if there is
room; and no first claim points at "this loan" there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import zip_longest

from ragmarket.generation.lines import PRODUCT, named_above, nameless_lines, naming_lines, sentences
from ragmarket.generation.phrasing import phrase_unit
from ragmarket.generation.prompt import SHORT_CHANNELS, register_of, style_of
from ragmarket.generation.task import Unit, WritingTask
from ragmarket.knowledge.language import LanguagePack, by_length
from ragmarket.schemas.compliance import Policy

_WORD = re.compile(r"[^\s{}.,;:?।()]+")
_SLOT = re.compile(r"\{S\d+[a-z]\}")
# A figure as long as most get, with its unit and a bound.
_FIGURE = "0" * 14
# Characters of one segment of a longer SMS: in GSM-7, and in UCS-2 where a native script stands.
SEGMENT_LATIN, SEGMENT_NATIVE = 153, 67
# The phrasings of a fact are dealt out to as many variants.
SHARES = 3


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
    first, *others = task.units
    left = room - sum(
        max(_length(unit, one, pack, product_name) for one in phrasings_of(task, pack, unit[0].id)) for unit in others
    )
    return lambda phrase: _length(first, phrase, pack, product_name) <= left


def phrasings_of(
    task: WritingTask, pack: LanguagePack, id_: str, names: Callable[[str], bool] = bool
) -> tuple[str, ...]:
    """The phrasings of one fact of the task, or the joined lines that it begins; facts of one kind have one mould.

    Args:
        task: What is to be written.
        pack: The language.
        id_: The fact's id; of two facts in one sentence that of the first.
        names: Whether a phrasing that names the product has room as the first claim of a message.
    """
    kinds = {unit[0].id: tuple(fact.kind for fact in unit) for unit in task.units}
    register, style = register_of(task.tone), style_of(task.channel, task.style)
    unnamed = next(iter(kinds)) == id_ and not named_above(task, pack)
    if len(kinds[id_]) > 1:
        return _joined(task, pack, id_, kinds[id_], names if unnamed else None)
    kind = pack.kinds[kinds[id_][0]]
    alike = [other for other, name in kinds.items() if name == kinds[id_]]
    own = kind.of(register, "any")
    # Where there is room to read, a label among sentences looks like a gap in a form.
    told = tuple[str, ...] if task.channel in SHORT_CHANNELS else sentences
    pool = nameless_lines(own) or own
    if len(alike) > 1:
        # Slabs of one rate in two moulds read like two different things; the name would stand in only one of them.
        pool = _unpointed(pool, pack) or pool
        first = told(pool) or tuple(pool)
        mould = _of_turn(first, [one for one in pool if one not in first], task, alike[0])
        return mould if task.rotation is None else mould[:1]
    if unnamed:
        plain = _unpointed(nameless_lines(own), pack)
        named, others = (tuple(one for one in naming_lines(lines) if names(one)) for lines in (own, kind.all))
        # An e-mail's subject has named it, so there a claim need not leave its register for the name.
        pool = named or (plain or others if task.channel == "email" else others or plain) or pool
    first = told(pool) or tuple(pool)
    styled = by_length(first, style)
    rest = [phrase for phrase in dict.fromkeys((*first, *pool)) if phrase not in styled]
    return _of_turn(styled, rest, task, id_)


def _joined(
    task: WritingTask, pack: LanguagePack, id_: str, kinds: tuple[str, ...], names: Callable[[str], bool] | None
) -> tuple[str, ...]:
    """The lines that tell two facts: with the product's name in them where nothing before names it and there is room.

    Args:
        task: What is to be written.
        pack: The language.
        id_: The id of the first fact.
        kinds: The kinds of both.
        names: Whether a line that names the product has room; None where the product is named before.
    """
    book = pack.joined.by_kinds[kinds[0], kinds[1]]
    own = book.of(register_of(task.tone))
    nameless = nameless_lines(own) or own
    if names is None:
        return _of_turn(nameless, [line for line in nameless_lines(book.all) if line not in nameless], task, id_)
    named = tuple(line for line in naming_lines(own) if names(line))
    return _of_turn(named or _unpointed(nameless, pack) or nameless, (), task, id_)


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
    return tuple(pool[(turn + task.begins) % shares :: shares])


def spare_phrasings_of(task: WritingTask, pack: LanguagePack, id_: str) -> tuple[str, ...]:
    """Phrasings of a fact that no variant up to this one tells it in, and that need no more room than its own."""
    if task.rotation is None or id_ not in task.turns:
        return ()

    def of_turn(turn: int) -> tuple[str, ...]:
        return phrasings_of(replace(task, turns={**task.turns, id_: turn}), pack, id_)

    used = {phrase for turn in range(task.turns[id_] + 1) for phrase in of_turn(turn)}
    most = max(map(len, of_turn(task.turns[id_])))
    later = dict.fromkeys(phrase for turn in range(task.turns[id_] + 1, SHARES) for phrase in of_turn(turn))
    return tuple(phrase for phrase in later if phrase not in used and len(phrase) <= most)


def side_by_side(rows: Sequence[Sequence[str]], spare: Sequence[Sequence[str]] = ()) -> list[tuple[str, ...]]:
    """The phrasings of claims that follow one another, without those that would begin like their neighbour.

    Args:
        rows: The phrasings of each claim, in the order of telling.
        spare: Phrasings of each claim that may stand instead, where its own leave no other way to begin.

    Returns:
        Of each claim some of its phrasings, or spare ones; all of its own where no other way to begin is left.
    """
    found: list[tuple[str, ...]] = []
    for row, instead in zip_longest(rows, spare, fillvalue=()):
        before, here = found[-1] if found else (), tuple(row)
        words, own = ({_beginning(line) for line in lines} - {None} for lines in (before, here))
        others = tuple(line for line in here if _beginning(line) not in words)
        earlier = tuple(line for line in before if _beginning(line) not in own)
        if not others and earlier:
            found[-1] = earlier
        elif not others and len(own) > 1:
            # Each could begin like the other: the first keeps one beginning, the second the rest.
            kept = _beginning(before[0])
            found[-1] = tuple(line for line in before if _beginning(line) == kept)
            others = tuple(line for line in here if _beginning(line) != kept)
        elif not others:
            others = tuple(line for line in instead if _beginning(line) not in words)
        found.append(others or here)
    return found


def _beginning(phrase: str) -> str | None:
    """The word that a phrasing begins with; None where it begins with a figure, which differs anyway."""
    first = phrase.split()[0]
    return PRODUCT if first.startswith(PRODUCT) else None if first.startswith("{") else first.rstrip(",:;").casefold()


def ways(pack: LanguagePack, kind: str, register: str) -> int:
    """In how many words of a register a kind can be told without the product's name."""
    return len(nameless_lines(pack.kinds[kind].of(register, "any")))


def room_of(policy: Policy) -> int | None:
    """How many characters are left beside the mandatory text; None where the channel sets no limit."""
    limits = [policy.max_chars] if policy.max_chars is not None else []
    if policy.max_sms_segments is not None:
        limits.append(policy.max_sms_segments * (SEGMENT_LATIN if policy.language == "en" else SEGMENT_NATIVE))
    return min(limits) - policy.reserved if limits else None


def room_needed(task: WritingTask, pack: LanguagePack) -> int:
    """How many characters the claims of a task take at most, in their longest words without the product's name."""
    return sum(
        max(_length(unit, phrase, pack) for phrase in phrasings_of(task, pack, unit[0].id, lambda _: False))
        for unit in task.units
    )


def _length(unit: Unit, phrase: str, pack: LanguagePack, product_name: str = PRODUCT) -> int:
    text = " ".join(phrase_unit(pack, unit, phrase)).replace(PRODUCT, product_name)
    return len(_SLOT.sub(_FIGURE, text)) + 1


def _unpointed(lines: Sequence[str], pack: LanguagePack) -> tuple[str, ...]:
    """The lines that point at nothing named before."""
    return tuple(line for line in lines if {word.casefold() for word in _WORD.findall(line)}.isdisjoint(pack.pointers))
