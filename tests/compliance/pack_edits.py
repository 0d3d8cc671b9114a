"""One edit of a shipped policy pack, and how loading refuses it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ragmarket.compliance.pack_files import load_packs
from ragmarket.compliance.policy import PolicyBook
from ragmarket.errors import BadKnowledge
from ragmarket.knowledge.catalogue import load_catalogue
from ragmarket.knowledge.files import ROOT


def refused(folder: Path, book: PolicyBook, file: str, old: str, new: str, problem: str) -> tuple[BadKnowledge, int]:
    """The refusal of a copy of the packs in which ``old`` became ``new``, and the line of the edit."""
    shutil.copytree(ROOT / "policies", folder / "policies")
    path = folder / "policies" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BadKnowledge, match=problem) as caught:
        load_packs(folder / "policies", ROOT / "rules", book.ledger, load_catalogue().kinds)
    assert caught.value.line is not None
    return caught.value, text[: text.index(old)].count("\n") + 1
