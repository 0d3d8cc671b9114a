"""The one page that knows the order.

brief → predict → resolve policy → retrieve → draft → render → review → (again with the findings, at most N times) →
audit → result. It sees promises, never implementations, and branches on no product, channel or language: those
differences are data. Nothing is returned that the audit log does not hold.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, nullcontext
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from ragmarket.errors import NothingToSay, UndecodableOutput
from ragmarket.knowledge.findings import explained
from ragmarket.personal_data import find_identifiers
from ragmarket.protocols import (
    AuditLog,
    BlobSource,
    Customers,
    Drafter,
    PolicyBook,
    Predictor,
    Retriever,
    Reviewer,
    Visits,
)
from ragmarket.schemas.base import today
from ragmarket.schemas.brief import Brief
from ragmarket.schemas.compliance import Finding, Policy
from ragmarket.schemas.customers import CustomerView, VisitView
from ragmarket.schemas.draft import Generation
from ragmarket.schemas.evidence import DocumentVersion, Evidence
from ragmarket.schemas.exhibit import Exhibit
from ragmarket.schemas.message import Message, ModelInfo, Result
from ragmarket.schemas.prediction import Prediction
from ragmarket.telemetry import Stopwatch
from ragmarket.turns import Turn

RECORD_VERSION = 2


def _blocking(findings: Sequence[Finding]) -> bool:
    return any(finding.severity == "block" for finding in findings)


def _impersonal(evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """Evidence without what seems to hold a person's number: a document may, a record or a citation may not."""
    texts = ((item, (item.quote, item.text, *(span.quote for span in item.context))) for item in evidence)
    return tuple(item for item, quotes in texts if not any(map(_personal, quotes)))


@lru_cache(maxsize=16_384)
def _personal(quote: str) -> bool:
    return any(one.kind != "IFSC" for one in find_identifiers(quote))


