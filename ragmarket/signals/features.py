"""The features: which signals are read, in which order, and what an absent one looks like."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Literal

from ragmarket.errors import InvalidInput
from ragmarket.schemas.base import CHANNELS, LANGUAGES, PRODUCT_CLASSES, Frozen

AGE_BANDS = ("18-24", "25-34", "35-44", "45-59", "60+")
INCOME_BANDS = ("low", "lower_middle", "middle", "upper_middle", "high")
CITY_TIERS = ("metro", "urban", "semi_urban", "rural")
TXN_CHANNELS = ("upi", "card", "atm", "branch", "netbanking", "merchant_qr", "salary_credit")

# Who and when: allowed beside the features so that a bank's export passes as it is, never encoded.
BESIDE = ("customer_id", "observed_on")

Kind = Literal["category", "number", "members", "counts"]
Role = Literal["flag", "level", "missing"]


class Feature(Frozen):
    """One signal.

    Kinds: ``category`` one of ``values``; ``number`` a non-negative amount or count; ``members`` a list out of
    ``values``; ``counts`` a mapping from ``values`` to non-negative counts, where an absent key is a zero.
    ``label`` is the signal in plain words; ``{}`` stands for the value.
    """

    name: str
    kind: Kind
    label: str
    values: tuple[str, ...] = ()


class FeatureSpec(Frozen):
    """An ordered, hashed set of features; a model serves only the spec that it was trained with."""

    version: int
    features: tuple[Feature, ...]

    @property
    def sha256(self) -> str:
        """Hash of all that decides the meaning of a vector, labels included, as plain hexadecimal."""
        plain = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(plain.encode("utf-8")).hexdigest()

    @property
    def columns(self) -> tuple[tuple[str, str, Role], ...]:
        """Name, plain words and role of each number of a vector, in order."""
        return tuple(column for feature in self.features for column in _columns(feature))

    def encode(self, signals: Mapping[str, object]) -> tuple[float, ...]:
        """One customer as numbers.

        Args:
            signals: Feature name to value; a feature that is absent or None is missing.

        Returns:
            One float per column of `columns`. Counts and amounts are ``log1p``; the numbers of a missing feature are
            NaN and its flag is 1.

        Raises:
            InvalidInput: A key is unknown or a value has the wrong type; names the key, never the value.
        """
        known = {feature.name for feature in self.features}
        for key in signals:
            if key not in known and key not in BESIDE:
                raise InvalidInput(
                    f"signals: the key {key!r} is not known", hint=f"Known keys: {', '.join(sorted(known))}."
                )
        observed_on(signals)
        vector: list[float] = []
        for feature in self.features:
            value = signals.get(feature.name)
            if value is None:
                vector.extend([math.nan] * (len(feature.values) or 1))
            else:
                vector.extend(_numbers(feature, value))
            vector.append(1.0 if value is None else 0.0)
        return tuple(vector)


def observed_on(signals: Mapping[str, object]) -> date | None:
    """The day on which the signals were read, None when they do not say.

    Raises:
        InvalidInput: The value is not a date.
    """
    value = signals.get("observed_on")
    if value is None or type(value) is date:
        return value
    try:
        return date.fromisoformat(value) if isinstance(value, str) else _wrong("observed_on", "a date (YYYY-MM-DD)")
    except ValueError:
        return _wrong("observed_on", "a date (YYYY-MM-DD)")


def _columns(feature: Feature) -> Iterator[tuple[str, str, Role]]:
    role: Role = "flag" if feature.kind in ("category", "members") else "level"
    for value in feature.values or ("",):
        name = f"{feature.name}={value}" if value else feature.name
        yield name, feature.label.replace("{}", value.replace("_", " ")), role
    yield f"{feature.name}:missing", feature.label.replace("{}", "").strip() + " not known", "missing"


def _wrong(place: str, wanted: str) -> date | None:
    raise InvalidInput(f"signals: {place} must be {wanted}")


def _amount(place: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        _wrong(place, "a non-negative number")
    return math.log1p(float(value))  # type: ignore[arg-type]


def _numbers(feature: Feature, value: object) -> list[float]:
    choices = ", ".join(feature.values)
    if feature.kind == "number":
        return [_amount(feature.name, value)]
    if feature.kind == "category":
        if not isinstance(value, str) or value not in feature.values:
            _wrong(feature.name, f"one of {choices}")
        return [float(value == choice) for choice in feature.values]
    if feature.kind == "members":
        if not isinstance(value, list | tuple | set | frozenset) or not all(item in feature.values for item in value):
            _wrong(feature.name, f"a list out of {choices}")
        members = set(value)  # type: ignore[call-overload]
        return [float(choice in members) for choice in feature.values]
    if not isinstance(value, Mapping) or not all(key in feature.values for key in value):
        raise InvalidInput(f"signals: {feature.name} must be a mapping with keys out of {choices}")
    return [_amount(f"{feature.name}.{choice}", value.get(choice, 0)) for choice in feature.values]


DEFAULT_SPEC = FeatureSpec(
    version=1,
    features=(
        Feature(name="age_band", kind="category", label="age band {}", values=AGE_BANDS),
        Feature(name="income_band", kind="category", label="income band {}", values=INCOME_BANDS),
        Feature(name="city_tier", kind="category", label="lives in a place of tier {}", values=CITY_TIERS),
        Feature(name="language", kind="category", label="language {}", values=LANGUAGES),
        Feature(name="tenure_months", kind="number", label="months with the bank"),
        Feature(name="balance_inr", kind="number", label="average savings balance"),
        Feature(name="deposits_inr", kind="number", label="money in deposits"),
        Feature(name="loans_inr", kind="number", label="loans outstanding"),
        Feature(name="app_logins", kind="number", label="app logins"),
        Feature(name="holdings", kind="members", label="holds {}", values=PRODUCT_CLASSES),
        Feature(name="txn_counts", kind="counts", label="{} transactions", values=TXN_CHANNELS),
        Feature(name="page_views", kind="counts", label="views of {} pages", values=PRODUCT_CLASSES),
        Feature(name="messages_sent", kind="counts", label="{} messages received", values=CHANNELS),
        Feature(name="messages_answered", kind="counts", label="{} messages answered", values=CHANNELS),
    ),
)
