"""Naming and describing a segment from how its statistics differ from everybody's.

Figures never enter the prompt: each statistic stands in it as a kind, a direction and two slots, the segment's value
and everybody's. A statement cites one statistic and holds both of its slots; `Profile.filled` puts the figures in their
places. The closed fields rest on statistics that a rule of `profiles.yaml` asks for, or are ``unclear``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ragmarket.errors import UndecodableOutput
from ragmarket.generation.tasks.notation import WORDS, literal, one_of, ordered_list
from ragmarket.generation.tasks.statistics import SegmentTask, Statistic, check_segment
from ragmarket.knowledge.profiles import FIELDS, UNCLEAR, FieldName, Profiles
from ragmarket.protocols import Engine

MAX_TOKENS = 512


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence with its slots, and the statistic it rests on."""

    cite: str
    text: str


@dataclass(frozen=True, slots=True)
class Choice:
    """The value of a closed field with the statistics it rests on; ``unclear`` rests on none."""

    value: str
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """A segment in words."""

    name: str
    statements: tuple[Statement, ...]
    fields: Mapping[FieldName, Choice]

    def filled(self, task: SegmentTask) -> Profile:
        """The profile with the figures of its statistics in place of their slots."""
        figures = {
            slot: figure
            for item in task.statistics
            for slot, figure in zip(item.slots, (item.shown, item.shown_overall), strict=True)
        }

        def fill(text: str) -> str:
            for slot, figure in figures.items():
                text = text.replace(slot, figure)
            return text

        return replace(self, statements=tuple(replace(item, text=fill(item.text)) for item in self.statements))


def build_segment_prompt(task: SegmentTask) -> str:
    """The prompt of a segment; the part that never varies stands first."""
    lines = [
        "<task> segment <lang> en",
        f"<claims> {task.max_statements}",
        "<facts>",
        *(f"{item.id} {item.body}" for item in task.statistics),
        "<write>\n",
    ]
    return "\n".join(lines)


def name_parts(task: SegmentTask, profiles: Profiles) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The adjectives of the foremost statistic that lends one, and the nouns of the next; else the plain ones."""
    first: Statistic | None = None
    adjectives = profiles.plain_adjectives
    for item in task.telling:
        if own := profiles.statistics[item.kind].adjectives_of(item.direction):
            adjectives, first = own, item
            break
    for item in task.telling:
        own = profiles.statistics[item.kind].nouns_of(item.direction)
        if own and item is not first:
            return adjectives, own
    return adjectives, profiles.plain_nouns


def told(task: SegmentTask) -> tuple[Statistic, ...]:
    """The statistics to tell: those that set it furthest apart; the first typical one when all are typical."""
    return task.telling[: task.max_statements] or task.statistics[:1]


def supported(task: SegmentTask, profiles: Profiles, field: FieldName) -> tuple[Choice, ...]:
    """The choices that some rule of a field supports here, the deciding one first; ``unclear`` when there is none."""
    here = {item.kind: item for item in task.statistics}
    found: list[Choice] = []
    for rule in profiles.fields[field].rules:
        if all(kind in here and here[kind].direction == side for kind, side in rule.when.items()):
            ids = {here[kind].id for kind in rule.when}
            choice = Choice(rule.value, tuple(item.id for item in task.statistics if item.id in ids))
            if choice not in found:
                found.append(choice)
    return tuple(found) or (Choice(UNCLEAR, ()),)


def choice_json(choice: Choice) -> str:
    """A choice as the writer writes it."""
    return json.dumps({"value": choice.value, "cites": list(choice.cites)}, separators=(",", ":"))


def build_segment_grammar(task: SegmentTask, profiles: Profiles, *, by_the_book: bool = True) -> str:
    """The grammar of one segment.

    Args:
        task: The segment.
        profiles: The catalogue.
        by_the_book: Hold name and sentences to the catalogue and the closed fields to its rules, so that the writer
            only chooses words; otherwise words are free (letters and punctuation, both slots once), any statistics may
            be told, and any value may cite any of them.

    Raises:
        InvalidInput: The task does not fit the catalogue.
    """
    check_segment(task, profiles)
    adjectives, nouns = name_parts(task, profiles)
    name = '(adjective " " noun)' if by_the_book else '([A-Z] ([a-zA-Z] | " " | "-")*)'
    root = [literal('{"name":"'), name, literal('","statements":'), "told"]
    for field in FIELDS:
        root += [literal(f',"{field}":'), _rule(field)]
    names = [f"s-{item.id}" for item in (told(task) if by_the_book else task.statistics)]
    rules = [
        " ".join(["root ::=", *root, literal("}")]),
        f"adjective ::= {one_of(adjectives)}",
        f"noun ::= {one_of(nouns)}",
        *ordered_list("told", names, len(names) if by_the_book else 1, task.max_statements),
        *(_statement_rule(item, profiles, by_the_book) for item in task.statistics),
    ]
    if by_the_book:
        for field in FIELDS:
            rules.append(f"{_rule(field)} ::= {literal(choice_json(supported(task, profiles, field)[0]))}")
    else:
        opening, middle, closing = literal('{"value":"'), literal('","cites":'), literal("}")
        ids = [literal(json.dumps(item.id)) for item in task.statistics]
        rules += ordered_list("ids", ids, 1, min(3, len(ids)))
        for field in FIELDS:
            values = one_of(profiles.fields[field].values)
            some = f"{opening} ({values}) {middle} ids {closing}"
            rules.append(f"{_rule(field)} ::= {some} | {literal(choice_json(Choice(UNCLEAR, ())))}")
        rules.append(f"w ::= {WORDS}*")
    return "\n".join(rules) + "\n"


def _rule(field: str) -> str:
    return field.replace("_", "-")


def statement_text(item: Statistic, phrase: str) -> str:
    """A phrase of the catalogue with the statistic's slots in it."""
    first, second = item.slots
    return phrase.replace("{a}", first).replace("{b}", second)


