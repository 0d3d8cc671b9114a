"""The verbs of policy rules that read the copy: what must be said, what may not, and what a percentage may be.

An idea is looked for in every reading of a text, as claims are: disguised, in Latin letters, in mixed tongues. Where
the text or the caller leaves open whether a rule is kept, the finding is for review and says "inconclusive".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import regex

from ragmarket.compliance.packs import Idea, PackRule, RatioLimit
from ragmarket.compliance.rules.disguise import readings
from ragmarket.compliance.rules.lexicon import Lexicon, concept_list
from ragmarket.compliance.rules.matching import Span
from ragmarket.compliance.rules.reading import Reading
from ragmarket.compliance.rules.romanised import holds_native, reading_of
from ragmarket.schemas.base import Severity
from ragmarket.schemas.compliance import Finding

INCONCLUSIVE = "inconclusive"
_PERCENT = regex.compile(r"(?<![\d.])(\d+(?:\.\d+)?) ?%")
_NUMBER = regex.compile(r"\d+(?:\.\d+)?")


class CopyReading:
    """One text read once for all ideas.

    Args:
        text: The copy, in any normal form.
        words: The ideas' words.
        masked: Spans of byte-exact disclaimers: they may say what a rule asks for, and claim nothing.
    """

    def __init__(self, text: str, words: Lexicon, masked: Sequence[Span] = ()) -> None:
        self.text = text
        self._masked = masked
        plain, *undone = readings(text, words.words.index.opens)
        self.plain = Reading(plain, words.words)
        self._views = [(self.plain, False), *((Reading(folded, words.words), False) for folded in undone)]
        coarse = reading_of(plain)
        if coarse is not None:
            self._views.append((Reading(coarse, words.romanised), True))

    def said(self, id_: str, *, denied: bool = True, mandatory: bool = True) -> list[Span]:
        """Where an idea is said, in order; without ``denied`` or ``mandatory`` not in a denial or a disclaimer."""
        spans = set()
        for view, typed in self._views:
            for start, end in view.concept(id_):
                if typed and not holds_native(view.text[start:end]):
                    continue
                if not denied and view.negated((start, end)):
                    continue
                span = view.folded.span(start, end)
                if mandatory or not any(s < span[1] and span[0] < e for s, e in self._masked):
                    spans.add(span)
        return sorted(spans)


def sets_off(text: str, rules: Iterable[PackRule], words: Lexicon) -> bool:
    """Whether a text says, denied or not, any idea that one of the rules waits for or forbids.

    Where no text outside the disclaimers does, and no rule has a `ratio`, there is nothing for `check_verbs` to find.
    """
    plain, *undone = readings(text, words.words.index.opens)
    coarse = reading_of(plain)
    matches = [words.words.index.scan(folded.text) for folded in (plain, *undone)]
    if coarse is not None:
        matches.append(words.romanised.index.scan(coarse.text))
    ideas = {concept_list(id_) for rule in rules for id_ in (*rule.text_must_not, *rule.text_when)}
    return any(found.find(name) for found in matches for name in ideas & found.names)


def check_verbs(
    copy: CopyReading,
    rules: Iterable[PackRule],
    ideas: Mapping[str, Idea],
    language: str,
) -> tuple[Finding, ...]:
    """What rules in force find in what one text says; lines that every message carries are for `check_lines`.

    Args:
        copy: The text.
        rules: The rules that bind it.
        ideas: What the ideas mean.
        language: The language of the text.
    """
    found: list[Finding] = []
    for rule in rules:
        for id_ in rule.text_must_not:
            for span in copy.said(id_, denied=False, mandatory=False)[:1]:
                found.append(_finding(rule, f"says {_quoted(copy, span)} ({ideas[id_].means})", span))
        if rule.text_when:
            found += _missing(copy, rule, ideas, language)
        if rule.ratio is not None:
            found += _beyond(copy, rule, rule.ratio)
    return tuple(found)


def check_lines(
    copy: CopyReading, rules: Iterable[PackRule], ideas: Mapping[str, Idea], language: str
) -> tuple[Finding, ...]:
    """Lines that every message has to carry, whatever it says, where they are missing; in whole copy."""
    asking = (rule for rule in rules if rule.text_must and not rule.text_when)
    return tuple(finding for rule in asking for finding in _missing(copy, rule, ideas, language))


def check_needs(rule: PackRule, given: Mapping[str, bool | None]) -> tuple[Finding, ...]:
    """Circumstances that a rule needs: one that does not hold breaks it, one that is not told leaves it open."""
    found = []
    for name in rule.needs:
        value = given.get(name)
        if value is None:
            found.append(_finding(rule, f"{INCONCLUSIVE}: {name} was not given", None, "review"))
        elif not value:
            found.append(_finding(rule, f"{name} is false", None))
    return tuple(found)


def _finding(rule: PackRule, what: str, span: Span | None, severity: Severity | None = None) -> Finding:
    start, end = span if span is not None else (None, None)
    message = f"{rule.title}: {what}"
    return Finding(
        rule=rule.id,
        severity=severity or rule.severity,
        message=message,
        start=start,
        end=end,
        authority=rule.authority,
    )


def _quoted(copy: CopyReading, span: Span) -> str:
    return f"“{copy.text[span[0] : span[1]]}”"


def _missing(copy: CopyReading, rule: PackRule, ideas: Mapping[str, Idea], language: str) -> Iterable[Finding]:
    triggers = [span for id_ in rule.text_when for span in copy.said(id_, denied=False, mandatory=False)]
    if rule.text_when and not triggers:
        return
    if any(copy.said(id_) for id_ in rule.text_must):
        return
    span = min(triggers, default=None)
    wanted = " or ".join(ideas[id_].means for id_ in rule.text_must)
    said = "the copy" if span is None else _quoted(copy, span)
    if not any(tongue == language for id_ in rule.text_must for tongue in ideas[id_].words):
        yield _finding(rule, f"{INCONCLUSIVE}: the pack has no words in {language} for {wanted}", span, "review")
    else:
        yield _finding(rule, f"{said} stands without {wanted}", span)


def _amounts(view: Reading, limit: RatioLimit, bounds: Span) -> set[float]:
    hits = [
        (span, rupees)
        for id_, rupees in limit.amounts.items()
        for span in view.concept(id_)
        if bounds[0] <= span[0] and span[1] <= bounds[1]
    ]
    # "Rs 2.5 lakh" is also "Rs 2.5"; the larger unit is meant.
    return {
        float(number.group()) * rupees
        for (start, end), rupees in hits
        if (number := _NUMBER.search(view.text, start, end))
        and not any(s < end and start < e and other > rupees for (s, e), other in hits)
    }


def _beyond(copy: CopyReading, rule: PackRule, limit: RatioLimit) -> Iterable[Finding]:
    view = copy.plain
    lowest, highest = min(tier.most for tier in limit.tiers), max(tier.most for tier in limit.tiers)
    told: set[Span] = set()
    for start, end in view.concept(limit.of):
        first = max((place + 1 for place in view.sentence_ends if place < start), default=0)
        last = min((place for place in view.sentence_ends if place >= end), default=len(view.text))
        amounts = _amounts(view, limit, (first, last)) or _amounts(view, limit, (0, len(view.text)))
        for percent in _PERCENT.finditer(view.text, first, last):
            value = float(percent.group(1))
            span = view.folded.span(percent.start(), percent.end())
            if value <= lowest or span in told:
                continue
            told.add(span)
            allowed = {_most(limit, amount) for amount in amounts}
            if value > highest or (allowed and value > max(allowed)):
                most = highest if value > highest else max(allowed)
                yield _finding(rule, f"{_quoted(copy, span)} is above {most:g}%", span)
            elif not allowed:
                yield _finding(rule, f"{INCONCLUSIVE}: {_quoted(copy, span)} stands without an amount", span, "review")
            elif value > min(allowed):
                what = f"{INCONCLUSIVE}: {_quoted(copy, span)} is above the limit of one of the amounts said"
                yield _finding(rule, what, span, "review")


def _most(limit: RatioLimit, amount: float) -> float:
    return next(tier.most for tier in limit.tiers if tier.up_to is None or amount <= tier.up_to)
