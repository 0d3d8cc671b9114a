"""What review leaves out for speed finds nothing that the long way would find."""

from __future__ import annotations

from datetime import date

from ragmarket.compliance.pack_proof import day_in_force, example_copy
from ragmarket.compliance.policy import PolicyBook
from ragmarket.compliance.rules.disclosures import outside
from ragmarket.compliance.rules.pack_verbs import CopyReading, check_verbs, sets_off

DAY = date(2026, 11, 20)


def test_no_example_of_a_policy_rule_breaks_it_without_setting_it_off(book: PolicyBook) -> None:
    words, set_off, quiet = book.packs.idea_lexicon, 0, 0
    for rule in book.packs.rules:
        if not rule.ideas or rule.ratio:
            continue
        for example in (*rule.examples.fail, *rule.examples.passes):
            text = example_copy(book, rule, example, day_in_force(rule, DAY)).text
            found = check_verbs(CopyReading(text, words), (rule,), book.packs.ideas, example.language or "en")
            off = sets_off(text, (rule,), words)
            assert off or not found, text
            set_off, quiet = set_off + off, quiet + (not off)
    assert set_off > 10
    assert quiet > 10


def test_what_stands_outside_keeps_its_place() -> None:
    assert outside("ab cd ef", [(3, 5)]) == "ab \n\n ef"
    assert outside("ab", ()) == "ab"
