"""The caretaker: the only one with all the keys. Settings in, a working house out.

Every workshop is built at the moment it is first asked for, so `ragmarket trace` loads no model and `ragmarket check`
opens no index. Workshops receive plain values, never settings.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragmarket.errors import RagmarketError
from ragmarket.knowledge.angles import Angles, load_angles
from ragmarket.knowledge.catalogue import Catalogue, Theme, load_catalogue
from ragmarket.knowledge.language import LanguagePack, load_languages
from ragmarket.pipeline import Pipeline
from ragmarket.schemas.base import today
from ragmarket.schemas.brief import Brief
from ragmarket.schemas.compliance import CheckRequest, CheckVerdict
from ragmarket.schemas.dismissal import Dismissal, DismissalRequest, DraftFindings
from ragmarket.schemas.evidence import DocumentVersion
from ragmarket.schemas.indexing import IndexReport
from ragmarket.schemas.ledger import Decision, DecisionRequest, ProposalRequest
from ragmarket.schemas.policy import LiveCopy, PolicyImpact
from ragmarket.schemas.prediction import Prediction
from ragmarket.schemas.templates import MadeTemplate, MessageTemplate, TemplateCheck
from ragmarket.settings import Settings

if TYPE_CHECKING:
    from ragmarket.audit.log import SqlAuditLog
    from ragmarket.audit.trace import Trace
    from ragmarket.compliance.decisions import DecisionLog
    from ragmarket.compliance.guard import GuardedReview
    from ragmarket.compliance.ledger import Ledger
    from ragmarket.compliance.policy import PolicyBook
    from ragmarket.compliance.register import Register
    from ragmarket.compliance.registers import Registers
    from ragmarket.compliance.reviewer import ComplianceReviewer
    from ragmarket.generation.drafter import GroundedDrafter
    from ragmarket.generation.engines.embedded import EmbeddedEngine
    from ragmarket.generation.engines.vllm import VllmEngine
    from ragmarket.prediction.predictor import TrainedPredictor
    from ragmarket.retrieval.embedding import SentenceEncoder
    from ragmarket.retrieval.qdrant import QdrantPlace
    from ragmarket.retrieval.retriever import CorpusRetriever

WRITER_WEIGHTS = Path(__file__).parent / "generation" / "writer" / "weights"
CONCURRENT_BRIEFS = 32
PREDICTOR_WEIGHTS = Path(__file__).parent / "prediction" / "weights"


class House:
    """All workshops, wired by settings, each built when first asked for."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._heeding = threading.RLock()
        self._heeded: tuple[int, int] | None = None

    # Knowledge: one copy for the whole house.
    @cached_property
    def catalogue(self) -> Catalogue:
        """The fact catalogue."""
        return load_catalogue()

    @cached_property
    def packs(self) -> Mapping[str, LanguagePack]:
        """Language packs by language, held against the catalogue."""
        return load_languages(self.catalogue)

    @cached_property
    def angles(self) -> Angles:
        """What intents and segments prefer."""
        return load_angles()

    # Workshops.
    @cached_property
    def encoder(self) -> SentenceEncoder:
        """The sentence encoder that index and retriever share."""
        from ragmarket.retrieval.embedding import SentenceEncoder

        return SentenceEncoder(self.settings.retrieval.embedding_model)

    @cached_property
    def place(self) -> QdrantPlace:
        """Where the vectors live."""
        from ragmarket.retrieval.qdrant import QdrantPlace

        options = self.settings.retrieval
        key = options.qdrant_api_key
        return QdrantPlace(
            self.settings.home / "qdrant", url=options.qdrant_url, api_key=key.get_secret_value() if key else None
        )

    @cached_property
    def retriever(self) -> CorpusRetriever:
        """Evidence from the index."""
        from ragmarket.retrieval.retriever import CorpusRetriever

        return CorpusRetriever(
            self.settings.home,
            self.catalogue,
            self.encoder,
            self._weights,
            place=self.place,
            k=self.settings.retrieval.top_k,
        )

    def _weights(self, brief: Brief, prediction: Prediction, product_class: str) -> Mapping[Theme, float]:
        region = self.angles.region(brief.region, brief.language)
        return self.angles.weights(prediction.intent, prediction.segment, product_class, region, brief.as_of)

    @cached_property
    def ledger(self) -> Ledger:
        """Approved wordings."""
        return self.policies.ledger

    @cached_property
    def policies(self) -> PolicyBook:
        """What must and must not be said."""
        from ragmarket.compliance.policy import load_policy_book

        settings = self.settings
        self._heeded = self.decision_log.state()
        return load_policy_book(
            settings.compliance.disclaimers_dir, production=settings.production, decisions=settings.decisions_file
        )

    @cached_property
    def decision_log(self) -> DecisionLog:
        """Who approved, expired and superseded which wording."""
        from ragmarket.compliance.decisions import DecisionLog

        return DecisionLog(self.settings.decisions_file)

    def _heed_decisions(self) -> None:
        """Let decisions made since, by another process too, count from this request on."""
        with self._heeding:
            if "policies" in self.__dict__ and self.decision_log.state() != self._heeded:
                for name in ("ledger", "policies", "rules", "reviewer", "_pipeline"):
                    self.__dict__.pop(name, None)

    @cached_property
    def rules(self) -> GuardedReview:
        """The rules on final text, behind guardrails-ai."""
        from ragmarket.compliance.guard import GuardedReview
        from ragmarket.compliance.paraphrase.model import SHIPPED

        return GuardedReview(self.policies, self.settings.compliance.claims_model_dir or SHIPPED)

    @cached_property
    def reviewer(self) -> ComplianceReviewer:
        """Renderer and checks."""
        from ragmarket.compliance.renderer import Renderer
        from ragmarket.compliance.reviewer import ComplianceReviewer
        from ragmarket.compliance.support import SupportCheck

        renderer = Renderer(self.catalogue, self.packs)
        return ComplianceReviewer(renderer, SupportCheck(self.packs), self.rules, self.document_text)

    @cached_property
    def engine(self) -> EmbeddedEngine | VllmEngine:
        """The model that writes: behind the configured server, else in this process."""
        options = self.settings.generation
        if options.base_url:
            from ragmarket.generation.engines.vllm import VllmEngine

            return VllmEngine(
                options.base_url,
                options.model,
                api_key=options.api_key.get_secret_value() if options.api_key else None,
                timeout_s=options.timeout_s,
                retries=options.retries,
            )
        from ragmarket.generation.engines.embedded import EmbeddedEngine

        return EmbeddedEngine(options.model_dir or WRITER_WEIGHTS, threads=options.threads)

    @property
    def writers(self) -> int:
        """How many messages are worth writing at a time: a server batches them, the engine in process does not."""
        options = self.settings.generation
        return options.workers or (CONCURRENT_BRIEFS if options.base_url else 1)

    @cached_property
    def drafter(self) -> GroundedDrafter:
        """Prompt, grammar and engine."""
        from ragmarket.generation.drafter import GroundedDrafter

        return GroundedDrafter(self.engine, self.packs, self.angles)

    @cached_property
    def predictor(self) -> TrainedPredictor:
        """Segment, intent and propensities."""
        from ragmarket.prediction.predictor import TrainedPredictor
        from ragmarket.signals.features import DEFAULT_SPEC

        return TrainedPredictor(
            encode=DEFAULT_SPEC.encode,
            spec_sha256=DEFAULT_SPEC.sha256,
            weights=self.settings.prediction.model_dir or PREDICTOR_WEIGHTS,
            angles=self.angles,
        )

    @cached_property
    def audit(self) -> SqlAuditLog:
        """The log."""
        from ragmarket.audit.log import SqlAuditLog

        url = self.settings.audit.url
        return SqlAuditLog(url.get_secret_value() if url else f"sqlite:///{self.settings.home / 'audit.sqlite3'}")

    @property
    def pipeline(self) -> Pipeline:
        """The line, under the wordings decided by now."""
        self._heed_decisions()
        return self._pipeline

    @cached_property
    def _pipeline(self) -> Pipeline:
        return Pipeline(
            predictor=self.predictor,
            policies=self.policies,
            retriever=self.retriever,
            drafter=self.drafter,
            reviewer=self.reviewer,
            audit=self.audit,
            rewrites=self.settings.generation.rewrites,
        )

    # What the doors ask for.
    def index(self, *, progress: bool = False) -> IndexReport:
        """(Re)index changed documents; ``progress`` draws a bar on stderr."""
        from ragmarket.retrieval.index import CorpusIndex

        index = CorpusIndex(self.settings.home, self.catalogue, self.encoder, place=self.place)
        return index.update(self.settings.corpus_dir, progress=progress)

    def check(self, request: CheckRequest, body_only: bool = False) -> CheckVerdict:
        """Check copy that somebody else wrote."""
        self._heed_decisions()
        return self.rules.check(request, body_only=body_only)

    def predict(self, signals: Mapping[str, object]) -> Prediction:
        """Predict for one customer."""
        return self.predictor.score(signals)

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

    def trace(self, draft_id: str) -> Trace:
        """Where each sentence of a recorded message comes from."""
        from ragmarket.audit.trace import build_trace

        return build_trace(self.audit, draft_id, self.audit.verify())

    def trace_text(self, draft_id: str) -> str:
        """The trace for a terminal."""
        from ragmarket.audit.rendering import render_trace

        return render_trace(self.trace(draft_id))

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

    def documents(self) -> list[DocumentVersion]:
        """All indexed document versions; none before the first indexing."""
        from ragmarket.retrieval.documents import DocumentStore

        state = DocumentStore(self.settings.home).state()
        return [entry.version for entry in state.entries] if state else []

    def document_text(self, sha256: str) -> str:
        """The canonical text of a document version, past ones included.

        Raises:
            NotFound: It was never indexed.
        """
        from ragmarket.retrieval.documents import DocumentStore

        return DocumentStore(self.settings.home).text(sha256)

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
