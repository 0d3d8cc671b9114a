"""From one record to what an auditor reads: claim, figure, document version, span; disclaimer, wording, approval.

A trace is built from the record and the kept bytes alone: each quote and each figure is looked up again in the document
text as it was kept, so the trace says what is true of the evidence, not what the message says of itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from ragmarket.audit.canonical import TAG, sha256_hex
from ragmarket.audit.dismissals import KIND as DISMISSAL
from ragmarket.audit.dismissals import draft_findings
from ragmarket.audit.log import SqlAuditLog
from ragmarket.errors import AuditChainBroken, NotFound
from ragmarket.schemas.trace import (
    ChainStatus,
    KeptBytes,
    Match,
    Trace,
    TracedAttempt,
    TracedClaim,
    TracedDisclaimer,
    TracedFigure,
    TracedSource,
)

_DISCLAIMER = ("authority", "placement", "effective_from", "effective_to", "channels")


class _Sources:
    """Looks spans up in the texts that were kept."""

    def __init__(self, record: Mapping[str, Any], blob: Callable[[str], bytes]) -> None:
        self._blob = blob
        self._texts: dict[str, str | None] = {}
        self.evidence: dict[str, Mapping[str, Any]] = {str(item["id"]): item for item in record.get("evidence") or ()}
        self._titles = {(item["doc_id"], item["version"]): item.get("title") for item in self.evidence.values()}

    def source(
        self,
        cited: Mapping[str, Any],
        start: int,
        end: int,
        quote: str,
        verdict: str | None = None,
        score: float | None = None,
    ) -> TracedSource:
        sha256 = str(cited["sha256"]).removeprefix(TAG)
        text = self._text(sha256)
        match: Match = "document_missing" if text is None else "found" if text[start:end] == quote else "differs"
        title = self._titles.get((cited["doc_id"], cited["version"]))
        return TracedSource(
            doc_id=cited["doc_id"],
            version=cited["version"],
            title=title,
            sha256=sha256,
            start=start,
            end=end,
            quote=quote,
            match=match,
            verdict=verdict,
            score=score,
        )

    def kept(self, name: str, sha256: str, **about: str | None) -> KeptBytes:
        """What became of bytes that the record cites."""
        sha256 = sha256.removeprefix(TAG)
        try:
            return KeptBytes(name=name, sha256=sha256, state="kept", size=len(self._blob(sha256)), **about)
        except NotFound:
            return KeptBytes(name=name, sha256=sha256, state="missing", **about)
        except AuditChainBroken:
            return KeptBytes(name=name, sha256=sha256, state="altered", **about)

    def all_kept(self, record: Mapping[str, Any]) -> tuple[KeptBytes, ...]:
        """Documents first, then the rule pack, the bank's knowledge and the models' cards."""
        documents = [
            self.kept(
                "document",
                str(one["sha256"]),
                doc_id=str(one["doc_id"]),
                version=str(one["version"]),
                title=self._titles.get((one["doc_id"], one["version"])),
            )
            for one in record.get("documents") or ()
        ]
        blobs: Mapping[str, Any] = record.get("blobs") or {}
        others = [self.kept(name.removesuffix("_sha256"), str(sha256)) for name, sha256 in sorted(blobs.items())]
        return (*documents, *others)

    def _text(self, sha256: str) -> str | None:
        if sha256 not in self._texts:
            try:
                self._texts[sha256] = self._blob(sha256).decode("utf-8")
            except (NotFound, AuditChainBroken, UnicodeDecodeError):
                self._texts[sha256] = None
        return self._texts[sha256]


def _released(record: Mapping[str, Any], text: str | None) -> Mapping[str, Any]:
    """The message of the attempt that was released; an empty one after a refusal."""
    messages = [attempt.get("message") or {} for attempt in record.get("attempts") or ()]
    return next((message for message in reversed(messages) if text is not None and message.get("text") == text), {})


def _figures(rendered: Mapping[str, Any], text: str, sources: _Sources) -> tuple[TracedFigure, ...]:
    figures = []
    for figure in rendered.get("figures") or ():
        evidence = sources.evidence.get(figure["evidence"])
        span = (figure["source_start"], figure["source_end"], figure["source_text"])
        figures.append(
            TracedFigure(
                text=text[figure["start"] : figure["end"]],
                start=figure["start"],
                end=figure["end"],
                slot=figure["slot"],
                evidence=figure["evidence"],
                source=sources.source(evidence, *span) if evidence else None,
            )
        )
    return tuple(figures)


def _claims(record: Mapping[str, Any], result: Mapping[str, Any], sources: _Sources) -> tuple[TracedClaim, ...]:
    text = result.get("text")
    rendered = {(claim["start"], claim["end"]): claim for claim in _released(record, text).get("claims") or ()}
    return tuple(
        TracedClaim(
            text=claim["text"],
            start=claim["start"],
            end=claim["end"],
            citations=tuple(
                sources.source(
                    cited, cited["start"], cited["end"], cited["quote"], cited.get("verdict"), cited.get("score")
                )
                for cited in claim.get("citations") or ()
            ),
            figures=_figures(rendered.get((claim["start"], claim["end"]), {}), text or "", sources),
        )
        for claim in result.get("claims") or ()
    )


def _disclaimer(item: Mapping[str, Any], text: str, policy: Mapping[str, Any]) -> TracedDisclaimer:
    wording = text[item["start"] : item["end"]]
    sha256 = str(item["sha256"]).removeprefix(TAG)
    found: Mapping[str, Any] = next(
        (
            one
            for one in policy.get("disclaimers") or ()
            if (one.get("id"), one.get("language"), str(one.get("sha256")).removeprefix(TAG))
            == (item["id"], item["language"], sha256)
        ),
        {},
    )
    return TracedDisclaimer(
        id=item["id"],
        language=item["language"],
        text=wording,
        sha256=sha256,
        bytes_match=sha256_hex(wording.encode("utf-8")) == sha256,
        approval=item.get("approval"),
        provenance=item.get("provenance") or found.get("provenance"),
        start=item["start"],
        end=item["end"],
        decision=found.get("approval"),
        wording={name: found[name] for name in _DISCLAIMER if found.get(name)},
    )


def _attempted(record: Mapping[str, Any], text: str | None) -> tuple[TracedAttempt, ...]:
    rows = []
    for number, attempt in enumerate(record.get("attempts") or (), start=1):
        written = (attempt.get("message") or {}).get("text")
        released = text is not None and written == text
        findings = tuple(attempt.get("findings") or ())
        rows.append(TracedAttempt(number=number, text=written, released=released, findings=findings))
    return tuple(rows)


def build_trace(log: SqlAuditLog, draft_id: str, faults: Iterable[Mapping[str, object]] | None = None) -> Trace:
    """The trace of one draft.

    Args:
        log: Where it is recorded.
        draft_id: Which draft.
        faults: What `SqlAuditLog.verify` found; None when the chain was not verified, which the trace then says.

    Raises:
        NotFound: No such draft was recorded.
        AuditChainBroken: The bytes on disk are no record at all.
    """
    entry = log.entry(draft_id)
    record: Mapping[str, Any] = entry.record()
    if record.get("kind") == DISMISSAL:
        cited = (record.get(DISMISSAL) or {}).get("draft_id")
        raise NotFound(f"{draft_id!r} records a dismissal, not a draft", hint=f"Trace its draft, {cited}.")
    if "kind" in record:
        raise NotFound(f"{draft_id!r} records a {record['kind']}, not a draft")
    found: Sequence[Mapping[str, object]] = tuple(faults) if faults is not None else ()
    broken = bool(found) or not entry.intact()
    chain: ChainStatus = "broken" if broken else "not_verified" if faults is None else "intact"
    result: Mapping[str, Any] = record.get("result") or {}
    brief: Mapping[str, Any] = record.get("brief") or {}
    attempts = record.get("attempts") or ()
    model: Mapping[str, Any] = result.get("model") or {}
    policy: Mapping[str, Any] = record.get("policy") or {}
    text = result.get("text")
    sources = _Sources(record, log.get_blob)
    try:
        states = draft_findings(log, draft_id)
    except (AuditChainBroken, ValidationError):  # an altered record is shown, and nothing is concluded from it
        states = None
    return Trace(
        draft_id=entry.draft_id,
        created_at=record.get("created_at"),
        status=str(record.get("status") or result.get("status")),
        audit=entry.ref,
        chain=chain,
        faults=tuple(found),
        product_code=brief.get("product_code"),
        language=result.get("language") or brief.get("language"),
        channel=result.get("channel") or brief.get("channel"),
        policy_snapshot=policy.get("snapshot_id"),
        model=" ".join(str(model[key]) for key in ("name", "revision", "engine") if model.get(key)) or None,
        text=text,
        claims=_claims(record, result, sources),
        disclaimers=tuple(_disclaimer(item, text or "", policy) for item in result.get("disclaimers") or ()),
        findings=tuple(result.get("findings") or ()),
        attempts=len(attempts),
        dismissals=tuple(one.dismissal for one in states.findings if one.dismissal) if states else (),
        publishable=states.publishable if states else None,
        subject=result.get("subject"),
        as_of=result.get("as_of") or brief.get("as_of"),
        brief=brief,
        product=record.get("product") or {},
        prediction=record.get("prediction") or result.get("prediction"),
        rules=tuple(policy.get("rules") or ()),
        policy={name: value for name, value in policy.items() if name not in {"disclaimers", "rules"}},
        writer=model,
        kept=sources.all_kept(record),
        attempted=_attempted(record, text),
    )
