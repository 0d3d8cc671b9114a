"""Labelled copy: written lines of `knowledge/copy/`, and lines that the house knows to be lawful."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field, TypeAdapter, ValidationError, field_validator

from ragmarket.compliance.rules.lexicon import Lexicon
from ragmarket.compliance.rules.terms import Tongue
from ragmarket.errors import BadKnowledge
from ragmarket.schemas.base import Frozen, ProductClass

CLASSES = 24
Difficulty = Literal["plain", "paraphrase", "evasive"]


_Lines = tuple[tuple[ProductClass, str], ...]


class CopyFile(Frozen):
    """One tongue's written copy; a class is named by its number in the list of prohibited claims.

    Lawful look-alikes are a mapping from the class that each looks like, or a plain list if it looks like none or many.
    """

    tongue: Tongue
    author: str = ""
    unlawful: dict[int, tuple[tuple[ProductClass, Difficulty, str], ...]] = Field(min_length=1)
    lawful: dict[int, _Lines] = {}
    neutral: _Lines = ()

    @field_validator("lawful", mode="before")
    @classmethod
    def _of_no_class(cls, value: object) -> object:
        return {0: value} if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class Sample:
    """One labelled text; ``number`` is its class, or that which it only looks like, or 0.

    ``kind`` is a difficulty, "lawful" (looks like a class) or "neutral" for written copy, "example" for what a rule's
    own example must find, and "house" for lines that the house knows to be lawful. Those two are learnt, not measured.
    ``author`` is the folder that written copy was read from.
    """

    text: str
    product_class: str
    tongue: str
    number: int
    kind: str
    author: str = ""

    @property
    def unlawful(self) -> bool:
        """Whether it may not be sent."""
        return self.kind in ("plain", "paraphrase", "evasive", "example")

    @property
    def written(self) -> bool:
        """Whether it is a line of written copy."""
        return self.kind not in ("example", "house")


def read_copy(folder: Path) -> list[Sample]:
    """All lines of all tongues, in the order of the files.

    Raises:
        BadKnowledge: A file is not what it should be.
    """
    found: list[Sample] = []
    author = folder.resolve().name
    for path in sorted(folder.glob("*.yaml")):
        try:
            # The C loader: these files are large.
            raw = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 (a safe loader)
            file = TypeAdapter(CopyFile).validate_python(raw)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            raise BadKnowledge(path, mark.line + 1 if mark else None, "not YAML") from error
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise BadKnowledge(path, None, f"{place}: {first['msg']}") from error
        unknown = ({*file.unlawful} | ({*file.lawful} - {0})) - {*range(1, CLASSES + 1)}
        if unknown:
            raise BadKnowledge(path, None, f"there is no class {min(unknown)}")
        for number, rows in file.unlawful.items():
            found += [Sample(text, product, file.tongue, number, kind, author) for product, kind, text in rows]
        for number, lines in file.lawful.items():
            found += [Sample(text, product, file.tongue, number, "lawful", author) for product, text in lines]
        found += [Sample(text, product, file.tongue, 0, "neutral", author) for product, text in file.neutral]
    if not found:
        raise BadKnowledge(folder, None, "there is no copy to learn from")
    return found


def house_lines(lines: Iterable[tuple[str, str, str]], figures: Mapping[str, str]) -> list[Sample]:
    """Lawful lines of the house as (tongue, product class, text); ``figures`` stand in for the slots that they hold."""
    found = []
    for tongue, product_class, line in lines:
        text = line
        for slot, figure in figures.items():
            text = text.replace("{" + slot + "}", figure)
        found.append(Sample(text, product_class, tongue, 0, "house"))
    return found


def rule_lines(lexicon: Lexicon) -> list[Sample]:
    """The claim rules' own examples, and their rewrites, which are lawful."""
    found: list[Sample] = []
    for rule in lexicon.sources:
        for one in rule.examples:
            tongue = one.tongue or "en"
            found += [Sample(text, one.product, tongue, rule.number, "example") for text in one.fail]
            found += [Sample(text, one.product, tongue, rule.number, "house") for text in one.passes]
        for tongue, rewrites in rule.rewrites.items():
            for scope, texts in rewrites.items():
                product = rule.products[0] if scope == "all" else scope
                found += [Sample(text, product, tongue, rule.number, "house") for text in texts]
    return found
