"""The caretaker: the only one with all the keys. Settings in, a working house out, with all that its doors ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragmarket.errors import RagmarketError
from ragmarket.predicting import predict
from ragmarket.replaying import Replayer
from ragmarket.schemas.base import today
from ragmarket.schemas.compliance import CheckRequest, CheckVerdict
from ragmarket.schemas.dismissal import Dismissal, DismissalRequest, DraftFindings
from ragmarket.schemas.grounding import GroundingRequest, GroundingVerdict
from ragmarket.schemas.indexing import IndexReport
from ragmarket.schemas.ledger import Decision, DecisionRequest, ProposalRequest
from ragmarket.schemas.policy import LiveCopy, PolicyImpact
from ragmarket.schemas.prediction import Prediction
from ragmarket.schemas.replay import Replay
from ragmarket.schemas.templates import MadeTemplate, MessageTemplate, TemplateCheck
from ragmarket.settings import Settings
from ragmarket.workshops import PREDICTOR_WEIGHTS, WRITER_WEIGHTS, Workshops

__all__ = ["PREDICTOR_WEIGHTS", "WRITER_WEIGHTS", "House", "build"]

if TYPE_CHECKING:
    from ragmarket.audit.desk import AuditDesk
    from ragmarket.compliance.register import Register
    from ragmarket.compliance.registers import Registers
    from ragmarket.schemas.trace import Trace


class House(Workshops):
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
        """Predict for one customer: by signals, by ``customer_id``, by a visit's ``events``, or by these together.

        Raises:
            NotFound: Only a reference was given, and no table knows it.
            InvalidInput: A signal or an event is wrong.
        """
        return predict(self, signals)

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

    def registers(self, registration: Path | None = None) -> Registers:
        """What channels' registers take, with the deployment's own registration or the demo bank's.

        Raises:
            BadKnowledge: A file is wrong; names the line.
        """
        from ragmarket.compliance.registers import load_registers

        return load_registers(registration=registration)

    def template(
        self, draft_id: str, *, category: str, template_id: str | None = None, registration: Path | None = None
    ) -> MadeTemplate:
        """The template to register for an accepted draft, with the values that give the draft back.

        Raises:
            NotFound: No such draft was recorded.
            InvalidInput: It was refused, or is for a channel without templates.
        """
        from typing import cast

        from ragmarket.audit.dismissals import draft_record
        from ragmarket.compliance.registers import Category
        from ragmarket.compliance.templates import make_template
        from ragmarket.errors import InvalidInput
        from ragmarket.schemas.message import Message

        record: Mapping[str, Any] = draft_record(self.audit, draft_id)
        text = (record.get("result") or {}).get("text")
        messages = [attempt.get("message") or {} for attempt in record.get("attempts") or ()]
        released = next((one for one in reversed(messages) if text is not None and one.get("text") == text), None)
        if released is None:
            raise InvalidInput(
                f"the draft {draft_id} was not accepted", hint="Make templates of accepted drafts on sms or whatsapp."
            )
        code = (record.get("brief") or {}).get("product_code")
        names = {one.product_name for one in self.documents() if one.product_code == code and one.product_name}
        return make_template(
            Message.model_validate(released),
            self.registers(registration),
            day=today(),
            names=sorted(names),
            category=cast("Category", category),
            template_id=template_id,
        )

    def check_template(
        self,
        template: MessageTemplate,
        text: str,
        *,
        send_at: datetime | None = None,
        consent: bool | None = None,
        barred: bool | None = None,
        registration: Path | None = None,
    ) -> TemplateCheck:
        """Hold a message against its registered template, and its sending against hours and consent."""
        from ragmarket.compliance.sending import check_sending
        from ragmarket.compliance.templates import check_message

        registers = self.registers(registration)
        day = send_at.date() if send_at else today()
        checked = check_message(template, text, registers, day=day)
        sending = check_sending(template.channel, registers, send_at=send_at, consent=consent, barred=barred)
        fails = any(one.severity == "block" for one in sending)
        return checked.model_copy(
            update={"verdict": "fail" if fails else checked.verdict, "findings": (*checked.findings, *sending)}
        )

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

    def disclaimers(self, as_of: date | None = None, language: str | None = None) -> list[dict[str, Any]]:
        """The ledger with approvals; on a day, only what is in force and was approved by then."""
        self._heed_decisions()
        entries = self.ledger.texts(production=self.settings.production, day=as_of)
        return [entry.model_dump(mode="json") for entry in entries if language in {None, entry.language}]

    def disclaimer(self, id_: str, language: str | None = None, as_of: date | None = None) -> dict[str, Any]:
        """One disclaimer with all its wordings, open proposals and decisions.

        Raises:
            NotFound: The ledger has no such disclaimer.
        """
        from ragmarket.compliance.ledger_view import disclaimer_view

        self._heed_decisions()
        records = self.decision_log.read().records
        day, production = as_of or today(), self.settings.production
        return disclaimer_view(self.ledger, records, id_, day=day, language=language, production=production)

    def propose(self, request: ProposalRequest) -> tuple[Decision, ...]:
        """Record what somebody asks for, one proposal per language.

        Raises:
            InvalidInput: It cannot be made; nothing was recorded.
        """
        return self._register().propose(request)

    def decide(self, proposals: Sequence[int], request: DecisionRequest) -> tuple[Decision, ...]:
        """Approve or reject open proposals, all or none; an approval counts from now on.

        Raises:
            InvalidInput: One may not be decided so; nothing was recorded.
        """
        return self._register().decide(proposals, request)

    def proposals(self) -> tuple[Decision, ...]:
        """What waits for a decision."""
        from ragmarket.compliance.register import open_proposals

        return tuple(open_proposals(self.decision_log.read().records).values())

    def decisions(self) -> dict[str, Any]:
        """Every decision, the head of their chain, and the line of a last record that was cut off.

        Raises:
            BadKnowledge: The chain is broken; names the line.
        """
        found = self.decision_log.read()
        rows = [one.model_dump(mode="json") for one in found.records]
        return {"records": rows, "head": found.head, "torn": found.torn}

    def _register(self) -> Register:
        from ragmarket.compliance.register import open_register

        return open_register(self.settings.compliance.disclaimers_dir, self.settings.decisions_file)

    def policy_rules(self, as_of: date | None = None) -> list[dict[str, Any]]:
        """Every policy and claim rule with its dates, scope, authority and confidence; on a day, those in force."""
        from ragmarket.compliance.policy_view import policy_rows

        self._heed_decisions()
        return policy_rows(self.policies, as_of)

    def policy_rule(self, id_: str) -> dict[str, Any]:
        """One rule with all that its file says.

        Raises:
            NotFound: There is no such rule.
        """
        from ragmarket.compliance.policy_view import policy_rule_view

        self._heed_decisions()
        return policy_rule_view(self.policies, id_)

    def policy_faults(self) -> list[RagmarketError]:
        """Every example of a rule file that does not come out as its file says."""
        from ragmarket.compliance.policy_view import policy_faults

        self._heed_decisions()
        return policy_faults(self.policies)

    def policy_impact(
        self, on: date, copies: Sequence[LiveCopy] | None = None, since: date | None = None
    ) -> PolicyImpact:
        """What rules that begin until ``on`` find in live copy: ``copies``, or all accepted messages of the log.

        Raises:
            InvalidInput: ``on`` is not to come.
        """
        from ragmarket.compliance.impact import live_copy, policy_impact

        self._heed_decisions()
        if copies is None:
            copies = [copy for record in self.audit.records() if (copy := live_copy(record)) is not None]
        return policy_impact(self.policies, copies, on, since or today())

    def warm_up(self) -> None:
        """Load everything that the first draft would otherwise wait for.

        Raises:
            RagmarketError: A part is missing or does not answer.
        """
        for part in (self.engine, self.retriever, self.rules, self.predictor):
            part.warm_up()

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


def build(settings: Settings) -> House:
    """The house for these settings."""
    return House(settings)
