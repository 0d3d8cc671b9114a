"""The caretaker: the only one with all the keys. Settings in, a working house out, with all that its doors ask for."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from ragmarket import predicting
from ragmarket.complying import ComplianceDesk
from ragmarket.errors import RagmarketError
from ragmarket.replaying import Replayer
from ragmarket.rooms.customers import PREDICTOR_WEIGHTS
from ragmarket.rooms.writing import WRITER_WEIGHTS
from ragmarket.schemas.compliance import CheckRequest, CheckVerdict
from ragmarket.schemas.dismissal import Dismissal, DismissalRequest, DraftFindings
from ragmarket.schemas.grounding import GroundingRequest, GroundingVerdict
from ragmarket.schemas.indexing import IndexReport
from ragmarket.schemas.prediction import DriftReport, Prediction
from ragmarket.schemas.replay import Replay
from ragmarket.settings import Settings

__all__ = ["PREDICTOR_WEIGHTS", "WRITER_WEIGHTS", "House", "build"]

if TYPE_CHECKING:
    from ragmarket.audit.desk import AuditDesk
    from ragmarket.schemas.trace import Trace


class House(ComplianceDesk):
    """The workshops, and what the command line and the API ask of them."""

    def index(self, *, progress: bool = False) -> IndexReport:
        """(Re)index changed documents; ``progress`` draws a bar on stderr."""
        from ragmarket.retrieval.index import CorpusIndex

        index = CorpusIndex(self.settings.home, self.catalogue, self.encoder, place=self.place)
        return index.update(self.settings.corpus_dir, progress=progress)

    def check(self, request: CheckRequest, body_only: bool = False) -> CheckVerdict:
        """Check copy that somebody else wrote."""
        self._heed_decisions()
        return self.rules.check(request, body_only=body_only)

    def ground(self, request: GroundingRequest) -> GroundingVerdict:
        """Judge one claim against its evidence."""
        return self.verifier.verify(request)

    def predict(self, signals: Mapping[str, object]) -> Prediction:
        """Predict for one customer: by signals, by ``customer_id``, by a visit, by ``segment``, or by these together.

        Raises:
            NotFound: Only a reference was given, and no table knows it.
            InvalidInput: A signal or an event is wrong.
        """
        return predicting.predict(self, signals)

    def predict_many(self, many: Sequence[Mapping[str, object]]) -> list[Prediction | RagmarketError]:
        """As `predict`, for a list; what is wrong with one answers in its place."""
        return predicting.predict_many(self, many)

    def predict_all(self, day: date) -> Iterator[tuple[str, Prediction]]:
        """Predict for every customer of the published tables, by reference.

        Raises:
            NotFound: There are none.
        """
        return predicting.predict_all(self, day)

    def drift(self, many: Sequence[Mapping[str, object]]) -> DriftReport:
        """How far these customers differ from those that the predictor was trained on.

        Raises:
            InvalidInput: A signal is wrong.
        """
        return predicting.drift(self, many)

    def drift_of_all(self, day: date) -> DriftReport:
        """How far the customers of the published tables differ from those of training.

        Raises:
            NotFound: There are none.
        """
        return predicting.drift_of_all(self, day)

    def findings(self, draft_id: str) -> DraftFindings:
        """What was found in a recorded draft, and what was decided of it.

        Raises:
            NotFound: No such draft was recorded.
        """
        from ragmarket.audit.dismissals import draft_findings

        return draft_findings(self.audit, draft_id)

    def dismiss(self, draft_id: str, number: int, request: DismissalRequest) -> Dismissal:
        """Record that a person lets a finding for review stand.

        Raises:
            NotFound: No such draft was recorded.
            InvalidInput: It may not be dismissed; nothing was recorded.
        """
        from ragmarket.audit.dismissals import dismiss

        return dismiss(self.audit, draft_id, number, request)

    @cached_property
    def auditor(self) -> AuditDesk:
        """What an auditor asks of the log."""
        from ragmarket.audit.desk import AuditDesk

        return AuditDesk(self.audit, lambda: self.checkpoints)

    def trace(self, draft_id: str) -> Trace:
        """Where each sentence of a recorded message comes from; its own entry is checked, with both neighbours.

        Raises:
            NotFound: No such draft was recorded.
            RecordRemoved: Its retention was over.
            AuditChainBroken: The bytes on disk are no record of a draft.
        """
        return self.auditor.trace(draft_id)

    def trace_text(self, draft_id: str) -> str:
        """The trace for a terminal."""
        from ragmarket.audit.rendering import render_trace

        return render_trace(self.trace(draft_id))

    @cached_property
    def _replayer(self) -> Replayer:
        return Replayer(self)

    def replay(self, draft_id: str) -> Replay:
        """Make a recorded draft again under the documents, rules and knowledge of its day, and compare.

        Raises:
            NotFound: No such draft was recorded.
            InvalidInput: What is recorded there is no draft.
            AuditChainBroken: The record, or bytes that it cites, were altered.
        """
        return self._replayer.replay(draft_id)

    def warm_up(self) -> None:
        """Load everything that the first draft would otherwise wait for.

        Raises:
            RagmarketError: A part is missing or does not answer.
        """
        for part in (self.engine, self.retriever, self.rules, self.predictor):
            part.warm_up()
        self.verifier.warm_up(sorted(self.packs))
        _settle()

    def ready(self) -> dict[str, str]:
        """Each part, "ok" or what is missing."""
        parts: dict[str, Callable[[], object]] = {
            "knowledge": lambda: self.packs,
            "ledger": lambda: self.ledger,
            "index": lambda: self.retriever.warm_up() if self.documents() else "nothing is indexed yet",
            "writer": lambda: self.engine.warm_up(),  # noqa: PLW0108 (the engine is built inside the try below)
            "predictor": lambda: self.predictor.warm_up(),  # noqa: PLW0108
            "audit": lambda: self.audit.head(),  # noqa: PLW0108
        }
        answers = {}
        for name, part in parts.items():
            try:
                answer = part()
                answers[name] = answer if isinstance(answer, str) else "ok"
            except RagmarketError as error:
                answers[name] = error.message
            except Exception as error:  # noqa: BLE001 (whatever is wrong with a part, the others are asked)
                answers[name] = f"fault: {type(error).__name__}"
        return answers


@lru_cache(maxsize=1)
def _settle() -> None:
    """Tell the garbage collector, once in a process, that what was loaded stays.

    Of over a million objects, a full collection would look through each, and stop every thread for most of a second.
    """
    gc.collect()
    gc.freeze()


def build(settings: Settings) -> House:
    """The house for these settings."""
    return House(settings)
