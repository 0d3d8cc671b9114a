"""From a file or standard input to items: one JSON object, a JSON array, or JSON Lines, each item with its place."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click
from pydantic import BaseModel, ValidationError

from ragmarket.api.validation import field_problems, shown_field
from ragmarket.errors import InvalidInput

ModelT = TypeVar("ModelT", bound=BaseModel)
OBJECT_HINT = 'Write {"field": "value", …}; --help names the fields.'
INPUT_LIMIT = 64 << 20
JSON_NAMES = {list: "an array", str: "a string", int: "a number", float: "a number", bool: "true or false"}


@dataclass(frozen=True)
class Item:
    """One entry of the input: a value, or why there is none.

    Attributes:
        position: 1-based place among the items.
        line: 1-based line of a JSON Lines input, None elsewhere.
    """

    position: int
    line: int | None
    value: dict[str, Any] | None
    error: InvalidInput | None = None

    @property
    def place(self) -> str:
        """The place in words."""
        return f"line {self.line}" if self.line is not None else f"item {self.position}"


@dataclass(frozen=True)
class Batch:
    """All items of one input; ``single`` when it was one object rather than a list."""

    items: tuple[Item, ...]
    single: bool


def read_source(source: str, noun: str) -> str:
    """The text of a file, or of standard input for ``-``.

    Raises:
        InvalidInput: No such file, a folder, too large, or not UTF-8.
    """
    if source == "-":
        if sys.stdin.isatty():
            click.echo(f"reading {noun} from the terminal; end with Ctrl-D", err=True)
        raw = sys.stdin.buffer.read(INPUT_LIMIT + 1)
    else:
        path = Path(source)
        if path.is_dir():
            raise InvalidInput(f"{source} is a folder", hint="Name one JSON file, or - for standard input.")
        try:
            with path.open("rb") as stream:
                raw = stream.read(INPUT_LIMIT + 1)
        except FileNotFoundError as error:
            hint = "Check the path, or use - for standard input."
            raise InvalidInput(f"there is no file {source}", hint=hint) from error
        except OSError as error:
            raise InvalidInput(f"{source}: {error.strerror}", hint="Check the file's permissions.") from error
        except ValueError as error:  # a NUL in the name
            raise InvalidInput(f"{source!r} is not a file's name", hint="Check the path.") from error
    if len(raw) > INPUT_LIMIT:
        raise InvalidInput(
            f"{_named(source)} has more than {INPUT_LIMIT >> 20} MiB", hint="Split it into several JSON Lines files."
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problem = f"{_named(source)}: byte {error.start} is not UTF-8"
        raise InvalidInput(problem, hint="Save the file as UTF-8.") from error


def _named(source: str) -> str:
    return "standard input" if source == "-" else source


def _fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in pairs:
        if name in fields:
            raise InvalidInput(f"{shown_field(name)}: stands twice in one object", hint="Keep one of the two.")
        fields[name] = value
    return fields


def _no_number(name: str) -> None:
    raise InvalidInput(f"{name} is not a JSON number", hint="Leave the field out, or give a number.")


def _load(text: str) -> Any:
    """JSON to plain values.

    Raises:
        JSONDecodeError: Not JSON, with its line and column.
        InvalidInput: JSON that means nothing certain here: a field given twice, NaN, a number or nesting without end.
    """
    try:
        return json.loads(text, object_pairs_hook=_fields, parse_constant=_no_number)
    except json.JSONDecodeError:
        raise
    except RecursionError as error:
        raise InvalidInput("the JSON is nested too deeply", hint="A brief is one flat object.") from error
    except ValueError as error:
        raise InvalidInput("a number has too many digits", hint="Give a number of ordinary size.") from error


def _item(position: int, line: int | None, value: Any, noun: str) -> Item:
    if isinstance(value, dict):
        return Item(position, line, value)
    name = JSON_NAMES.get(type(value), "null")
    place = f"line {line}: " if line is not None else f"item {position}: "
    problem = InvalidInput(f"{place}{noun} is a JSON object, not {name}", hint=OBJECT_HINT)
    return Item(position, line, None, problem)


def _lines(text: str, noun: str) -> list[Item]:
    items: list[Item] = []
    for line, content in enumerate(text.split("\n"), start=1):
        if not content.strip():
            continue
        try:
            items.append(_item(len(items) + 1, line, _load(content), noun))
        except json.JSONDecodeError as error:
            problem = InvalidInput(
                f"line {line}, column {error.colno}: {error.msg}", hint="Write one JSON object per line."
            )
            items.append(Item(len(items) + 1, line, None, problem))
        except InvalidInput as error:
            problem = InvalidInput(f"line {line}: {error.message}", hint=error.hint)
            items.append(Item(len(items) + 1, line, None, problem))
    return items


def _looks_like_lines(text: str) -> bool:
    """Whether broken JSON was meant as JSON Lines: each line an object of its own, or some line that parses as one."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if len(lines) < 2 or text.lstrip().startswith("["):
        return False
    if all(line.startswith("{") and line.endswith("}") for line in lines):
        return True
    for line in lines:
        try:
            if isinstance(_load(line), dict) and line != "{}":
                return True
        except (json.JSONDecodeError, InvalidInput):
            continue
    return False


def read_items(source: str, noun: str) -> Batch:
    """Read one object, an array, or JSON Lines.

    Args:
        source: A path, or ``-``.
        noun: What an item is called in messages ("a brief").

    Raises:
        InvalidInput: The input as a whole cannot be read; a bad line of JSON Lines is carried by its item instead.
    """
    text = read_source(source, noun)
    if not text.strip():
        raise InvalidInput(f"{_named(source)} is empty", hint=f"Give {noun} as JSON.")
    try:
        value = _load(text)
    except json.JSONDecodeError as error:
        if _looks_like_lines(text):
            return Batch(tuple(_lines(text, noun)), single=False)
        raise InvalidInput(
            f"line {error.lineno}, column {error.colno}: {error.msg}",
            hint=f"Give {noun} as one JSON object, a JSON array, or one object per line.",
        ) from error
    except InvalidInput:
        if _looks_like_lines(text):
            return Batch(tuple(_lines(text, noun)), single=False)
        raise
    if isinstance(value, list):
        if not value:
            raise InvalidInput("the array is empty", hint=f"Put at least one object in it: {noun} each.")
        entries = enumerate(value, start=1)
        return Batch(tuple(_item(number, None, entry, noun) for number, entry in entries), single=False)
    if not isinstance(value, dict):
        name = JSON_NAMES.get(type(value), "null")
        raise InvalidInput(f"{noun} is a JSON object, not {name}", hint=OBJECT_HINT)
    return Batch((Item(1, None, value),), single=True)


def read_as(model: type[ModelT], item: Item, *, single: bool) -> ModelT:
    """An item held against its schema.

    Raises:
        InvalidInput: Names the place and every wrong field.
    """
    if item.error is not None:
        raise item.error
    try:
        return model.model_validate(item.value)
    except ValidationError as error:
        problems = [f"{row['field']}: {row['problem']}" for row in field_problems(error.errors(), model)]
        place = "" if single else f"{item.place}: "
        raise InvalidInput(place + "; ".join(problems)) from error
