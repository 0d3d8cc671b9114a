"""What stands around a statement and narrows it: headings, the question it answers, captions and footnotes."""

from __future__ import annotations

from collections.abc import Sequence

import regex

from ragmarket.knowledge.catalogue import Catalogue, Kind
from ragmarket.retrieval.fact_conditions import MARKER, ConditionLexicon
from ragmarket.retrieval.fact_remainder import remainder, understood
from ragmarket.retrieval.fact_words import class_vocabulary, stem, stems, unknown_word, vocabulary
from ragmarket.retrieval.figures import recognise
from ragmarket.retrieval.figures_numbers import NOT_FIGURES
from ragmarket.retrieval.kinds import masked
from ragmarket.retrieval.units import Unit
from ragmarket.schemas.evidence import Figure

_DIGITS = regex.compile(r"(?<![\p{L}\p{N}-])\p{Nd}+(?:[.,]\p{Nd}+)*(?![\p{L}\p{Nd}])")
_SEPARATOR = " > "
_MARKS = "*#†‡§^¹²³⁴⁵⁶⁷⁸⁹"
SENIOR_AGE = 60
_SENIOR_KINDS = ("fd_senior_rate", "fd_senior_additional_rate")


def headings(unit: Unit, title: str) -> list[str]:
    """The headings above a unit, without the document's title."""
    parts = [part for part in unit.heading.split(_SEPARATOR) if part.strip()]
    return parts[1:] if parts and parts[0] == title else parts


def title_of(units: Sequence[Unit], lexicon: ConditionLexicon) -> str:
    """The heading that is the document's title: it stands above every unit that has one, and narrows nothing.

    A name may hold a narrowing word ("Aranya Senior Citizens Account") when it names a product with a word of its own.
    """
    tops = {unit.heading.split(_SEPARATOR)[0] for unit in units if unit.heading}
    if len(tops) != 1:
        return ""
    (top,) = tops
    found = stems(top)
    figures = recognise(top)
    # A date in a title tells the issue; from when the document holds stands in its front matter.
    undated = masked(top, [figure for figure in figures if figure.type == "date"])
    narrows = (
        found & lexicon.narrowing
        or any(pattern.search(undated) for pattern in (*lexicon.triggers, lexicon.negation))
        or any(figure.type != "date" for figure in figures)
    )
    if not narrows:
        return top
    deeper = any(_SEPARATOR in unit.heading for unit in units) and len(units) > 1
    named = unknown_word(top, lexicon.open_stems | lexicon.narrowing | lexicon.product_nouns, []) is not None
    return top if found & lexicon.product_nouns and (deeper or named) else ""


def own_stems(kind: Kind, title: str, lexicon: ConditionLexicon) -> frozenset[str]:
    """The stems that the label of a statement of the kind may hold: another kind's words there name another row."""
    return lexicon.open_stems | frozenset(stem(w) for w in vocabulary(kind)) | stems(title)


def known_stems(
    kind: Kind, catalogue: Catalogue, product_class: str, title: str, lexicon: ConditionLexicon
) -> frozenset[str]:
    """The stems of all words that a statement of the kind, and what stands around it, may hold."""
    known = (class_vocabulary(catalogue, product_class) - lexicon.narrowing) | own_stems(kind, title, lexicon)
    # In a gold loan's document "gold" names the product.
    return known | stems(product_class.replace("_", " "))


def unread_number(text: str, figures: Sequence[Figure]) -> str | None:
    """A number of the text that no figure covers and that is no reference, or None."""
    known = [(f.start, f.end) for f in figures] + [m.span() for m in NOT_FIGURES.finditer(text)]
    return next((m[0] for m in _DIGITS.finditer(text) if not any(s <= m.start() < e for s, e in known)), None)


def senior_age(kind: str, low: Figure, high: Figure | None = None) -> bool:
    """Whether an age only repeats whom a senior citizens' kind already names: from 60, without an upper end."""
    return (
        kind in _SENIOR_KINDS
        and high is None
        and low.type == "age"
        and low.unit == "year"
        and low.value == SENIOR_AGE
        and low.bound in ("from", "exact")
    )


