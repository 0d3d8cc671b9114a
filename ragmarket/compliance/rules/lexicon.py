"""The claim rules as people write them: read strictly, checked and compiled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal, get_args

from pydantic import Field

from ragmarket.compliance.places import Placed, read_placed
from ragmarket.compliance.rules.normalise import fold
from ragmarket.compliance.rules.terms import CompiledTerms, Terms, Tongue, compile_tongues, term_pattern
from ragmarket.schemas.base import Channel, Frozen, ProductClass, Severity


class Examples(Frozen):
    """What a rule must and must not catch; ``product`` is the class on which both are tried."""

    product: ProductClass
    fail: tuple[str, ...] = ()
    passes: tuple[str, ...] = Field(default=(), alias="pass")


class ClaimRule(Frozen):
    """One prohibited claim.

    ``phrases`` can be turned round by a negation, ``denials`` deny something themselves and cannot. ``near`` names
    concepts that make the claim when they stand within ``within`` words of one another. A match that overlaps
    ``lawful`` is none; one in a message that also holds one of ``excuses`` gets ``excused_severity`` instead of
    ``severity``.
    """

    id: str = Field(pattern=r"^claims\.[a-z_]+$")
    number: int = Field(ge=1, le=99)
    title: str
    products: tuple[ProductClass, ...] = get_args(ProductClass)
    channels: tuple[Channel, ...] = get_args(Channel)
    severity: Severity = "block"
    message: str
    authority: str
    source: str
    confidence: Literal["A", "B", "C"]
    effective_from: date
    effective_to: date | None
    near: tuple[tuple[str, ...], ...] = ()
    within: int = Field(default=4, ge=0, le=12)
    phrases: Terms = {}
    denials: Terms = {}
    lawful: Terms = {}
    excuses: Terms = {}
    excused_severity: Severity | None = None
    examples: tuple[Examples, ...] = Field(min_length=1)

    def binds(self, product_class: str, channel: str, day: date) -> bool:
        """Whether the rule is in force for one message."""
        return (
            product_class in self.products
            and channel in self.channels
            and self.effective_from <= day
            and (self.effective_to is None or day <= self.effective_to)
        )


class RuleFile(Frozen):
    """One file of claim rules."""

    rules: tuple[ClaimRule, ...] = Field(min_length=1)


class ConceptFile(Frozen):
    """Ideas that several rules speak of, with the words for them in every tongue."""

    concepts: dict[str, Terms]


class Negation(Frozen):
    """How one tongue denies.

    ``before`` negators reach forward to a word, and ``after`` negators back to it, over ``through`` words only; an
    ``after`` counts at the end of its clause or before ``then``. ``suffix`` endings negate the word that bears them.
    ``never`` are expressions that hold a negator and deny nothing ("don't miss"). ``turns`` open a new clause ("but").
    """

    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    through: tuple[str, ...] = ()
    then: tuple[str, ...] = ()
    suffix: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    turns: tuple[str, ...] = ()


class NegationFile(Frozen):
    """Negation in every tongue."""

    negation: dict[Tongue, Negation]


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule ready to be applied."""

    rule: ClaimRule
    phrases: CompiledTerms
    denials: CompiledTerms
    lawful: CompiledTerms
    excuses: CompiledTerms


@dataclass(frozen=True, slots=True)
class CompiledNegation:
    """Negation ready to be applied; ``by_script`` joins the tongues that share a script."""

    before: CompiledTerms
    after: CompiledTerms
    through: CompiledTerms
    then: CompiledTerms
    never: CompiledTerms
    turns: CompiledTerms
    suffix: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All claim rules of one deployment."""

    rules: tuple[CompiledRule, ...]
    concepts: dict[str, CompiledTerms]
    negation: CompiledNegation
    concept_terms: dict[str, Terms]
    negation_terms: dict[Tongue, Negation]

    @property
    def sources(self) -> tuple[ClaimRule, ...]:
        """The rules as written, by id."""
        return tuple(compiled.rule for compiled in self.rules)


def build_lexicon(
    rules: tuple[ClaimRule, ...], concepts: dict[str, Terms], negation: dict[Tongue, Negation]
) -> Lexicon:
    """Compile rules that were already checked."""
    part = {
        name: compile_tongues({tongue: getattr(words, name) for tongue, words in negation.items()})
        for name in ("before", "after", "through", "then", "never", "turns")
    }
    endings = {fold(ending).text.strip() for words in negation.values() for ending in words.suffix}
    return Lexicon(
        rules=tuple(
            CompiledRule(
                rule=rule,
                phrases=compile_tongues(rule.phrases),
                denials=compile_tongues(rule.denials),
                lawful=compile_tongues(rule.lawful),
                excuses=compile_tongues(rule.excuses),
            )
            for rule in sorted(rules, key=lambda rule: (rule.number, rule.id))
        ),
        concepts={name: compile_tongues(terms) for name, terms in concepts.items()},
        negation=CompiledNegation(suffix=tuple(sorted(endings)), **part),
        concept_terms=concepts,
        negation_terms=negation,
    )


def load_lexicon(root: Path) -> Lexicon:
    """Read ``concepts.yaml``, ``negation.yaml`` and every other file of ``root`` as rules.

    Raises:
        BadKnowledge: The first mistake, with file and line.
    """
    concepts = read_placed(root / "concepts.yaml", ConceptFile)
    for name, terms in concepts.value.concepts.items():
        _check_terms(concepts, ["concepts", name], terms)
    negation = read_placed(root / "negation.yaml", NegationFile)
    for tongue, words in negation.value.negation.items():
        for name in ("before", "after", "through", "then", "never", "turns"):
            _check_terms(negation, ["negation", tongue], {tongue: getattr(words, name)}, [name])
    rules: list[ClaimRule] = []
    for path in sorted(root.glob("*.yaml")):
        if path.name in ("concepts.yaml", "negation.yaml"):
            continue
        placed = read_placed(path, RuleFile)
        for index, rule in enumerate(placed.value.rules):
            _check_rule(placed, index, rule, concepts.value, {known.id for known in rules})
            rules.append(rule)
    return build_lexicon(tuple(rules), concepts.value.concepts, negation.value.negation)


def _check_rule(placed: Placed[RuleFile], index: int, rule: ClaimRule, concepts: ConceptFile, known: set[str]) -> None:
    at: list[str | int] = ["rules", index]
    if rule.id in known:
        raise placed.wrong([*at, "id"], f"the rule {rule.id} stands twice")
    if rule.effective_to is not None and rule.effective_to < rule.effective_from:
        raise placed.wrong([*at, "effective_to"], "effective_to is before effective_from")
    if not (rule.near or rule.phrases or rule.denials):
        raise placed.wrong(at, f"{rule.id} can never match: it has neither near, phrases nor denials")
    for group in rule.near:
        for name in group:
            if name not in concepts.concepts:
                raise placed.wrong([*at, "near"], f"there is no concept {name}")
    for field in ("phrases", "denials", "lawful", "excuses"):
        _check_terms(placed, [*at, field], getattr(rule, field))


def _check_terms(
    placed: Placed[RuleFile] | Placed[ConceptFile] | Placed[NegationFile],
    at: list[str | int],
    terms: Terms,
    below: list[str | int] | None = None,
) -> None:
    for tongue, words in terms.items():
        for number, term in enumerate(words):
            place = [*at, *(below or [tongue]), number]
            if words.count(term) > 1:
                raise placed.wrong(place, f"the term {term!r} stands twice")
            try:
                term_pattern(term)
            except ValueError as error:
                raise placed.wrong(place, str(error)) from error
