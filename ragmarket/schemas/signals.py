"""One signal of a customer: what it may hold, and what it is as numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Literal

from ragmarket.errors import InvalidInput
from ragmarket.schemas.base import Frozen

Kind = Literal["category", "number", "members", "counts", "words"]
# Vowel signs of Indian scripts are marks, which \w leaves out; dandas are no letters.
_WORD = re.compile(r"(?:[^\W\d_]|[\u0900-\u0963\u0970-\u0d7f]){3,}")


class Feature(Frozen):
    """One signal.

    Kinds: ``category`` one of ``values``; ``number`` a non-negative amount or count; ``members`` a list out of
    ``values``; ``counts`` a mapping from ``values`` to non-negative counts, where an absent key is a zero; ``words``
    the same with a vocabulary that training learns: others are not read, and texts may be given instead of counts.
    ``label`` is the signal in plain words; ``{}`` stands for the value. ``group`` is the branch of the model that
    reads it; ``behaviour`` whether it tells what the customer did rather than who the customer is.
    """

    name: str
    kind: Kind
    label: str
    values: tuple[str, ...] = ()
    unit: str = ""
    group: str = "standing"
    behaviour: bool = False


def words_of(texts: Iterable[str]) -> dict[str, int]:
    """In how many of these texts each word of three letters or more stands, lower case."""
    found: dict[str, int] = {}
    for text in texts:
        for word in set(_WORD.findall(text.lower())):
            found[word] = found.get(word, 0) + 1
    return found


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


def legible(feature: Feature, value: object) -> object:
    """The value as it is, what of it was seen in training, or None; wrong types are left to `numbers`."""
    if feature.kind == "number":
        return None if isinstance(value, float) and math.isnan(value) else value
    if feature.kind == "category":
        return None if isinstance(value, str) and value not in feature.values else value
    if feature.kind == "members" and isinstance(value, list | tuple | set | frozenset):
        kept = [one for one in value if not isinstance(one, str) or one in feature.values]
        return value if len(kept) == len(value) else kept
    if feature.kind == "counts" and isinstance(value, Mapping):
        counts = {
            key: count
            for key, count in value.items()
            if key in feature.values and not (isinstance(count, float) and math.isnan(count))
        }
        return value if len(counts) == len(value) else counts
    return value


def _wrong(place: str, wanted: str) -> date | None:
    raise InvalidInput(f"signals: {place} must be {wanted}")


def amount(place: str, value: object) -> float:
    """``log1p`` of an amount or count.

    Raises:
        InvalidInput: It is no non-negative number; names ``place``, never the value.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        _wrong(place, "a non-negative number")
    return math.log1p(float(value))  # type: ignore[arg-type]


def numbers(feature: Feature, value: object) -> list[float]:
    """A value as the numbers of its feature's columns, without the missing flag.

    Raises:
        InvalidInput: It has the wrong type or stands outside the vocabulary.
    """
    choices = ", ".join(feature.values)
    if feature.kind == "number":
        return [amount(feature.name, value)]
    if feature.kind == "category":
        if not isinstance(value, str) or value not in feature.values:
            _wrong(feature.name, f"one of {choices}")
        return [float(value == choice) for choice in feature.values]
    if feature.kind == "members":
        if not isinstance(value, list | tuple | set | frozenset) or not all(item in feature.values for item in value):
            _wrong(feature.name, f"a list out of {choices}")
        members = set(value)  # type: ignore[call-overload]
        return [float(choice in members) for choice in feature.values]
    if feature.kind == "words":
        counts = _counted(feature, value)
        return [amount(f"{feature.name}.{choice}", counts.get(choice, 0)) for choice in feature.values]
    if not isinstance(value, Mapping) or not all(key in feature.values for key in value):
        raise InvalidInput(f"signals: {feature.name} must be a mapping with keys out of {choices}")
    return [amount(f"{feature.name}.{choice}", value.get(choice, 0)) for choice in feature.values]


def _counted(feature: Feature, value: object) -> Mapping[str, object]:
    if isinstance(value, Mapping):
        return value
    if isinstance(value, list | tuple) and all(isinstance(text, str) for text in value):
        return words_of(value)
    raise InvalidInput(f"signals: {feature.name} must be a list of texts, or a mapping from words to counts")
