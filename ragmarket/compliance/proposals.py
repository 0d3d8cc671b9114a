"""Proposals: what somebody asks for, held against the ledger before anything is recorded."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import date

from ragmarket.compliance.ledger import Ledger
from ragmarket.compliance.ledger_files import text_fault
from ragmarket.compliance.versions import Version
from ragmarket.compliance.wordings import sha256_of
from ragmarket.errors import InvalidInput, NotFound
from ragmarket.schemas.ledger import Matter, ProposalRequest

_SHOWN_HASH = 12


def matters(request: ProposalRequest, ledger: Ledger, today: date) -> list[Matter]:
    """What a request asks for, one matter per language.

    Raises:
        NotFound: The ledger has no such disclaimer, language or hash.
        InvalidInput: The change cannot be made; names the field.
    """
    if request.entry not in ledger.ids:
        raise NotFound(f"entry: the ledger has no disclaimer {request.entry!r}", hint="See disclaimers list.")
    if request.change != "supersede" and request.text is not None:
        raise InvalidInput("text: only a change `supersede` brings a new text")
    allowed = {channel for entry in ledger.versions(request.entry) for channel in entry.channels}
    stray = [channel for channel in request.channels if channel not in allowed]
    if stray:
        raise InvalidInput(f"channels: {request.entry} is not for {stray[0]}")
    languages = dict.fromkeys(request.languages)
    if request.change == "use":
        if request.effective_from or request.channels:
            raise InvalidInput("effective_from, channels: a wording in force is approved as it is, from today on")
        return [_use(request, language, ledger) for language in languages]
    if request.effective_from is None:
        raise InvalidInput("effective_from: is missing; name the first day of the change")
    if request.effective_from < today:
        problem = f"effective_from: {request.effective_from} is past; what was in force then stays on record"
        raise InvalidInput(problem, hint="Name today or a later day.")
    make = _expire if request.change == "expire" else _supersede
    return [make(request, language, ledger, request.effective_from) for language in languages]


def _use(request: ProposalRequest, language: str, ledger: Ledger) -> Matter:
    version = _chosen(request, language, [v for v in ledger.wordings if _of(v, request.entry, language)])
    known = [
        a
        for a in ledger.approvals
        if (a.entry_id, a.language, a.sha256) == (request.entry, language, version.sha256) and not a.demo
    ]
    if known:
        problem = f"{request.entry} in {language} was approved by {known[0].approver} on {known[0].date}"
        raise InvalidInput(problem, hint="There is nothing to decide; `expire` ends a wording.")
    return Matter.model_validate(
        {"change": "use", "entry": request.entry, "language": language, "sha256": version.sha256}
    )


def _expire(request: ProposalRequest, language: str, ledger: Ledger, day: date) -> Matter:
    channels = set(request.channels)
    live = [
        v
        for v in ledger.wordings
        if _of(v, request.entry, language)
        and (v.effective_to is None or v.effective_to >= day)
        and (not channels or channels & {*v.channels})
    ]
    if not live:
        raise InvalidInput(f"no wording of {request.entry} in {language} is in force on or after {day}")
    return Matter.model_validate(
        {
            "change": "expire",
            "entry": request.entry,
            "language": language,
            "sha256": _chosen(request, language, live).sha256,
            "effective_from": day,
            "channels": request.channels,
        }
    )


def _supersede(request: ProposalRequest, language: str, ledger: Ledger, day: date) -> Matter:
    if request.text is None:
        raise InvalidInput("text: is missing; a superseding wording needs its text")
    if len(set(request.languages)) > 1:
        raise InvalidInput("languages: one text is in one language; propose each language by itself")
    text = unicodedata.normalize("NFC", request.text.strip())
    fault = text_fault(text, language)
    if fault:
        raise InvalidInput(f"text: {fault}")
    matter = Matter.model_validate(
        {
            "change": "supersede",
            "entry": request.entry,
            "language": language,
            "sha256": sha256_of(text),
            "effective_from": day,
            "channels": request.channels,
            "text": text,
            "provenance": request.provenance,
            "sources": request.sources,
            "notes": request.notes,
        }
    )
    own = [v for v in ledger.wordings if _of(v, request.entry, language)]
    wanted = set(request.channels or (channel for v in own for channel in v.channels))
    same = [v for v in own if v.sha256 == matter.sha256 and v.in_force(day) and wanted <= {*v.channels}]
    if same:
        raise InvalidInput(f"text: is the wording of {request.entry} in {language} that is in force on {day}")
    if any(v.effective_from == day and wanted & {*v.channels} for v in own):
        raise InvalidInput(f"effective_from: another wording of {request.entry} in {language} begins on {day}")
    return matter


def _of(version: Version, entry: str, language: str) -> bool:
    return (version.entry.id, version.language) == (entry, language)


def is_about(version: Version, matter: Matter) -> bool:
    """Whether a version is the wording that a matter names."""
    return _of(version, matter.entry, matter.language) and version.sha256 == matter.sha256


def _chosen(request: ProposalRequest, language: str, candidates: Sequence[Version]) -> Version:
    """The one wording that is meant."""
    fitting = [v for v in candidates if v.sha256.startswith(request.sha256 or "")]
    if not fitting:
        what = f" with the hash {request.sha256}" if request.sha256 and candidates else ""
        raise NotFound(f"there is no wording of {request.entry} in {language}{what}", hint="See disclaimers show.")
    if len({v.sha256 for v in fitting}) > 1:
        listed = "; ".join(f"{v.sha256[:_SHOWN_HASH]} from {v.effective_from}" for v in fitting)
        raise InvalidInput(
            f"sha256: {request.entry} in {language} has several wordings ({listed})", hint="Name one by its hash."
        )
    return fitting[0]
