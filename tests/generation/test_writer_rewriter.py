"""The writer proposes lawful sentences, is loaded at its first proposal, and its silence is no error."""

from __future__ import annotations

import json
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from ragmarket.errors import BackendUnavailable
from ragmarket.generation.tasks.rewriter import WriterRewriter
from ragmarket.generation.tasks.rewrites import load_rewrites
from ragmarket.schemas.compliance import Finding, Policy

POLICY = Policy(
    snapshot_id="s",
    product_class="mutual_fund",
    channel="email",
    language="en",
    as_of=date(2027, 1, 15),
    disclaimers=(),
    max_claims=3,
)
# No lawful sentence is nearer to it than another, so that there is a choice to make.
TEXT = "Hello. Zip! 15%"


def finding(rule: str = "claims.guaranteed_return") -> Finding:
    return Finding(rule=rule, severity="block", message="m", start=7, end=len(TEXT))


class Engine:
    """Answers with the last lawful sentence that the grammar admits, or not at all."""

    def __init__(self, answer: str | Exception) -> None:
        self.answer, self.calls = answer, 0

    def generate(self, *_: Any, **__: Any) -> Any:
        self.calls += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return SimpleNamespace(raw=self.answer)


def test_the_engine_is_built_once_and_only_when_asked() -> None:
    choice = load_rewrites().of("en", "claims.guaranteed_return", "mutual_fund")[1]
    engine, built = Engine(json.dumps({"text": choice})), []

    def build() -> Any:
        built.append(1)
        return engine

    rewriter = WriterRewriter(build)
    assert rewriter.rewrite(finding("channel.length"), TEXT, POLICY, "en") is None
    assert built == []
    assert rewriter.rewrite(finding(), TEXT, POLICY, "en") == choice
    assert rewriter.rewrite(finding(), TEXT, POLICY, "en") == choice
    assert (len(built), engine.calls) == (1, 2)


@pytest.mark.parametrize("answer", ["nonsense", '{"text": "Returns are certain."}', BackendUnavailable("down")])
def test_an_engine_that_cannot_answer_offers_nothing(answer: str | Exception) -> None:
    assert WriterRewriter(lambda: Engine(answer)).rewrite(finding(), TEXT, POLICY, "en") is None


def test_hindi_in_latin_letters_gets_its_own_sentences() -> None:
    kept = load_rewrites().of("hi_latn", "claims.guaranteed_return", "mutual_fund")
    engine = Engine(json.dumps({"text": kept[0]}))
    text = "Is fund mein pakka munafa milega."
    at = Finding(rule="claims.guaranteed_return", severity="block", message="m", start=0, end=len(text))
    assert WriterRewriter(lambda: engine).rewrite(at, text, POLICY, "hi") == kept[0]
