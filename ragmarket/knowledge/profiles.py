"""How groups and sessions are described: kinds of statistic with their words, and what each intent looks like."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Literal, Self, get_args

from pydantic import Field, field_validator, model_validator

from ragmarket.errors import BadKnowledge
from ragmarket.knowledge.angles import Angles
from ragmarket.knowledge.files import ROOT, line_of, load, read_yaml
from ragmarket.schemas.base import CHANNELS, PRODUCT_CLASSES, Frozen

UNCLEAR = "unclear"
Direction = Literal["higher", "lower", "typical"]
Side = Literal["higher", "lower"]
FieldName = Literal["life_stage", "next_product", "channel", "risk_appetite"]
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)
FIELDS: tuple[FieldName, ...] = get_args(FieldName)
_SLOT = re.compile(r"\{(\w*)\}")
_WORD = re.compile(r"[A-Za-z][A-Za-z -]*")


class StatisticKind(Frozen):
    """One kind of statistic: what it says of a group when it is higher or lower than overall, or typical."""

    label: str
    figure: Literal["share", "amount", "count", "years"]
    adjectives: dict[Side, tuple[str, ...]] = {}
    nouns: dict[Side, tuple[str, ...]] = {}
    phrases: dict[Direction, tuple[str, ...]]

    def adjectives_of(self, direction: Direction) -> tuple[str, ...]:
        """The adjectives it lends a group's name; a typical statistic lends none."""
        return () if direction == "typical" else self.adjectives.get(direction, ())

    def nouns_of(self, direction: Direction) -> tuple[str, ...]:
        """The nouns it lends a group's name; a typical statistic lends none."""
        return () if direction == "typical" else self.nouns.get(direction, ())

    @field_validator("phrases")
    @classmethod
    def _complete(cls, phrases: dict[Direction, tuple[str, ...]]) -> dict[Direction, tuple[str, ...]]:
        for direction in DIRECTIONS:
            found = phrases.get(direction, ())
            if len(set(found)) < 3:
                raise ValueError(f"{direction} needs three phrases or more")
            for phrase in found:
                if sorted(_SLOT.findall(phrase)) != ["a", "b"]:
                    raise ValueError(f"{phrase!r} must hold {{a}} and {{b}} once each")
                if any(char.isdigit() for char in phrase):
                    raise ValueError(f"{phrase!r} holds a figure of its own")
        return phrases

    @field_validator("adjectives", "nouns")
    @classmethod
    def _words(cls, parts: dict[Side, tuple[str, ...]]) -> dict[Side, tuple[str, ...]]:
        for word in (word for words in parts.values() for word in words):
            if not _WORD.fullmatch(word):
                raise ValueError(f"{word!r} must be English letters, hyphens and spaces")
        return parts


class ProfileRule(Frozen):
    """The value holds when all these statistics stand as asked; they are its evidence."""

    value: str
    when: dict[str, Side] = Field(min_length=1)


