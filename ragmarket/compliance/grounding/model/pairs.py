"""Labelled pairs of our own: the same fact, another fact, a lost or added condition, a denial, a bound turned round."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ragmarket.compliance.grounding.model.cues import CueReader, load_cues
from ragmarket.compliance.grounding.model.lines import NONE, Line
from ragmarket.compliance.grounding.model.masking import figure_words, mask
from ragmarket.knowledge.catalogue import Catalogue
from ragmarket.knowledge.language import LanguagePack

LABELS = ("supported", "contradicted", "unsupported")
Label = Literal["supported", "contradicted", "unsupported"]


@dataclass(frozen=True, slots=True)
class Pair:
    """A masked claim, a masked evidence sentence and what the one says of the other; ``how`` names the construction."""

    claim: str
    evidence: str
    language: str
    label: Label
    how: str
    kind: str
    hold: str = ""


_ENGLISH_LIMITS = ("For {x}: {s}", "{s} This is for {x} only.", "{s} ({x} only)", "{x}; {s}", "{s} Applicable to {x}.")
_NEGATIONS = (
    (re.compile(r"\b(is|are|was|were|can|may|will|shall|must|has|have)\b(?! not)"), r"\1 not"),
    (
        re.compile(
            r"\b(earns?|gets?|pays?|receives?|charges?|levies|levy|offers?|lends?|allows?|gives?|carry|carries|attracts?|needs?|requires?)\b"
        ),
        r"does not \1",
    ),
)
_DENIALS = (
    (re.compile(r"\bno (?=\w)", re.I), "a "),
    (re.compile(r"\bnot (?=\w)", re.I), ""),
    (re.compile(r"\b(?:nil|zero)\b", re.I), "RATE"),
    (re.compile(r"\b(?:free of (?:cost|charge)|free)\b", re.I), "charged at AMOUNT"),
    (re.compile(r"\bwithout\b", re.I), "with"),
    (re.compile(r"\b(?:waived|exempt)\b", re.I), "levied"),
)
_TURNS = (
    (re.compile(r"\b(?:minimum|min\.?|least|smallest|lowest)(?!\w)", re.I), "maximum"),
    (re.compile(r"\b(?:maximum|max\.?|highest|largest|most)(?!\w)", re.I), "minimum"),
    (re.compile(r"\b(?:at least|not less than|no less than|starting from|starts? from|starts? at)\b", re.I), "up to"),
    (re.compile(r"\b(?:up ?to|not more than|no more than|not exceeding|at most)\b", re.I), "at least"),
    (re.compile(r"\b(?:within|before)\b", re.I), "after"),
    (re.compile(r"\bafter\b", re.I), "before"),
    (re.compile(r"\b(?:above|over|more than|exceeding|beyond)\b", re.I), "below"),
    (re.compile(r"\b(?:below|less than|under)\b", re.I), "above"),
)  # fmt: skip


# First the word that denies a sentence when it is put at its end; then those that, taken away, turn a denial round.
_NOT: Mapping[str, tuple[str, ...]] = {
    "en": ("not",), "hi": ("नहीं", "नहीं", "बिना"), "mr": ("नाही", "नाही"), "gu": ("નથી", "નથી"),
    "bn": ("না", "না", "নেই"), "ta": ("இல்லை", "இல்லை"), "te": ("లేదు", "లేదు"), "kn": ("ಇಲ್ಲ", "ಇಲ್ಲ"), "ml": ("ഇല്ല", "ഇല്ല"),
}  # fmt: skip
_LOOSE = frozenset(("only_if", "online", "branch_only"))
_LIMITED = 0.5
_SHORTEST = 2


def denied(text: str, rng: random.Random) -> str | None:
    """An English sentence turned into its denial, or a denial into its statement; None where nothing can be turned."""
    for pattern, put in _DENIALS:
        if pattern.search(text):
            return pattern.sub(put, text, count=1)
    rules = list(_NEGATIONS)
    rng.shuffle(rules)
    for pattern, put in rules:
        if pattern.search(text):
            return pattern.sub(put, text, count=1)
    head, colon, tail = text.rpartition(": ")
    return f"{head}: not available" if colon and tail else None


def turned(text: str) -> str | None:
    """An English sentence with the direction of its bound reversed; None where it has none."""
    for pattern, put in _TURNS:
        if pattern.search(text):
            return pattern.sub(put, text, count=1)
    return None


class PairMaker:
    """Makes pairs for native claims from English evidence.

    Args:
        catalogue: Kinds and their product classes.
        packs: Conditions as each language writes them.
        evidence: English lines, by kind.
        near: For each kind, the others in order of nearness of meaning.
        bare: Lines that state no fact.
        said: Claims, from which others are made longer.
        cues: Reads restrictions.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        packs: Mapping[str, LanguagePack],
        evidence: Sequence[Line],
        near: Mapping[str, Sequence[str]],
        bare: Sequence[Line],
        said: Sequence[Line],
        cues: CueReader,
    ) -> None:
        self._said: dict[str, list[Line]] = {}
        for line in said:
            self._said.setdefault(line.language, []).append(line)
        self._cues = cues
        self._catalogue = catalogue
        self._packs = packs
        self._near = near
        self._bare = [line.text for line in bare if line.language == "en"]
        self._of: dict[str, list[str]] = {}
        for line in evidence:
            if line.kind != NONE:
                self._of.setdefault(line.kind, []).append(line.text)
        self._none = [line.text for line in evidence if line.kind == NONE]

    def pairs(self, claim: Line, rng: random.Random, hold: str = "") -> list[Pair]:
        """All pairs of one claim; its kind's own evidence supports it."""
        own = self._of.get(claim.kind)
        if not own:
            return []
        made: list[tuple[str, str, Label, str]] = []
        said = claim.text
        # A restriction that only the evidence names is a lost condition, whatever it was written for: no support.
        groups = self._cues.read(said, claim.language).groups
        open_ = [text for text in own if not (self._cues.read(text, "en").groups - groups - _LOOSE)]
        for text in rng.sample(open_, min(3, len(open_))):
            made.append((said, text, "supported", "same"))
        if open_:
            made.append((said, self._beside(rng.choice(open_), rng), "supported", "same_beside"))
        near = [kind for kind in self._near[claim.kind] if kind in self._of]
        classes = set(self._catalogue.kinds[claim.kind].classes)
        fellows = [kind for kind in near if classes & set(self._catalogue.kinds[kind].classes)]
        others = [kind for kind in near if kind not in fellows]
        if fellows:
            made.append((said, rng.choice(self._of[rng.choice(fellows[:4])]), "unsupported", "near_kind"))
            made.append((said, rng.choice(self._of[rng.choice(fellows)]), "unsupported", "same_product"))
        if others:
            made.append((said, rng.choice(self._of[rng.choice(others[:8])]), "unsupported", "other_product"))
        made.append((said, rng.choice(self._none), "unsupported", "no_fact"))
        if open_ and rng.random() < _LIMITED:
            made += self._limited(claim, open_, rng)
        if open_:
            made += self._longer(claim, open_, rng)
        base = rng.choice(own)
        if rng.random() < 0.5 and (opposite := self._denial(claim)) is not None:
            made.append((opposite, base, "contradicted", "claim_denied"))
        if any(role.bound for role in self._catalogue.kinds[claim.kind].roles.values()):
            around = self._turned_claim(claim)
            pointed = [text for text in own if turned(text) is not None]
            if around is not None and pointed:
                made.append((around, rng.choice(pointed), "contradicted", "claim_turned"))
        if (flipped := denied(base, rng)) is not None:
            made.append((said, flipped, "contradicted", "denied"))
        candidates = [one for text in rng.sample(own, min(4, len(own))) if (one := turned(text)) is not None]
        roles = self._catalogue.kinds[claim.kind].roles.values()
        if candidates and any(role.bound for role in roles):
            made.append((said, candidates[0], "contradicted", "turned"))
        return [Pair(c, e, claim.language, label, how, claim.kind, hold) for c, e, label, how in made]

    def promised(self, claim: Line, rng: random.Random, hold: str = "") -> list[Pair]:
        """A promise that no document makes, held against evidence of any kind."""
        kinds = rng.sample(sorted(self._of), 2)
        return [
            Pair(claim.text, rng.choice(self._of[kind]), claim.language, "unsupported", "promise", NONE, hold)
            for kind in kinds
        ]

    def _longer(self, claim: Line, own: Sequence[str], rng: random.Random) -> list[tuple[str, str, Label, str]]:
        """The claim and another one in one breath: the evidence of both supports it, that of one does not."""
        other = rng.choice(self._said[claim.language])
        theirs = self._of.get(other.kind)
        if other.kind == claim.kind or not theirs:
            return []
        both = f"{claim.text} {other.text}" if rng.random() < 0.5 else f"{other.text} {claim.text}"
        held = rng.choice(own)
        if rng.random() < 0.5:
            return [(both, f"{held} {rng.choice(theirs)}", "supported", "both")]
        return [(both, held, "unsupported", "half")]

    def _denial(self, claim: Line) -> str | None:
        """The claim denied, or its denial taken back, as crudely as a hurried editor would."""
        words = _NOT[claim.language]
        for word in words[1:]:
            if f" {word}" in claim.text:
                return claim.text.replace(f" {word}", "", 1)
        if self._cues.read(claim.text, claim.language).negations:
            return None
        if claim.language == "en":
            return denied(claim.text, random.Random(claim.key))
        stop = claim.text[-1] if claim.text[-1] in ".।" else ""
        return f"{claim.text.rstrip('.। ')} {words[0]}{stop}"

    @staticmethod
    def _turned_claim(claim: Line) -> str | None:
        """The claim with the word of its bound exchanged for the opposite one."""
        if claim.language == "en":
            return turned(claim.text)
        words = figure_words()[claim.language]
        for side in (words.before, words.after):
            for one, other in (
                ("from", "up_to"),
                ("up_to", "from"),
                ("above", "below"),
                ("below", "above"),
                ("within", "after"),
                ("after", "within"),
            ):
                for word in side.get(one, ()):
                    if len(word) > _SHORTEST and word in claim.text and side.get(other):
                        return claim.text.replace(word, side[other][0], 1)
        return None

    def _beside(self, text: str, rng: random.Random) -> str:
        other = rng.choice(self._none + self._bare)
        return f"{text} {other}" if rng.random() < 0.5 else f"{other} {text}"

    def _limited(self, claim: Line, own: Sequence[str], rng: random.Random) -> list[tuple[str, str, Label, str]]:
        """A restriction on both sides, on the evidence's alone (lost) or on the claim's alone (added)."""
        limits = load_cues().limits
        name = rng.choice(sorted(limits))
        english, native = limits[name].document, limits[name].claim
        if name.split("_")[0] in claim.kind or (name == "online" and "digital" in claim.kind):
            return []
        stop = claim.text[-1] if claim.text[-1] in ".।" else ""
        body = claim.text.rstrip(".। ")
        written = native[claim.language]
        limited = rng.choice((f"{body} ({written}){stop}", f"{written}: {body}{stop}", f"{written} {body}{stop}"))
        plain = rng.choice(own)
        narrowed = rng.choice(_ENGLISH_LIMITS).format(x=english, s=plain)
        pack = self._packs[claim.language]
        shared = sorted(set(pack.conditions) & set(self._packs["en"].conditions))
        ids = [
            id_
            for id_ in shared
            if "{" not in pack.conditions[id_] and id_ in self._catalogue.kinds[claim.kind].conditions
        ]
        found: list[tuple[str, str, Label, str]] = [
            (limited, narrowed, "supported", "condition_kept"),
            (claim.text, narrowed, "unsupported", "condition_lost"),
            (limited, plain, "unsupported", "condition_added"),
        ]
        if ids:
            id_ = rng.choice(ids)
            with_own = mask(f"{body} ({pack.conditions[id_]}){stop}", claim.language)
            with_english = f"{plain.rstrip('.')} ({self._packs['en'].conditions[id_]})."
            found += [
                (with_own, with_english, "supported", "condition_kept"),
                (claim.text, with_english, "unsupported", "condition_lost"),
                (with_own, plain, "unsupported", "condition_added"),
            ]
        return found
