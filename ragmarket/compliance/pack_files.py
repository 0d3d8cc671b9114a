"""Policy packs read strictly from their files, and held against the ledger, the fact catalogue and one another."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from ragmarket.compliance.ledger import Ledger
from ragmarket.compliance.packs import ChannelRule, Coverage, Idea, PackFile, PackRule, Packs
from ragmarket.compliance.places import Placed, read_placed
from ragmarket.compliance.rules.lexicon import load_lexicon
from ragmarket.compliance.rules.terms import read_term
from ragmarket.errors import BadKnowledge
from ragmarket.schemas.base import CHANNELS, PRODUCT_CLASSES, Channel, ProductClass


def load_packs(policies: Path, rules: Path, ledger: Ledger, kinds: Collection[str]) -> Packs:
    """Read ``policies/*.yaml`` and the claim rules of ``rules/``.

    Args:
        policies: Folder of policy packs, among them ``channels.yaml``.
        rules: Folder of claim rules.
        ledger: The disclaimers that packs may demand.
        kinds: The ids of the fact catalogue.

    Raises:
        BadKnowledge: The first mistake, with file and line; nothing of the packs is then usable.
    """
    covered: dict[ProductClass, Coverage] = {}
    channels: dict[Channel, ChannelRule] = {}
    found: list[PackRule] = []
    files = read_packs(policies)
    ideas: dict[str, Idea] = {}
    for placed in files:
        for id_, idea in placed.value.ideas.items():
            if id_ in ideas:
                raise placed.wrong(["ideas", id_], f"the idea {id_} is described twice")
            _check_idea(placed, id_, idea)
            ideas[id_] = idea
    for placed in files:
        for product_class, coverage in placed.value.covered_from.items():
            if product_class in covered:
                raise placed.wrong(["covered_from", product_class], f"{product_class} is covered in two packs")
            covered[product_class] = coverage
        for channel, limits in (placed.value.channels or {}).items():
            if channel in channels:
                raise placed.wrong(["channels", channel], f"the channel {channel} is described in two packs")
            channels[channel] = limits
        for index, rule in enumerate(placed.value.rules):
            _check(placed, index, rule, ledger, kinds, found)
            _check_verbs(placed, index, rule, ideas.keys(), kinds)
            found.append(rule)
    missing = [channel for channel in CHANNELS if channel not in channels]
    if missing:
        raise BadKnowledge(policies, None, f"no pack describes the channel {missing[0]}")
    uncovered = [name for name in PRODUCT_CLASSES if name not in covered]
    if uncovered:
        raise BadKnowledge(policies, None, f"no pack says from which day {uncovered[0]} is covered (covered_from)")
    return Packs(covered, channels, tuple(found), load_lexicon(rules), ideas)


def read_packs(policies: Path) -> tuple[Placed[PackFile], ...]:
    """The packs of a folder, each valid by itself.

    Raises:
        BadKnowledge: The first mistake, with file and line; or there is no pack.
    """
    paths = sorted(policies.glob("*.yaml"))
    if not paths:
        raise BadKnowledge(policies, None, "the folder holds no policy pack")
    return tuple(read_placed(path, PackFile) for path in paths)


def _check_idea(placed: Placed[PackFile], id_: str, idea: Idea) -> None:
    for tongue, terms in idea.words.items():
        for number, term in enumerate(terms):
            place: list[str | int] = ["ideas", id_, "words", tongue, number]
            if term in terms[:number]:
                raise placed.wrong(place, f"the term {term!r} stands twice")
            try:
                read_term(term)
            except ValueError as error:
                raise placed.wrong(place, str(error)) from error


def _check_verbs(
    placed: Placed[PackFile], index: int, rule: PackRule, ideas: Collection[str], kinds: Collection[str]
) -> None:
    at: list[str | int] = ["rules", index]
    fields = {"text_when": rule.text_when, "text_must": rule.text_must, "text_must_not": rule.text_must_not}
    if rule.ratio is not None:
        fields["ratio"] = (rule.ratio.of, *rule.ratio.amounts)
        limits = [tier.up_to for tier in rule.ratio.tiers]
        bounds = [limit for limit in limits[:-1] if limit is not None]
        if limits[-1] is not None or len(bounds) < len(limits) - 1 or bounds != sorted(set(bounds)):
            raise placed.wrong([*at, "ratio", "tiers"], "tiers rise by up_to, and only the last has none")
    for field, ids in fields.items():
        for id_ in ids:
            if id_ not in ideas:
                raise placed.wrong([*at, field], f"no pack describes the idea {id_}")
    if rule.text_when and not rule.text_must:
        raise placed.wrong([*at, "text_when"], "text_when says when text_must is asked for, and there is no text_must")
    if not rule.judges and not rule.advice:
        raise placed.wrong([*at, "id"], f"{rule.id} asks for nothing: give it a verb or an advice")
    for outcome, examples in (("fail", rule.examples.fail), ("pass", rule.examples.passes)):
        for number, example in enumerate(examples):
            place = [*at, "examples", outcome, number]
            if not rule.judges:
                raise placed.wrong(place, f"{rule.id} only advises; nothing can fall foul of it")
            for id_ in example.says:
                if id_ not in kinds:
                    raise placed.wrong([*place, "says"], f"the fact catalogue has no kind {id_}")
            for value, scope in (
                (example.product, rule.products),
                (example.channel, rule.channels),
                (example.language, rule.languages),
            ):
                if outcome == "fail" and value is not None and value not in scope:
                    raise placed.wrong(place, f"{rule.id} does not bind {value}; nothing can fail there")


def _check(
    placed: Placed[PackFile],
    index: int,
    rule: PackRule,
    ledger: Ledger,
    kinds: Collection[str],
    known: Sequence[PackRule],
) -> None:
    at: list[str | int] = ["rules", index]
    if any(rule.id == other.id for other in known):
        raise placed.wrong([*at, "id"], f"the rule {rule.id} stands twice")
    if rule.effective_from and rule.effective_to and rule.effective_to < rule.effective_from:
        raise placed.wrong([*at, "effective_to"], "effective_to is before effective_from")
    for number, demand in enumerate(rule.disclaimers):
        place = [*at, "disclaimers", number, "id"]
        versions = ledger.versions(demand.id)
        if not versions:
            raise placed.wrong(place, f"the ledger has no disclaimer {demand.id}")
        for entry in versions:
            outside: list[str] = sorted({*rule.products} - {*entry.product_classes})
            outside += sorted({*rule.channels} - {*entry.channels})
            if outside:
                raise placed.wrong(place, f"the ledger does not allow {demand.id} for {outside[0]}")
    for field, ids in (
        ("must_say", rule.must_say),
        ("must_not_say", rule.must_not_say),
        ("must_say_with", tuple(rule.must_say_with)),
    ):
        for id_ in ids:
            if id_ not in kinds:
                raise placed.wrong([*at, field, id_], f"the fact catalogue has no kind {id_}")
    for id_, companions in rule.must_say_with.items():
        place = [*at, "must_say_with", id_]
        if not companions or id_ in companions:
            raise placed.wrong(place, f"{id_} needs at least one companion other than itself")
        for companion in companions:
            if companion not in kinds:
                raise placed.wrong(place, f"the fact catalogue has no kind {companion}")
        clash = next(_clashes(rule, id_, known), None)
        if clash is not None:
            problem = f"no companion of {id_} satisfies this rule and {clash} at once"
            raise placed.wrong(place, problem)


def _clashes(rule: PackRule, kind: str, known: Sequence[PackRule]) -> Iterator[str]:
    """The other rules, wherever on one day and channel no companion of ``kind`` satisfies them and ``rule``."""
    others = [other for other in known if kind in other.must_say_with]
    # What is in force changes only on a day on which some rule begins.
    days = {one.effective_from for one in (rule, *others)} - {None}
    for day in sorted(day for day in days if day is not None):
        for product_class in rule.products:
            for channel in rule.channels:
                if not rule.binds(product_class, channel, day):
                    continue
                together = [other for other in others if other.binds(product_class, channel, day)]
                left = set(rule.must_say_with[kind])
                for other in together:
                    left &= set(other.must_say_with[kind])
                if not left:
                    yield ", ".join(other.id for other in together)
