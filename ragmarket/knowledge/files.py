"""Reading a knowledge file so that every complaint can name its line."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from ragmarket.errors import BadKnowledge

ROOT = Path(__file__).parent


def ledger_folder() -> Path:
    """The approved wordings of the working directory, or those that stand beside the package in a checkout."""
    here, beside = Path("approved_disclaimers"), ROOT.parents[1] / "approved_disclaimers"
    return beside if beside.is_dir() and not here.is_dir() else here


Model = TypeVar("Model", bound=BaseModel)


class _UniqueKeyLoader(yaml.CSafeLoader):
    """PyYAML keeps the last of two equal keys silently; in a rule book that hides a mistake."""


def _mapping(loader: _UniqueKeyLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in seen:
            raise yaml.constructor.ConstructorError(None, None, f"the key {key!r} stands twice", key_node.start_mark)
        seen.add(key)
    return dict(loader.construct_mapping(node, deep=True))


_UniqueKeyLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def line_of(root: yaml.Node | None, place: Sequence[str | int]) -> int | None:
    """The 1-based line of the node at ``place`` (keys and indices), or of its nearest ancestor."""
    node = root
    line = node.start_mark.line + 1 if node is not None else None
    for step in place:
        found: yaml.Node | None = None
        if isinstance(node, yaml.MappingNode):
            for key_node, value_node in node.value:
                if str(key_node.value) == str(step):
                    found, line = value_node, key_node.start_mark.line + 1
                    break
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            found = node.value[step]
            line = found.start_mark.line + 1
        if found is None:
            return line
        node = found
    return line


def read_yaml(path: Path) -> tuple[Any, yaml.Node | None]:
    """Parse one YAML file to NFC values and its node tree.

    Raises:
        BadKnowledge: The file cannot be read, is not YAML, repeats a key, or is not NFC.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadKnowledge(path, None, f"cannot be read: {error}") from error
    if unicodedata.normalize("NFC", text) != text:
        for number, row in enumerate(text.splitlines(), start=1):
            if unicodedata.normalize("NFC", row) != row:
                raise BadKnowledge(path, number, "the text is not in NFC", hint="Save the file in Unicode form NFC.")
    try:
        return yaml.load(text, Loader=_UniqueKeyLoader), yaml.compose(text, Loader=yaml.CSafeLoader)  # noqa: S506 (a safe loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise BadKnowledge(path, mark.line + 1 if mark else None, error.problem or "not YAML") from error
    except yaml.YAMLError as error:
        raise BadKnowledge(path, None, f"not YAML: {error}") from error
    except ValueError as error:
        raise _bad_scalar(path, text, error) from error


def _bad_scalar(path: Path, text: str, error: ValueError) -> BadKnowledge:
    """PyYAML lets a date such as 2026-13-01 fail without its place; find the line by trying each value."""
    for number, row in enumerate(text.splitlines(), start=1):
        try:
            yaml.safe_load(row.strip().lstrip("- ").partition(": ")[2].split(" #")[0])
        except yaml.YAMLError:
            continue
        except ValueError:
            return BadKnowledge(path, number, f"{row.strip()}: {error}")
    return BadKnowledge(path, None, str(error))


def load(path: Path, model: type[Model]) -> Model:
    """Validate one file against a schema.

    Raises:
        BadKnowledge: The first complaint, with its line.
    """
    data, node = read_yaml(path)
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        place = [step for step in first["loc"] if isinstance(step, (str, int))]
        where = ".".join(str(step) for step in place) or "the file"
        raise BadKnowledge(path, line_of(node, place), f"{where}: {first['msg']}") from error
