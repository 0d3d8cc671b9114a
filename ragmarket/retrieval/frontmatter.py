"""What a document says about itself: front matter, checked strictly."""

from __future__ import annotations

import difflib
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BeforeValidator, Field, ValidationError, field_validator, model_validator

from ragmarket.errors import CorruptDocument
from ragmarket.retrieval.naming import name_fault, name_from_title
from ragmarket.schemas.base import Frozen, Language, ProductClass

_AT_TOP = re.compile(r"\A\ufeff?---[ \t]*\r?\n(.*?)^---[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_IN_COMMENT = re.compile(r"<!--\s*\n?---[ \t]*\r?\n(.*?)^---[ \t]*\r?\n?\s*-->", re.DOTALL | re.MULTILINE)
_CLAIM = re.compile(rb"""^[ \t]*(doc_id|version|effective_from)[ \t]*:[ \t]*["']?([\w.-]{1,128})""", re.MULTILINE)
_REMEDY = "Correct the front matter (or the sidecar .yaml) and run `ragmarket index` again."


# Other words for the five formats.
_FORMATS = {
    "md": "markdown",
    "txt": "text",
    "plain": "text",
    "plaintext": "text",
    "plain_text": "text",
    "plain text": "text",
    "htm": "html",
    "word": "docx",
}
_log = logging.getLogger("ragmarket.retrieval")


def _as_text(value: Any) -> Any:
    # YAML reads an unquoted `version: 2` as a number.
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


class FrontMatter(Frozen):
    """The keys of a document's front matter."""

    doc_id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")
    title: str = Field(min_length=1)
    kind: Literal["product", "regulatory"]
    product_class: ProductClass | None = None
    product_code: Annotated[str | None, BeforeValidator(_as_text)] = Field(default=None, pattern=r"^[\w./-]{1,64}$")
    product_name: str | None = Field(default=None, min_length=1)
    issuer: str = Field(min_length=1)
    version: Annotated[str, BeforeValidator(_as_text)] = Field(min_length=1, max_length=64)
    effective_from: date
    effective_to: date | None = None
    language: Language
    source_format: Annotated[
        Literal["markdown", "html", "text", "pdf", "docx"] | None,
        BeforeValidator(lambda value: _FORMATS.get(value, value)),
    ] = None
    source: str = Field(min_length=1)
    confidence: str | None = None
    authority: str | None = None
    citation: str | None = None
    product_classes: tuple[ProductClass, ...] = ()

    @field_validator("product_name")
    @classmethod
    def _plain_name(cls, value: str | None) -> str | None:
        fault = name_fault(value) if value is not None else None
        if fault:
            raise ValueError(f"{fault}; the name stands in messages as it is written here, so give the bare name")
        return value

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.effective_to is not None and self.effective_to < self.effective_from:
            raise ValueError("effective_to: lies before effective_from")
        if self.kind == "product":
            for name in ("product_class", "product_code"):
                if getattr(self, name) is None:
                    raise ValueError(f"{name}: is missing; a product document must have it")
            for name in ("confidence", "authority", "citation", "product_classes"):
                if getattr(self, name):
                    raise ValueError(f"{name}: belongs to regulatory documents only")
        return self

    def name(self) -> str | None:
        """The product's name; where it is not given that of the title, and where that is no plain name the code."""
        if self.kind != "product":
            return None
        return self.product_name or name_from_title(self.title) or self.product_code


@dataclass(frozen=True)
class Claim:
    """What a file that cannot be read still says of itself."""

    doc_id: str
    version: str | None
    effective_from: str | None

    def __str__(self) -> str:
        version = f" version {self.version}" if self.version else ""
        return f"{self.doc_id}{version}" + (f" from {self.effective_from}" if self.effective_from else "")


def claim_of(*files: bytes | None) -> Claim | None:
    """The document that a broken file (or its sidecar) names near its top; None where it names none."""
    found: dict[str, str] = {}
    for data in files:
        for match in _CLAIM.finditer((data or b"")[:4096]):
            found.setdefault(match.group(1).decode(), match.group(2).decode("ascii", "replace"))
    return Claim(found["doc_id"], found.get("version"), found.get("effective_from")) if "doc_id" in found else None


def in_text(text: str, name: str) -> dict[str, Any] | None:
    """Front matter between two ``---`` lines at the top of a Markdown or text file; None where there is none."""
    match = _AT_TOP.match(text)
    return _yaml(match.group(1), name) if match else None


def in_html(markup: str, name: str) -> dict[str, Any] | None:
    """Front matter in an HTML comment, or in ``<meta name="doc_id" content="…">`` tags; None where there is none."""
    match = _IN_COMMENT.search(markup)
    if match:
        return _yaml(match.group(1), name)
    from ragmarket.retrieval.readers.html import soup_of

    found: dict[str, Any] = {}
    for tag in soup_of(markup).find_all("meta"):
        key = str(tag.get("name") or "").removeprefix("ragmarket:").replace("-", "_")
        if key in FrontMatter.model_fields and tag.get("content"):
            found[key] = tag["content"].split() if key == "product_classes" else tag["content"]
    # <meta name="title"> alone is ordinary HTML.
    return found if "doc_id" in found else None


def in_sidecar(text: str, name: str) -> dict[str, Any]:
    """The sidecar of a document."""
    return _yaml(text, name)


def _yaml(text: str, name: str) -> dict[str, Any]:
    try:
        data = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f" at line {mark.line + 1} of the front matter" if mark else ""
        raise CorruptDocument(f"{name}: the front matter is not YAML{place}: {error}", hint=_REMEDY) from error
    if not isinstance(data, dict):
        raise CorruptDocument(f"{name}: the front matter is not a list of `key: value` lines", hint=_REMEDY)
    return {str(key): value for key, value in data.items()}


def merged(inside: Mapping[str, Any] | None, beside: Mapping[str, Any] | None, name: str) -> dict[str, Any]:
    """Front matter and sidecar as one.

    Raises:
        CorruptDocument: Neither is there, or they say different things of one key.
    """
    if inside is None and beside is None:
        raise CorruptDocument(
            f"{name}: has no front matter",
            hint="Begin the file with `---`, `doc_id: …`, `---`, or put a .yaml of the same name beside it.",
        )
    both = {**(beside or {}), **(inside or {})}
    for key, value in (beside or {}).items():
        if inside is not None and key in inside and str(inside[key]) != str(value):
            raise CorruptDocument(
                f"{name}: {key}: the file says {inside[key]!r}, its sidecar {value!r}", hint="Keep one of the two."
            )
    return both


def validate(data: Mapping[str, Any], source_format: str, name: str) -> FrontMatter:
    """Check the keys.

    Raises:
        CorruptDocument: Names the file, the field and the remedy.
    """
    known = FrontMatter.model_fields
    for key in sorted(set(data) - set(known)):
        # A misspelt key would be lost in silence; a bank's own further keys are no concern of ours.
        near = difflib.get_close_matches(key, known, n=1, cutoff=0.8)
        if near:
            raise CorruptDocument(f"{name}: {key}: is not a known key", hint=f"Did you mean {near[0]!r}?")
        _log.warning("%s: the key %s is not one of ours and was ignored", name, key)
    data = {key: value for key, value in data.items() if key in known}
    try:
        front = FrontMatter.model_validate(dict(data))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"])
        problem = first["msg"].removeprefix("Value error, ")
        if first["type"] == "missing":
            problem = "is missing"
        elif place:
            problem = f"{problem} (found {first['input']!r})"
        raise CorruptDocument(f"{name}: {place}: {problem}" if place else f"{name}: {problem}", hint=_REMEDY) from error
    if front.source_format is not None and front.source_format != source_format:
        raise CorruptDocument(
            f"{name}: source_format: says {front.source_format!r}, but the file is {source_format!r}",
            hint="Correct source_format or rename the file.",
        )
    return front
