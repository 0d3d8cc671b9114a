"""How a phrasing becomes a claim: slots in their places, conditions in parentheses before the sentence's end."""

from __future__ import annotations

from ragmarket.generation.prompt import slot_token
from ragmarket.generation.task import Fact, Unit
from ragmarket.knowledge.joined import sides_of
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
    """A phrasing with the fact's slots in it and its conditions before the sentence's end, or the comma at its end."""
    values = {role: slot_token(slot) for role, slot in fact.roles.items()}
    text = phrase.format(product="{product}", **values)
    clause = condition_clause(pack.in_words_of(fact.kind, phrase), fact)
    if not clause:
        return text
    end = pack.closing(text)
    return f"{text.removesuffix(end)}{clause}{end}"


def phrase_unit(pack: LanguagePack, unit: Unit, line: str) -> tuple[str, ...]:
    """The claims of one sentence: one phrasing of one fact, or the sides of a joined line for two."""
    words = sides_of(line) if len(unit) > 1 else (line,)
    return tuple(phrase_claim(pack, fact, side) for fact, side in zip(unit, words, strict=True))
