"""What there is to learn from: every sentence of the house's knowledge with its language and kind of fact."""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ragmarket.compliance.grounding.glosses import load_glossary
from ragmarket.compliance.grounding.model.masking import mask
from ragmarket.knowledge.catalogue import Catalogue, Role
from ragmarket.knowledge.language import LanguagePack, slots_of

NONE = "none"
# Shorter stems are particles and pronouns.
_SHORTEST_STEM = 3
_NAMES = ("Aranya Smart Saver", "Aranya Suraksha", "Vriddhi Plus", "Sampada", "Navjeevan Advantage", "Classic", "Udaan")
_NOUNS = {
    "mutual_fund": "Fund", "securities": "Demat", "insurance": "Policy", "ulip": "Wealth Plan", "loan": "Personal Loan",
    "gold_loan": "Gold Loan", "home_loan": "Home Loan", "credit_card": "Credit Card", "deposit": "Fixed Deposit",
    "savings": "Savings Account", "nps": "NPS Account",
}  # fmt: skip
_FIGURES = {
    "amount": ("₹500", "₹25,000", "₹1,00,000", "₹10 lakh", "Rs. 5,000", "₹2 crore"),
    "rate": ("7.25%", "0.50%", "18%", "12.5%"),
    "duration": None, "age": None,
    "count": ("3", "5", "12"), "ratio": ("75%",), "date": ("31 March 2027",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence with its figures masked; ``source`` is what it was written as, for hold-outs and pairs."""

    text: str
    language: str
    kind: str
    source: str

    @property
    def key(self) -> int:
        """A number that is the same on every machine."""
        return zlib.crc32(f"{self.language}|{self.kind}|{self.text}".encode())


def figure(role: Role, pack: LanguagePack, rng: random.Random, *, bound: bool) -> str:
    """A figure of the role's type as the language writes it, now and then with its bound and period."""
    written = _FIGURES.get(role.type)
    if written is None:
        number = rng.choice((5, 12, 18, 30, 60))
        unit_ = "age" if role.type == "age" else rng.choice(("day", "month", "year"))
        text = pack.formats.units[unit_].other.format(n=number)
    else:
        text = rng.choice(written)
    if bound and role.bound and role.bound in pack.formats.bounds:
        text = pack.formats.bounds[role.bound].format(x=text)
    return text


def filled(phrase: str, kind_id: str, catalogue: Catalogue, pack: LanguagePack, rng: random.Random) -> str:
    """A phrasing with figures and a product's name in its slots, then masked."""
    kind = catalogue.kinds[kind_id]
    values = {name: figure(role, pack, rng, bound=rng.random() < 0.15) for name, role in kind.roles.items()}
    if "product" in slots_of(phrase):
        values["product"] = f"{rng.choice(_NAMES)} {_NOUNS[rng.choice(kind.classes)]}"
    return mask(phrase.format(**values), pack.language)


def phrasings(catalogue: Catalogue, packs: Mapping[str, LanguagePack], seed: int) -> list[Line]:
    """Every phrasing of every kind in every language."""
    rng = random.Random(seed)
    return [
        Line(filled(phrase, id_, catalogue, pack, rng), language, id_, "phrasing")
        for language, pack in sorted(packs.items())
        for id_, held in sorted(pack.kinds.items())
        for phrase in held.all
    ]


def exemplars(catalogue: Catalogue) -> list[Line]:
    """The catalogue's English sentences; counter-exemplars and sentences of no kind are "none"."""
    found = [
        Line(mask(text), "en", kind.id, "exemplar") for kind in catalogue.kinds.values() for text in kind.exemplars
    ]
    found += [
        Line(mask(text), "en", NONE, "counter") for kind in catalogue.kinds.values() for text in kind.counter_exemplars
    ]
    return found + [Line(mask(text), "en", NONE, "none") for text in catalogue.none]


def bare_lines(packs: Mapping[str, LanguagePack]) -> list[Line]:
    """Lines of every language that state no fact: greetings, bridges, calls to action, subjects."""
    found = []
    for language, pack in sorted(packs.items()):
        said: set[str] = set()
        for field in ("opening", "bridge", "cta", "subject"):
            said |= pack.lines(field)
        plain = (line.replace("{product}", _NAMES[len(line) % len(_NAMES)]) for line in sorted(said))
        found += [Line(mask(line, language), language, NONE, "bare") for line in plain]
    return found


def promises(lines: Sequence[tuple[str, str]]) -> list[Line]:
    """Promises that no document makes, as (language, text): claims to hold against any evidence."""
    return [Line(masked, language, NONE, "promise") for language, text in lines if (masked := mask(text, language))]


def glossed(languages: Iterable[str]) -> list[tuple[str, str, str]]:
    """(language, stem, English) of every word of the glossaries that says something without its neighbours."""
    return sorted(
        {
            (language, stem, english)
            for language in languages
            for stem, english in load_glossary(language)
            if len(stem) >= _SHORTEST_STEM and english.replace(" ", "").isalpha()
        }
    )


def terms(packs: Mapping[str, LanguagePack]) -> list[tuple[str, str, str]]:
    """(language, form, English term) of every form of the term bases, once each."""
    found = {
        (language, mask(form, language), term.en.split("(")[0].split(",")[0].strip())
        for language, pack in packs.items()
        for term in pack.terms
        for form in (*term.customer, *term.formal)
    }
    return sorted(found)


def sentences(labelled: Sequence[tuple[str, str | None]]) -> list[Line]:
    """English document sentences with the kind that they were read as."""
    return [Line(mask(text), "en", kind or NONE, "document") for text, kind in labelled]
