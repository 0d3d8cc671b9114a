"""The grammar keeps by form what can be kept by form."""

from __future__ import annotations

import json
from functools import lru_cache

import pytest
import xgrammar
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from ragmarket.errors import NothingToSay
from ragmarket.generation.grammar import build_grammar, can_end
from ragmarket.generation.lines import openings_of
from ragmarket.generation.phrasing import condition_clause, phrase_claim
from ragmarket.generation.prompt import fact_body
from ragmarket.generation.task import Fact, WritingTask
from ragmarket.generation.wording import phrasings_of
from ragmarket.generation.writer.tokenizer import slot_tokens
from ragmarket.knowledge.language import load_language
from ragmarket.schemas.base import LANGUAGES

FACTS = (
    Fact("S1", "fd_interest_rate", {"rate": "S1a", "duration": "S1b"}, (("amount_slab", "S1c"),)),
    Fact("S2", "processing_fee_rate", {"rate": "S2a"}, (("gst_extra", None),)),
    Fact("S3", "loan_rate_from", {"rate": "S3a"}),
    Fact("S4", "nomination_available", {}, must=True),
    Fact("S5", "exit_load", {"rate": "S5a", "duration": "S5b"}),
)
SLAB, GST = condition_clause(load_language("hi"), FACTS[0]), condition_clause(load_language("hi"), FACTS[1])
BODIES = {fact.id: fact_body(fact) for fact in FACTS}
NEEDS = {"S3": frozenset({"S2"})}


def task(channel: str = "whatsapp", low: int = 1, high: int = 3, language: str = "hi") -> WritingTask:
    return WritingTask(language, channel, "loan", "general", "learn", (), "any", low, high, FACTS, NEEDS)


@lru_cache(maxsize=1)
def compiler() -> tuple[PreTrainedTokenizerFast, xgrammar.GrammarCompiler]:
    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    core.train_from_iterator(["x"], trainers.BpeTrainer(initial_alphabet=alphabet, special_tokens=["<eos>"]))
    core.add_tokens(slot_tokens())
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=core, eos_token="<eos>")
    info = xgrammar.TokenizerInfo.from_huggingface(tokenizer, vocab_size=len(tokenizer), stop_token_ids=[0])
    return tokenizer, xgrammar.GrammarCompiler(info, max_threads=1)


def accepts(grammar: str, text: str) -> bool:
    tokenizer, compile_ = compiler()
    matcher = xgrammar.GrammarMatcher(compile_.compile_grammar(xgrammar.Grammar.from_ebnf(grammar)))
    return all(matcher.accept_token(token) for token in [*tokenizer.encode(text, add_special_tokens=False), 0])


def draft(*claims: tuple[str, str], opening: str = "नमस्ते,", cta: str = "देखें।") -> str:
    told = [{"cite": cite, "fact": BODIES.get(cite, "x"), "text": text} for cite, text in claims]
    body = {"opening": opening, "claims": told, "cta": cta}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


NOMINEE = ("S4", "नॉमिनी जोड़ें।")
GOOD = [
    pytest.param([NOMINEE], id="only what is demanded"),
    pytest.param([("S1", f"{{S1b}} की FD पर {{S1a}} ब्याज{SLAB}।"), NOMINEE], id="slots in any order"),
    pytest.param([("S2", f"{{S2a}} {{product}} फीस{GST}।"), ("S3", "{S3a} से।"), NOMINEE], id="companion told"),
]
BAD = [
    pytest.param([("S1", f"{{S1b}} की FD पर {{S1a}} ब्याज{SLAB}।")], id="a demanded fact is missing"),
    pytest.param([("S2", "{S2a} फीस।"), NOMINEE], id="a condition in words is missing"),
    pytest.param([("S2", f"{{S2a}} फीस{GST}{GST}।"), NOMINEE], id="a condition twice"),
    pytest.param([("S3", "{S3a} से।"), NOMINEE], id="a rate without its fee"),
    pytest.param([("S2", f"{{S2a}} की 5 FD{GST}"), NOMINEE], id="an ASCII digit"),
    pytest.param([("S2", f"{{S2a}} की ५ FD{GST}"), NOMINEE], id="a native digit"),
    pytest.param([("S2", f"{{S2a}} ஆம்{GST}"), NOMINEE], id="another script"),
    pytest.param([("S2", f"{{S2a}} best{GST}"), NOMINEE], id="unapproved Latin"),
    pytest.param([("S2", f"{{S2a}} {{S2a}}{GST}"), NOMINEE], id="a slot twice"),
    pytest.param([("S2", f"{{S3a}}{GST}"), NOMINEE], id="another fact's slot"),
    pytest.param([("S1", "{S1b} {S1a}"), NOMINEE], id="a dropped condition"),
    pytest.param([NOMINEE, NOMINEE], id="a fact twice"),
    pytest.param([("S9", "नहीं"), NOMINEE], id="a citation that was not retrieved"),
    pytest.param(
        [("S1", f"{{S1b}}{{S1a}}{SLAB}"), ("S2", f"{{S2a}}{GST}"), ("S3", "{S3a}"), NOMINEE], id="too many claims"
    ),
]


