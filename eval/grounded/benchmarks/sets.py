"""The public sets as they are downloaded: one reader per set, every row with its group for leaving out."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ragmarket.errors import InvalidInput

SCORED_DOMAINS = ("ectsum", "sales_email", "sales_call")


@dataclass(frozen=True)
class Example:
    """An answer and what it may rest on.

    Attributes:
        group: Rows of one group are never on both sides of a split.
        wrong: Whether the passages do not hold the answer.
        spans: Places in the answer that the passages do not hold, where the set marks them.
        part: A division that is scored by itself: source set, domain, task.
    """

    id: str
    group: str
    question: str
    passages: tuple[str, ...]
    answer: str
    wrong: bool
    spans: tuple[tuple[int, int], ...] = ()
    part: str = ""


def rows(path: Path) -> Iterator[Mapping[str, Any]]:
    """JSON Lines, plain or gzipped.

    Raises:
        InvalidInput: The file is not what its name says.
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    found = json.loads(line)
                    if not isinstance(found, dict):
                        raise InvalidInput(f"{path}, line {number}: not a JSON object")
                    yield found
    except (OSError, EOFError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InvalidInput(f"{path}: cannot be read: {error}", hint="Download the file again.") from error


def located(data: Path, *names: str) -> Path | None:
    """The first of some relative paths that exists, plain or with ``.gz``, in ``data`` or its folder ``grounding``."""
    for root in (data, data / "grounding"):
        for name in names:
            for path in (root / name, root / f"{name}.gz"):
                if path.is_file():
                    return path
    return None


def ragtruth_slice(path: Path) -> list[Example]:
    """The re-released QA third of RAGTruth's test set (829 of 900 responses)."""
    return _read(path, _ragtruth_row)


def _ragtruth_row(row: Mapping[str, Any]) -> Example:
    return Example(
        str(row["id"]),
        str(row["source_id"]),
        row["question"],
        tuple(row["passages"]),
        row["response"],
        bool(row["hallucinated"]),
        tuple((one["start"], one["end"]) for one in row["labels"]),
        row["task_type"],
    )


def ragtruth_official(responses: Path, sources: Path) -> list[tuple[str, Example]]:
    """RAGTruth as its authors publish it: (split, example) for all three tasks.

    ``source_info`` is an object with question and passages for QA, a text for Summary, a table for Data2txt.
    """
    about = {str(row["source_id"]): row for row in rows(sources)}
    found = []
    for row in rows(responses):
        try:
            source = about[str(row["source_id"])]
            info, task = source["source_info"], source["task_type"]
            question = ""
            whole = info if isinstance(info, str) else json.dumps(info, ensure_ascii=False, indent=0)
            passages: tuple[str, ...] = (whole,)
            if task == "QA":
                question = info["question"]
                text = info["passages"]
                passages = tuple(text.split("\n\n")) if isinstance(text, str) else tuple(text)
            spans = tuple((one["start"], one["end"]) for one in row["labels"])
            example = Example(
                str(row["id"]), str(row["source_id"]), question, passages, row["response"], bool(spans), spans, task
            )
        except (KeyError, TypeError) as error:
            raise InvalidInput(f"{responses}: row {row.get('id')}: {error!r} is missing or of another type") from error
        found.append((str(row.get("split", "test")), example))
    return found


def attributionbench(path: Path) -> list[Example]:
    """AttributionBench: a claim and the references that are cited for it."""
    return _read(
        path,
        lambda row: Example(
            row["id"],
            row["id"],
            row["question"],
            tuple(row["references"]),
            row["claim"],
            row["attribution_label"] != "attributable",
            (),
            row["src_dataset"],
        ),
    )


def summedits(path: Path) -> list[Example]:
    """SummEdits: a document and a summary of it, faithful or edited into an unfaithful one; grouped by document."""
    return _read(
        path,
        lambda row: Example(
            row["id"], row["doc"][:200], "", (row["doc"],), row["summary"], not row["label"], (), row["domain"]
        ),
    )


def factcheck(path: Path) -> list[Example]:
    """Factcheck-GPT: claims and evidence with a stance; "partially supports" counts as wrong."""
    return _read(
        path,
        lambda row: Example(
            "",
            row["claim"],
            "",
            (row["evidence"],),
            row["claim"],
            row["stance"] != "completely-support",
            (),
            "factcheck",
        ),
    )


def wice(path: Path) -> list[Example]:
    """WiCE: claims of Wikipedia against the sentences of a cited page; "partially supported" counts as wrong."""
    return _read(
        path,
        lambda row: Example(
            "",
            row["evidence"][0],
            "",
            ("\n".join(row["evidence"]),),
            row["claim"],
            row["label"] != "supported",
            (),
            "wice",
        ),
    )


def _read(path: Path, row_of: Any) -> list[Example]:
    found = []
    for row in rows(path):
        try:
            found.append(row_of(row))
        except (KeyError, TypeError, IndexError) as error:
            raise InvalidInput(f"{path}: a row has no usable {error}", hint="Is it another set's file?") from error
    if not found:
        raise InvalidInput(f"{path}: no rows")
    return found
