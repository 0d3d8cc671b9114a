"""The number of claim rules does not slow them down; how many milliseconds they take is counted by eval."""

from __future__ import annotations

import random
import time
from datetime import date

from ragmarket.compliance.rules.claims import check_claims
from ragmarket.compliance.rules.lexicon import Lexicon, build_lexicon, load_lexicon
from ragmarket.knowledge.files import ROOT

LEXICON = load_lexicon(ROOT / "rules")


def copy() -> list[str]:
    rng = random.Random(11)
    lines = [
        text for rule in LEXICON.sources for one in rule.examples for text in (*one.passes, *one.passes, *one.fail)
    ]
    texts = []
    for _ in range(120):
        size = rng.choice((70, 150, 300, 600, 1500))
        text = ""
        while len(text) < size:
            text += rng.choice(lines) + " "
        texts.append(text[:size])
    return texts


def cost(lexicon: Lexicon, texts: list[str]) -> list[float]:
    """Milliseconds of this thread's time on each text, the better of three."""
    found = []
    for text in texts:
        took = []
        for _ in range(3):
            started = time.thread_time()
            check_claims(text, lexicon, product_class="mutual_fund", channel="email", as_of=date(2026, 11, 21))
            took.append((time.thread_time() - started) * 1000)
        found.append(min(took))
    return sorted(found)


def test_a_message_takes_hardly_longer_however_many_rules_there_are() -> None:
    texts = copy()
    once = cost(LEXICON, texts)

    def other(term: str) -> str:
        words = (word if word in ("..", "<n>") else word.replace("a", "xq").replace("ा", "ौ") for word in term.split())
        return " ".join(words)

    rules = list(LEXICON.sources)
    for number in range(3):
        for rule in LEXICON.sources:
            lists = {
                name: {tongue: tuple(dict.fromkeys(map(other, terms))) for tongue, terms in getattr(rule, name).items()}
                for name in ("phrases", "denials", "lawful", "excuses")
            }
            rules.append(rule.model_copy(update={"id": f"{rule.id}_{'abc'[number]}", **lists}))
    four = cost(build_lexicon(tuple(rules), LEXICON.concept_terms, LEXICON.negation_terms), texts)
    # Four times the rules, a good part of them with the same words: far from four times the time.
    assert sum(four) < 2.5 * sum(once)
