"""The passages of a gold file held against what the house read there: spans of figures, and kinds of facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eval.gold import find, gold_figures
from eval.tally import Tally
from ragmarket.retrieval.facts import Reading
from ragmarket.retrieval.units import Unit


@dataclass(frozen=True)
class ReadDocument:
    """A document as it was read: its text, units and their readings."""

    text: str
    units: list[Unit]
    readings: list[Reading]


def score_figures(tally: Tally, name: str, document: ReadDocument, passage: dict[str, Any]) -> None:
    """Recall and precision of a passage's figures: overlapping with the same type, and of exactly the same span."""
    (start, end), gold = gold_figures(document.text, passage)
    found = {
        (figure.start, figure.end, figure.type)
        for reading in document.readings
        for figure in reading.figures
        if start <= figure.start and figure.end <= end
    }
    text = document.text
    for item in gold:
        if item.optional:
            continue
        near = [one for one in found if one[0] < item.end and item.start < one[1]]
        told = [f"{text[low:high]} ({kind})" for low, high, kind in sorted(near)]
        line = " ".join(text[max(start, item.start - 60) : item.end + 30].split())
        expected = f"{text[item.start : item.end]} ({'/'.join(item.types)})"
        typed = [one for one in near if one[2] in item.types]
        detail = {"doc": name, "passage": line, "expected": expected, "found": told}
        tally.count("figure recall", bool(typed), **detail)
        exact = any(one[:2] == (item.start, item.end) for one in typed)
        tally.count("figure recall, exact span", exact, **(detail if typed else {}))
    for low, high, kind in sorted(found):
        near_gold = [item for item in gold if item.start < high and low < item.end]
        right = [item for item in near_gold if kind in item.types or item.optional]
        line = " ".join(text[max(start, low - 60) : high + 30].split())
        tally.count("figure precision", bool(right), doc=name, passage=line, found=f"{text[low:high]} ({kind})")
        exact = any((item.start, item.end) == (low, high) or item.optional for item in right)
        tally.count("figure precision, exact span", exact)


def unit_of(document: ReadDocument, start: int, end: int) -> int | None:
    """The shortest unit whose own characters hold a span; None where the span is cut or not read at all."""
    wanted = {at for at in range(start, end) if not document.text[at].isspace() and document.text[at] != "|"}
    holding = [number for number, unit in enumerate(document.units) if wanted <= set(unit.origin)]
    return min(holding, key=lambda number: len(document.units[number].view), default=None)


def score_fact(tally: Tally, name: str, document: ReadDocument, passage: dict[str, Any]) -> None:
    """Whether a passage is read as its kind, or as none where it states none; and whether it may be put into words."""
    text, kind = document.text, passage["kind"]
    after = find(text, passage["after"])[1] if "after" in passage else 0
    start, end = find(text, str(passage["passage"]), after)
    number = unit_of(document, start, end)
    reading = document.readings[number] if number is not None else None
    found = reading.kind if reading else None
    detail = {
        "doc": name,
        "passage": f"{passage.get('after', '')} … {passage['passage']}".strip(" …"),
        "unit": document.units[number].view if number is not None else "not in one unit",
        "expected": kind,
        "found": found,
        "score": round(reading.kind_score, 3) if reading else None,
    }
    if reading and found not in (None, kind):
        # Were it put into words, every later check would hold it against the wrong kind.
        tally.count("wrong kinds kept out of words", not reading.phrasable, **detail)
    if kind is None:
        tally.count("none rejected", found is None, **detail)
        return
    tally.count("passage in one unit", reading is not None)
    tally.count("kind accuracy", found == kind, **detail)
    if found is not None:
        tally.count("kind precision where one is given", found == kind)
    if reading and found == kind:
        tally.count("phrasable of right kinds", reading.phrasable, **detail, why_not=reading.why_not)
