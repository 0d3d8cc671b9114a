"""A sentence as the model sees it: figures by type only, words folded."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from pydantic import RootModel

from ragmarket.knowledge.files import ROOT, load
from ragmarket.schemas.base import Frozen

MASKS = ("AMOUNT", "RATE", "DURATION", "COUNT")
# Ages are durations and ratios are counts here: which they are is read from the words around them, by both sides alike.
_OTHER = {"AGE": "DURATION", "RATIO": "RATE", "DATE": "COUNT"}
_GIVEN = re.compile(r"\b(?:AGE|RATIO|DATE)\b")
_NUMBER = r"\d(?:[\d,.]*\d)?"
_WORD = re.compile(r"#[ardn]|[^\W\d_](?:[\w\u0900-\u0963\u0970-\u0d7f\u200c\u200d]|['’](?=\w))*")
_SIGNS = {"AMOUNT": "#a", "RATE": "#r", "DURATION": "#d", "COUNT": "#n"}
_SIGN = re.compile(r"\b(?:AMOUNT|RATE|DURATION|COUNT)\b")


class FigureWords(Frozen, extra="ignore"):
    """The words of one language beside its figures, as `knowledge/figure_words.yaml` holds them."""

    currency: tuple[str, ...]
    scale: dict[str, tuple[str, ...]]
    percent: tuple[str, ...]
    units: dict[str, tuple[str, ...]]
    before: dict[str, tuple[str, ...]]
    after: dict[str, tuple[str, ...]]
    joins: tuple[str, ...]
    age: dict[str, tuple[str, ...]]


class _File(RootModel[dict[str, FigureWords]]):
    """Language to words."""


@lru_cache(maxsize=1)
def figure_words() -> dict[str, FigureWords]:
    """The words around figures, by language.

    Raises:
        BadKnowledge: The file is wrong; names its line.
    """
    return load(ROOT / "figure_words.yaml", _File).root


def _any(words: list[str]) -> str:
    held = sorted({word for word in words if word}, key=len, reverse=True)
    return "|".join(
        re.escape(word).replace(r"\ ", r"[\s-]") + (r"\b" if word.isascii() and word.isalpha() else "") for word in held
    )


@lru_cache(maxsize=16)
def _patterns(language: str) -> tuple[re.Pattern[str], ...]:
    own = [figure_words()["en"], *([figure_words()[language]] if language != "en" else [])]
    currency = _any([word for one in own for word in one.currency])
    scale = _any([word for one in own for words in one.scale.values() for word in words])
    percent = _any([word for one in own for word in (*one.percent, "bps", "basis points")])
    units = _any([word for one in own for words in one.units.values() for word in words])
    joins = "|".join(re.escape(word) for one in own for word in one.joins if word not in ",;")
    age = _any([word for one in own for words in one.age.values() for word in words if len(word) > 1]) or "(?!)"
    number = rf"{_NUMBER}(?:[\s-]*(?:{scale}))?"
    amount = rf"(?:{currency})[\s.]*{number}(?:/-)?|{number}[\s-]*(?:{currency})"
    return (
        re.compile(rf"(?:{amount})|{_NUMBER}[\s-]*(?:{scale})", re.IGNORECASE),
        re.compile(rf"{_NUMBER}\s*(?:{percent})", re.IGNORECASE),
        re.compile(rf"{_NUMBER}[\s-]*(?:{units})", re.IGNORECASE),
        # A range's first figure has the type of its second ("6 to 12 months").
        re.compile(rf"\bCOUNT(\s*(?:{joins})\s*)(AMOUNT|RATE|DURATION)\b"),
        # An age without its unit ("aged 21") is an age all the same.
        re.compile(rf"((?:{age})\S*\s*(?:of|is|between|:)?\s*)COUNT\b|\bCOUNT(?=\s*(?:{age}))", re.IGNORECASE),
    )


def folded(text: str) -> str:
    """NFC with ASCII digits, plain blanks and quotes."""
    text = unicodedata.normalize("NFC", text)
    if not text.isascii():
        text = "".join(
            str(unicodedata.digit(char)) if char.isdigit() and unicodedata.digit(char, -1) >= 0 else char
            for char in text
        )
    return " ".join(text.replace("’", "'").split())


def mask(text: str, language: str = "en") -> str:
    """``text`` with its figures replaced by AMOUNT, RATE, DURATION or COUNT.

    Raises:
        KeyError: The language is unknown.
    """
    amount, rate, duration, span, age = _patterns(language)
    text = _GIVEN.sub(lambda found: _OTHER[found.group()], folded(text))
    if any(char.isdigit() for char in text):
        text = rate.sub(" RATE ", text)
        text = amount.sub(" AMOUNT ", text)
        text = duration.sub(" DURATION ", text)
        text = re.sub(_NUMBER, " COUNT ", text)
        text = age.sub(lambda found: f"{found.group(1) or ''}DURATION", text)
        text = span.sub(r"\2\1\2", text)
    return " ".join(text.split())


@lru_cache(maxsize=16_384)
def tokens(masked: str) -> tuple[str, ...]:
    """Casefolded words of a masked text; a figure is ``#a``, ``#r``, ``#d`` or ``#n``."""
    signed = _SIGN.sub(lambda found: _SIGNS[found.group()], masked)
    return tuple(word.strip("'") for word in _WORD.findall(signed.casefold()))


def figure_types(masked: str) -> tuple[str, ...]:
    """The types of a masked text's figures, in order."""
    return tuple(_SIGN.findall(masked))
