"""The ledger of approved wordings: hashed, and given out by day, language and channel."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from ragmarket.compliance.decisions import DecisionLog
from ragmarket.compliance.ledger_files import read_ledger_files
from ragmarket.compliance.versions import Version, versions_of
from ragmarket.compliance.wordings import Entry
from ragmarket.errors import BadKnowledge
from ragmarket.schemas.base import Frozen
from ragmarket.schemas.compliance import Approval, DisclaimerText
from ragmarket.schemas.ledger import Decision

_INDIA = ZoneInfo("Asia/Kolkata")


class _Snapshot(Frozen):
    entries: tuple[Entry, ...]
    approvals: tuple[Approval, ...]
    decisions: tuple[Decision, ...] = ()


class Ledger:
    """All wordings and approvals of one deployment; immutable.

    Args:
        entries: The wordings that files state.
        approvals: The approvals that files state.
        decisions: Records of the decisions file; only approved ones change anything, and only those are kept.
    """

    def __init__(
        self, entries: Iterable[Entry], approvals: Iterable[Approval], decisions: Iterable[Decision] = ()
    ) -> None:
        self.entries = tuple(sorted(entries, key=lambda entry: (entry.id, entry.effective_from)))
        self.decisions = tuple(one for one in decisions if one.action == "approve")
        of_files = sorted(approvals, key=lambda a: (a.entry_id, a.language, a.sha256, a.demo, a.date))
        self._of_files = tuple(of_files)
        self.approvals = (*of_files, *(_approval(one) for one in self.decisions if one.change != "expire"))
        by_hash: dict[tuple[str, str, str], list[Approval]] = {}
        for approval in self.approvals:
            by_hash.setdefault((approval.entry_id, approval.language, approval.sha256), []).append(approval)
        self._approvals = by_hash
        self.wordings: tuple[Version, ...] = versions_of(self.entries, self.decisions)
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
        """What the files state of one disclaimer over time, oldest first."""
        return tuple(entry for entry in self.entries if entry.id == id_)

    def at(
        self, day: date, language: str, *, channel: str | None = None, production: bool = False
    ) -> dict[str, DisclaimerText]:
        """The wordings in force on ``day`` in ``language``, by disclaimer id.

        An approval dated after ``day`` does not count, nor with ``production`` a demo approval: a wording without one
        that counts carries ``approval=None``. Where channels have wordings of their own, name the ``channel``: without
        one the wording that most channels use is given.
        """
        found: dict[str, DisclaimerText] = {}
        for version in self.wordings:
            if version.language != language or not version.in_force(day, channel):
                continue
            known = found.get(version.entry.id)
            if known is None or len(version.channels) > len(known.channels):
                found[version.entry.id] = self._text(version, production=production, day=day)
        return found

    def texts(self, *, production: bool = False, day: date | None = None) -> tuple[DisclaimerText, ...]:
        """Every wording of every language, for listing and for finding near-copies.

        With ``day`` only those in force on it, and only approvals given by then count.
        """
        return tuple(
            self._text(version, production=production, day=day)
            for version in self.wordings
            if day is None or version.in_force(day)
        )

    def _text(self, version: Version, *, production: bool, day: date | None) -> DisclaimerText:
        entry = version.entry
        counted = [
            a
            for a in self._approvals.get((entry.id, version.language, version.sha256), [])
            if not (production and a.demo) and (day is None or a.date <= day)
        ]
        return DisclaimerText.model_validate(
            {
                "id": entry.id,
                "language": version.language,
                "text": version.wording.text,
                "sha256": version.sha256,
                "provenance": version.wording.provenance,
                "placement": entry.placement,
                "effective_from": version.effective_from,
                "effective_to": version.effective_to,
                "authority": entry.authority,
                "approval": min(counted, key=lambda a: (a.demo, a.date)) if counted else None,
                "channels": version.channels,
            }
        )

    def to_bytes(self) -> bytes:
        """The whole ledger as canonical JSON, for the audit log's content-addressed store.

        It holds every approved decision as it was recorded, so what counted on a day can be shown from it alone.
        """
        body: dict[str, Any] = {
            "entries": [entry.model_dump(mode="json") for entry in self.entries],
            "approvals": [approval.model_dump(mode="json", exclude={"maker"}) for approval in self._of_files],
        }
        if self.decisions:
            # Absent rather than empty: a ledger without decisions keeps the bytes it had before there were any.
            body["decisions"] = [decision.model_dump(mode="json") for decision in self.decisions]
        return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

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
        return cls(snapshot.entries, snapshot.approvals, snapshot.decisions)


def _approval(decision: Decision) -> Approval:
    return Approval(
        entry_id=decision.entry,
        language=decision.language,
        sha256=decision.sha256,
        approver=decision.checker or "",
        date=decision.at.astimezone(_INDIA).date(),
        maker=decision.maker,
    )


def load_ledger(root: Path, decisions: Path | None = None) -> Ledger:
    """Read ``root/*.yaml``, ``root/approvals/*.yaml`` and the deployment's decisions file.

    Raises:
        BadKnowledge: The first mistake, with file and line; nothing of the ledger is then usable.
    """
    entries, approvals = read_ledger_files(root)
    return Ledger(entries, approvals, DecisionLog(decisions).read().records if decisions is not None else ())
