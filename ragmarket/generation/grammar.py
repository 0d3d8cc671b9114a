"""The request's grammar: every sentence it accepts keeps the promises that can be kept by form.

A claim cites one fact of this request and holds each of that fact's slots exactly once and no other; facts come in
evidence order, none twice; facts that policy demands cannot be left out; a fact that needs a companion cannot end the
list without it. Text is made of letters of the language's script, punctuation, approved Latin terms and the product's
slot: there is no digit in it. The notation is GBNF as xgrammar (>= 0.2.8) and vLLM read it.
"""

from __future__ import annotations

from itertools import permutations

from ragmarket.errors import NothingToSay
from ragmarket.generation.prompt import fact_body
from ragmarket.generation.task import Fact, WritingTask
from ragmarket.knowledge.language import LanguagePack

# Letters and marks of each script without its digits; ZWNJ and ZWJ belong to the spelling of several languages.
SCRIPT_CLASSES = {
    "Latn": "a-zA-Z",
    "Deva": "\\u0900-\\u0963\\u0970-\\u097F\\u200C\\u200D",
    "Beng": "\\u0980-\\u09E3\\u09F0\\u09F1\\u0964\\u200C\\u200D",
    "Gujr": "\\u0A80-\\u0AE3\\u0AF9-\\u0AFF\\u200C\\u200D",
    "Taml": "\\u0B80-\\u0BE5\\u200C\\u200D",
    "Telu": "\\u0C00-\\u0C63\\u200C\\u200D",
    "Knda": "\\u0C80-\\u0CE3\\u0CF1-\\u0CF3\\u200C\\u200D",
    "Mlym": "\\u0D00-\\u0D57\\u0D5F-\\u0D63\\u0D7A-\\u0D7F\\u200C\\u200D",
}
PUNCTUATION = " ,.;:?'()\\u2019\\u2013\\u0964/-"


def _literal(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _claim_rule(fact: Fact) -> str:
    opening = _literal('{"cite":"' + fact.id + '","fact":"' + fact_body(fact) + '","text":"')
    orders = [
        " t ".join(["", *(_literal("{" + slot + "}") for slot in order), ""]).strip()
        for order in permutations(fact.slots)
    ]
    body = " | ".join(orders) if fact.slots else "t"
    closing = _literal('"}')
    return f"{opening} ({body}) {closing}"


def _list_rules(task: WritingTask) -> list[str]:
    """Rules ``l_i_k_pending``: lists over facts i.. with k told already and these ids still owed."""
    facts = task.facts
    index = {fact.id: position for position, fact in enumerate(facts)}
    rules: dict[str, str | None] = {}

    def name(start: int, told: int, chosen: frozenset[str], owed: frozenset[frozenset[str]]) -> str | None:
        owed = frozenset(group for group in owed if not group & chosen)
        if any(max(index[id_] for id_ in group) < start for group in owed):
            return None
        relevant = frozenset(id_ for id_ in chosen if any(id_ in group for group in task.needs.values()))
        key = (
            f"l-{start}-{told}-"
            + "-".join(sorted(relevant))
            + "-x"
            + "-".join("".join(sorted(group)) for group in sorted(owed, key=sorted))
        )
        key = key.rstrip("-")
        if key in rules:
            return key if rules[key] != "" else None
        rules[key] = ""
        options: list[str] = []
        done = told >= task.min_claims and not owed and not any(fact.must for fact in facts[start:])
        if done:
            options.append('""')
        if told < task.max_claims:
            for position in range(start, len(facts)):
                fact = facts[position]
                groups = owed | ({task.needs[fact.id]} if fact.id in task.needs else frozenset())
                rest = name(position + 1, told + 1, relevant | {fact.id}, frozenset(groups))
                if rest is not None:
                    comma = '"," ' if told else ""
                    options.append(f"{comma}c-{fact.id} {rest}")
                if fact.must:
                    break
        rules[key] = " | ".join(options)
        if not options:
            return None
        return key

    first = name(0, 0, frozenset(), frozenset())
    if first is None:
        raise NothingToSay(
            "no list of facts of this length satisfies the policy", hint="Raise max_claims or index the missing fact."
        )
    lines = [f"claims ::= {first}"]
    lines += [f"{key} ::= {body}" for key, body in rules.items() if body]
    return lines


def build_grammar(task: WritingTask, pack: LanguagePack) -> str:
    """The grammar of one request.

    Raises:
        NothingToSay: No list of these facts has the demanded length and companions.
    """
    terms = sorted(pack.latin_terms, key=len, reverse=True) if pack.script != "Latn" else []
    choices = [
        f"[{SCRIPT_CLASSES[pack.script]}{PUNCTUATION}]",
        _literal("{product}"),
        *(_literal(term) for term in terms),
    ]
    head = []
    if task.channel in {"email", "push"}:
        head.append('"\\"subject\\":\\"" s "\\","')
    if task.channel in {"whatsapp", "email"}:
        head.append('"\\"opening\\":\\"" s "\\","')
    lines = [
        f'root ::= "{{" {" ".join(head)} "\\"claims\\":[" claims "]" cta "}}"',
        'cta ::= ",\\"cta\\":\\"" s "\\""' if task.channel in {"whatsapp", "email"} else 'cta ::= ""',
        *_list_rules(task),
        *(f"c-{fact.id} ::= {_claim_rule(fact)}" for fact in task.facts),
        "t ::= ch*",
        "s ::= ch ch*",
        f"ch ::= {' | '.join(choices)}",
    ]
    return "\n".join(lines) + "\n"
