"""A small house for the doors' tests: one deposit, the shipped in-memory audit log, and no model."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from ragmarket.errors import InvalidInput, NotFound, RagmarketError, UndecodableOutput
from ragmarket.schemas.brief import Brief
from ragmarket.schemas.compliance import CheckRequest, CheckVerdict, Finding
from ragmarket.schemas.evidence import DocumentVersion
from ragmarket.schemas.grounding import GroundingRequest, GroundingVerdict
from ragmarket.schemas.indexing import IndexedDocument, IndexReport
from ragmarket.schemas.message import AuditRef, Citation, CitedClaim, ModelInfo, RenderedDisclaimer, Result
from ragmarket.schemas.prediction import Prediction
from ragmarket.settings import Settings
from ragmarket.testing import FixedPredictor, MemoryAuditLog, MemoryRetriever

TEXT = "Aranya Fixed Deposit\nDeposits of 1 year earn 6.40% per annum.\n"
QUOTE = "Deposits of 1 year earn 6.40% per annum."
CLAIM = "एक वर्ष की जमा पर 6.40% वार्षिक ब्याज।"
LAW = "[demo] जमा ₹5 लाख तक बीमित हैं।"
SHA256 = hashlib.sha256(TEXT.encode()).hexdigest()


def version(code: str, product_class: str, **changes: object) -> DocumentVersion:
    fields: dict[str, object] = {
        "doc_id": f"doc-{code.lower()}",
        "version": "2",
        "title": f"Rate card of {code}",
        "kind": "product",
        "product_class": product_class,
        "product_code": code,
        "product_name": f"Product {code}",
        "issuer": "Aranya Bank Limited",
        "effective_from": date(2026, 9, 1),
        "language": "en",
        "source_format": "markdown",
        "source": "a rate card",
        "path": f"{code}.md",
        "sha256": SHA256,
        "source_sha256": SHA256,
    }
    return DocumentVersion.model_validate(fields | changes)


class ChainedMemoryLog(MemoryAuditLog):
    """The shipped double, with a head to keep and to be held against."""

    def head(self) -> AuditRef | None:
        return AuditRef(seq=len(self._records), hash=f"sha256:{self._records[-1][0]}") if self._records else None

    def verify(self, head: AuditRef | None = None, *_: object) -> Iterable[Mapping[str, object]]:  # type: ignore[override]
        kept = {f"sha256:{digest}" for digest, _ in self._records}
        lost = [{"seq": head.seq, "kind": "truncated"}] if head and head.hash not in kept else []
        return [*super().verify(), *lost]


class FakePipeline:
    """Writes the same sentence for every product it knows; refuses intent ``refuse`` and breaks on ``break``."""

    def __init__(self, house: FakeHouse) -> None:
        self._house = house

    def draft(self, brief: Brief, signals: Mapping[str, object] | None = None) -> Result:
        house = self._house
        house.signals.append(signals)
        day = brief.as_of or date(2026, 11, 21)
        house.retriever.product(brief.product_code, day)
        if brief.intent == "break":
            raise UndecodableOutput("the engine answered nonsense")
        if brief.intent == "bug":
            raise KeyError("nobody foresaw this")
        print("a library that talks on stdout")
        accepted = brief.intent != "refuse"
        text = f"{CLAIM}\n\n{LAW}"
        claim_end = len(CLAIM)
        citation = Citation(
            doc_id="doc-arb-fd-001",
            version="2",
            sha256=SHA256,
            start=TEXT.index(QUOTE),
            end=TEXT.index(QUOTE) + len(QUOTE),
            quote=QUOTE,
            verdict="supported",
            score=1.0,
        )
        law = RenderedDisclaimer(
            id="deposit-insurance-short",
            language=brief.language,
            sha256=SHA256,
            start=claim_end + 2,
            end=len(text),
            approval="demo",
        )
        result = Result(
            draft_id=f"drf_{sum(1 for _ in house.audit.records()):032x}",
            status="accepted" if accepted else "refused",
            publishable=accepted,
            text=text if accepted else None,
            language=brief.language,
            channel=brief.channel,
            as_of=day,
            claims=(CitedClaim(text=CLAIM, start=0, end=claim_end, citations=(citation,)),) if accepted else (),
            disclaimers=(law,) if accepted else (),
            findings=() if accepted else (Finding(rule="policy.channel", severity="block", message="too long"),),
            prediction=FixedPredictor().predict(brief, signals),
            attempts=1,
            model=ModelInfo(name="fake", revision="1", engine="none"),
        )
        ref = house.audit.append({"draft_id": result.draft_id, "result": result.model_dump(mode="json")})
        return result.model_copy(update={"audit": ref, "timings_ms": {"write": 1.5}})


class FakeHouse:
    """The house that the doors are promised, over one product (or the documents given)."""

    def __init__(self, settings: Settings | None = None, documents: list[DocumentVersion] | None = None) -> None:
        self.settings = settings or Settings()
        self.audit = ChainedMemoryLog()
        self.warmed = 0
        self.writers = 1
        self.known = documents or [version("ARB-FD-001", "deposit")]
        self.indexed = True
        self.indexings = 0
        self.rejected = False
        self.signals: list[Mapping[str, object] | None] = []
        self.parts = {"index": "ok", "audit": "ok"}
        self.checked: list[tuple[CheckRequest, bool]] = []
        # The double keeps one version per hash; products must not hide one another.
        unique = {
            item.doc_id: (item.model_copy(update={"sha256": f"{number:064x}"}), TEXT)
            for number, item in enumerate(self.known)
        }
        self.retriever = MemoryRetriever(unique, ())
        self.pipeline = FakePipeline(self)

    def index(self, *, progress: bool = False) -> IndexReport:  # noqa: ARG002
        self.indexings += 1
        self.indexed = True
        action, reason = ("rejected", "front matter lacks issuer") if self.rejected else ("added", None)
        if self.settings.corpus_dir.name == "empty":
            self.indexed = False
            return IndexReport(documents=(), seconds=0.1)
        row = IndexedDocument(path="a [b].md", doc_id="a", version="2", action=action, reason=reason)
        return IndexReport(documents=(row,), seconds=0.1)

    def check(self, request: CheckRequest, body_only: bool = False) -> CheckVerdict:
        self.checked.append((request, body_only))
        bad = "guaranteed" in request.text.lower()
        finding = Finding(rule="claims.guarantee", severity="block", message="promises a return", start=0, end=10)
        return CheckVerdict(id=request.id, verdict="fail" if bad else "pass", findings=(finding,) if bad else ())

    def ground(self, request: GroundingRequest) -> GroundingVerdict:
        known = any(request.claim in passage for passage in request.passages)
        return GroundingVerdict(
            id=request.id, verdict="supported" if known else "not_verified", score=1.0 if known else 0.5
        )

    def predict(self, signals: Mapping[str, object]) -> Prediction:
        if "id" in signals:
            raise InvalidInput("signals: the key 'id' is not known")
        return FixedPredictor(segment=str(signals.get("segment", "neutral"))).predict(
            Brief(product_code="-", language="en", channel="email"), signals
        )

    def predict_many(self, many: Sequence[Mapping[str, object]]) -> list[Prediction | RagmarketError]:
        answers: list[Prediction | RagmarketError] = []
        for one in many:
            try:
                answers.append(self.predict(one))
            except RagmarketError as error:
                answers.append(error)
        return answers

    def trace(self, draft_id: str) -> Mapping[str, Any]:
        return {"draft_id": draft_id, "result": self.audit.get(draft_id)["result"]}

    def trace_text(self, draft_id: str) -> str:
        return f"trace of {self.trace(draft_id)['draft_id']}"

    def disclaimers(self, as_of: date | None = None, language: str | None = None) -> list[dict[str, Any]]:
        row = {
            "id": "deposit-insurance-short",
            "language": "hi",
            "text": LAW,
            "sha256": SHA256,
            "provenance": "reference",
            "placement": "end",
            "effective_from": "2025-01-01",
            "effective_to": None,
            "authority": "DICGC",
            "approval": {"approver": "A. Officer", "date": "2026-01-01", "demo": True},
        }
        return [row] if language in {None, "hi"} and (as_of is None or as_of >= date(2025, 1, 1)) else []

    def documents(self) -> list[DocumentVersion]:
        return self.known if self.indexed else []

    def document_text(self, sha256: str) -> str:
        if sha256 != SHA256:
            raise NotFound(f"no document has the hash {sha256}")
        return TEXT

    def warm_up(self) -> None:
        self.warmed += 1

    def ready(self) -> dict[str, str]:
        return self.parts


def train_writer(
    house: FakeHouse,  # noqa: ARG001
    folder: Any,
    report: Callable[[dict[str, Any]], None],
    *,
    minutes: float | None,
    preferences: bool,
) -> dict[str, Any]:
    """What `ragmarket.training.train_writer` answers, at once."""
    report({"step": 10, "phase": "sft", "loss": 3.25})
    return {"minutes": minutes, "steps": 10, "preferences": preferences, "model": str(folder / "model")}


def train_predictor(folder: Any, report: Callable[[dict[str, Any]], None], **_: Any) -> dict[str, Any]:
    """What `ragmarket.distilling.train_predictor` answers, at once."""
    report({"segment:": "fitting"})
    return {"folder": str(folder), "held_out": {"segment": {"accuracy": 0.9, "baseline": {"accuracy": 0.2}}}}
