"""What is kept of every message: the log, its checkpoints and its exhibits."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from ragmarket.knowledge.bundle import bundle
from ragmarket.knowledge.own_segments import as_file
from ragmarket.rooms.customers import PREDICTOR_WEIGHTS
from ragmarket.rooms.reading import ReadingRoom
from ragmarket.rooms.writing import WRITER_WEIGHTS
from ragmarket.schemas.exhibit import Exhibit

if TYPE_CHECKING:
    from ragmarket.audit.checkpoints import Checkpoints
    from ragmarket.audit.log import SqlAuditLog


class RecordRoom(ReadingRoom):
    """The log, its checkpoints and the exhibits that records cite."""

    @cached_property
    def audit(self) -> SqlAuditLog:
        """The log."""
        from ragmarket.audit.log import SqlAuditLog

        options = self.settings.audit
        url = options.url.get_secret_value() if options.url else f"sqlite:///{self.settings.home / 'audit.sqlite3'}"
        return SqlAuditLog(
            url,
            after_append=self.checkpoints.heed if options.key_file else None,
            before_waiting=self.turn.end,
        )

    @cached_property
    def checkpoints(self) -> Checkpoints:
        """Who makes checkpoints of the log, signed when there is a key."""
        from ragmarket.audit.checkpoints import Checkpoints
        from ragmarket.audit.signing import load_signer

        options = self.settings.audit
        return Checkpoints(load_signer(options.key_file) if options.key_file else None, options.checkpoint_every)

    @cached_property
    def exhibits(self) -> tuple[Exhibit, ...]:
        """What every record keeps beside documents and rules: the bank's knowledge, and the cards of the models."""
        from ragmarket.compliance.grounding.model.store import SHIPPED as SUPPORT
        from ragmarket.compliance.paraphrase.model import SHIPPED

        options = self.settings
        folders = {
            "writer_card": None if options.generation.base_url else options.generation.model_dir or WRITER_WEIGHTS,
            "claims_classifier_card": options.compliance.claims_model_dir or SHIPPED,
            "support_model_card": options.compliance.support_model_dir or SUPPORT,
            "predictor_card": options.prediction.model_dir or PREDICTOR_WEIGHTS,
        }
        cards = {name: folder / "card.json" for name, folder in folders.items() if folder is not None}
        kept = [Exhibit(name, card.read_bytes()) for name, card in cards.items() if card.is_file()]
        return (Exhibit("knowledge", bundle(beside=as_file(self.own_segments))), *kept)
