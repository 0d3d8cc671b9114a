"""The features of a prediction: which signals are read, in which order, and what an absent one looks like.

Who gathers signals fills them in, who predicts reads them; a checkpoint carries the spec that it was trained with.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, Literal

from ragmarket.errors import InvalidInput
from ragmarket.schemas.base import Frozen
from ragmarket.schemas.signals import Feature, amount, legible, numbers, observed_on, words_of

__all__ = ["BESIDE", "Feature", "FeatureSpec", "Role", "differences", "observed_on", "words_of"]

# Who and when: allowed beside the features so that a bank's export passes as it is, never encoded.
BESIDE = ("customer_id", "observed_on")
Role = Literal["flag", "level", "missing"]


class FeatureSpec(Frozen):
    """An ordered, hashed set of features; a model serves only the spec that it was trained with."""

    version: int
    features: tuple[Feature, ...]

    @cached_property
    def sha256(self) -> str:
        """Hash of all that decides the meaning of a vector, labels included, as plain hexadecimal."""
        return _hash(self.model_dump(mode="json"))

    @property
    def vocabularies(self) -> dict[str, str]:
        """Hash of each feature's values."""
        return {feature.name: _hash(list(feature.values)) for feature in self.features if feature.values}

    @cached_property
    def columns(self) -> tuple[tuple[str, str, Role], ...]:
        """Name, plain words and role of each number of a vector, in order."""
        return tuple(column for feature in self.features for column in _columns(feature))

    @cached_property
    def spans(self) -> dict[str, tuple[int, int]]:
        """First column of each feature and the one after its last, which is its missing flag."""
        found, start = {}, 0
        for feature in self.features:
            width = (len(feature.values) if feature.values or feature.kind == "words" else 1) + 1
            found[feature.name] = (start, start + width)
            start += width
        return found

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> FeatureSpec:  # noqa: ARG002
        """A spec with other fields; nothing that was worked out from the old ones is taken along."""
        return FeatureSpec(**({"version": self.version, "features": self.features} | dict(update or {})))

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
        self._known(signals)
        vector: list[float] = []
        for feature in self.features:
            value = signals.get(feature.name)
            if value is None:
                vector.extend([math.nan] * (len(feature.values) or int(feature.kind != "words")))
            else:
                vector.extend(numbers(feature, value))
            vector.append(1.0 if value is None else 0.0)
        return tuple(vector)

    def legible(self, signals: Mapping[str, object]) -> tuple[dict[str, object], tuple[str, ...]]:
        """What of these signals can be read, and the names of those that hold something never seen in training.

        NaN, a category outside the vocabulary and keys outside it are not known, rather than an error: the world may
        have new products, and a table has gaps. Wrong types and negative amounts stay errors.

        Raises:
            InvalidInput: A key is unknown or a value has the wrong type.
        """
        self._known(signals)
        found: dict[str, object] = {}
        strange: list[str] = []
        for feature in self.features:
            value = signals.get(feature.name)
            if value is None:
                continue
            clean = legible(feature, value)
            if clean is not value:
                strange.append(feature.name)
            if clean is not None:
                found[feature.name] = clean
        return found, tuple(strange)

    def fill(self, signals: Mapping[str, object], row: Any, blank: Any) -> None:
        """`encode` into a row that exists, in time that depends on what the customer did and not on the vocabulary.

        Args:
            signals: As `legible` gives them.
            row: Array (C,), overwritten.
            blank: Array (C,): a customer of whom nothing is known (`encode` of nothing).

        Raises:
            InvalidInput: A value has the wrong type.
        """
        row[:] = blank
        for feature, start, end, places in self._layout:
            value = signals.get(feature.name)
            if value is None:
                continue
            if feature.kind in ("counts", "words") and isinstance(value, Mapping):
                row[start:end] = 0.0
                for key, count in value.items():
                    place = places.get(key)
                    if place is not None:
                        row[start + place] = amount(f"{feature.name}.{key}", count)
            else:
                row[start : end - 1] = numbers(feature, value)
                row[end - 1] = 0.0

    @cached_property
    def _layout(self) -> tuple[tuple[Feature, int, int, dict[str, int]], ...]:
        return tuple(
            (feature, *self.spans[feature.name], {value: place for place, value in enumerate(feature.values)})
            for feature in self.features
        )

    def _known(self, signals: Mapping[str, object]) -> None:
        known = {feature.name for feature in self.features}
        for key in signals:
            if key not in known and key not in BESIDE:
                raise InvalidInput(
                    f"signals: the key {key!r} is not known", hint=f"Known keys: {', '.join(sorted(known))}."
                )
        observed_on(signals)


def differences(ours: FeatureSpec, theirs: FeatureSpec) -> tuple[str, ...]:
    """In what two specs differ, a line each; a vocabulary that training learns may be any.

    Args:
        ours: What signals are gathered for.
        theirs: What a checkpoint was trained with.
    """
    lines = [] if ours.version == theirs.version else [f"version: {theirs.version} here, {ours.version} wanted"]
    left, right = ({feature.name: feature for feature in spec.features} for spec in (ours, theirs))
    if missing := [name for name in left if name not in right]:
        lines.append(f"missing: {', '.join(missing)}")
    if extra := [name for name in right if name not in left]:
        lines.append(f"extra: {', '.join(extra)}")
    both = [name for name in left if name in right]
    for what in ("kind", "unit", "group"):
        if other := [name for name in both if getattr(left[name], what) != getattr(right[name], what)]:
            lines.append(f"another {what}: {', '.join(other)}")
    closed = [name for name in both if left[name].kind != "words"]
    if other := [name for name in closed if left[name].values != right[name].values]:
        lines.append(f"another vocabulary: {', '.join(other)}")
    if not (missing or extra) and [f.name for f in ours.features] != [f.name for f in theirs.features]:
        lines.append("another order of features")
    return tuple(lines)


def _hash(value: object) -> str:
    plain = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(plain.encode("utf-8")).hexdigest()


def _columns(feature: Feature) -> Iterator[tuple[str, str, Role]]:
    role: Role = "flag" if feature.kind in ("category", "members") else "level"
    for value in feature.values or (("",) if feature.kind != "words" else ()):
        name = f"{feature.name}={value}" if value else feature.name
        yield name, feature.label.replace("{}", value.replace("_", " ")), role
    yield f"{feature.name}:missing", feature.label.replace("{}", "").strip() + " not known", "missing"
