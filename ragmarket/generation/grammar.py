"""The request's grammar: every sentence it accepts keeps the promises that can be kept by form.

A claim cites one fact of this request, holds each of that fact's slots exactly once and no other, and ends with
exactly the fact's conditions; facts come in evidence order, none twice; facts that policy demands cannot be left out;
a fact that needs a companion cannot end the list without it; two facts of one sentence stand side by side. Text is
made of letters of the language's script, punctuation, approved Latin terms and the product's slot: there is no digit
in it. The notation is GBNF as xgrammar (>= 0.2.8) and vLLM read it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import permutations

from ragmarket.errors import NothingToSay
from ragmarket.generation.coupling import told_first
from ragmarket.generation.lines import bridges_of, ctas_of, openings_of, subjects_of
from ragmarket.generation.phrasing import condition_clause, phrase_claim, phrase_unit
from ragmarket.generation.prompt import fact_body, slot_token
from ragmarket.generation.task import Fact, Unit, WritingTask
from ragmarket.generation.wording import phrasings_of, side_by_side, spare_phrasings_of
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
# An e-mail of this many facts may lead over from the first to the others.
BRIDGED_FROM = 3
PUNCTUATION = " ,.;:?'\\u2019\\u2013\\u0964/-"


def _literal(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _field(name: str) -> str:
    opening, closing = _literal('"' + name + '":"'), _literal('"')
    return f"{opening} {name} {closing}"


def _one_of(texts: Iterable[str]) -> str:
    return " | ".join(_literal(text) for text in dict.fromkeys(texts))


def _claim_rule(fact: Fact, pack: LanguagePack, phrasings: Sequence[str] | None) -> str:
    """One claim without its opening brace; with ``phrasings``, in the words of one of them."""
    opening = _literal('"cite":"' + fact.id + '","fact":"' + fact_body(fact) + '","text":"')
    clause = condition_clause(pack, fact)
    if phrasings is not None:
        body = _one_of(phrase_claim(pack, fact, phrase) for phrase in phrasings)
    else:
        own = sorted(fact.roles.values())
        # Parentheses are the conditions' own place, unless the kind's phrasings use some themselves ("(APR)").
        text = "w" if clause and not any("(" in phrase for phrase in pack.kinds[fact.kind].all) else "t"
        orders = [
            f" {text} ".join(["", *(_literal(slot_token(slot)) for slot in order), ""]) for order in permutations(own)
        ]
        body = " | ".join(order.strip() for order in orders) if own else text
        if clause:
            body = f"({body}) ({_one_of((clause, condition_clause(pack.plain, fact)))}) end"
    closing = _literal('"}')
    return f"{opening} ({body}) {closing}"


def _joined_rule(unit: tuple[Fact, Fact], pack: LanguagePack, lines: Sequence[str]) -> str:
    """The two claims of one sentence without the opening brace, in the words of one of some joined lines."""
    first, second = (_literal('"cite":"' + fact.id + '","fact":"' + fact_body(fact) + '","text":"') for fact in unit)
    between, closing = _literal('"},{"joins":true,'), _literal('"}')
    told = (map(_literal, phrase_unit(pack, unit, line)) for line in lines)
    return " | ".join(f"{first} {left} {between} {second} {right} {closing}" for left, right in told)


def _rule_name(unit: Unit) -> str:
    return "c-" + "-".join(fact.id for fact in unit)


def _list_rules(task: WritingTask, *, bridged: bool) -> list[str]:
    """Rules ``l_i_k_pending``: lists over sentences i.. with k facts told already and these ids still owed.

    With ``bridged``, a bridge may lead over from the first sentence to the rest.
    """
    units = task.units
    # Which facts follow the first is known only where all are told.
    opening = told_first(units) if task.min_claims >= len(task.facts) else 1
    index = {fact.id: position for position, unit in enumerate(units) for fact in unit}
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
        done = told >= task.min_claims and not owed and not any(fact.must for unit in units[start:] for fact in unit)
        if done:
            options.append('""')
        for position in range(start, len(units)):
            unit = units[position]
            if told + len(unit) > task.max_claims:
                break
            groups = owed | {task.needs[fact.id] for fact in unit if fact.id in task.needs}
            rest = name(position + 1, told + len(unit), relevant | {fact.id for fact in unit}, frozenset(groups))
            if rest is not None:
                brace = '"{"' if not told else '",{" lead' if bridged and told == opening else '",{"'
                options.append(f"{brace} {_rule_name(unit)} {rest}")
            if any(fact.must for fact in unit):
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


def _book(task: WritingTask, pack: LanguagePack, names: Callable[[str], bool]) -> list[tuple[str, ...]]:
    """The bank's phrasings of each sentence that may stand where it does."""
    firsts = [unit[0].id for unit in task.units]
    rows = [phrasings_of(task, pack, id_, names) for id_ in firsts]
    # Which claims are neighbours is known only where all are told.
    if task.min_claims >= len(task.facts):
        return side_by_side(rows, [spare_phrasings_of(task, pack, id_) for id_ in firsts])
    return rows