@pytest.mark.parametrize("claims", GOOD)
def test_a_faithful_draft_is_in_the_language(claims: list[tuple[str, str]]) -> None:
    assert accepts(build_grammar(task(), load_language("hi")), draft(*claims))


@pytest.mark.parametrize("claims", BAD)
def test_an_unfaithful_draft_has_no_derivation(claims: list[tuple[str, str]]) -> None:
    assert not accepts(build_grammar(task(), load_language("hi")), draft(*claims))


def test_opening_and_call_to_action_hold_no_figure() -> None:
    grammar = build_grammar(task(), load_language("hi"))
    assert not accepts(grammar, draft(NOMINEE, opening="{S2a}"))
    assert not accepts(grammar, draft(NOMINEE, cta="आज 5"))


def test_demands_that_do_not_fit_are_refused_before_anything_is_written() -> None:
    facts = tuple(Fact(f"S{n}", "nomination_available", {}, must=True) for n in (1, 2))
    impossible = WritingTask("hi", "sms", "loan", "general", "learn", (), "any", 1, 1, facts)
    with pytest.raises(NothingToSay):
        build_grammar(impossible, load_language("hi"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_phrasing_of_every_language_is_inside_its_own_grammar(language: str) -> None:
    pack = load_language(language)
    fact = Fact("S1", "zero_balance", {})
    open_task = WritingTask(language, "sms", "savings", "general", "learn", (), "any", 1, 1, (fact,))
    grammar = build_grammar(open_task, pack)
    refused = []
    for phrasings in pack.kinds.values():
        for phrase in phrasings.all:
            text = phrase
            for role in ("amount", "rate", "duration", "age", "count"):
                text = text.replace("{" + role + "}", "")
            body = {"claims": [{"cite": "S1", "fact": "zero_balance", "text": text}]}
            if not accepts(grammar, json.dumps(body, ensure_ascii=False, separators=(",", ":"))):
                refused.append(phrase)
    assert not refused


def test_by_the_book_only_the_bank_s_own_sentences_are_left() -> None:
    pack = load_language("hi")
    grammar = build_grammar(task(), pack, by_the_book=True)
    opening, cta = openings_of(task(), pack)[0], pack.ctas["learn"][0]
    own = phrase_claim(pack, FACTS[1], phrasings_of(task(), pack, "S2")[0])
    nominee = ("S4", phrasings_of(task(), pack, "S4")[0])
    assert accepts(grammar, draft(("S2", own), nominee, opening=opening, cta=cta))
    assert not accepts(grammar, draft(("S2", own.replace("फीस", "शुल्क", 1)), nominee, opening=opening, cta=cta))
    assert not accepts(grammar, draft(("S2", own), nominee, opening="नमस्ते जी,", cta=cta))


@pytest.mark.parametrize(
    ("grammar", "ends"),
    [
        ('root ::= "a" root | "b"\n', True),
        ('root ::= ("a" | "b") rest\nrest ::= [a-z]* "!"\n', True),
        ('root ::= "a" root\n', False),
        ('root ::= "a" | more\nmore ::= "|" more\n', True),
        ('root ::= ("a" | more) "c"\nmore ::= "b" more\n', False),
    ],
)
def test_a_grammar_that_cannot_end_is_told_from_one_that_can(grammar: str, ends: bool) -> None:
    assert can_end(grammar) is ends