class ProfileField(Frozen):
    """A closed field: its values, and the rules that decide it, first match first."""

    values: tuple[str, ...] = Field(min_length=2)
    rules: tuple[ProfileRule, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _known_values(self) -> Self:
        for rule in self.rules:
            if rule.value not in self.values:
                raise ValueError(f"a rule gives {rule.value!r}, which is no value of the field")
        if UNCLEAR in self.values:
            raise ValueError(f"{UNCLEAR!r} is every field's own last value and need not be listed")
        return self


class Profiles(Frozen):
    """Everything that a segment's profile is made of."""

    statistics: dict[str, StatisticKind] = Field(min_length=1)
    plain_adjectives: tuple[str, ...] = Field(min_length=1)
    plain_nouns: tuple[str, ...] = Field(min_length=1)
    fields: dict[FieldName, ProfileField]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if missing := [name for name in FIELDS if name not in self.fields]:
            raise ValueError(f"no rules for {', '.join(missing)}")
        for name, field in self.fields.items():
            for kind in (kind for rule in field.rules for kind in rule.when):
                if kind not in self.statistics:
                    raise ValueError(f"a rule of {name} asks for {kind!r}, which is no statistic")
        for name, known in (("next_product", PRODUCT_CLASSES), ("channel", CHANNELS)):
            if odd := [value for value in self.fields[name].values if value not in known]:
                raise ValueError(f"{name} has no value {odd[0]!r}")
        return self


class IntentBehaviour(Frozen):
    """What a session with one intent looks like: weights over each vocabulary, beside the background's."""

    definition: str
    share: float = Field(gt=0)
    pages: dict[str, float]
    products: dict[str, float]
    searches: dict[str, float]
    referrers: dict[str, float] = {}
    dwell: dict[str, float] = {}


class IntentGroup(Frozen):
    """A group of intents and what it is about."""

    about: str
    intents: tuple[str, ...] = Field(min_length=1)


class Sessions(Frozen):
    """The vocabularies of session events and each intent's behaviour.

    ``noise`` is the share of events that anybody might make, ``distraction`` the share that belongs to another intent.
    ``queries`` are phrases that show what a kind of search sounds like.
    """

    pages: dict[str, float]
    product_pages: frozenset[str]
    products: dict[str, float]
    referrers: dict[str, float]
    devices: dict[str, float]
    dwell: dict[str, float]
    tiles: dict[str, float]
    searches: dict[str, float]
    queries: dict[str, tuple[str, ...]] = {}
    groups: dict[str, IntentGroup] = {}
    noise: float = Field(gt=0, lt=1)
    distraction: float = Field(gt=0, lt=1)
    confidence: dict[Literal["high", "medium", "low"], float]
    unclear: str
    intents: dict[str, IntentBehaviour] = Field(min_length=2)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not self.product_pages <= set(self.pages):
            raise ValueError("product_pages must be pages")
        if odd := [name for name in self.products if name not in PRODUCT_CLASSES]:
            raise ValueError(f"there is no product class {odd[0]!r}")
        levels = [self.confidence.get("high", 0), self.confidence.get("medium", 0), self.confidence.get("low", 0)]
        if not 1 > levels[0] > levels[1] > levels[2] > 0:
            raise ValueError("confidence must fall from high over medium to low, between 0 and 1")
        if self.noise + self.distraction >= 1:
            raise ValueError("noise and distraction leave nothing for the intent")
        if odd := [kind for kind in self.queries if kind not in self.searches]:
            raise ValueError(f"queries has {odd[0]!r}, which is no kind of search")
        grouped = [intent for group in self.groups.values() for intent in group.intents]
        if self.groups and sorted(grouped) != sorted(self.intents):
            raise ValueError("groups must hold every intent once")
        for intent, behaviour in self.intents.items():
            for part in ("pages", "products", "searches", "referrers", "dwell"):
                for name in getattr(behaviour, part):
                    if name not in getattr(self, part):
                        raise ValueError(f"{intent}.{part} has {name!r}, which is not in the vocabulary")
        return self


@lru_cache(maxsize=4)
def load_profiles(path: Path = ROOT / "profiles.yaml") -> Profiles:
    """Read the kinds of statistic and the rules of a profile.

    Raises:
        BadKnowledge: The file is wrong; names its line.
    """
    return load(path, Profiles)


def load_sessions(angles: Angles, path: Path = ROOT / "sessions.yaml") -> Sessions:
    """Read the vocabularies of sessions and what each intent looks like.

    Raises:
        BadKnowledge: The file is wrong, or describes an intent that `angles.yaml` does not have; names its line.
    """
    sessions = load(path, Sessions)
    for intent in sessions.intents:
        if intent not in angles.intents:
            line = line_of(read_yaml(path)[1], ["intents", intent])
            raise BadKnowledge(path, line, f"angles.yaml has no intent {intent!r}")
    return sessions
