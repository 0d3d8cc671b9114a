"""How a careless hand changes a sentence: other numbers in the same style, older quotes, older figures."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from difflib import SequenceMatcher

from eval.rereading import NUMBER, SCALES, numbers
from ragmarket.retrieval.figures import recognise
from ragmarket.schemas.evidence import DocumentVersion
from ragmarket.schemas.message import Citation, CitedClaim

_TRIES = 40


def numbers_outside(text: str, names: Mapping[str, str]) -> list[re.Match[str]]:
    """Numbers of a text that are not part of a product's name."""
    taken = [found.span() for name in names for found in re.finditer(re.escape(name), text)]
    return [
        spot
        for spot in NUMBER.finditer(text)
        if not any(start <= spot.start() and spot.end() <= end for start, end in taken)
    ]


def values(text: str) -> set[Decimal]:
    """Figures and bare numbers of a text."""
    return {figure.value for figure in recognise(text)} | numbers(text)


def standing_in(citations: Sequence[Citation]) -> set[Decimal]:
    """Figures and bare numbers of cited quotes."""
    return {value for one in citations for value in values(one.quote)}


def other_number(text: str, standing: set[Decimal], dice: random.Random) -> str | None:
    """Another number in the same style: a digit more or less, a digit changed, two changed places, a tenth, tenfold."""
    old = Decimal(text.replace(",", ""))
    for _ in range(_TRIES):
        digits = list(text.replace(",", ""))
        places = [place for place, char in enumerate(digits) if char.isdigit()]
        how = dice.choice(("digit", "swap", "tenfold", "near"))
        place = dice.choice(places)
        if how == "digit":
            digits[place] = dice.choice("123456789")
        elif how == "swap" and len(places) > 1:
            other = dice.choice(places)
            digits[place], digits[other] = digits[other], digits[place]
        elif how == "tenfold":
            digits = list(format(old * 10, "f")) if old < 10_000 else list(format(old / 10, "f"))
        else:
            step = Decimal(1).scaleb(int(old.as_tuple().exponent)) * dice.choice((1, 2, 5))
            digits = list(format(old + dice.choice((1, -1)) * step, "f"))
        value = Decimal("".join(digits))
        if value <= 0 or value == old or any(value * scale in standing for scale in SCALES):
            continue
        return grouped(value, text)
    return None


def grouped(value: Decimal, like: str) -> str:
    """A number with as many decimals as ``like`` needs and, above 999, India's grouping of digits."""
    plain = format(value.normalize(), "f") if "." not in like else format(value, "f")
    whole, _, rest = plain.partition(".")
    if len(whole) > 3 and ("," in like or "." not in like):
        head, tail = whole[:-3], whole[-3:]
        pairs = [head[max(0, end - 2) : end] for end in range(len(head), 0, -2)][::-1]
        whole = ",".join([*pairs, tail])
    return f"{whole}.{rest}" if rest else whole


def in_version(citation: Citation, old: DocumentVersion, text: str) -> Citation:
    """The citation in an older version: the same words where they stand there, else the most similar line."""
    start, quote = text.find(citation.quote), citation.quote
    if start < 0:
        lines = [found for found in re.finditer(r"[^\n]+", text) if found.group().strip()]
        best = max(lines, key=lambda found: SequenceMatcher(None, citation.quote, found.group()).ratio())
        start, quote = best.start(), best.group()
    return citation.model_copy(
        update={
            "version": old.version,
            "sha256": old.sha256,
            "start": start,
            "end": start + len(quote),
            "quote": quote,
        }
    )


def with_figures_of(claim: CitedClaim, old: Citation) -> str:
    """The claim's text with the figures that changed between two versions of its quote as they were before."""
    now, before = NUMBER.findall(claim.citations[0].quote), NUMBER.findall(old.quote)
    text = claim.text
    if len(now) == len(before):
        for new, past in zip(now, before, strict=True):
            if new != past:
                text = re.sub(rf"(?<![\d.,]){re.escape(new)}(?![\d]|[.,]\d)", past, text)
    return text
