"""Glossaries: every language's banking words, each meaning by itself, and a bad line refused with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from ragmarket.compliance.grounding.glosses import FOLDER, load_glossary
from ragmarket.errors import BadKnowledge
from ragmarket.schemas.base import LANGUAGES

NATIVE = sorted(set(LANGUAGES) - {"en"})


def test_every_indian_language_has_a_glossary() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.yaml")) == NATIVE


@pytest.mark.parametrize("language", NATIVE)
def test_each_glossary_loads_and_knows_its_banking_words(language: str) -> None:
    entries = load_glossary(language)
    assert len({stem for stem, _ in entries}) > 1500
    assert {"loan", "interest", "fee", "premium"} <= {word for _, english in entries for word in english.split()}
    assert not any(" / " in english for _, english in entries)


def test_a_language_without_a_glossary_knows_nothing() -> None:
    assert load_glossary("en") == ()


def test_two_meanings_are_two_entries_and_joiners_a_matter_of_keyboards(tmp_path: Path) -> None:
    (tmp_path / "ml.yaml").write_text('"ലോ\u200dൺ": loan / credit\n', encoding="utf-8")
    assert load_glossary("ml", tmp_path) == (("ലോൺ", "loan"), ("ലോൺ", "credit"))


def test_a_word_without_a_meaning_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "ta.yaml").write_text("கடன: loan\nவட்டி: yes\n", encoding="utf-8")
    with pytest.raises(BadKnowledge, match=r"ta\.yaml:2"):
        load_glossary("ta", tmp_path)
