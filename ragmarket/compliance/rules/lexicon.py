"""The claim rules ready to be applied to any text: one index of all their terms."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ragmarket.compliance.rules.claim_rule import ClaimRule, Negation
from ragmarket.compliance.rules.lexicon_files import NEGATION_LISTS, TERM_LISTS, read_rules
from ragmarket.compliance.rules.matching import TermIndex
from ragmarket.compliance.rules.normalise import fold
from ragmarket.compliance.rules.romanised import TONGUES, of_native, romanise
from ragmarket.compliance.rules.terms import Term, Terms, Tongue, read_term


@dataclass(frozen=True, slots=True)
class Words:
    """An index of every list of terms under the names that `concept_list`, `negation_list` and `rule_list` give.

    ``endings`` are those that negate the word that bears them.
    """

    index: TermIndex
    endings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All claim rules of one deployment, and their words as written and as typed in Latin letters.

    ``callers`` gives, for each list without which a rule cannot match, the places of the rules it may call.
    """

    rules: tuple[ClaimRule, ...]
    callers: dict[str, frozenset[int]]
    words: Words
    romanised: Words
    concept_terms: dict[str, Terms]
    negation_terms: dict[Tongue, Negation]

    @property
    def sources(self) -> tuple[ClaimRule, ...]:
        """The rules as written, by number."""
        return self.rules


# Letters that a term must keep in the coarse spelling: what claims beside others, or denies, may be shorter than what
# claims by itself, and words that only join may be of any length.
_LEAST_ALONE, _LEAST_BESIDE, _LEAST_ENDING = 6, 3, 5
_JOINING = frozenset(f"negation:{part}" for part in ("through", "then", "turns"))
# People mix their words with these; a claim may be made of both.
_MIXED_IN = ("en", "hi_latn")


def concept_list(name: str) -> str:
    """The index's name for the words of a concept."""
    return f"concept:{name}"


def negation_list(part: str) -> str:
    """The index's name for one part of negation."""
    return f"negation:{part}"


def rule_list(id_: str, field: str) -> str:
    """The index's name for one list of a rule."""
    return f"{id_}:{field}"


def build_lexicon(
    rules: tuple[ClaimRule, ...], concepts: dict[str, Terms], negation: dict[Tongue, Negation]
) -> Lexicon:
    """Index rules that were already checked."""
    ordered = tuple(sorted(rules, key=lambda rule: (rule.number, rule.id)))
    sources: dict[str, Terms] = {concept_list(name): terms for name, terms in concepts.items()}
    for part in NEGATION_LISTS:
        sources[negation_list(part)] = {tongue: getattr(words, part) for tongue, words in negation.items()}
    for rule in ordered:
        for field in TERM_LISTS:
            sources[rule_list(rule.id, field)] = getattr(rule, field)
    written: dict[str, list[Term]] = {}
    typed: dict[str, list[Term]] = {}
    for name, terms in sources.items():
        for tongue, lines in terms.items():
            read = [read_term(line) for line in lines]
            written.setdefault(name, []).extend(read)
            beside = name.startswith((concept_list(""), negation_list("")))
            if tongue in TONGUES or (tongue in _MIXED_IN and (beside or name.endswith(rule_list("", "lawful")))):
                least = 1 if name in _JOINING or tongue in _MIXED_IN else _LEAST_BESIDE if beside else _LEAST_ALONE
                spelt = (romanise(term, tongue, least=least) for term in read)
                typed.setdefault(name, []).extend(term for term in spelt if term is not None)
    endings = {(tongue, fold(ending).text) for tongue, words in negation.items() for ending in words.suffix}
    coarse = {of_native(ending, tongue, whole=True) for tongue, ending in endings if tongue in TONGUES}
    callers: dict[str, set[int]] = {}
    for place, rule in enumerate(ordered):
        claims = (rule_list(rule.id, "phrases"), rule_list(rule.id, "denials"))
        for name in (*claims, *(concept_list(group[0]) for group in rule.near)):
            callers.setdefault(name, set()).add(place)
    return Lexicon(
        rules=ordered,
        callers={name: frozenset(places) for name, places in callers.items()},
        words=Words(TermIndex(written), tuple(sorted({ending for _, ending in endings}))),
        romanised=Words(
            TermIndex(typed),
            tuple(sorted({spelt for spelt in coarse if len(spelt) >= _LEAST_ENDING})),
        ),
        concept_terms=concepts,
        negation_terms=negation,
    )


def load_lexicon(root: Path) -> Lexicon:
    """Read the rules of ``root/*.yaml`` and their words in ``root/words/*.yaml``.

    Raises:
        BadKnowledge: The first mistake, with file and line.
    """
    return build_lexicon(*read_rules(root))
