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
    data, node = read_yaml(path)
    try:
        return Placed(path=path, value=model.model_validate(data), node=node)
    except ValidationError as error:
        # A misspelt key is both unknown and missing; the unknown one is where the reader must look.
        first = min(error.errors(), key=lambda fault: fault["type"] != "extra_forbidden")
        place = [step for step in first["loc"] if isinstance(step, (str, int))]
        where = ".".join(str(step) for step in place) or "the file"
        raise BadKnowledge(path, line_of(node, place), f"{where}: {first['msg']}") from error
