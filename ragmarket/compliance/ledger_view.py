"""One disclaimer as a person reads it: all its wordings, what is known of each, and everything decided about them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from ragmarket.compliance.ledger import Ledger
from ragmarket.compliance.register import open_proposals
from ragmarket.errors import NotFound
from ragmarket.schemas.ledger import Decision


def disclaimer_view(
    ledger: Ledger,
    records: Sequence[Decision],
    id_: str,
    *,
    day: date,
    language: str | None = None,
    production: bool = False,
) -> dict[str, Any]:
    """The disclaimer ``id_`` with its ``wordings``, open ``proposals``, ``decisions`` and ``void_approvals``.

    A wording's ``state`` on ``day`` is ``in_force``, ``planned`` or ``ended``. A void approval is one whose text the
    ledger no longer holds: the text was changed after it was approved.

    Raises:
        NotFound: The ledger has no such disclaimer.
    """
    entries = ledger.versions(id_)
    if not entries:
        raise NotFound(f"the ledger has no disclaimer {id_!r}", hint="`ragmarket disclaimers list` shows them all.")
    entry = next((one for one in entries if one.in_force(day)), entries[-1])
    texts = {
        (text.language, text.sha256, text.channels, text.effective_from): text
        for text in ledger.texts(production=production)
        if text.id == id_
    }
    wordings = []
    for version in ledger.wordings:
        if version.entry.id != id_ or language not in {None, version.language}:
            continue
        text = texts[version.language, version.sha256, version.channels, version.effective_from]  # type: ignore[index]
        state = "in_force" if version.in_force(day) else "planned" if version.effective_from > day else "ended"
        wordings.append(
            text.model_dump(mode="json")
            | {
                "state": state,
                "sources": version.wording.sources,
                "notes": version.wording.notes,
                "decision": version.decision,
                "ended_by": version.ended_by,
            }
        )
    own = [one for one in records if one.entry == id_ and language in {None, one.language}]
    held = {(version.language, version.sha256) for version in ledger.wordings if version.entry.id == id_}
    return {
        "id": id_,
        "title": entry.title,
        "regulator": entry.regulator,
        "authority": entry.authority,
        "confidence": entry.confidence,
        "date_basis": entry.date_basis,
        "demo_identity": entry.demo_identity,
        "product_classes": entry.product_classes,
        "placement": entry.placement,
        "wordings": wordings,
        "proposals": [one.model_dump(mode="json") for one in open_proposals(own).values()],
        "decisions": [one.model_dump(mode="json") for one in own],
        "void_approvals": [
            one.model_dump(mode="json")
            for one in own
            if one.action == "approve" and one.change == "use" and (one.language, one.sha256) not in held
        ],
    }
