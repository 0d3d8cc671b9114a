"""How a phrasing becomes a claim: slots in their places, conditions in parentheses before the sentence's end."""

from __future__ import annotations

from ragmarket.generation.prompt import slot_token
from ragmarket.generation.task import Fact
from ragmarket.knowledge.language import LanguagePack


def condition_clause(pack: LanguagePack, fact: Fact) -> str:
    """The fact's conditions as they stand in every claim of it: `` (GST extra; minimum charge {S1b})``; "" for none."""
    if not fact.conditions:
        return ""
    said = (
        pack.conditions[id_].format(x=slot_token(slot)) if slot else pack.conditions[id_]
        for id_, slot in fact.conditions
    )
    return f" ({'; '.join(said)})"


def phrase_claim(pack: LanguagePack, fact: Fact, phrase: str) -> str:
    """A phrasing with the fact's slots in it and its conditions before the sentence's end."""
    values = {role: slot_token(slot) for role, slot in fact.roles.items()}
    text = phrase.format(product="{product}", **values)
    clause = condition_clause(pack.in_words_of(fact.kind, phrase), fact)
    if not clause:
        return text
    end = pack.sentence_end if text.endswith(pack.sentence_end) else ""
    return f"{text.removesuffix(end) if end else text}{clause}{end}"
