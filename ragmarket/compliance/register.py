"""The register: who proposes a change of the ledger, who decides it, and what must hold before it is written down."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from ragmarket.compliance.decisions import DecisionLog
from ragmarket.compliance.ledger import Ledger
from ragmarket.compliance.ledger_files import read_ledger_files
from ragmarket.compliance.proposals import is_about, matters
from ragmarket.compliance.rules.normalise import fold
from ragmarket.compliance.versions import apply
from ragmarket.compliance.wordings import Entry
from ragmarket.errors import BadKnowledge, InvalidInput, NotFound
from ragmarket.schemas.base import today as todays_date
from ragmarket.schemas.compliance import Approval
from ragmarket.schemas.ledger import Decision, DecisionRequest, Matter, ProposalRequest


def same_person(one: str, other: str) -> bool:
    """Whether two names are the same but for case, stops, spaces and look-alike letters."""
    return _bare(one) == _bare(other)


def _bare(name: str) -> str:
    return "".join(char for char in fold(name).text if char.isalnum()) or unicodedata.normalize("NFKC", name)


def open_proposals(records: Iterable[Decision]) -> dict[int, Decision]:
    """The proposals that nobody has decided, by number."""
    waiting: dict[int, Decision] = {}
    for record in records:
        if record.action == "propose":
            waiting[record.seq] = record
        elif record.proposal is not None:
            waiting.pop(record.proposal, None)
    return waiting


def open_register(disclaimers: Path, decisions: Path) -> Register:
    """The register over a folder of wordings and a decisions file.

    Raises:
        BadKnowledge: The folder is wrong, with file and line.
    """
    return Register(*read_ledger_files(disclaimers), DecisionLog(decisions))


class Register:
    """Writes decisions, each checked against the ledger as it stands while it is written.

    Args:
        entries: The wordings of the ledger's files.
        approvals: Their approvals.
        log: The decisions file.
        today: The day in India.
    """

    def __init__(
        self,
        entries: Sequence[Entry],
        approvals: Sequence[Approval],
        log: DecisionLog,
        today: Callable[[], date] = todays_date,
    ) -> None:
        self._entries = entries
        self._approvals = approvals
        self._log = log
        self._today = today

    @property
    def log(self) -> DecisionLog:
        """The decisions file."""
        return self._log

    def ledger(self, records: Iterable[Decision] | None = None) -> Ledger:
        """The ledger under the decisions of the file (or those given)."""
        return Ledger(self._entries, self._approvals, self._log.read().records if records is None else records)

    def propose(self, request: ProposalRequest) -> tuple[Decision, ...]:
        """Record one proposal per language; with ``dry_run`` only say what would be recorded.

        Raises:
            NotFound: The ledger has no such disclaimer.
            InvalidInput: The change cannot be made; names the field. Nothing is recorded.
        """

        def judge(records: Sequence[Decision]) -> list[Mapping[str, Any]]:
            ledger = self.ledger(records)
            waiting = open_proposals(records)
            rows: list[Mapping[str, Any]] = []
            for matter in matters(request, ledger, self._today()):
                for number, other in waiting.items():
                    if _key(other) == _key(matter):
                        raise InvalidInput(
                            f"proposal {number} by {other.maker} already asks for this ({matter.language})",
                            hint=f"Let somebody else decide it: ragmarket disclaimers approve {number} --by NAME …",
                        )
                rows.append(_fields(matter) | {"action": "propose", "maker": request.by, "reason": request.reason})
            return rows

        return self._log.preview(judge) if request.dry_run else self._log.append(judge)

    def decide(self, proposals: Sequence[int], request: DecisionRequest) -> tuple[Decision, ...]:
        """Approve or reject open proposals, all of them or none.

        Whoever proposed may reject (withdraw), never approve.

        Raises:
            NotFound: There is no such proposal.
            InvalidInput: It is decided already, its maker wants to approve it, or it no longer fits the ledger.
        """

        def judge(records: Sequence[Decision]) -> list[Mapping[str, Any]]:
            rows: list[Mapping[str, Any]] = []
            for number in dict.fromkeys(proposals):
                proposal = self._open(number, records)
                if request.action == "approve":
                    if same_person(proposal.maker, request.by):
                        raise InvalidInput(
                            f"by: {request.by} made proposal {number} and cannot approve it",
                            hint="Maker and checker are two people: let another person approve it.",
                        )
                    self._demand_fitting(proposal, [*records, *_drafts(rows, len(records))])
                rows.append(
                    _fields(proposal)
                    | {
                        "action": request.action,
                        "proposal": number,
                        "maker": proposal.maker,
                        "checker": request.by,
                        "reason": request.reason,
                    }
                )
            return rows

        return self._log.preview(judge) if request.dry_run else self._log.append(judge)

    def _open(self, number: int, records: Sequence[Decision]) -> Decision:
        waiting = open_proposals(records)
        if number in waiting:
            return waiting[number]
        done = next((one for one in records if one.proposal == number), None)
        if done is not None:
            what = "approved" if done.action == "approve" else "rejected"
            raise InvalidInput(
                f"proposal {number} was {what} by {done.checker}", hint="Propose again to change the decision."
            )
        raise NotFound(f"there is no proposal {number}", hint="`ragmarket disclaimers pending` lists the open ones.")

    def _demand_fitting(self, proposal: Decision, records: Sequence[Decision]) -> None:
        """Refuse what has been overtaken since it was proposed."""
        ledger = self.ledger(records)
        if proposal.effective_from is not None and proposal.effective_from < self._today():
            problem = f"proposal {proposal.seq} was for {proposal.effective_from}, which is past"
            raise InvalidInput(problem, hint="Reject it and propose it again for a day to come.")
        if proposal.change == "supersede":
            try:
                apply(ledger.wordings, proposal)
            except BadKnowledge as error:
                raise InvalidInput(error.message, hint="Reject the proposal, or propose another day.") from error
        elif not any(is_about(version, proposal) for version in ledger.wordings):
            raise InvalidInput(
                f"the wording of {proposal.entry} in {proposal.language} was changed since proposal {proposal.seq}",
                hint="Reject it, read the new text, and propose that.",
            )


def _fields(matter: Matter) -> dict[str, Any]:
    return {name: getattr(matter, name) for name in Matter.model_fields}


def _key(matter: Matter) -> tuple[Any, ...]:
    return (
        matter.change,
        matter.entry,
        matter.language,
        matter.sha256,
        matter.effective_from,
        frozenset(matter.channels),
    )


def _drafts(rows: Sequence[Mapping[str, Any]], known: int) -> list[Decision]:
    """Rows of this round that are not written yet, as decisions that the next one has to fit."""
    return [
        Decision.model_validate({**row, "seq": known + n, "at": "2000-01-01T00:00:00Z", "previous": "", "hash": ""})
        for n, row in enumerate(rows, start=1)
    ]
