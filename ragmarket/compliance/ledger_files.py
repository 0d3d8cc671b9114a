"""The ledger's files: wordings and approvals, read strictly, every complaint with its line."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ragmarket.compliance.places import Placed, read_placed
from ragmarket.compliance.rules.scripts import NATIVE_SCRIPT, foreign_letter, hidden_character, script_shares
from ragmarket.compliance.versions import of_files
from ragmarket.compliance.wordings import ApprovalFile, Entry, sha256_of
from ragmarket.errors import BadKnowledge
from ragmarket.schemas.compliance import Approval

_LEAST_NATIVE_SHARE = 0.25  # identities hold registered names and numbers, which stay Latin


def read_ledger_files(root: Path) -> tuple[list[Entry], list[Approval]]:
    """Read ``root/*.yaml`` and ``root/approvals/*.yaml``.

    Raises:
        BadKnowledge: The first mistake, with file and line; nothing of the ledger is then usable.
    """
    if not root.is_dir():
        raise BadKnowledge(root, None, "there is no such folder of approved disclaimers")
    files = [_entry(path) for path in sorted(root.glob("*.yaml"))]
    if not files:
        raise BadKnowledge(root, None, "the folder holds no disclaimer")
    _demand_apart(files)
    entries = [placed.value for placed in files]
    approvals: list[Approval] = []
    for path in sorted((root / "approvals").glob("*.yaml")):
        approvals += _approvals(path, entries)
    return entries, approvals


def text_fault(text: str, language: str) -> str | None:
    """What is wrong with the text of a wording in ``language``; None when it may stand in the ledger."""
    if text != text.strip() or "  " in text or "\n" in text:
        return "the text must be one line without spaces at its ends or double spaces"
    hidden = hidden_character(text)
    if hidden is not None:
        return f"character {hidden + 1} (U+{ord(text[hidden]):04X}) cannot be seen"
    foreign = foreign_letter(text, language)
    if foreign is not None:
        return f"character {foreign[0] + 1} is in another script ({foreign[1]})"
    if script_shares(text).get(NATIVE_SCRIPT[language], 0.0) < _LEAST_NATIVE_SHARE:
        return f"too few letters are in the script of {language} ({NATIVE_SCRIPT[language]})"
    return None


def _entry(path: Path) -> Placed[Entry]:
    placed = read_placed(path, Entry)
    entry = placed.value
    if path.name.split(".")[0] != entry.id:
        raise placed.wrong(["id"], f"the id {entry.id} does not match the file's name")
    if entry.effective_to is not None and entry.effective_to < entry.effective_from:
        raise placed.wrong(["effective_to"], "effective_to is before effective_from")
    for language, wording in entry.texts.items():
        at: list[str | int] = ["texts", language]
        problem = text_fault(wording.text, language)
        if problem:
            raise placed.wrong([*at, "text"], f"texts.{language}: {problem}")
        stray = [channel for channel in wording.channels or () if channel not in entry.channels]
        if stray:
            raise placed.wrong([*at, "channels"], f"texts.{language}: {stray[0]} is no channel of {entry.id}")
    for version in of_files([entry]):
        wording, at = version.wording, ["texts", version.language]
        end, last = version.effective_to, entry.effective_to
        if version.effective_from < entry.effective_from:
            raise placed.wrong([*at, "effective_from"], f"texts.{version.language}: begins before its entry does")
        if end is not None and end < version.effective_from:
            where = "effective_to" if wording.effective_to else "effective_from"
            raise placed.wrong([*at, where], f"texts.{version.language}: effective_to is before effective_from")
        if end is not None and last is not None and end > last:
            raise placed.wrong([*at, "effective_to"], f"texts.{version.language}: ends after its entry does")
    return placed


def _demand_apart(files: list[Placed[Entry]]) -> None:
    """Refuse two wordings of one disclaimer that are in force for one language and channel on the same day."""
    for index, placed in enumerate(files):
        for other in files[:index]:
            if other.value.id != placed.value.id:
                continue
            for version in of_files([placed.value]):
                clash = next((old for old in of_files([other.value]) if version.overlaps(old)), None)
                if clash is None:
                    continue
                shared = ", ".join(c for c in version.channels if c in clash.channels)
                problem = f"{placed.value.id} is in force on the same days as in {other.path.name}"
                raise placed.wrong(["effective_from"], f"{problem} ({version.language}: {shared})")


def _approvals(path: Path, entries: Iterable[Entry]) -> list[Approval]:
    placed = read_placed(path, ApprovalFile)
    hashes: dict[tuple[str, str], set[str]] = {}
    for entry in entries:
        for language, wording in entry.texts.items():
            hashes.setdefault((entry.id, language), set()).add(sha256_of(wording.text))
    seen: set[tuple[str, str, str]] = set()
    found: list[Approval] = []
    for index, record in enumerate(placed.value.approvals):
        known = hashes.get((record.entry, record.language))
        if known is None:
            raise placed.wrong(
                ["approvals", index, "entry"], f"there is no wording {record.entry} in {record.language}"
            )
        if record.sha256 not in known:
            problem = f"the hash is not that of the wording {record.entry} in {record.language}: approve it again"
            raise placed.wrong(["approvals", index, "sha256"], problem)
        key = (record.entry, record.language, record.sha256)
        if key in seen:
            raise placed.wrong(["approvals", index, "entry"], f"{record.entry} in {record.language} is approved twice")
        seen.add(key)
        found.append(
            Approval(
                entry_id=record.entry,
                language=record.language,
                sha256=record.sha256,
                approver=record.approver,
                date=record.date,
                demo=placed.value.demo,
            )
        )
    return found
