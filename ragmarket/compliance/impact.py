"""What a day to come changes: live copy that rules not yet in force would find fault with once they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from pydantic import ValidationError

from ragmarket.compliance.judgement import judge, undecided
from ragmarket.compliance.packs import PackRule
from ragmarket.compliance.policy import PolicyBook
from ragmarket.compliance.rules.claim_rule import ClaimRule
from ragmarket.compliance.rules.claims import check_claims
from ragmarket.compliance.rules.disclosures import check_disclosures
from ragmarket.compliance.rules.pack_verbs import INCONCLUSIVE
from ragmarket.errors import InvalidInput
from ragmarket.schemas.base import Severity
from ragmarket.schemas.compliance import Finding
from ragmarket.schemas.policy import ImpactHit, ImpactRule, LiveCopy, PolicyImpact


def live_copy(record: Mapping[str, Any]) -> LiveCopy | None:
    """The message of an audit record as copy; None when nothing was released, or the entry is of another kind."""
    result, policy = record.get("result"), record.get("policy")
    if not isinstance(result, Mapping) or not isinstance(policy, Mapping):
        return None
    if result.get("status") != "accepted" or not result.get("text"):
        return None
    kinds = {item.get("id"): item.get("kind") for item in record.get("evidence") or ()}
    released = next(
        (
            message
            for attempt in reversed(record.get("attempts") or ())
            if (message := attempt.get("message") or {}).get("text") == result["text"]
        ),
        None,
    )
    says = None
    if released is not None:
        cited = (kinds.get(id_) for claim in released.get("claims") or () for id_ in claim.get("cites") or ())
        says = tuple(sorted({kind for kind in cited if kind}))
    try:
        return LiveCopy.model_validate(
            {
                "id": str(record.get("draft_id")),
                "text": result["text"],
                "language": policy.get("language"),
                "product_class": policy.get("product_class"),
                "channel": policy.get("channel"),
                "says": says,
            }
        )
    except ValidationError:
        return None


def policy_impact(book: PolicyBook, copies: Iterable[LiveCopy], on: date, since: date) -> PolicyImpact:
    """Hold live copy against every rule that is in force on ``on`` and not on ``since``.

    Args:
        book: The rules.
        copies: What is live.
        on: The day to come.
        since: The day from which it is looked at, as a rule today.

    Raises:
        InvalidInput: ``on`` is not after ``since``.
    """
    if on <= since:
        raise InvalidInput(f"on: {on} is not after {since}", hint="Name a day to come, as 2027-01-01.")
    live = tuple(copies)
    begin: list[PackRule | ClaimRule] = [r for r in book.packs.rules if r.in_force(on) and not r.in_force(since)]
    begin += [r for r in book.packs.lexicon.sources if _claims_on(r, on) and not _claims_on(r, since)]
    groups = [_group(book, rule, live, on) for rule in begin]
    groups.sort(key=lambda group: (-len(group.hits), group.effective_from, group.id))
    touched = {hit.copy_id for group in groups for hit in group.hits}
    return PolicyImpact(on=on, since=since, copies=len(live), affected=len(touched), rules=tuple(groups))


def _claims_on(rule: ClaimRule, day: date) -> bool:
    return rule.effective_from <= day and (rule.effective_to is None or day <= rule.effective_to)


def _group(book: PolicyBook, rule: PackRule | ClaimRule, live: tuple[LiveCopy, ...], on: date) -> ImpactRule:
    hits: list[ImpactHit] = []
    bound = missing = 0
    fields: set[str] = set()
    for copy in live:
        if not rule.binds(copy.product_class, copy.channel, on):
            continue
        if isinstance(rule, ClaimRule):
            bound += 1
            found = _of_claims(book, rule, copy, on)
        elif copy.language not in rule.languages:
            continue
        else:
            bound += 1
            found = judge(book, rule, copy, on)
            lacking: set[str] = {name for name in rule.needs if copy.given[name] is None}
            lacking |= {reason} if (reason := undecided(rule, copy)) else set()
            if lacking:
                missing += 1
                fields |= lacking
                found = tuple(one for one in found if not _not_given(one))
        hits += (_hit(copy, one) for one in found)
    severity: Severity = rule.severity
    return ImpactRule(
        id=rule.id,
        title=rule.title,
        explanation=rule.explanation or (rule.advice if isinstance(rule, PackRule) else ""),
        severity=severity if isinstance(rule, ClaimRule) or rule.judges else "info",
        authority=rule.authority,
        source=rule.source,
        confidence=rule.confidence,
        effective_from=rule.effective_from or on,
        bound=bound,
        undecided=missing,
        missing_fields=tuple(sorted(fields)),
        hits=tuple(hits),
    )


def _not_given(finding: Finding) -> bool:
    """Whether only a circumstance is missing: the copy is counted as undecided, which is neither a hit nor a pass."""
    return finding.start is None and finding.severity == "review" and finding.message.endswith("was not given")


def _of_claims(book: PolicyBook, rule: ClaimRule, copy: LiveCopy, on: date) -> tuple[Finding, ...]:
    policy = book.resolve(product_class=copy.product_class, channel=copy.channel, language=copy.language, as_of=on)
    proof = check_disclosures(copy.text, policy, book.ledger.texts(production=book.production, day=on))
    found = check_claims(
        copy.text,
        book.packs.lexicon,
        product_class=copy.product_class,
        channel=copy.channel,
        as_of=on,
        masked=proof.exact,
    )
    return tuple(one for one in found if one.rule == rule.id)


def _hit(copy: LiveCopy, finding: Finding) -> ImpactHit:
    span = None
    if finding.start is not None and finding.end is not None:
        span = copy.text[finding.start : finding.end]
    return ImpactHit(
        copy_id=copy.id,
        language=copy.language,
        product_class=copy.product_class,
        channel=copy.channel,
        outcome="inconclusive" if INCONCLUSIVE in finding.message else "broken",
        severity=finding.severity,
        message=finding.message,
        start=finding.start,
        end=finding.end,
        span=span,
    )
