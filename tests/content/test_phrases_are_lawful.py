"""No phrase that the bank's own copywriters wrote is caught by the claim rules."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Literal

import pytest

from ragmarket.compliance.rules.claims import check_claims
from ragmarket.compliance.rules.lexicon import load_lexicon
from ragmarket.knowledge.catalogue import load_catalogue
from ragmarket.knowledge.files import ROOT
from ragmarket.knowledge.joined import sides_of
from ragmarket.knowledge.language import LanguagePack, load_language
from ragmarket.schemas.base import LANGUAGES, PRODUCT_CLASSES

LEXICON = load_lexicon(ROOT / "rules")
FIELDS: tuple[Literal["opening", "bridge", "cta", "subject"], ...] = ("opening", "bridge", "cta", "subject")
DAYS = (date(2026, 11, 20), date(2027, 2, 1))


def phrases(pack: LanguagePack) -> Iterator[tuple[str, tuple[str, ...]]]:
    for id_, kind in load_catalogue().kinds.items():
        if id_ in pack.kinds:
            for phrase in pack.kinds[id_].all:
                yield phrase, kind.classes
    for joined in pack.joined.root:
        first, second = (load_catalogue().kinds[kind].classes for kind in joined.kinds)
        for line in joined.all:
            yield " ".join(sides_of(line)), tuple(sorted({*first} & {*second}))
    loose = [line for field in FIELDS for line in sorted(pack.lines(field))]
    for phrase in [*loose, *pack.conditions.values()]:
        yield phrase, PRODUCT_CLASSES


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_phrase_is_caught(language: str) -> None:
    if not (ROOT / "languages" / f"{language}.yaml").exists():
        pytest.skip(f"the phrasebook of {language} is not written yet")
    pack = load_language(language)
    figures = {
        "amount": pack.formats.amount["plain"].replace("{n}", "500"),
        "rate": "7.25%",
        "duration": pack.formats.units["day"].other.replace("{n}", "50"),
        "age": "18",
        "count": "3",
        "x": "₹500",
        "product": "Aranya Smart Saver",
    }
    caught = []
    for phrase, classes in phrases(pack):
        text = phrase
        for slot, figure in figures.items():
            text = text.replace("{" + slot + "}", figure)
        for product_class in classes:
            for day in DAYS:
                found = check_claims(text, LEXICON, product_class=product_class, channel="email", as_of=day)
                caught += [(finding.rule, product_class, text) for finding in found]
    assert not caught
