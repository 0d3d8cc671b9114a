"""The policy book: everything that binds one message, resolved before anything is written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Self

from pydantic import ValidationError

from ragmarket.compliance.ledger import Ledger, load_ledger
from ragmarket.compliance.pack_files import load_packs
from ragmarket.compliance.packs import ChannelRule, PackRule, Packs, PackSnapshot
from ragmarket.compliance.paraphrase.model import fingerprint
from ragmarket.compliance.rules.channel import sms_segments
from ragmarket.errors import BadKnowledge, InvalidInput
from ragmarket.knowledge.catalogue import load_catalogue
from ragmarket.knowledge.files import ROOT
from ragmarket.knowledge.findings import explained
from ragmarket.schemas.base import CHANNELS, LANGUAGES, PRODUCT_CLASSES
from ragmarket.schemas.compliance import DisclaimerText, Finding, Policy

# A letter of the language, to reckon how many segments the message beside the mandatory text would need.
_SAMPLE = {"en": "a"}
_NATIVE_SAMPLE = "\u0915"


class PolicyBook:
    """Keeps the `PolicyBook` promise.

    Args:
        ledger: The approved wordings.
        packs: The rules.
        production: Demo approvals do not count, and an unapproved wording refuses the message.
        classifier: SHA-256 of the weights of the classifier that reviews beside the rules, when there is one.
    """

    def __init__(self, ledger: Ledger, packs: Packs, production: bool = False, classifier: str | None = None) -> None:
        self.ledger = ledger
        self.packs = packs
        self.production = production
        self.classifier = classifier
        self._snapshot = json.dumps(
            {
                "ledger": json.loads(ledger.to_bytes()),
                "packs": packs.snapshot().model_dump(mode="json", by_alias=True),
                "production": production,
                **({} if classifier is None else {"classifier": classifier}),
            },
            ensure_ascii=False,
            sort_keys=True,
            separators=(",", ":"),
        ).encode()
        self.snapshot_id = hashlib.sha256(self._snapshot).hexdigest()
        # A book never changes, and a campaign asks it the same for every message.
        self._resolved = lru_cache(maxsize=2048)(self._resolve)

    def snapshot(self) -> bytes:
        """Ledger, packs and claim rules as canonical bytes; their SHA-256 is ``snapshot_id``."""
        return self._snapshot

    @classmethod
    def from_snapshot(cls, data: bytes) -> Self:
        """The book that `snapshot` wrote, for replaying a record under the rules of its day.

        Raises:
            BadKnowledge: The bytes are not a snapshot.
        """
        try:
            raw = json.loads(data)
            ledger = Ledger.from_bytes(json.dumps(raw["ledger"]).encode())
            packs = Packs.from_snapshot(PackSnapshot.model_validate(raw["packs"]))
            book = cls(ledger, packs, bool(raw["production"]), raw.get("classifier"))
        except (ValueError, KeyError, TypeError, ValidationError) as error:
            raise BadKnowledge("policy snapshot", None, f"not a policy snapshot: {error}") from error
        # A snapshot written before a field existed keeps the bytes, and so the id, that its records cite.
        book._snapshot, book.snapshot_id = data, hashlib.sha256(data).hexdigest()
        return book

    def resolve(self, *, product_class: str, channel: str, language: str, as_of: date) -> Policy:
        """Resolve everything that binds one message on one day.

        Raises:
            InvalidInput: The product class, channel or language does not exist.
        """
        return self._resolved(product_class, channel, language, as_of)

    def _resolve(self, product_class: str, channel: str, language: str, as_of: date) -> Policy:
        for name, value, allowed in (
            ("product_class", product_class, PRODUCT_CLASSES),
            ("channel", channel, CHANNELS),
            ("language", language, LANGUAGES),
        ):
            if value not in allowed:
                raise InvalidInput(f"{name}: {value!r} is not one of {', '.join(allowed)}")
        rules = [rule for rule in self.packs.rules if rule.binds(product_class, channel, as_of, language)]
        claim_rules = [r.id for r in self.packs.lexicon.sources if r.binds(product_class, channel, as_of)]
        limits = self.packs.channels[channel]  # type: ignore[index]
        disclaimers, refusals = self._disclaimers(rules, language, channel, as_of)
        refusals = self._uncovered(product_class, as_of) + refusals
        if not limits.in_force(as_of):
            refusals.append(
                _refusal("policy.channel", f"no limits are in force for {channel} on {as_of}", limits.authority)
            )
        segments = None
        if limits.max_sms_segments is not None:
            segments = limits.max_sms_segments.en if language == "en" else limits.max_sms_segments.other
        refusals += _no_room(disclaimers, limits, segments, channel, language)
        must_say = {kind for rule in rules for kind in rule.must_say}
        must_not_say, with_ = _alone(rules, limits.max_claims)
        for kind in sorted(must_say & must_not_say):
            refusals.append(_refusal("policy.contradiction", f"{kind} must and may not be said on {channel}", None))
        return Policy.model_validate(
            {
                "snapshot_id": self.snapshot_id,
                "product_class": product_class,
                "channel": channel,
                "language": language,
                "as_of": as_of,
                "disclaimers": disclaimers,
                "must_say": tuple(sorted(must_say)),
                "must_say_with": with_,
                "must_not_say": tuple(sorted(must_not_say)),
                "max_claims": limits.max_claims,
                "min_claims": limits.min_claims,
                "max_chars": limits.max_chars,
                "max_sms_segments": segments,
                "subject_max_chars": limits.subject_max_chars,
                "reserved": _reserved(disclaimers, channel),
                "rules": (limits.id, *(rule.id for rule in rules), *claim_rules),
                "refusals": tuple(refusals),
            }
        )

    def _uncovered(self, product_class: str, as_of: date) -> list[Finding]:
        if self.packs.covered_from is None:
            return []
        coverage = self.packs.covered_from.get(product_class)  # type: ignore[call-overload]
        if coverage is not None and as_of >= coverage.since:
            return []
        since = coverage.since if coverage is not None else "no day at all"
        message = f"the rules of {product_class} are known from {since}, not for {as_of}"
        return [_refusal("policy.not_covered", message, None)]

    def _disclaimers(
        self, rules: list[PackRule], language: str, channel: str, as_of: date
    ) -> tuple[tuple[DisclaimerText, ...], list[Finding]]:
        wordings = self.ledger.at(as_of, language, channel=channel, production=self.production)
        chosen: dict[str, DisclaimerText] = {}
        refusals: list[Finding] = []
        for rule in rules:
            for demand in rule.disclaimers:
                wording = wordings.get(demand.id)
                if wording is None:
                    message = f"there is no wording of {demand.id} in {language} in force on {as_of}"
                    refusals.append(_refusal("policy.no_wording", message, rule.authority))
                    continue
                if self.production and wording.approval is None:
                    message = f"the wording of {demand.id} in {language} is not approved"
                    refusals.append(_refusal("policy.unapproved", message, rule.authority))
                placement = demand.placement or wording.placement
                known = chosen.get(demand.id)
                if known is None or placement == "start":
                    chosen[demand.id] = wording.model_copy(update={"placement": placement})
        ordered = sorted(chosen.values(), key=lambda text: text.placement == "end")
        return tuple(ordered), refusals


def _refusal(rule: str, message: str, authority: str | None) -> Finding:
    return explained(Finding(rule=rule, severity="block", message=message, authority=authority))


def _alone(rules: list[PackRule], max_claims: int) -> tuple[set[str], dict[str, tuple[str, ...]]]:
    """Which kinds may not be said, and which not without one of the kinds given with them."""
    forbidden = {kind for rule in rules for kind in rule.must_not_say}
    with_: dict[str, tuple[str, ...]] = {}
    for rule in rules:
        for kind, companions in rule.must_say_with.items():
            with_[kind] = tuple(c for c in with_.get(kind, companions) if c in companions)
    if max_claims < 2:
        # Where only one fact fits, a fact that may not stand alone may not be said at all.
        return forbidden | set(with_), {}
    while True:
        # A companion that may not be said satisfies nothing, and what is left without one may not be said either.
        with_ = {
            kind: tuple(c for c in companions if c not in forbidden)
            for kind, companions in with_.items()
            if kind not in forbidden
        }
        stranded = {kind for kind, companions in with_.items() if not companions}
        if not stranded:
            return forbidden, with_
        forbidden |= stranded


def _layout(disclaimers: tuple[DisclaimerText, ...], channel: str, body: str) -> str:
    """The mandatory text as the renderer lays it out around a body."""
    gap, paragraph = (" ", " ") if channel in {"sms", "push"} else ("\n", "\n\n")
    start = gap.join(text.text for text in disclaimers if text.placement == "start")
    end = gap.join(text.text for text in disclaimers if text.placement == "end")
    return paragraph.join(part for part in (start, body, end) if part)


def _reserved(disclaimers: tuple[DisclaimerText, ...], channel: str) -> int:
    return len(_layout(disclaimers, channel, "a")) - 1


def _no_room(
    disclaimers: tuple[DisclaimerText, ...], limits: ChannelRule, segments: int | None, channel: str, language: str
) -> list[Finding]:
    whole = _layout(disclaimers, channel, _SAMPLE.get(language, _NATIVE_SAMPLE) * limits.min_body)
    names = ", ".join(text.id for text in disclaimers)
    taken = _reserved(disclaimers, channel)
    if limits.max_chars is not None and len(whole) > limits.max_chars:
        message = (
            f"mandatory text takes {taken} of {limits.max_chars} characters on {channel} ({names}); "
            f"at least {limits.min_body} must remain for the message"
        )
        return [_refusal("policy.no_room", message, limits.authority)]
    if segments is not None and sms_segments(whole)[2] > segments:
        message = (
            f"mandatory text takes {taken} characters ({names}) and leaves less than {limits.min_body} of the "
            f"{segments} SMS segments allowed in {language}"
        )
        return [_refusal("policy.no_room", message, limits.authority)]
    return []


def load_policy_book(
    disclaimers: Path,
    *,
    policies: Path = ROOT / "policies",
    rules: Path = ROOT / "rules",
    kinds: Collection[str] | None = None,
    production: bool = False,
    decisions: Path | None = None,
    classifier: Path | None = None,
) -> PolicyBook:
    """Read ledger, packs and claim rules from their folders; ``kinds`` defaults to the shipped fact catalogue.

    ``decisions`` is the deployment's decisions file; without one only the ledger's own files count. ``classifier`` is
    the folder of the claim classifier, whose hash the snapshot then names.

    Raises:
        BadKnowledge: The first mistake, with file and line.
    """
    ledger = load_ledger(disclaimers, decisions)
    known = load_catalogue().kinds if kinds is None else kinds
    packs = load_packs(policies, rules, ledger, known)
    return PolicyBook(ledger, packs, production, None if classifier is None else fingerprint(classifier))
