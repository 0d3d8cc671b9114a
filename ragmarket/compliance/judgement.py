"""One policy rule held against one piece of copy: the same judgement for examples, for checks and for impact."""

from __future__ import annotations

from datetime import date

from ragmarket.compliance.packs import PackRule
from ragmarket.compliance.policy import PolicyBook
from ragmarket.compliance.rules.disclosures import check_disclosures
from ragmarket.compliance.rules.pack_verbs import CopyReading, check_lines, check_needs, check_verbs
from ragmarket.schemas.compliance import Finding
from ragmarket.schemas.policy import LiveCopy


def judge(book: PolicyBook, rule: PackRule, copy: LiveCopy, day: date) -> tuple[Finding, ...]:
    """What a rule finds on a day; nothing when it does not bind the copy on that day.

    A finding that is for review and says "inconclusive" means that a field is missing without which nobody can tell.
    """
    if not rule.binds(copy.product_class, copy.channel, day, copy.language):
        return ()
    found = [*_of_facts(rule, copy), *check_needs(rule, copy.given)]
    if not (rule.disclaimers or rule.ideas):
        return tuple(found)
    policy = book.resolve(product_class=copy.product_class, channel=copy.channel, language=copy.language, as_of=day)
    known = book.ledger.texts(production=book.production, day=day)
    proof = check_disclosures(copy.text, policy, known)
    if rule.disclaimers:
        demanded = {demand.id for demand in rule.disclaimers}
        standing = {entry.id for entry in policy.disclaimers}
        for finding in proof.findings:
            if finding.message.split(" ", 1)[0] in demanded:
                found.append(finding.model_copy(update={"authority": rule.authority}))
        for id_ in sorted(demanded - standing):
            message = f"there is no wording of {id_} in {copy.language} in force on {day}"
            found.append(Finding(rule="policy.no_wording", severity="block", message=message, authority=rule.authority))
    if rule.ideas:
        reading = CopyReading(copy.text, book.packs.idea_lexicon, proof.exact)
        found += check_verbs(reading, (rule,), book.packs.ideas, copy.language)
        found += check_lines(reading, (rule,), book.packs.ideas, copy.language)
    return tuple(found)


def undecided(rule: PackRule, copy: LiveCopy) -> str | None:
    """Why a rule cannot be held against copy at all: the field that is missing."""
    if (rule.must_say or rule.must_say_with or rule.must_not_say) and copy.says is None and not rule.ideas:
        return "says (the kinds of facts that the copy states)"
    return None


def _of_facts(rule: PackRule, copy: LiveCopy) -> list[Finding]:
    if copy.says is None:
        return []
    said = {*copy.says}
    wrong = [f"{kind} may not be said here" for kind in rule.must_not_say if kind in said]
    wrong += [f"{kind} must be said here" for kind in rule.must_say if kind not in said]
    wrong += [
        f"{kind} may not stand without one of: {', '.join(companions)}"
        for kind, companions in rule.must_say_with.items()
        if kind in said and not said & {*companions}
    ]
    return [Finding(rule=rule.id, severity="block", message=what, authority=rule.authority) for what in wrong]
