"""The ledger of approved wordings: read strictly, hashed, and given out by day and language."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Self

from pydantic import ValidationError

from ragmarket.compliance.places import Placed, read_placed
from ragmarket.compliance.rules.scripts import NATIVE_SCRIPT, foreign_letter, hidden_character, script_shares
from ragmarket.compliance.wordings import ApprovalFile, Entry, sha256_of
from ragmarket.errors import BadKnowledge
from ragmarket.schemas.base import Frozen
from ragmarket.schemas.compliance import Approval, DisclaimerText

_LEAST_NATIVE_SHARE = 0.25  # identities hold registered names and numbers, which stay Latin


class _Snapshot(Frozen):
    entries: tuple[Entry, ...]
    approvals: tuple[Approval, ...]


class Ledger:
    """All wordings and approvals of one deployment; immutable."""

    def __init__(self, entries: Iterable[Entry], approvals: Iterable[Approval]) -> None:
        self.entries = tuple(sorted(entries, key=lambda entry: (entry.id, entry.effective_from)))
        self.approvals = tuple(sorted(approvals, key=lambda a: (a.entry_id, a.language, a.sha256, a.demo, a.date)))
        by_hash: dict[tuple[str, str, str], list[Approval]] = {}
        for approval in self.approvals:
            by_hash.setdefault((approval.entry_id, approval.language, approval.sha256), []).append(approval)
        self._approvals = by_hash
        self._wordings = [
            (entry, language, wording, sha256_of(wording.text))
            for entry in self.entries
            for language, wording in sorted(entry.texts.items())
        ]
        self._snapshot_id = hashlib.sha256(self.to_bytes()).hexdigest()

    @property
    def snapshot_id(self) -> str:
        """Hash of the normalised content: the same content has the same id, however its files are laid out."""
        return self._snapshot_id

    @property
    def ids(self) -> frozenset[str]:
        """The ids of all disclaimers."""
        return frozenset(entry.id for entry in self.entries)

    def versions(self, id_: str) -> tuple[Entry, ...]:
        """All wordings of one disclaimer over time, oldest first."""
        return tuple(entry for entry in self.entries if entry.id == id_)

    def at(self, day: date, language: str, *, production: bool = False) -> dict[str, DisclaimerText]:
        """The wordings in force on ``day`` in ``language``, by disclaimer id.

        An approval dated after ``day`` does not count, nor with ``production`` a demo approval: a wording without one
        that counts carries ``approval=None``.
        """
        return {
            text.id: text
            for entry, text in self._texts(production=production, day=day)
            if text.language == language and entry.in_force(day)
        }

    def texts(self, *, production: bool = False, day: date | None = None) -> tuple[DisclaimerText, ...]:
        """Every wording of every language, for listing and for finding near-copies.

        With ``day`` only those in force on it, and only approvals given by then count.
        """
        return tuple(
            text for entry, text in self._texts(production=production, day=day) if day is None or entry.in_force(day)
        )

    def _texts(self, *, production: bool, day: date | None) -> Iterable[tuple[Entry, DisclaimerText]]:
        for entry, language, wording, sha256 in self._wordings:
            decisions = self._approvals.get((entry.id, language, sha256), [])
            counted = sorted(
                (a for a in decisions if not (production and a.demo) and (day is None or a.date <= day)),
                key=lambda a: (a.demo, a.date),
            )
            yield (
                entry,
                DisclaimerText(
                    id=entry.id,
                    language=language,
                    text=wording.text,
                    sha256=sha256,
                    provenance=wording.provenance,
                    placement=entry.placement,
                    effective_from=entry.effective_from,
                    effective_to=entry.effective_to,
                    authority=entry.authority,
                    approval=counted[0] if counted else None,
                ),
            )

    def to_bytes(self) -> bytes:
        """The whole ledger as canonical JSON, for the audit log's content-addressed store."""
        snapshot = _Snapshot(entries=self.entries, approvals=self.approvals)
        body = json.dumps(snapshot.model_dump(mode="json"), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return body.encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The ledger that `to_bytes` wrote.

        Raises:
            BadKnowledge: The bytes are not a ledger.
        """
        try:
            snapshot = _Snapshot.model_validate_json(data)
        except ValidationError as error:
            raise BadKnowledge("ledger snapshot", None, error.errors()[0]["msg"]) from error
        return cls(snapshot.entries, snapshot.approvals)


def load_ledger(root: Path) -> Ledger:
    """Read ``root/*.yaml`` and ``root/approvals/*.yaml``.

    Raises:
        BadKnowledge: The first mistake, with file and line; nothing of the ledger is then usable.
    """
    if not root.is_dir():
        raise BadKnowledge(root, None, "there is no such folder of approved disclaimers")
    files = [_entry(path) for path in sorted(root.glob("*.yaml"))]
    if not files:
        raise BadKnowledge(root, None, "the folder holds no disclaimer")
    for index, placed in enumerate(files):
        for other in files[:index]:
            if other.value.id == placed.value.id and _overlap(other.value, placed.value):
                problem = f"{placed.value.id} is in force on the same days as in {other.path.name}"
                raise placed.wrong(["effective_from"], problem)
    entries = [placed.value for placed in files]
    approvals: list[Approval] = []
    for path in sorted((root / "approvals").glob("*.yaml")):
        approvals += _approvals(path, entries)
    return Ledger(entries, approvals)


def _entry(path: Path) -> Placed[Entry]:
    placed = read_placed(path, Entry)
    entry = placed.value
    if path.name.split(".")[0] != entry.id:
        raise placed.wrong(["id"], f"the id {entry.id} does not match the file's name")
    if entry.effective_to is not None and entry.effective_to < entry.effective_from:
        raise placed.wrong(["effective_to"], "effective_to is before effective_from")
    for language, wording in entry.texts.items():
        problem = _fault(wording.text, language)
        if problem:
            raise placed.wrong(["texts", language, "text"], f"texts.{language}: {problem}")
    return placed


def _fault(text: str, language: str) -> str | None:
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


def _overlap(one: Entry, other: Entry) -> bool:
    return one.effective_from <= (other.effective_to or date.max) and other.effective_from <= (
        one.effective_to or date.max
    )


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