def _statement_rule(item: Statistic, profiles: Profiles, by_the_book: bool) -> str:
    closing = literal('"}')
    opening = literal(f'{{"cite":"{item.id}","fact":"{item.body}","text":"')
    if by_the_book:
        phrases = profiles.statistics[item.kind].phrases[item.direction]
        text = one_of(statement_text(item, phrase) for phrase in phrases)
    else:
        first, second = map(literal, item.slots)
        text = f"w {first} w {second} w | w {second} w {first} w"
    return f"s-{item.id} ::= {opening} ({text}) {closing}"


def parse_segment(raw: str, task: SegmentTask) -> Profile:
    """Read an engine's answer back, trusting nothing; the fact that each statement repeats is dropped.

    Raises:
        UndecodableOutput: The text is cut short, has another shape, or cites what the task does not have.
    """
    slots = {item.id: item.slots for item in task.statistics}
    try:
        data = json.loads(raw)
        name = str(data["name"])
        statements = tuple(Statement(item["cite"], item["text"].strip()) for item in data["statements"])
        fields = {field: Choice(str(data[field]["value"]), tuple(data[field]["cites"])) for field in FIELDS}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UndecodableOutput(f"the engine's answer is not a segment's profile: {error!r}") from error
    if not name.strip() or not statements:
        raise UndecodableOutput("the profile has no name or no statement")
    for statement in statements:
        if statement.cite not in slots:
            raise UndecodableOutput(f"a statement cites {statement.cite!r}, which is no statistic of the segment")
        words = statement.text
        for slot in slots[statement.cite]:
            if words.count(slot) != 1:
                raise UndecodableOutput(f"the statement on {statement.cite} does not hold {slot} once")
            words = words.replace(slot, "")
        if any(char.isdigit() or char in "{}" for char in words):
            raise UndecodableOutput(f"the statement on {statement.cite} holds a figure of its own")
    for field, choice in fields.items():
        if not set(choice.cites) <= set(slots) or bool(choice.cites) == (choice.value == UNCLEAR):
            raise UndecodableOutput(f"{field} does not rest on statistics of the segment")
    return Profile(name, statements, fields)


class SegmentNamer:
    """Names and describes segments with any engine.

    Args:
        engine: Continues the prompt.
        profiles: The catalogue.
        by_the_book: Whether names and sentences are held to the catalogue.
    """

    def __init__(self, engine: Engine, profiles: Profiles, *, by_the_book: bool = True) -> None:
        self._engine = engine
        self._profiles = profiles
        self._by_the_book = by_the_book

    def describe(self, task: SegmentTask, *, seed: int = 0) -> Profile:
        """The segment's profile, figures still slots.

        Raises:
            InvalidInput: The task does not fit the catalogue.
            UndecodableOutput: The engine did not follow the grammar.
        """
        grammar = build_segment_grammar(task, self._profiles, by_the_book=self._by_the_book)
        prompt = build_segment_prompt(task)
        generation = self._engine.generate(prompt, grammar, seed=seed, max_tokens=MAX_TOKENS, temperature=0.0)
        return parse_segment(generation.raw, task)
