"""What the classifier finds in a text: passages that read like a prohibited claim, for a person to look at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from ragmarket.compliance.paraphrase.features import passages
from ragmarket.compliance.paraphrase.model import ClaimModel
from ragmarket.compliance.paraphrase.serving import open_text
from ragmarket.compliance.rules.claim_rule import ClaimRule
from ragmarket.compliance.rules.claims import Excuses
from ragmarket.compliance.rules.lexicon import Lexicon
from ragmarket.schemas.compliance import Finding

Span = tuple[int, int]


def check_paraphrases(
    text: str,
    model: ClaimModel,
    lexicon: Lexicon,
    *,
    product_class: str,
    channel: str,
    as_of: date,
    masked: Sequence[Span] = (),
) -> tuple[Finding, ...]:
    """Passages whose probability of being unlawful reaches the model's threshold.

    Args:
        text: The message, in any normal form.
        model: The classifier.
        lexicon: The claim rules; only classes of which a rule is in force for this message can be found.
        product_class: Which products the message is about.
        channel: Where it is sent.
        as_of: The day that decides which rules are in force.
        masked: Spans of byte-exact disclaimers; what stands in them, or in a rejected quotation, is not read.

    Returns:
        Findings in order of place, of severity "review", under the id and authority of the class's rule; of passages
        that overlap, the likeliest.
    """
    by_class: dict[int, ClaimRule] = {}
    for rule in lexicon.rules:
        if rule.severity == "block" and rule.binds(product_class, channel, as_of):
            by_class.setdefault(rule.number, rule)
    by_class = {number: rule for number, rule in by_class.items() if number <= model.classes.shape[1]}
    if not by_class:
        return ()
    excuses = Excuses(text, lexicon)
    found: list[tuple[float, Finding]] = []
    for passage in passages(open_text(text, lexicon.words, masked)):
        places, weights = model.weigh(passage.words, product_class)
        probability = model.probability(model.margin(places, weights))
        if probability < model.threshold:
            continue
        rule = by_class[model.class_of(places, weights, by_class)]
        if excuses.hold(rule):
            continue
        message = f"reads like a claim that {rule.message} (probability {probability:.2f}; a person has to decide)"
        finding = Finding(
            rule=rule.id,
            severity="review",
            message=message,
            start=passage.start,
            end=passage.end,
            authority=rule.authority,
            origin="classifier",
            probability=round(probability, 4),
        )
        found.append((probability, finding))
    found.sort(key=lambda one: (-one[0], one[1].start or 0))
    chosen: list[Finding] = []
    for _, finding in found:
        if not any(_overlap(finding, other) for other in chosen):
            chosen.append(finding)
    return tuple(sorted(chosen, key=lambda finding: (finding.start or 0, finding.rule)))


def without_echoes(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """All findings but those of the classifier on a passage, or a subject (no span), that a claim rule blocks."""
    found = tuple(findings)
    rules = [one for one in found if one.origin == "rules" and one.severity == "block"]
    blocked = [one for one in rules if one.rule.startswith("claims.")]
    return tuple(
        one for one in found if one.origin != "classifier" or not any(_overlap(one, other) for other in blocked)
    )


def _overlap(one: Finding, other: Finding) -> bool:
    if one.start is None or one.end is None or other.start is None or other.end is None:
        return one.start is other.start is None
    return one.start < other.end and other.start < one.end
