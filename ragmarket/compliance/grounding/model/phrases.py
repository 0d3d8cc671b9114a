"""The house's own phrasings as claims: what the line says daily, beside the hard claims that people wrote.

A phrasing of a kind holds against a catalogue sentence of that kind with the same figures, and not against one of
another kind with the same figures. They keep the decision from growing suspicious of plain copy.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from typing import get_args

from ragmarket.compliance.grounding.model.claims import Claim
from ragmarket.knowledge.catalogue import Catalogue, Kind, load_catalogue
from ragmarket.knowledge.language import LanguagePack, load_languages, slots_of
from ragmarket.schemas.base import Language
from ragmarket.schemas.evidence import FigureType

_MASKS: dict[str, FigureType] = {
    "AMOUNT": "amount",
    "RATE": "rate",
    "DURATION": "duration",
    "COUNT": "count",
    "AGE": "age",
    "RATIO": "ratio",
}
_MASK = re.compile(r"\b(?:" + "|".join(_MASKS) + r")\b")
_AMOUNTS = (("Rs. 5,000", "₹5,000"), ("Rs 2,50,000", "₹2.5 lakh"), ("₹750", "₹750"), ("INR 10 lakh", "₹10 lakh"))
_RATES, _COUNTS = ("7.25%", "0.50%", "12%", "2.4%"), ("4", "6", "15")
_TIMES = ((12, "month"), (15, "day"), (3, "year"), (45, "day"), (7, "year"))
_EACH = 2
# A sentence that says more than its kind (a tax, a period, a place) supports no phrasing that leaves it out.
_MORE = re.compile(r"(?i)GST|tax|per month|p\.m|monthly|town|urban|rural|metro|village|senior|women|quarter")


def _values(kind_type: str, pack: LanguagePack, rng: random.Random) -> tuple[str, str]:
    """A figure as the document writes it and as the claim does."""
    if kind_type == "amount":
        return rng.choice(_AMOUNTS)
    if kind_type in ("duration", "age"):
        number, unit = (rng.choice((21, 60)), "year") if kind_type == "age" else rng.choice(_TIMES)
        native = pack.formats.units["age" if kind_type == "age" else unit].other.format(n=number)
        return f"{number} {unit}s", native
    one = rng.choice(_RATES if kind_type in ("rate", "ratio") else _COUNTS)
    return one, one


def _fits(kind: Kind, exemplar: str) -> bool:
    wanted = sorted(role.type for role in kind.roles.values())
    return sorted(_MASKS[word] for word in _MASK.findall(exemplar)) == wanted and len(set(wanted)) == len(wanted)


def _filled(exemplar: str, values: Mapping[FigureType, tuple[str, str]]) -> str:
    return _MASK.sub(lambda found: values[_MASKS[found.group()]][0], exemplar)


def phrased(seed: int = 7) -> list[Claim]:
    """Claims of every language, supported by a sentence of their kind, and unsupported by one of another."""
    catalogue: Catalogue = load_catalogue()
    packs = load_languages(catalogue)
    rng = random.Random(seed)
    fitting = {
        kind.id: own
        for kind in catalogue.kinds.values()
        if (own := [one for one in kind.exemplars if _fits(kind, one) and not _MORE.search(one)])
    }
    found: list[Claim] = []
    for language in get_args(Language):
        pack = packs[language]
        for id_ in sorted(fitting):
            if id_ not in pack.kinds:
                continue
            kind = catalogue.kinds[id_]
            phrases = [one for one in pack.kinds[id_].all if set(slots_of(one)) <= set(kind.roles)]
            for phrase in rng.sample(phrases, min(_EACH, len(phrases))):
                values = {role.type: _values(role.type, pack, rng) for role in kind.roles.values()}
                text = phrase.format(**{name: values[role.type][1] for name, role in kind.roles.items()})
                others = [
                    one
                    for one in fitting
                    if one != id_
                    and not set(catalogue.kinds[one].classes) & set(kind.classes)
                    and {role.type for role in catalogue.kinds[one].roles.values()} == set(values)
                ]
                held = rng.choice(fitting[id_])
                found.append(Claim("-", language, text, (_filled(held, values),), "supported", "phrase"))
                if others and rng.random() < 1 / 2:
                    other = _filled(rng.choice(fitting[rng.choice(others)]), values)
                    found.append(Claim("-", language, text, (other,), "unsupported", "phrase"))
    return found
