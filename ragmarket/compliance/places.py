"""A knowledge file together with the place of everything in it, so that cross-checks can name a line too."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from ragmarket.errors import BadKnowledge
from ragmarket.knowledge.files import line_of, read_yaml

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Placed(Generic[Model]):
    """A validated file and where its parts stand."""

    path: Path
    value: Model
    node: yaml.Node | None

    def wrong(self, place: list[str | int], problem: str) -> BadKnowledge:
        """The complaint about the part at ``place`` (keys and indices from the top)."""
        return BadKnowledge(self.path, line_of(self.node, place), problem)


def read_placed(path: Path, model: type[Model]) -> Placed[Model]:
    """Validate one YAML file against a schema and keep its places.

    Raises:
        BadKnowledge: The first complaint, with its line.
    """
    try:
        data, node = read_yaml(path)
    except ValueError as error:
        raise _bad_scalar(path, error) from error
    try:
        return Placed(path=path, value=model.model_validate(data), node=node)
    except ValidationError as error:
        # A misspelt key is both unknown and missing; the unknown one is where the reader must look.
        first = min(error.errors(), key=lambda fault: fault["type"] != "extra_forbidden")
        place = [step for step in first["loc"] if isinstance(step, (str, int))]
        where = ".".join(str(step) for step in place) or "the file"
        raise BadKnowledge(path, line_of(node, place), f"{where}: {first['msg']}") from error


def _bad_scalar(path: Path, error: ValueError) -> BadKnowledge:
    """PyYAML lets a date such as 2026-13-01 fail without its place; find the line by trying each value."""
    for number, row in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            yaml.safe_load(row.strip().lstrip("- ").partition(": ")[2].split(" #")[0])
        except yaml.YAMLError:
            continue
        except ValueError:
            return BadKnowledge(path, number, f"{row.strip()}: {error}")
    return BadKnowledge(path, None, str(error))
