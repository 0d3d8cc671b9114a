"""What stands behind a product's name fits how the name ends."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ragmarket.compliance.product_names import ends_in_vowel, fitted
from ragmarket.knowledge.language import LanguagePack, load_language
from ragmarket.schemas.base import LANGUAGES

NAME = "{product}"


def lines(pack: LanguagePack) -> list[str]:
    phrases = [phrase for kind in pack.kinds.values() for phrase in kind.all]
    parts = [line for part in ("opening", "bridge", "cta", "subject") for line in pack.lines(part)]  # type: ignore[arg-type]
    return [line for line in (*phrases, *parts) if NAME in line]


def shown(language: str, line: str, name: str) -> str:
    return fitted(line, name, load_language(language).formats.after_name).replace(NAME, name)


@pytest.mark.parametrize(
    ("name", "vowel"),
    [
        ("Tungara Nidhi Jama", True),
        ("Gram Khata", True),
        ("Easy Pay", True),
        ("Tree", True),
        ("Smart FD", True),
        ("Tungara NPS", False),
        ("Home Loan", False),
        ("Prime", False),
        ("Growth Fund", False),
        ("Plan 2", False),
        ("Suraksha (Classic)", False),
        ("", False),
    ],
)
def test_the_last_sound_of_a_name(name: str, vowel: bool) -> None:
    assert ends_in_vowel(name) is vowel


@pytest.mark.parametrize(
    ("language", "line", "name", "expected"),
    [
        ("bn", "{product}-এর মেয়াদ", "Tungara Khata", "Tungara Khata-র মেয়াদ"),
        ("bn", "{product}-এ জমা", "Tungara Khata", "Tungara Khata-তে জমা"),
        ("bn", "{product}-এর মেয়াদ", "Tungara Loan", "Tungara Loan-এর মেয়াদ"),
        ("ta", "{product} கார்டின் கட்டணம்", "Tungara Credit Card", "Tungara Credit Card-இன் கட்டணம்"),
        ("ta", "{product} கார்டின் கட்டணம்", "Tungara Sonpari", "Tungara Sonpari கார்டின் கட்டணம்"),
        ("ml", "{product} ലോണിൽ പലിശ", "Tungara Home Loan", "Tungara Home Loan-ൽ പലിശ"),
        ("ml", "{product} അക്കൗണ്ട് തുറക്കാൻ", "Tungara Demat Account", "Tungara Demat Account തുറക്കാൻ"),
        ("ml", "{product} അക്കൗണ്ട് തുറക്കാൻ", "Tungara Khata", "Tungara Khata അക്കൗണ്ട് തുറക്കാൻ"),
        ("kn", "{product} ಕಾರ್ಡ್‌ನಲ್ಲಿ ನೀವು", "Tungara Card", "Tungara Cardನಲ್ಲಿ ನೀವು"),
        ("en", "{product} is here.", "Tungara Card", "Tungara Card is here."),
    ],
)
def test_what_follows_the_name(language: str, line: str, name: str, expected: str) -> None:
    assert shown(language, line, name) == expected


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_line_says_the_last_word_of_a_name_again(language: str) -> None:
    pack = load_language(language)
    for words, nouns in pack.formats.after_name.carriers.items():
        for line in lines(pack):
            text = shown(language, line, f"Tungara {words}")
            again = [
                noun for noun in nouns if re.search(rf"{re.escape(words)} {re.escape(noun)}(?![^\W\d_])(?![ा-ൿ])", text)
            ]
            assert not again, text


@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=10, deadline=None)
@given(name=st.text("abcdeghilmnorstuy ", min_size=1, max_size=20))
def test_a_name_that_holds_no_noun_of_the_lines_leaves_every_word_in_place(language: str, name: str) -> None:
    pack = load_language(language)
    for line in lines(pack)[::25]:
        changed = fitted(line, name, pack.formats.after_name)
        endings = pack.formats.after_name.vowel
        for ending, other in endings.items():
            changed = changed.replace(NAME + other, NAME + ending)
        assert changed == line


def test_every_ending_of_the_bengali_lines_has_a_form_after_a_vowel() -> None:
    pack = load_language("bn")
    found = {match for line in lines(pack) for match in re.findall(r"\{product\}(-[^\s।,:;.?!]+)", line)}
    assert found <= set(pack.formats.after_name.vowel)
