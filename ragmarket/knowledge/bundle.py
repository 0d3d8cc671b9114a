"""All knowledge that decides how a message is phrased, as one byte string: to be kept with records, and read again.

Rule packs and claim rules are left out: the policy snapshot holds them as they were read. So is the copy that only
trains a classifier.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from ragmarket.errors import BadKnowledge
from ragmarket.knowledge.files import ROOT

_ELSEWHERE = ("copy", "policies", "rules")


def bundle(root: Path = ROOT, beside: Mapping[str, str] | None = None) -> bytes:
    """The knowledge files below a folder as canonical JSON: path to text; equal files give equal bytes.

    Args:
        root: The folder.
        beside: Further files, by their place below the folder, that a deployment has elsewhere.
    """
    files = {
        place.as_posix(): (root / place).read_text(encoding="utf-8")
        for place in sorted(file.relative_to(root) for file in root.rglob("*.yaml"))
        if place.parts[0] not in _ELSEWHERE
    }
    files |= beside or {}
    return json.dumps(files, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def unbundle(data: bytes, folder: Path) -> None:
    """Write the files of a bundle below an empty folder.

    Raises:
        BadKnowledge: The bytes are no bundle, or name a place outside the folder.
    """
    try:
        files = json.loads(data)
    except ValueError as error:
        raise BadKnowledge("knowledge bundle", None, "it is not JSON") from error
    if not isinstance(files, dict) or not all(isinstance(text, str) for text in files.values()):
        raise BadKnowledge("knowledge bundle", None, "it does not map paths to texts")
    for place, text in files.items():
        target = (folder / place).resolve()
        if not target.is_relative_to(folder.resolve()):
            raise BadKnowledge("knowledge bundle", None, f"{place} lies outside the folder")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="")
