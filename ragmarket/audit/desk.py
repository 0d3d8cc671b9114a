"""The auditor's desk: what is asked of the log by somebody who reads; only an export may add a checkpoint.

One record is checked with its neighbours each time it is shown; the chain as a whole is verified apart (`watch`), so
that a trace takes as long in a long log as in a short one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from itertools import islice
from pathlib import Path

from pydantic import ValidationError

from ragmarket.audit.checkpoints import Checkpoints
from ragmarket.audit.export import export, selected
from ragmarket.audit.listing import draft_page
from ragmarket.audit.log import SqlAuditLog
from ragmarket.audit.log_tree import LogTree
from ragmarket.audit.neighbours import checkpoint_views, entry_view
from ragmarket.audit.proofs import proof_faults, prove
from ragmarket.audit.trace import build_trace
from ragmarket.audit.watch import ChainWatch
from ragmarket.errors import AuditChainBroken, InvalidInput, NotFound
from ragmarket.schemas.chain import CheckpointPage, DraftFilter, DraftPage, EntryView, HeadView
from ragmarket.schemas.checkpoint import InclusionProof
from ragmarket.schemas.export import ExportReport, Selection
from ragmarket.schemas.trace import ChainStatus, Trace

# More is for the command line, which shows how far it is and is cut off by no proxy.
MOST_EXPORTED = 2_000


class AuditDesk:
    """Reads one log for an auditor.

    Args:
        log: The log.
        keeper: Gives who makes checkpoints; asked when first needed, because it reads the key.
    """

    def __init__(self, log: SqlAuditLog, keeper: Callable[[], Checkpoints]) -> None:
        self._log = log
        self._keeper = keeper
        self._tree = LogTree(log)
        self.chain = ChainWatch(log, self._public_key)

    def _public_key(self) -> bytes | None:
        return self._key

    @cached_property
    def _key(self) -> bytes | None:
        signer = self._keeper().signer
        return signer.public_key if signer else None

    def trace(self, draft_id: str) -> Trace:
        """Where each sentence of a recorded message comes from; the record is checked, the chain is not.

        Raises:
            NotFound: No such draft was recorded.
            RecordRemoved: Its retention was over; `entry` says what is left of it.
            AuditChainBroken: The bytes on disk are no record of a draft.
        """
        entry = self._log.entry(draft_id)
        view = entry_view(self._log, entry, self._public_key())
        try:
            trace = build_trace(self._log, draft_id, view.faults)
        except (ValidationError, KeyError, TypeError, AttributeError, ValueError) as error:
            raise AuditChainBroken(
                f"the record of draft {draft_id!r} (entry {entry.seq}) cannot be read as a draft's: {error!r:.200}"
            ) from error
        known = self.chain.state()
        covered = known.verified is not None and known.verified.seq >= entry.seq
        broken = bool(view.faults) or known.state == "broken"
        chain: ChainStatus = "broken" if broken else "intact" if covered else "not_verified"
        return trace.model_copy(update={"entry": view, "chain": chain})

    def entry(self, draft_id: str) -> EntryView:
        """The entry of a draft, whatever became of its record.

        Raises:
            NotFound: No such draft was recorded.
        """
        return entry_view(self._log, self._log.entry(draft_id), self._public_key())

    def drafts(self, wanted: DraftFilter, *, before: int | None = None, limit: int = 25) -> DraftPage:
        """A page of recorded drafts, newest first.

        Raises:
            InvalidInput: The days are in the wrong order.
        """
        return draft_page(self._log, wanted, before=before, limit=limit)

    def head(self) -> HeadView:
        """The end of the chain, and the newest checkpoint."""
        newest = next(checkpoint_views(self._log, self._public_key()), None)
        return HeadView(head=self._log.head(), checkpoint=newest)

    def checkpoints(self, *, before: int | None = None, limit: int = 25) -> CheckpointPage:
        """A page of checkpoints, newest first; ``before`` is a place in the log."""
        views = checkpoint_views(self._log, self._public_key())
        found = list(islice((one for one in views if before is None or one.seq < before), limit + 1))
        page = found[:limit]
        return CheckpointPage(checkpoints=tuple(page), next=page[-1].seq if len(found) > limit else None)

    def proof(self, draft_id: str) -> InclusionProof:
        """That a draft's entry stands in the log of the newest checkpoint.

        Raises:
            NotFound: No such draft was recorded, or no checkpoint covers it yet.
            AuditChainBroken: The log is no longer the one that the checkpoint stands for.
        """
        entry = self._log.entry(draft_id)
        sound = (one for one in checkpoint_views(self._log, self._public_key()) if one.signature != "forged")
        point = next(sound, None)
        if point is None:
            hint = "Make one with `ragmarket audit checkpoint`."
            raise NotFound("the log holds no checkpoint that a proof could lead to", hint=hint)
        proof = prove(entry, point.checkpoint, self._tree.now())
        faults = proof_faults(proof, self._public_key() if point.signature == "valid" else None)
        if faults:
            raise AuditChainBroken(f"entry {entry.seq} of the audit log cannot be proved: {faults[0]}")
        return proof

    def blob(self, sha256: str) -> bytes:
        """Bytes that the log keeps.

        Raises:
            NotFound: Nothing is kept under this hash.
            AuditChainBroken: What is kept under it has another hash.
        """
        return self._log.get_blob(sha256)

    def export(self, selection: Selection, folder: Path) -> ExportReport:
        """Hand a part of the log over, in a new folder; at most `MOST_EXPORTED` entries.

        Raises:
            InvalidInput: Nothing, or too much, is asked for.
            NotFound: Nothing is recorded there.
            AuditChainBroken: A selected entry was altered.
        """
        if not (selection.ids or selection.campaign or selection.since or selection.until):
            raise InvalidInput("ids: nothing is selected", hint="Give ids, a campaign, or the days since and until.")
        count = len(selected(self._log, selection))
        if count > MOST_EXPORTED:
            raise InvalidInput(
                f"{count:,} entries are selected; at most {MOST_EXPORTED:,} are handed over at once",
                hint="Choose fewer days, or run `ragmarket audit export`.",
            )
        return export(self._log, selection, folder, checkpoints=self._keeper())
