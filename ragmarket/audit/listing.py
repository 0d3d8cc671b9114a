"""A page of recorded drafts, newest first.

What a brief says stands in the record alone, so the search reads records; it goes back a bounded way at a time and says
how far it came, whatever the length of the log.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from ragmarket.audit.canonical import canonical_bytes
from ragmarket.audit.entry import Entry
from ragmarket.audit.log import SqlAuditLog
from ragmarket.audit.tables import OWN_KINDS
from ragmarket.errors import AuditChainBroken, InvalidInput
from ragmarket.schemas.chain import DraftFilter, DraftPage, RecordedDraft

_WINDOW = 500
_SECONDS = 2.0
_EXCERPT = 160


def draft_page(log: SqlAuditLog, wanted: DraftFilter, *, before: int | None = None, limit: int = 25) -> DraftPage:
    """Recorded drafts that match, newest first.

    Args:
        log: The log.
        wanted: Which.
        before: Only entries before this place; None begins at the end.
        limit: At most so many.

    Raises:
        InvalidInput: The days are in the wrong order.
    """
    if wanted.since and wanted.until and wanted.until < wanted.since:
        raise InvalidInput(f"until: {wanted.until} is before {wanted.since}", hint="Give the earlier day first.")
    since = wanted.since.isoformat() if wanted.since else None
    day_after = (wanted.until + timedelta(days=1)).isoformat() if wanted.until else None
    with log.reading() as connection:
        end, first = log.tables.ends(connection)
    at = end + 1 if before is None else min(before, end + 1)
    found: list[RecordedDraft] = []
    stop = time.monotonic() + _SECONDS
    while at > first and len(found) < limit and time.monotonic() < stop:
        low, most = max(at - _WINDOW, first), limit - len(found)
        with log.reading() as connection:
            page = log.tables.window(connection, (low, at), (since, day_after), _texts(wanted), most)
        rows = [row for entry in page if (row := _row(entry)) is not None]
        found += [row for row in rows if _matches(row, wanted)]
        # A full page may end inside the window.
        at = page[-1].seq if len(page) == most else low
    more = at > first
    return DraftPage(drafts=tuple(found), next=at if more else None, searched_to=_time_of(log, at) if more else None)


def _texts(wanted: DraftFilter) -> list[str]:
    """What stands in the canonical text of every record that matches; others that hold it are sorted out later."""
    fields = {
        "product_code": wanted.product_code,
        "language": wanted.language,
        "campaign": wanted.campaign,
        "status": wanted.status if wanted.status in {"accepted", "refused"} else None,
    }
    return [f'"{name}":{canonical_bytes(value).decode()}' for name, value in fields.items() if value is not None]


def _time_of(log: SqlAuditLog, seq: int) -> str | None:
    with log.reading() as connection:
        found = log.tables.places(connection, (seq,))
    return found[0].recorded_at if found else None


def _row(entry: Entry) -> RecordedDraft | None:
    """The row of a draft's entry; None for what the log records of itself, and for decisions about drafts."""
    if entry.draft_id.partition(".")[0] in OWN_KINDS or ".finding." in entry.draft_id:
        return None
    place = {"draft_id": entry.draft_id, "seq": entry.seq, "recorded_at": entry.recorded_at}
    if entry.removed:
        return RecordedDraft.model_validate({**place, "state": "removed"})
    state = "recorded" if entry.intact() else "altered"
    try:
        record: Mapping[str, Any] = entry.record()
        if "kind" in record:
            return None
        return RecordedDraft.model_validate({**place, "state": state, **_about(record)})
    except (AuditChainBroken, ValidationError, AttributeError, TypeError, ValueError):
        # Bytes that are no record any more are listed by what stands beside them.
        return RecordedDraft.model_validate({**place, "state": state})


def _about(record: Mapping[str, Any]) -> dict[str, Any]:
    brief: Mapping[str, Any] = record.get("brief") or {}
    result: Mapping[str, Any] = record.get("result") or {}
    product: Mapping[str, Any] = record.get("product") or {}
    text = result.get("text")
    return {
        "status": record.get("status") or result.get("status"),
        "product_code": brief.get("product_code"),
        "product_name": product.get("name"),
        "language": result.get("language") or brief.get("language"),
        "channel": result.get("channel") or brief.get("channel"),
        "as_of": result.get("as_of") or brief.get("as_of"),
        "campaign": brief.get("campaign"),
        "publishable": result.get("publishable"),
        "findings": len(result.get("findings") or ()),
        "excerpt": " ".join(text.split())[:_EXCERPT] if text else None,
    }


def _matches(row: RecordedDraft, wanted: DraftFilter) -> bool:
    if wanted.status in {"removed", "altered"} and row.state != wanted.status:
        return False
    fields = {"product_code", "language", "campaign"} | (
        {"status"} if wanted.status in {"accepted", "refused"} else set()
    )
    asked = {name: value for name in fields if (value := getattr(wanted, name)) is not None}
    return all(getattr(row, name) == value for name, value in asked.items())
