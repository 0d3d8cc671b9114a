"""Looking for letters first finds what the patterns alone would find, in every language."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ragmarket.compliance.grounding.lexicon import MARKS, load_words, split
from ragmarket.compliance.grounding.word_patterns import Wording, compiled
from ragmarket.schemas.base import LANGUAGES, Language

_CONTEXT = st.sampled_from(["", " ", "the ", "ing", "S", "s", " 5%", "ில்", "ക്ക്", "ের", "में ", "’s", "İ"])


@cache
def _wordings(language: Language) -> tuple[tuple[tuple[str, ...], Wording], ...]:
    words = load_words(language)
    lines = [*words.concepts.values(), *(words.mark(name) for name in MARKS)]
    return tuple((entries, one) for line in lines if (one := compiled(entries := split(line))) is not None)


@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_needle_hides_an_entry(language: Language, data: st.DataObject) -> None:
    entries, _ = data.draw(st.sampled_from(_wordings(language)))
    entry = data.draw(st.sampled_from(entries)).strip("=*").replace("~", data.draw(st.sampled_from(["", "s", "ed"])))
    text = data.draw(_CONTEXT) + data.draw(st.sampled_from([entry, entry.upper(), entry.title()])) + data.draw(_CONTEXT)
    for _, wording in _wordings(language):
        plain = [match.span() for match in wording.pattern.finditer(text)]
        assert list(wording.spans(text, text.casefold())) == plain
