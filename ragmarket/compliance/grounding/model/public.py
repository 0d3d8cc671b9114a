"""Labelled pairs that other people wrote, read from a data folder: Factcheck-GPT's stances and BEGIN's attributions.

Only sets whose licence lets a trained weight be shipped: Factcheck-GPT (Apache-2.0), and of BEGIN the parts over Wizard
of Wikipedia and CMU-DoG (CC BY 4.0). A passage gives the one sentence that shares most words with the claim.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ragmarket.compliance.grounding.model.claims import Claim
from ragmarket.errors import CorruptDocument, InvalidInput

FACTCHECK = Path("grounding/trainpool/factcheckgpt_claim_evidence_stance.jsonl.gz")
BEGIN = Path("grounding/trainpool/begin.jsonl.gz")
KIND = "public"
_OPEN_PARTS = ("wow", "cmu")
_STANCES: Mapping[str, str] = {
    "completely-support": "supported",
    "refute": "contradicted",
    "irrelevant": "unsupported",
}
_ATTRIBUTIONS: Mapping[str, str] = {"Fully attributable": "supported", "Not fully attributable": "unsupported"}
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"'(])")
_WORD = re.compile(r"\w+")
_MOST = 2_500
_LONGEST = 400
_SHORT = 3
_SMOOTH = 4


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with gzip.open(path, "rt", encoding="utf-8") as stream:
            for number, line in enumerate(stream, 1):
                try:
                    row = json.loads(line)
                except ValueError as error:
                    raise CorruptDocument(f"{path}, line {number}: not JSON") from error
                if not isinstance(row, dict):
                    raise CorruptDocument(f"{path}, line {number}: not an object")
                yield row
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise CorruptDocument(f"{path} cannot be read: {error}") from error


def read_public(folder: Path, seed: int) -> list[Claim]:
    """Pairs of both sets as claims with one sentence of evidence, shuffled.

    Args:
        folder: The data folder that holds ``grounding/trainpool``.
        seed: Of the choice and the order.

    Raises:
        InvalidInput: The folder holds neither set.
        CorruptDocument: A file is no such set.
    """
    factcheck, begin = folder / FACTCHECK, folder / BEGIN
    if not factcheck.is_file() and not begin.is_file():
        raise InvalidInput(f"{folder} holds neither {FACTCHECK} nor {BEGIN}", hint="Name the folder above grounding/.")
    rng = random.Random(seed)
    passages: list[tuple[str, list[str], str]] = []
    if factcheck.is_file():
        for row in _rows(factcheck):
            label = _STANCES.get(str(row.get("stance")))
            if label and row.get("claim") and row.get("evidence"):
                passages.append((str(row["claim"]), _SENTENCE.split(str(row["evidence"])), label))
    if begin.is_file():
        rows = [row for row in _rows(begin) if row.get("data_source") in _OPEN_PARTS]
        for row in rng.sample(rows, min(_MOST, len(rows))):
            label = _ATTRIBUTIONS.get(str(row.get("begin_label")))
            if label and row.get("response") and row.get("knowledge"):
                passages.append((str(row["response"]), [str(row["knowledge"])], label))
    found = [
        Claim(f"{KIND}-{place}", "en", claim[:_LONGEST], (_nearest(claim, parts),), label, KIND)
        for place, (claim, parts, label) in enumerate(passages)
        if any(char.isalnum() for char in claim[:_LONGEST]) and any(part.strip() for part in parts)
    ]
    rng.shuffle(found)
    return found


def _words(text: str) -> set[str]:
    return {word for word in _WORD.findall(text.casefold()) if len(word) > _SHORT}


def _nearest(claim: str, parts: Sequence[str]) -> str:
    """The part that shares most of its words, the longer ones above all, with the claim."""
    words = _words(claim)

    def shared(part: str) -> float:
        own = _words(part)
        return float(len(words & own) / (len(own) + _SMOOTH) ** 0.5)

    return max((part[:_LONGEST] for part in parts if part.strip()), key=shared)
