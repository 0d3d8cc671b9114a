"""A record's own inputs in the shapes that the line takes them, and what differs once it ran again.

The line is the house's own: it gets the recorded prediction, the recorded evidence, the documents and rules from the
log's blobs, and either the model or, where another one is installed now, the answers that the model gave that day.
Retrieval is not run again; its result is read again, span by span, in the kept documents.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from ragmarket.audit.canonical import sha256_hex
from ragmarket.errors import InvalidInput, NotFound, UndecodableOutput
from ragmarket.protocols import BlobSource
from ragmarket.schemas.brief import Brief
from ragmarket.schemas.compliance import Finding, Policy
from ragmarket.schemas.customers import CustomerView, VisitView
from ragmarket.schemas.draft import Draft, Generation
from ragmarket.schemas.evidence import DocumentVersion, Evidence
from ragmarket.schemas.message import AuditRef, ModelInfo
from ragmarket.schemas.prediction import Prediction

# Rules about who is addressed, not about what is said: they are the line's own and stand in no policy.
_CUSTOMER_RULES = "customer."
# A line of the model's answer in which the product's name is the only slot.
_LINE = re.compile(r'"((?:[^"{}\\\\])*\{product\}(?:[^"{}\\\\])*)"')


class RecordedRun:
    """One draft's record, read back as `Predictor`, `Customers`, `Retriever` and `AuditLog` of the run that made it.

    Args:
        record: The record.
        blob: The log's kept bytes by hash, checked.

    Raises:
        InvalidInput: The record is not that of a draft, or lacks what a replay needs.
    """

    def __init__(self, record: Mapping[str, Any], blob: Callable[[str], bytes]) -> None:
        if "kind" in record or not record.get("brief") or not record.get("policy"):
            raise InvalidInput(f"{record.get('draft_id')!r} records no draft", hint="Give the draft_id of a result.")
        self.record = record
        self._blob = blob
        self.brief = Brief.model_validate(record["brief"])
        self.evidence = tuple(Evidence.model_validate(item) for item in record.get("evidence") or ())
        raw = record.get("prediction")
        self._prediction = Prediction.model_validate(raw) if raw else None
        self.made: Mapping[str, Any] | None = None

    @property
    def snapshot(self) -> bytes:
        """The policy snapshot of that day."""
        return self._blob(str(self.record["blobs"]["policy_sha256"]))

    @property
    def knowledge(self) -> bytes | None:
        """The bank's knowledge files of that day; None in records older than the field."""
        sha256 = (self.record.get("blobs") or {}).get("knowledge_sha256")
        return self._blob(str(sha256)) if sha256 else None

    @property
    def model(self) -> ModelInfo | None:
        """Which model wrote; None where nothing was written."""
        raw = (self.record.get("result") or {}).get("model")
        return ModelInfo.model_validate(raw) if raw else None

    @property
    def generations(self) -> tuple[Generation, ...]:
        """The model's answers, attempt by attempt."""
        names = set(Generation.model_fields)
        attempts = self.record.get("attempts") or ()
        return tuple(
            Generation.model_validate({name: value for name, value in one.items() if name in names})
            for one in attempts
            if one.get("raw") is not None
        )

    # Predictor.
    def predict(self, brief: Brief, signals: Mapping[str, object] | None = None) -> Prediction:  # noqa: ARG002
        """The recorded prediction; the customer's signals are in no record."""
        if self._prediction is None:
            raise InvalidInput("prediction: the record holds none", hint="Such a record cannot be replayed.")
        return self._prediction

    # Customers and visits, as far as the line asks them again: may this one be addressed?
    @property
    def barred(self) -> str | None:
        """The rule by which the customer could not be addressed that day; None where nothing stood against it."""
        findings = (self.record.get("result") or {}).get("findings") or ()
        rules = (str(one.get("rule")) for one in findings)
        return next((rule for rule in rules if rule.startswith(_CUSTOMER_RULES)), None)

    def find(self, customer_id: str, as_of: date) -> CustomerView | None:  # noqa: ARG002
        """Whether the bank could address the customer that day; what it knew of them is in no record."""
        return CustomerView(customer_id=customer_id, barred=self.barred) if self.barred else None

    def visit(self, session_id: str) -> VisitView | None:
        """Whether the bank could address the visitor that day; what the visit showed stands in the prediction."""
        return VisitView(session_id=session_id, barred=self.barred) if self.barred else None

    # Retriever.
    def product(self, product_code: str, as_of: date) -> DocumentVersion:
        """What the record says of the product, under the name that the message used."""
        product = self.record.get("product") or {}
        return DocumentVersion(
            doc_id=str(product.get("doc_id", "unknown")),
            version=str(product.get("version", "unknown")),
            title=self.product_name,
            kind="product",
            product_class=self.record["policy"]["product_class"],
            product_code=product_code,
            product_name=self.product_name,
            issuer="recorded",
            effective_from=as_of,
            language="en",
            source_format="text",
            source="the audit log",
            path="",
            sha256="",
            source_sha256="",
        )

    @property
    def product_name(self) -> str:
        """The product's name as it was written; in records older than the field, the evidence's title."""
        name = (self.record.get("product") or {}).get("name") or self._spliced_name()
        titles = (item.title for item in self.evidence if item.product_code == self.brief.product_code)
        return str(name or next(titles, self.brief.product_code))

    def _spliced_name(self) -> str | None:
        """What was spliced in for the product: a written line that holds no other slot, held against the message."""
        for attempt in self.record.get("attempts") or ():
            message = (attempt.get("message") or {}).get("text")
            for line in _LINE.findall(attempt.get("raw") or "") if message else ():
                before, after = (re.escape(part) for part in line.split("{product}"))
                found = re.search(f"{before}([^\\n]+?){after}(?:$|\\n)", str(message))
                if found:
                    return found[1]
        return None

    def retrieve(self, brief: Brief, prediction: Prediction, policy: Policy) -> tuple[Evidence, ...]:  # noqa: ARG002
        """The recorded evidence."""
        return self.evidence

    def text(self, sha256: str) -> str:
        """A document as it was kept."""
        return self._blob(sha256).decode("utf-8")

    # AuditLog, of which the line needs one verb: what it would record is looked at and recorded nowhere.
    def append(self, record: Mapping[str, object], blobs: Mapping[str, BlobSource] | None = None) -> AuditRef:  # noqa: ARG002
        """Take what the run would have recorded."""
        self.made = record
        return AuditRef(seq=0, hash="")

    def get(self, draft_id: str) -> Mapping[str, object]:
        """Nothing is recorded here."""
        raise NotFound(draft_id)

    def put_blob(self, data: bytes) -> str:
        """The hash of the bytes, which are kept nowhere."""
        return sha256_hex(data)

    def get_blob(self, sha256: str) -> bytes:
        """The log's own bytes."""
        return self._blob(sha256)

    def records(self) -> Iterator[Mapping[str, object]]:
        """None."""
        return iter(())

    def verify(self) -> Sequence[Mapping[str, object]]:
        """There is nothing to verify."""
        return ()


class RecordedDrafter:
    """A `Drafter` that says again what the model said that day.

    Args:
        generations: The model's answers in order.
        parse: Reads an answer as a draft.
    """

    def __init__(self, generations: Sequence[Generation], parse: Callable[[str], Draft]) -> None:
        self._generations = tuple(generations)
        self._parse = parse

    def draft(
        self,
        brief: Brief,  # noqa: ARG002
        prediction: Prediction,  # noqa: ARG002
        policy: Policy,  # noqa: ARG002
        evidence: Sequence[Evidence],  # noqa: ARG002
        product_name: str,  # noqa: ARG002
        findings: Sequence[Finding],  # noqa: ARG002
        attempt: int,
    ) -> tuple[Draft, Generation]:
        """The recorded answer of one attempt.

        Raises:
            UndecodableOutput: There is none, or it is not a draft.
        """
        if attempt >= len(self._generations):
            raise UndecodableOutput(f"the record holds no answer of the model for attempt {attempt + 1}")
        generation = self._generations[attempt]
        try:
            return self._parse(generation.raw), generation
        except UndecodableOutput as error:
            error.generation = generation
            raise
