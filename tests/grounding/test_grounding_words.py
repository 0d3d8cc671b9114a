"""The word files: read strictly, refused whole with their line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ragmarket.compliance.grounding.lexicon import FOLDER, build_lexicon, load_concepts, load_words, split
from ragmarket.compliance.grounding.spelling import spell
from ragmarket.errors import BadKnowledge
from ragmarket.schemas.base import LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_speaks_of_every_topic_that_english_does(language: str) -> None:
    words, english = load_words(language), load_words("en")
    missing = set(english.concepts) - set(words.concepts)
    # A word that only English documents use needs no native one.
    assert len(missing) <= 25, missing
    assert split(words.negation)
    assert split(words.free)


def test_a_word_file_with_an_unknown_concept_is_refused_with_its_line(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "g")
    path = tmp_path / "g" / "hi.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("  fee:", "  feee:", 1), encoding="utf-8")
    with pytest.raises(BadKnowledge, match=r"hi\.yaml:\d+: concepts\.yaml has no concept feee"):
        load_words("hi", tmp_path / "g")


def test_a_number_without_a_value_is_refused(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "g")
    path = tmp_path / "g" / "hi.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("एक=1", "एक", 1), encoding="utf-8")
    with pytest.raises(BadKnowledge, match="without its value"):
        load_words("hi", tmp_path / "g")


def test_every_relation_names_known_concepts() -> None:
    concepts = load_concepts()
    named = {*concepts.implies, *(one for group in concepts.implies.values() for one in group), *concepts.broad}
    assert named <= concepts.known


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("hi", "साढ़े सात प्रतिशत", "7.5 प्रतिशत"),
        ("hi", "दो सौ पचास रुपये", "250 रुपये"),
        ("hi", "सवा लाख", "1.25 लाख"),
        ("mr", "साडेसात लाख", "7.5 लाख"),
        ("ml", "ഒന്നര ലക്ഷം", "1.5 ലക്ഷം"),
        ("ta", "ஐந்து லட்சம்", "5 லட்சம்"),
        ("en", "half a per cent", "0.5 per cent"),
        ("en", "two and a half years", "2.5 years"),
    ],
)
def test_number_words_become_digits_and_keep_their_places(language: str, text: str, expected: str) -> None:
    found = spell(text, [build_lexicon(load_words(language))])
    assert found.text == expected
    assert found.span(0, 1)[0] == 0
    assert found.span(0, len(found.text)) == (0, len(text))
