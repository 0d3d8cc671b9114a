"""Shipped doubles: small, honest stand-ins that keep the same promises as the real workshops.

They serve the project's tests and anybody who builds on ragmarket without its heavy parts. The contract tests in
`tests/contracts/` run on the double and on the real thing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from ragmarket.errors import AuditWriteFailed, NotFound, UnknownProduct
from ragmarket.protocols import BlobSource
from ragmarket.schemas.brief import Brief
from ragmarket.schemas.compliance import Policy
from ragmarket.schemas.draft import Generation
from ragmarket.schemas.evidence import DocumentVersion, Evidence
from ragmarket.schemas.message import AuditRef
from ragmarket.schemas.prediction import Prediction


class FixedPredictor:
    """Predicts what it was told, unless the brief says otherwise."""

    def __init__(self, segment: str = "neutral", intent: str = "general") -> None:
        self._segment = segment
        self._intent = intent

    def predict(self, brief: Brief, signals: Mapping[str, object] | None = None) -> Prediction:
        """The fixed segment and intent; the brief's own win."""
        return Prediction(
            segment=brief.segment or self._segment,
            intent=brief.intent or self._intent,
            confidence=1.0,
            source="caller" if brief.intent or brief.segment else "model" if signals else "neutral",
            predicted_segment=self._segment,
            predicted_intent=self._intent,
            model="fixed",
        )


class MemoryRetriever:
    """Evidence given at construction, with the documents it comes from."""

    def __init__(self, documents: Mapping[str, tuple[DocumentVersion, str]], evidence: Sequence[Evidence]) -> None:
        self._documents = {version.sha256: (version, text) for version, text in documents.values()}
        self._evidence = tuple(evidence)

    def product(self, product_code: str, as_of: date) -> DocumentVersion:
        """The first version in force that belongs to the product."""
        for version, _ in self._documents.values():
            if version.product_code == product_code and version.in_force(as_of):
                return version
        raise UnknownProduct(f"no document of {product_code!r} is in force on {as_of}")

    def retrieve(self, brief: Brief, prediction: Prediction, policy: Policy) -> tuple[Evidence, ...]:  # noqa: ARG002
        """All evidence of the product, in the order given."""
        return tuple(item for item in self._evidence if item.product_code in {None, brief.product_code})

    def text(self, sha256: str) -> str:
        """The canonical text of a document."""
        return self._documents[sha256][1]


class ScriptedEngine:
    """Answers from a list, in order; the last answer repeats. Keeps the prompts and grammars it was given."""

    def __init__(self, answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.prompts: list[str] = []
        self.grammars: list[str] = []

    def generate(self, prompt: str, grammar: str, *, seed: int, max_tokens: int, temperature: float) -> Generation:  # noqa: ARG002
        """The next answer."""
        self.prompts.append(prompt)
        self.grammars.append(grammar)
        raw = self._answers[min(len(self.prompts), len(self._answers)) - 1]
        return Generation(
            raw=raw,
            prompt=prompt,
            prompt_tokens=len(prompt.split()),
            completion_tokens=len(raw.split()),
            model="scripted",
            revision=hashlib.sha256("".join(self._answers).encode()).hexdigest()[:16],
            engine="scripted",
            seed=seed,
        )


class MemoryAuditLog:
    """An audit log in memory, hash-chained like the real one; ``full`` makes every append fail."""

    def __init__(self) -> None:
        self._records: list[tuple[str, Mapping[str, object]]] = []
        self._blobs: dict[str, bytes] = {}
        self.full = False

    def append(self, record: Mapping[str, object], blobs: Mapping[str, BlobSource] | None = None) -> AuditRef:
        """Append one record with the bytes it cites."""
        if self.full:
            raise AuditWriteFailed("the log is full")
        draft_id = record.get("draft_id")
        if not draft_id:
            raise AuditWriteFailed("the record has no draft_id")
        if any(kept["draft_id"] == draft_id for _, kept in self._records):
            raise AuditWriteFailed(f"the draft {draft_id!r} is recorded already")
        for sha256, source in (blobs or {}).items():
            if sha256 not in self._blobs and self.put_blob(source() if callable(source) else source) != sha256:
                raise AuditWriteFailed(f"the bytes given for {sha256} have another hash")
        body = json.dumps(record, sort_keys=True, ensure_ascii=False)
        previous = self._records[-1][0] if self._records else ""
        digest = hashlib.sha256((previous + body).encode()).hexdigest()
        self._records.append((digest, json.loads(body)))
        return AuditRef(seq=len(self._records), hash=digest)

    def get(self, draft_id: str) -> Mapping[str, object]:
        """The record of one draft."""
        for _, record in self._records:
            if record["draft_id"] == draft_id:
                return record
        raise NotFound(f"no draft {draft_id!r} was recorded")

    def put_blob(self, data: bytes) -> str:
        """Keep bytes under their hash."""
        sha256 = hashlib.sha256(data).hexdigest()
        self._blobs[sha256] = data
        return sha256

    def get_blob(self, sha256: str) -> bytes:
        """Bytes kept under a hash."""
        if sha256 not in self._blobs:
            raise NotFound(f"no bytes are kept under {sha256}")
        return self._blobs[sha256]

    def records(self) -> Iterator[Mapping[str, object]]:
        """All records, oldest first."""
        return iter([record for _, record in self._records])

    def verify(self) -> list[Mapping[str, object]]:
        """Every record whose hash no longer follows from the chain."""
        faults: list[Mapping[str, object]] = []
        previous = ""
        for seq, (digest, record) in enumerate(self._records, start=1):
            body = json.dumps(record, sort_keys=True, ensure_ascii=False)
            if hashlib.sha256((previous + body).encode()).hexdigest() != digest:
                faults.append({"seq": seq, "kind": "altered"})
            previous = digest
        return faults
