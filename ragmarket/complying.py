"""What the compliance officer asks of the house: wordings and who decided on them, rules, registered templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragmarket.errors import RagmarketError
from ragmarket.schemas.base import today
from ragmarket.schemas.ledger import Decision, DecisionRequest, ProposalRequest
from ragmarket.schemas.policy import LiveCopy, PolicyImpact
from ragmarket.schemas.templates import MadeTemplate, MessageTemplate, TemplateCheck
from ragmarket.workshops import Workshops

if TYPE_CHECKING:
    from ragmarket.compliance.register import Register
    from ragmarket.compliance.registers import Registers


class ComplianceDesk(Workshops):
    """The workshops, and what the compliance officer asks of them."""

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
        from ragmarket.compliance.templates.making import make_template
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
        from ragmarket.compliance.templates.matching import check_message

        registers = self.registers(registration)
        day = send_at.date() if send_at else today()
        checked = check_message(template, text, registers, day=day)
        sending = check_sending(template.channel, registers, send_at=send_at, consent=consent, barred=barred)
        fails = any(one.severity == "block" for one in sending)
        return checked.model_copy(
            update={"verdict": "fail" if fails else checked.verdict, "findings": (*checked.findings, *sending)}
        )