def _claim_rules(
    task: WritingTask, pack: LanguagePack, names: Callable[[str], bool], *, by_the_book: bool
) -> list[str]:
    """One rule for each sentence."""
    book: Sequence[tuple[str, ...] | None] = _book(task, pack, names) if by_the_book else [None] * len(task.units)
    found = []
    for unit, lines in zip(task.units, book, strict=True):
        if len(unit) == 1:
            body = _claim_rule(unit[0], pack, lines)
        else:
            body = _joined_rule(unit, pack, lines or phrasings_of(task, pack, unit[0].id, names))
        found.append(f"{_rule_name(unit)} ::= {body}")
    return found


def build_grammar(
    task: WritingTask,
    pack: LanguagePack,
    *,
    by_the_book: bool = False,
    fits: Callable[[str], bool] = bool,
    names: Callable[[str], bool] = bool,
) -> str:
    """The grammar of one request.

    Args:
        task: What is to be written.
        pack: The language.
        by_the_book: Hold every sentence to the bank's phrasings; the writer then only chooses among them.
        fits: Whether a subject has room beside the product's name.
        names: Whether a phrasing that names the product has room as the first claim, where nothing before it does.

    Raises:
        NothingToSay: No list of these facts has the demanded length and companions.
    """
    terms = sorted(pack.latin_terms, key=len, reverse=True) if pack.script != "Latn" else []
    choices = [
        f"[{SCRIPT_CLASSES[pack.script]}{PUNCTUATION}]",
        _literal("{product}"),
        *(_literal(term) for term in terms),
    ]
    lines: dict[str, Sequence[str]] = {}
    if task.channel in {"email", "push"}:
        lines["subject"] = subjects_of(task, pack, fits)
    if task.channel in {"email", "whatsapp"}:
        lines["opening"] = openings_of(task, pack, lines.get("subject", ()))
        lines["cta"] = ctas_of(task, pack, [line for above in lines.values() for line in above])
    head_fields = [field for field in lines if field != "cta"]
    head = [f'{_field(field)} ","' for field in head_fields]
    tail = ['","', _field("cta")] if "cta" in lines else []
    claims = [_literal('"claims":['), "claims", '"]"']
    bridged = task.channel == "email" and task.max_claims >= BRIDGED_FROM and bool(pack.bridges)
    bridges = bridges_of(task, pack, [line for field in head_fields for line in lines[field]]) if bridged else ()
    rules = [
        " ".join(["root ::=", '"{"', *head, *claims, *tail, '"}"']),
        *(f"{field} ::= {_one_of(texts) if by_the_book else 'ch ch*'}" for field, texts in lines.items()),
        *_list_rules(task, bridged=bridged),
        *_claim_rules(task, pack, names, by_the_book=by_the_book),
        *([f'lead ::= ({_field("bridge")} ",")?', f"bridge ::= {_one_of(bridges)}"] if bridged else []),
        "t ::= ch*",
        "w ::= word*",
        f'end ::= {_literal(pack.sentence_end)} | ""',
        'ch ::= word | "(" | ")"',
        f"word ::= {' | '.join(choices)}",
    ]
    return "\n".join(rules) + "\n"


_RULE = re.compile(r"^([\w-]+) ::= (.*)$", re.M)
_TERMINAL = re.compile(r'"(?:\\.|[^"\\])*"|\[(?:\\.|[^\]\\])*\]')
_REFERENCE = re.compile(r"[A-Za-z][\w-]*")


def can_end(grammar: str) -> bool:
    """Whether some text satisfies a grammar (GBNF, a rule a line); False also where that is not plain to see.

    A grammar that cannot end may force letters without an end.
    """
    needs: dict[str, list[set[str]]] = {}
    for name, body in _RULE.findall(grammar):
        plain = _TERMINAL.sub(" ", body)
        # Inside parentheses an alternative does not stand for the whole rule, so everything named is asked for.
        parts = [plain] if "(" in plain else plain.split("|")
        needs[name] = [set(_REFERENCE.findall(part)) for part in parts]
    ending: set[str] = set()
    while more := {name for name, ways in needs.items() if name not in ending and any(way <= ending for way in ways)}:
        ending |= more
    return "root" in ending