def other_age(kind: str, low: Figure) -> bool:
    """Whether an age would narrow a senior citizens' kind, which already names an age of its own."""
    return kind in _SENIOR_KINDS and low.type == "age"


def bank_words(names: Sequence[str], known: frozenset[str]) -> frozenset[str]:
    """The words of the names that no statement of the class uses otherwise: "Kosi" of "Kosi Gramya Bank"."""
    words = (word for name in names for word in regex.findall(r"\p{L}+", name))
    return frozenset(word for word in words if len(word) > 2 and word[0].isupper() and stem(word) not in known)


class Surroundings:
    """Tells what around a statement would have to be said with it.

    Args:
        lexicon: The condition lexicon.
    """

    def __init__(self, lexicon: ConditionLexicon) -> None:
        self._lexicon = lexicon

    def problem(
        self,
        unit: Unit,
        kind: Kind,
        figures: Sequence[Figure],
        known: frozenset[str],
        title: str,
        bank: frozenset[str] = frozenset(),
    ) -> str | None:
        """What narrows the statement from outside, or None.

        Args:
            unit: The unit.
            kind: Its kind.
            figures: The figures of its view.
            known: Stems of the words that narrow nothing (`known_stems`).
            title: The document's title, which narrows nothing.
            bank: The words that only the names of the document, its product and its bank hold.
        """
        footnotes = self._footnotes(unit, kind, bank)
        if footnotes:
            return footnotes
        view = " ".join(unit.view.split())
        said = {f.id for f in self._lexicon.find(view, kind, bank)[0]} | self._lexicon.said_by_kind(kind)
        quotes = [
            text
            for c in unit.context
            if "|" not in c.quote and c.quote.lstrip(" \\")[:1] not in _MARKS
            for text in (" ".join(c.quote.split()),)
            if text.rstrip(":") not in view
        ]
        for text in (*headings(unit, title), *quotes):
            left = self._narrowed(text, kind, figures, known, said, bank)
            if left:
                return f"it stands under {text.strip()[:60]!r}: {left}"
        return None

    def _narrowed(
        self,
        text: str,
        kind: Kind,
        said_figures: Sequence[Figure],
        known: frozenset[str],
        said: set[str],
        bank: frozenset[str],
    ) -> str | None:
        text = self._lexicon.enumeration.sub("", text)
        figures = recognise(text)
        stated = {(f.type, f.value, f.unit) for f in said_figures}
        other = next((f for f in figures if (f.type, f.value, f.unit) not in stated), None)
        if other:
            return f"it holds the figure {other.text!r}"
        number = unread_number(text, figures)
        if number:
            return f"its number {number!r} is not understood"
        riding, silent = self._lexicon.find(text, kind, bank)
        narrowing = sorted({f.id for f in riding} - said)
        if narrowing:
            return f"it speaks of {', '.join(narrowing)} only"
        covered = [(f.start, f.end) for f in (*riding, *silent)]
        spans = understood(self._lexicon, text, covered, [(f.start, f.end) for f in figures])
        left = remainder(self._lexicon, text, kind, spans)
        if left:
            return left
        word = unknown_word(text, known, spans)
        return f"{word!r} may narrow it" if word else None

    def _footnotes(self, unit: Unit, kind: Kind, bank: frozenset[str]) -> str | None:
        for mark in {m[1] for m in MARKER.finditer(unit.view)}:
            notes = [c.quote.lstrip(" \\|") for c in unit.context if c.quote.lstrip(" \\|").startswith(mark)]
            if not notes:
                return f"the footnote behind {mark!r} is not at hand"
            for note in notes:
                body = note.lstrip(_MARKS + "\\ ")
                figures = recognise(body)
                riding, silent = self._lexicon.find(body, kind, bank)
                if riding or not all(senior_age(kind.id, f) for f in figures):
                    return f"its footnote holds a condition: {body[:60]!r}"
                covered = [(f.start, f.end) for f in silent]
                spans = understood(self._lexicon, body, covered, [(f.start, f.end) for f in figures])
                left = remainder(self._lexicon, body, kind, spans)
                if left:
                    return f"its footnote: {left}"
        return None
