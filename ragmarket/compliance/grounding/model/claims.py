"""Claims and their evidence as files hold them.

A folder holds one YAML file of documents (`documents.yaml` or `evidence.yaml`) and files of claims. Documents are
either a map from id to one passage or several, or a list of documents whose sentences carry ids of their own. A row of
claims is one claim with its label, or an evidence id with one claim per label.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import yaml

from ragmarket.errors import BadKnowledge
from ragmarket.schemas.base import Language
from ragmarket.schemas.grounding import LABELS

_DOCUMENTS = ("documents.yaml", "evidence.yaml")


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim, what it may rest on, and what its writer says of it; ``english`` renders it where the writer has."""

    id: str
    language: Language
    text: str
    evidence: tuple[str, ...]
    label: str
    kind: str
    product_name: str | None = None
    english: str | None = None


def _passages(node: Any, name: str | None = None) -> Iterator[tuple[str, tuple[tuple[str, ...], str | None]]]:
    """Every passage by its id, with the name of the product whose document it stands in."""
    if isinstance(node, Mapping):
        own = node.get("product_name", name)
        text = node.get("text", node.get("sentence", node.get("row")))
        if isinstance(text, str) and "id" in node:
            yield str(node["id"]), ((text,), own)
            return
        for key, value in node.items():
            if key in ("product_name", "product_class", "id", "title", "issuer"):
                continue
            if isinstance(value, str):
                yield str(key), ((value,), own)
            elif isinstance(value, list) and value and all(isinstance(one, str) for one in value):
                yield str(key), (tuple(value), own)
            else:
                yield from _passages(value, own)
    elif isinstance(node, list):
        for one in node:
            yield from _passages(one, name)


def _rows(path: Path) -> list[dict[str, Any]]:
    rows = yaml.safe_load(path.read_text(encoding="utf-8"))
    rows = rows.get("claims", []) if isinstance(rows, Mapping) else rows
    if not isinstance(rows, list) or not all(isinstance(row, dict) and "evidence" in row for row in rows):
        raise BadKnowledge(path, 1, "a list of claims, each with its evidence, is wanted")
    return rows


def read_claims(folder: Path) -> list[Claim]:
    """Read a folder of claims.

    Raises:
        FileNotFoundError: There is no such folder, no document or no claim.
        BadKnowledge: A file is wrong, or a claim names evidence that no document holds.
    """
    source = next((folder / name for name in _DOCUMENTS if (folder / name).is_file()), None)
    files = sorted(path for path in folder.glob("*.yaml") if path.name not in _DOCUMENTS)
    if source is None or not files:
        raise FileNotFoundError(f"{folder}: holds no documents.yaml with claims beside it")
    passages = dict(_passages(yaml.safe_load(source.read_text(encoding="utf-8"))))
    found = []
    for path in files:
        for place, row in enumerate(_rows(path)):
            ids = row["evidence"] if isinstance(row["evidence"], list) else [row["evidence"]]
            unknown = [one for one in ids if str(one) not in passages]
            language = row.get("language", path.stem)
            if unknown or language not in get_args(Language):
                raise BadKnowledge(path, 1, f"claim {place + 1}: unknown evidence {unknown} or language {language!r}")
            held = [passages[str(one)] for one in ids]
            texts: list[tuple[Any, Any]] = [(label, row[label]) for label in LABELS if label in row]
            for label, text in texts or [(row.get("label"), row.get("claim"))]:
                if label not in LABELS or not isinstance(text, str):
                    raise BadKnowledge(path, 1, f"claim {place + 1}: a claim and its label are wanted")
                found.append(
                    Claim(
                        id=str(row.get("id", f"{path.stem}-{place + 1}")),
                        language=language,
                        text=text,
                        evidence=tuple(one for several, _ in held for one in several),
                        label=label,
                        kind=str(row.get("kind", "-")),
                        product_name=next((name for _, name in held if name), None),
                        english=row.get("en") if not texts else None,
                    )
                )
    return found