class Pipeline:
    """Turns briefs into results.

    Args:
        predictor: Who is the customer?
        policies: What must and must not be said?
        retriever: What do the documents say?
        drafter: Says it.
        reviewer: May it be sent?
        audit: What happened.
        rewrites: How often a draft with blocking findings is written again.
        today: The clock's date, used when a brief names no ``as_of``.
        customers: Who a customer is that a brief names; without them the name is recorded and nothing is looked up.
        visits: What a visit was for that a brief names; without them it is recorded and not read.
        exhibits: What else was in force and is kept with each record: cards of models, the bank's knowledge.
        turn: Whose turn it is to write and review, where several threads draft; the drafter leaves it while it waits
            for its engine, the log ends it before it waits for the disk.
    """

    def __init__(
        self,
        *,
        predictor: Predictor,
        policies: PolicyBook,
        retriever: Retriever,
        drafter: Drafter,
        reviewer: Reviewer,
        audit: AuditLog,
        rewrites: int = 2,
        today: Callable[[], date] = today,
        customers: Customers | None = None,
        visits: Visits | None = None,
        exhibits: Callable[[], Sequence[Exhibit]] = tuple,
        turn: Turn | None = None,
    ) -> None:
        self.predictor = predictor
        self.policies = policies
        self.retriever = retriever
        self.drafter = drafter
        self.reviewer = reviewer
        self.audit = audit
        self._rewrites = rewrites
        self._today = today
        self._customers = customers
        self._visits = visits
        self._exhibits = exhibits
        self._turn = turn.taken if turn else nullcontext
        self._snapshot = Exhibit("policy", b"")

    def draft(self, brief: Brief, signals: Mapping[str, object] | None = None) -> Result:
        """One brief in, one result out; a brief that asks for variants gets them beside the first.

        Raises:
            UnknownProduct: No document of the product is in force on the brief's date.
            AuditWriteFailed: The record could not be written, so nothing is returned.
        """
        first = self._one(brief, signals)
        more = [
            self._one(brief.model_copy(update={"seed": brief.seed + number, "variants": 1}), signals)
            for number in range(1, brief.variants)
        ]
        return first.model_copy(update={"variants": tuple(more)}) if more else first

    def _one(self, brief: Brief, signals: Mapping[str, object] | None) -> Result:
        with ExitStack() as working:
            return self._from_brief_to_result(brief, signals, working)

    def _from_brief_to_result(self, brief: Brief, signals: Mapping[str, object] | None, working: ExitStack) -> Result:
        watch = Stopwatch()
        as_of = brief.as_of or self._today()
        brief = brief.model_copy(update={"as_of": as_of})
        product = self.retriever.product(brief.product_code, as_of)
        with watch.stage("predict"):
            visit = self._visits(brief.session_id) if brief.session_id and self._visits else None
            signals, barred = self._known(brief, as_of, signals, visit)
            prediction = self.predictor.predict(brief, signals)
            if visit and visit.shows and brief.intent is None and not barred:
                prediction = visit.shows.told_in(prediction)
        with watch.stage("policy"):
            policy = self.policies.resolve(
                product_class=str(product.product_class), channel=brief.channel, language=brief.language, as_of=as_of
            )
        evidence: tuple[Evidence, ...] = ()
        attempts: list[dict[str, Any]] = []
        message: Message | None = None
        findings: tuple[Finding, ...] = (*barred, *policy.refusals)
        model: ModelInfo | None = None
        if not _blocking(findings):
            with watch.stage("retrieve"):
                evidence = _impersonal(self.retriever.retrieve(brief, prediction, policy))
            with watch.stage("write"):
                working.enter_context(self._turn())
                message, findings, model = self._write(brief, prediction, policy, evidence, product, attempts)
        accepted = message is not None and not _blocking(findings)
        own_approvals = all(entry.approval and not entry.approval.demo for entry in policy.disclaimers)
        result = Result(
            draft_id=f"drf_{uuid.uuid4().hex}",
            status="accepted" if accepted else "refused",
            publishable=accepted and own_approvals and not any(item.severity == "review" for item in findings),
            text=message.text if message and accepted else None,
            language=brief.language,
            channel=brief.channel,
            as_of=as_of,
            subject=message.subject if message and accepted else None,
            claims=self.reviewer.cite(message, evidence) if message and accepted else (),
            disclaimers=message.disclaimers if message and accepted else (),
            findings=findings,
            prediction=prediction,
            attempts=len(attempts),
            model=model,
        )
        with watch.stage("audit"):
            ref = self.audit.append(*self._record(result, brief, policy, product, evidence, attempts))
        return result.model_copy(update={"audit": ref, "timings_ms": watch.timings_ms})

    def _known(
        self, brief: Brief, as_of: date, signals: Mapping[str, object] | None, visit: VisitView | None
    ) -> tuple[Mapping[str, object] | None, tuple[Finding, ...]]:
        """The signals of the customer that a brief names, and why the bank may not address them, if it may not."""
        named = brief.customer_id or (visit.customer_id if visit else None)
        found: CustomerView | VisitView | None = visit if visit and visit.barred else None
        if found is None and named is not None and self._customers is not None:
            found = self._customers.find(named, as_of)
        if found is None:
            return signals, ()
        if found.barred or not isinstance(found, CustomerView):
            message = "this customer may not be addressed: nothing was predicted or written"
            return None, (explained(Finding(rule=str(found.barred), severity="block", message=message)),)
        return (found.signals if signals is None else signals), ()

    def _write(
        self,
        brief: Brief,
        prediction: Prediction,
        policy: Policy,
        evidence: Sequence[Evidence],
        product: DocumentVersion,
        attempts: list[dict[str, Any]],
    ) -> tuple[Message | None, tuple[Finding, ...], ModelInfo | None]:
        """Draft, render and review, again with the findings; the only backward arrow of the house."""
        name = product.product_name or product.title
        message: Message | None = None
        findings: tuple[Finding, ...] = ()
        earlier: tuple[Finding, ...] = ()
        model: ModelInfo | None = None
        for attempt in range(self._rewrites + 1):
            entry: dict[str, Any] = {"attempt": attempt}
            try:
                draft, generation = self.drafter.draft(brief, prediction, policy, evidence, name, earlier, attempt)
                entry |= generation.model_dump(mode="json")
                model = ModelInfo(name=generation.model, revision=generation.revision, engine=generation.engine)
                message = self.reviewer.render(draft, policy, evidence, name)
                findings = self.reviewer.review(message, draft, policy, evidence, name)
                entry["message"] = message.model_dump(mode="json")
            except NothingToSay as error:
                reason = explained(Finding(rule="evidence.nothing_to_say", severity="block", message=error.message))
                return message, (*findings, reason), model
            except UndecodableOutput as error:
                message = None
                if isinstance(error.generation, Generation):
                    entry |= error.generation.model_dump(mode="json")
                findings = (explained(Finding(rule="engine.undecodable", severity="block", message=error.message)),)
            earlier = (*earlier, *findings)
            entry["findings"] = [item.model_dump(mode="json") for item in findings]
            attempts.append(entry)
            if not _blocking(findings):
                break
        return message, findings, model

    def _record(
        self,
        result: Result,
        brief: Brief,
        policy: Policy,
        product: DocumentVersion,
        evidence: Sequence[Evidence],
        attempts: Sequence[Mapping[str, Any]],
    ) -> tuple[dict[str, Any], dict[str, BlobSource]]:
        """Everything above by value or by hash, and the documents, rule books and cards that it cites by hash."""
        documents = {(item.doc_id, item.version, item.sha256) for item in evidence}
        snapshot, rules = self.policies.snapshot(), self._snapshot
        if snapshot is not rules.data:  # hashed once, not for every record
            rules = self._snapshot = Exhibit("policy", snapshot)
        exhibits = (rules, *self._exhibits())
        blobs: dict[str, BlobSource] = {one.sha256: one.data for one in exhibits}
        blobs |= {sha256: self._document(sha256) for _, _, sha256 in documents}
        record = {
            "record_version": RECORD_VERSION,
            "draft_id": result.draft_id,
            "created_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "status": result.status,
            "brief": brief.model_dump(mode="json"),
            "product": {
                "doc_id": product.doc_id,
                "version": product.version,
                "product_class": product.product_class,
                "name": product.product_name or product.title,
            },
            "prediction": result.prediction.model_dump(mode="json") if result.prediction else None,
            "policy": policy.model_dump(mode="json"),
            "evidence": [item.model_dump(mode="json") for item in evidence],
            "documents": [
                {"doc_id": doc_id, "version": version, "sha256": sha256}
                for doc_id, version, sha256 in sorted(documents)
            ],
            "blobs": {f"{one.name}_sha256": one.sha256 for one in exhibits},
            "attempts": list(attempts),
            "result": result.model_dump(mode="json", exclude={"audit", "timings_ms", "variants"}),
        }
        return record, blobs

    def _document(self, sha256: str) -> Callable[[], bytes]:
        return lambda: self.retriever.text(sha256).encode("utf-8")
