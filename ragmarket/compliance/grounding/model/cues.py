"""What words restrict, deny and point to, in nine languages: negation, direction of a bound, groups, banking terms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pydantic import model_validator

from ragmarket.compliance.grounding.model.masking import figure_words
from ragmarket.knowledge.files import ROOT, load
from ragmarket.knowledge.language import LanguagePack
from ragmarket.schemas.base import LANGUAGES, Frozen

_HIGH = ("up_to", "below", "within")
_LOW = ("from", "above", "after")
_LONGEST_TERM = 6
_SHORT = 3
# Signs of the Indian scripts (vowels, nasals, silent marks, Malayalam's bare letters) that a case ending replaces.
_SIGN = re.compile(
    r"[\u0901-\u0903\u093e-\u094d\u0982\u0983\u0a82\u0abe-\u0acd\u0bbe-\u0bcd\u0c02\u0c3e-\u0c4d\u0c82\u0cbe-\u0ccd"
    r"\u0d02\u0d3e-\u0d4d\u0d7a-\u0d7f]"
)


class Limit(Frozen):
    """One restriction written out: as an English document has it, and as a claim says it in each language."""

    document: str
    claim: dict[str, str]


class Cues(Frozen):
    """The file of cues: words per language, ``groups`` by restriction, ``limits`` written out."""

    negation: dict[str, tuple[str, ...]]
    groups: dict[str, dict[str, tuple[str, ...]]]
    limits: dict[str, Limit]

    @model_validator(mode="after")
    def _complete(self) -> Cues:
        claims = ((name, limit.claim) for name, limit in self.limits.items())
        parts: list[tuple[str, Mapping[str, object]]] = [("negation", self.negation), *self.groups.items(), *claims]
        for name, held in parts:
            missing = set(LANGUAGES) ^ held.keys()
            if missing:
                raise ValueError(f"{name}: one list for each language is needed, see {', '.join(sorted(missing))}")
        return self


@dataclass(frozen=True, slots=True)
class Reading:
    """What the cues of one sentence say."""

    negations: int
    high: bool
    low: bool
    groups: frozenset[str]
    terms: frozenset[str]


@lru_cache(maxsize=2)
def load_cues(path: Path = ROOT / "support_cues.yaml") -> Cues:
    """Read the cues.

    Raises:
        BadKnowledge: The file is wrong; names its line.
    """
    return load(path, Cues)


def _beginnings(words: tuple[str, ...]) -> re.Pattern[str]:
    inside = [re.escape(word[1:].casefold()) for word in words if word.startswith("*")]
    opening = []
    for word in words:
        if not word.startswith("*"):
            # Short words open many others, and Latin ones ("no", "not") above all: they stand whole but for a plural.
            end = (
                r"(?:s|es|ed|d)?(?!\w)"
                if word.isascii()
                else r"(?![\w\u0900-\u0963\u0970-\u0d7f])"
                if len(word) <= _SHORT
                else ""
            )
            opening.append((re.escape(word.casefold()) if end else re.escape(_beginning(word.casefold()))) + end)
    parts = [rf"(?<![\w\u0900-\u0d7f])(?:{'|'.join(sorted(opening, key=len, reverse=True))})"] if opening else []
    return re.compile("|".join([*parts, *inside]) or r"(?!)")


@lru_cache(maxsize=16)
def _patterns(language: str) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str], dict[str, re.Pattern[str]]]:
    cues = load_cues()
    both = ("en",) if language == "en" else ("en", language)

    def bounds(names: tuple[str, ...]) -> re.Pattern[str]:
        held = [
            word
            for one in both
            for side in (figure_words()[one].before, figure_words()[one].after)
            for name in names
            for word in side.get(name, ())
            if len(word) > 1
        ]
        return re.compile(
            "|".join(
                rf"(?<![a-z]){re.escape(word.casefold())}(?![a-z])" if word.isascii() else re.escape(word.strip("-"))
                for word in sorted(held, key=len, reverse=True)
            )
        )

    return (
        _beginnings(tuple(word for one in both for word in cues.negation[one])),
        bounds(_HIGH),
        bounds(_LOW),
        {name: _beginnings(tuple(word for one in both for word in held[one])) for name, held in cues.groups.items()},
    )


_NOT_A_DENIAL = re.compile(
    r"\b(?:no|not) (?:more|less|fewer|later|earlier|higher|lower|exceed\w*|below|above|be less|be more)\b"
    r"|free[- ]look|interest[- ]free"
)


class CueReader:
    """Reads cues and banking terms; what it learns of a text it keeps.

    Args:
        packs: Language packs, for their terms.
    """

    def __init__(self, packs: Mapping[str, LanguagePack]) -> None:
        self._terms = {language: _term_pattern(language, packs) for language in LANGUAGES}
        self.read = lru_cache(maxsize=16_384)(self._read)

    def _read(self, masked: str, language: str) -> Reading:
        text = masked.casefold()
        negation, high, low, groups = _patterns(language)
        plain = _NOT_A_DENIAL.sub(" ", text)
        pattern, concept = self._terms[language]
        return Reading(
            negations=len(negation.findall(plain)),
            high=high.search(text) is not None,
            low=low.search(text) is not None,
            groups=frozenset(name for name, one in groups.items() if one.search(text)),
            terms=frozenset(name for found in pattern.findall(text) for name in concept[found]),
        )


def _beginning(form: str) -> str:
    """A native form without the sign that its case endings replace: "கடன்" is found in "கடனுக்கு"."""
    if form.endswith("ம்") and len(form) > _SHORT + 2:
        return form[:-2]
    return form[:-1] if len(form) > _SHORT + 1 and _SIGN.match(form[-1]) else form


def _concept(english: str) -> str:
    return re.sub(r"\s*\(.*?\)", "", english).split(",")[0].strip().casefold()


def _term_pattern(
    language: str, packs: Mapping[str, LanguagePack]
) -> tuple[re.Pattern[str], dict[str, tuple[str, ...]]]:
    """A pattern of all written forms of this language and English, and the concepts that each form stands for."""
    forms: dict[str, set[str]] = {}
    for one in {"en", language}:
        for term in packs[one].terms:
            concept = _concept(term.en)
            for form in (concept, *term.customer, *term.formal):
                folded = _beginning(form.casefold().strip())
                if len(folded) > 1 and len(folded.split()) <= _LONGEST_TERM:
                    forms.setdefault(folded, set()).add(concept)
    inner = "|".join(
        re.escape(form) + (r"(?=(?:s|es)?(?![a-z]))" if form.isascii() else "")
        for form in sorted(forms, key=len, reverse=True)
    )
    return re.compile(rf"(?<![\w\u0900-\u0d7f])(?:{inner})"), {
        form: tuple(sorted(held)) for form, held in forms.items()
    }
