"""What differs between a record and what its replay made, field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ragmarket.audit.replay import RecordedRun
from ragmarket.errors import AuditChainBroken, NotFound, RagmarketError
from ragmarket.schemas.message import ModelInfo
from ragmarket.schemas.replay import Replay, ReplayedField, ReplayedPart

_SHOWN = 400
# Each run has its own id and clock.
_OF_THE_RUN = frozenset({"draft_id", "created_at", "record_version", "blobs"})


def misread(run: RecordedRun) -> list[str]:
    """Spans of the recorded evidence that do not stand in the kept documents."""
    faults = []
    for item in run.evidence:
        try:
            text = run.text(item.sha256)
        except (AuditChainBroken, NotFound, UnicodeDecodeError) as error:
            why = error.message if isinstance(error, RagmarketError) else "it is no text"
            faults.append(f"{item.id}: {item.doc_id}, version {item.version}: {why}")
            continue
        spans = [(item.start, item.end, item.quote), *((one.start, one.end, one.quote) for one in item.context)]
        wrong = [f"{start} to {end}" for start, end, quote in spans if text[start:end] != quote]
        faults += [f"{item.id}: {item.doc_id}, version {item.version}: another text stands at {one}" for one in wrong]
    return faults


def outcome(run: RecordedRun, installed: ModelInfo | None, exhibits: Mapping[str, str]) -> Replay:
    """What came out of a run that was made again.

    Args:
        run: The run; holds the record that the line made.
        installed: The model that is installed now; None when nothing was written, or none answers.
        exhibits: The hashes of the cards and knowledge of today, by name.
    """
    same = installed is not None and installed == run.model
    faults = misread(run)
    fields = compare(run.record, run.made or {})
    spans = ReplayedField(field="evidence.spans", same=not faults, recorded=None, replayed=faults or None)
    written = "rewritten" if same else "reread"
    return Replay.model_validate(
        {
            "draft_id": run.record["draft_id"],
            "mode": "policy" if run.model is None else written,
            "identical": not faults and all(row.same for row in fields),
            "recorded_model": run.model,
            "installed_model": installed,
            "parts": _parts(run, same, exhibits),
            "fields": (*fields, spans),
        }
    )


def _parts(run: RecordedRun, same: bool, exhibits: Mapping[str, str]) -> Iterator[ReplayedPart]:
    kept = run.record.get("blobs") or {}
    yield ReplayedPart(part="documents", used="recorded", note=f"{len(run.record.get('documents') or ())} from the log")
    yield ReplayedPart(part="evidence", used="recorded", note="as it was retrieved; its spans were read again")
    yield ReplayedPart(part="prediction", used="recorded", note="the customer's signals are in no record")
    if run.barred:
        note = f"could not be addressed that day ({run.barred}); today's consent and register were not asked"
        yield ReplayedPart(part="customer", used="recorded", note=note)
    elif run.brief.session_id:
        note = f"{run.brief.session_id}: its events are in no record; what it showed stands in the prediction"
        yield ReplayedPart(part="visit", used="recorded", note=note)
    yield ReplayedPart(part="rules and disclaimers", used="recorded", note=f"snapshot {kept.get('policy_sha256')}")
    told = kept.get("knowledge_sha256")
    known = "the log's own copy" if told else "the record names none: today's files"
    yield ReplayedPart(part="knowledge", used="recorded" if told else "today", note=known)
    if run.model is not None:
        other = "this revision is not installed: its recorded answers were read again"
        note = "the same revision wrote again" if same else other
        yield ReplayedPart(part="writer", used="today" if same else "recorded", note=note)
    for part in ("claims_classifier", "support_model"):
        card = kept.get(f"{part}_card_sha256")
        agrees = "the same as recorded" if card == exhibits.get(f"{part}_card") else "not the one of that day"
        note = agrees if card else "the record names none"
        yield ReplayedPart(part=part.replace("_", " "), used="today", note=note)


def compare(recorded: Mapping[str, Any], made: Mapping[str, Any]) -> tuple[ReplayedField, ...]:
    """Field by field what a record says and what its replay made; nested fields are named with full stops."""
    rows: list[ReplayedField] = []
    for name in [*recorded, *(key for key in made if key not in recorded)]:
        if name in _OF_THE_RUN or (name == "product" and name not in recorded):
            continue
        rows += _rows(name, _plain(recorded.get(name)), _plain(made.get(name)), top=name == "result")
    return tuple(rows)


def _rows(field: str, one: Any, two: Any, *, top: bool = False) -> Iterator[ReplayedField]:
    """One row for what is the same, one for each innermost value that differs; all fields of the result are named."""
    if isinstance(one, Mapping) and isinstance(two, Mapping) and (top or one != two):
        for key in dict.fromkeys((*one, *two)):
            if key not in _OF_THE_RUN and (top or one.get(key) != two.get(key)):
                yield from _rows(f"{field}.{key}", one.get(key), two.get(key))
    elif one == two:
        yield ReplayedField(field=field, same=True)
    elif isinstance(one, list) and isinstance(two, list) and len(one) == len(two):
        for number, (left, right) in enumerate(zip(one, two, strict=True)):
            if left != right:
                yield from _rows(f"{field}[{number}]", left, right)
    else:
        yield ReplayedField(field=field, same=False, recorded=_cut(one), replayed=_cut(two))


def _plain(value: Any) -> Any:
    """A value without what a record older than a field lacks: absent, empty and None are one."""
    if isinstance(value, Mapping):
        plain = {key: _plain(inner) for key, inner in value.items()}
        return {key: inner for key, inner in plain.items() if inner not in (None, [], {}, "")}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value


def _cut(value: Any) -> Any:
    text = str(value)
    return value if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
