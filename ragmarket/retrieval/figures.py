"""Figures: every amount, rate, duration, age, count, date and ratio of a text, typed, with its exact span.

No model: patterns over the words of `knowledge/figure_words.yaml`. A number without a sign, a unit, or a header that
gives it one is not a figure. A span covers the figure with its currency sign or unit ("₹5 lakh", "7.25%", "15 days");
for things counted and for scores it covers the number alone ("8" of "8 lounge visits", "750").
"""

from __future__ import annotations

from decimal import Decimal

import regex

from ragmarket.retrieval.figures_ages import ages, reached_bound
from ragmarket.retrieval.figures_completion import compound, headed, inherit, scores
from ragmarket.retrieval.figures_context import (
    bound_of,
    join_pattern,
    label_bound,
    label_end,
    opens_range,
)
from ragmarket.retrieval.figures_drafts import Draft, amount_or_rate, unit_or_count
from ragmarket.retrieval.figures_numbers import NOT_FIGURES, Number, dates, numbers
from ragmarket.retrieval.figures_periods import label_period, period_of
from ragmarket.retrieval.figures_questions import asked
from ragmarket.schemas.evidence import Bound, Figure

_RATIO = regex.compile(
    r"(?<![\p{N}:.])(\p{Nd}{1,3})\s?:\s?(\p{Nd}{1,3})(?![\p{N}:])(?!\s?(?:[ap]\.?m\b|hrs|hours|IST))", regex.I
)
_CLOCK = regex.compile(r"(?:\bat|\bby|\btill|\buntil|\bbefore|\btime|hours?)\s*$", regex.I)


def recognise(text: str, language: str = "en") -> list[Figure]:
    """Find the figures of a text, in order; spans never overlap and ``text[f.start:f.end] == f.text``.

    Args:
        text: A sentence, or a cell's view ("row label; column header: cell"), in NFC.
        language: One of the nine; English words are understood in all of them.

    Raises:
        ValueError: The language is unknown.
    """
    drafts: list[Draft] = []
    taken: list[tuple[int, int]] = []
    for start, end, day in dates(text):
        drafts.append(Draft(start, end, "date", Decimal(day.toordinal()), "day", iso=day.isoformat()))
        taken.append((start, end))
    # Blocked spans may swallow a date's day ("Circular 1 April"), so dates are taken first.
    taken += [m.span() for m in NOT_FIGURES.finditer(text)]
    for match in _RATIO.finditer(text):
        if not any(match.start() < e and s < match.end() for s, e in taken) and not _CLOCK.search(
            text[: match.start()]
        ):
            high = Decimal(int(match[2])) or Decimal(1)
            drafts.append(Draft(match.start(), match.end(), "ratio", Decimal(int(match[1])) / high, "ratio"))
            taken.append(match.span())
    loose: list[Number] = []
    for number in numbers(text, taken):
        draft = amount_or_rate(text, number, language) or unit_or_count(text, number, language)
        if draft:
            drafts.append(draft)
        else:
            loose.append(number)
    drafts.sort(key=lambda d: d.start)
    drafts = compound(text, drafts)
    ages(text, drafts, loose, language)
    scores(text, drafts, loose)
    drafts = inherit(text, drafts, loose, language)
    headed(text, drafts, loose)
    asked(text, drafts, loose)
    ages(text, drafts, [], language)
    return _finished(text, drafts, language)


def _finished(text: str, drafts: list[Draft], language: str) -> list[Figure]:
    drafts.sort(key=lambda d: (d.start, -d.end))
    kept: list[Draft] = []
    for draft in drafts:
        if not kept or draft.start >= kept[-1].end:
            kept.append(draft)
    stop = label_end(text)
    label = text[:stop]
    join = join_pattern(language)
    figures: list[Figure] = []
    for i, draft in enumerate(kept):
        floor = kept[i - 1].end if i else 0
        in_cell = draft.start >= stop > 0
        first_in_cell = in_cell and floor <= stop
        # The bound of a label's own figure ("5 years and above: 6.5%") says nothing of the value it labels.
        bounded = any(f.bound != "exact" for f in figures if label.rfind(";") < f.start < stop)
        ceiling = kept[i + 1].start if i + 1 < len(kept) else len(text)
        bound: Bound = bound_of(
            text,
            draft.start,
            draft.end,
            max(floor, stop) if first_in_cell and bounded else floor,
            ceiling,
            language,
            (kept[i - 1].type if i else None, draft.type, kept[i + 1].type if i + 1 < len(kept) else None),
        )
        ranged = i + 1 < len(kept) and kept[i + 1].type == draft.type and join.fullmatch(text[draft.end : ceiling])
        if ranged and opens_range(text, draft.start):
            bound = "exact"
        if bound == "exact" and first_in_cell and not ranged and not bounded:
            bound = label_bound(label) or bound
        if bound == "exact" and draft.type == "age" and not ranged:
            bound = reached_bound(text[max(floor, draft.start - 40) : draft.start]) or bound
        period = None
        if draft.type in ("amount", "rate", "count"):
            rate = draft.type == "rate"
            period = period_of(
                text,
                draft.start,
                draft.end,
                max(floor, stop) if rate and in_cell else floor,
                ceiling,
                language,
                loose=draft.type == "count",
                rate=rate,
            )
            if period is None and in_cell:
                period = label_period(label, rate=rate)
        figures.append(
            Figure(
                type=draft.type,
                value=draft.value.normalize() if draft.value % 1 else draft.value.quantize(Decimal(1)),
                unit=draft.unit,
                bound=bound,
                period=period,
                iso=draft.iso,
                start=draft.start,
                end=draft.end,
                text=text[draft.start : draft.end],
            )
        )
    return figures
