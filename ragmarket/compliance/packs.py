"""Policy packs: rules with their days in force, read strictly and held against the ledger and the fact catalogue."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from pathlib import Path
from typing import Literal, get_args

from pydantic import Field, field_validator

from ragmarket.compliance.ledger import Ledger
from ragmarket.compliance.places import Placed, read_placed
from ragmarket.compliance.rules.lexicon import ClaimRule, Lexicon, Negation, build_lexicon, load_lexicon
from ragmarket.compliance.rules.terms import Terms, Tongue
from ragmarket.errors import BadKnowledge
from ragmarket.schemas.base import CHANNELS, PRODUCT_CLASSES, Channel, Frozen, ProductClass
from ragmarket.schemas.compliance import Placement


class Demand(Frozen):
    """A disclaimer that a rule asks for; ``placement`` overrides that of the ledger."""

    id: str
    placement: Placement | None = None


class Dated(Frozen):
    """What every rule carries. A rule without ``effective_from`` is a proposal and never in force."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")
    authority: str = Field(min_length=1)
    source: str = Field(min_length=1)
    confidence: Literal["A", "B", "C"]
    effective_from: date | None
    effective_to: date | None

    def in_force(self, day: date) -> bool:
        """Whether the rule is in force on ``day``; both ends are included."""
        if self.effective_from is None or day < self.effective_from:
            return False
        return self.effective_to is None or day <= self.effective_to


class PackRule(Dated):
    """One policy rule: what it binds and what it asks for."""

    title: str
    products: tuple[ProductClass, ...] = Field(min_length=1)
    channels: tuple[Channel, ...] = Field(default=get_args(Channel), min_length=1)
    disclaimers: tuple[Demand, ...] = ()
    must_say: tuple[str, ...] = ()
    must_say_with: dict[str, tuple[str, ...]] = {}
    must_not_say: tuple[str, ...] = ()
    advice: str = ""

    @field_validator("products", mode="before")
    @classmethod
    def _all_products(cls, value: object) -> object:
        return PRODUCT_CLASSES if value == "all" else value

    def binds(self, product_class: str, channel: str, day: date) -> bool:
        """Whether the rule binds one message."""
        return product_class in self.products and channel in self.channels and self.in_force(day)


class SegmentLimits(Frozen):
    """Most SMS segments, for English and for every other language."""

    en: int = Field(ge=1, le=10)
    other: int = Field(ge=1, le=10)


class ChannelRule(Dated):
    """What one channel holds."""

    max_chars: int | None = Field(default=None, ge=1)
    max_sms_segments: SegmentLimits | None = None
    subject_max_chars: int | None = Field(default=None, ge=1)
    max_claims: int = Field(ge=1, le=8)
    min_claims: int = Field(default=1, ge=1)
    min_body: int = Field(ge=0)


class PackFile(Frozen):
    """One pack."""

    channels: dict[Channel, ChannelRule] | None = None
    rules: tuple[PackRule, ...] = ()


class PackSnapshot(Frozen):
    """Everything a policy book was made of besides the ledger, as plain values."""

    channels: dict[Channel, ChannelRule]
    rules: tuple[PackRule, ...]
    claim_rules: tuple[ClaimRule, ...]
    concepts: dict[str, Terms]
    negation: dict[Tongue, Negation]


class Packs:
    """All policy rules, channel rules and claim rules of one deployment."""

    def __init__(self, channels: dict[Channel, ChannelRule], rules: tuple[PackRule, ...], lexicon: Lexicon) -> None:
        self.channels = channels
        self.rules = tuple(sorted(rules, key=lambda rule: rule.id))
        self.lexicon = lexicon

    def snapshot(self) -> PackSnapshot:
        """The packs as plain values."""
        return PackSnapshot(
            channels=self.channels,
            rules=self.rules,
            claim_rules=self.lexicon.sources,
            concepts=self.lexicon.concept_terms,
            negation=self.lexicon.negation_terms,
        )

    @classmethod
    def from_snapshot(cls, snapshot: PackSnapshot) -> Packs:
        """The packs that `snapshot` described."""
        lexicon = build_lexicon(snapshot.claim_rules, snapshot.concepts, snapshot.negation)
        return cls(snapshot.channels, snapshot.rules, lexicon)


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
    channels: dict[Channel, ChannelRule] = {}
    found: list[PackRule] = []
    paths = sorted(policies.glob("*.yaml"))
    if not paths:
        raise BadKnowledge(policies, None, "the folder holds no policy pack")
    for path in paths:
        placed = read_placed(path, PackFile)
        for channel, limits in (placed.value.channels or {}).items():
            if channel in channels:
                raise placed.wrong(["channels", channel], f"the channel {channel} is described in two packs")
            channels[channel] = limits
        for index, rule in enumerate(placed.value.rules):
            _check(placed, index, rule, ledger, kinds, found)
            found.append(rule)
    missing = [channel for channel in CHANNELS if channel not in channels]
    if missing:
        raise BadKnowledge(policies, None, f"no pack describes the channel {missing[0]}")
    return Packs(channels, tuple(found), load_lexicon(rules))


def _check(
    placed: Placed[PackFile], index: int, rule: PackRule, ledger: Ledger, kinds: Collection[str], known: list[PackRule]
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
        for companion in companions:
            if companion not in kinds:
                raise placed.wrong([*at, "must_say_with", id_], f"the fact catalogue has no kind {companion}")
