"""The one byte sequence that stands for a value, and its hash.

The form is a promise: keys sorted by code point, no blanks, text in NFC and UTF-8, nothing escaped but what JSON
demands, integers in full, floats by their shortest round-trip form, decimals and dates as strings. Changing anything
here changes every hash ever recorded, so hashes carry the name of their algorithm and the form is tested against fixed
bytes.
"""

from __future__ import annotations

import hashlib
import json
import math
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

TAG = "sha256:"
_SCALARS = frozenset((str, int, float, bool, type(None)))


def _plain(value: object, place: str) -> object:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError as error:
            raise ValueError(f"{place}: text holds a lone surrogate") from error
        return unicodedata.normalize("NFC", value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{place}: {value!r} has no JSON form")
        return value
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError(f"{place}: {value!r} has no JSON form")
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        plain: dict[str, object] = {}
        for key, inner in value.items():
            if not isinstance(key, str):
                raise ValueError(f"{place}: the key {key!r} is not text")
            name = str(_plain(key, place))
            if name in plain:
                raise ValueError(f"{place}: the key {name!r} stands twice once normalised")
            plain[name] = _plain(inner, f"{place}.{name}")
        return plain
    if isinstance(value, list | tuple):
        return [_plain(inner, f"{place}[{number}]") for number, inner in enumerate(value)]
    raise ValueError(f"{place}: {type(value).__name__} has no canonical form")


def canonical_bytes(value: object) -> bytes:
    """The canonical JSON of a value.

    Args:
        value: None, bool, int, finite float or Decimal, str, date, and mappings (text keys), lists and tuples of these.

    Returns:
        UTF-8 bytes; equal values always give equal bytes.

    Raises:
        ValueError: Something in the value has no canonical form; names its place.
    """
    try:
        if _keys_are_text(value):
            # Most values are plain already. What is in NFC as a whole is so in every part, and the encoder refuses all
            # else that has no canonical form, or needs to be made plain first.
            try:
                text = _encoded(value)
                if unicodedata.is_normalized("NFC", text):
                    return text.encode("utf-8")
            except (TypeError, ValueError):
                pass
        return _encoded(_plain(value, "$")).encode("utf-8")
    except RecursionError as error:
        raise ValueError("$: nested too deeply") from error


_encoded = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode


def _keys_are_text(value: object) -> bool:
    """Whether all mappings have text for keys; the encoder would write a number as if it were text."""
    if type(value) is dict:
        for key, inner in value.items():
            if type(key) is not str or (type(inner) not in _SCALARS and not _keys_are_text(inner)):
                return False
        return True
    if isinstance(value, list | tuple):
        return all(type(inner) in _SCALARS or _keys_are_text(inner) for inner in value)
    return not isinstance(value, Mapping)


def sha256_hex(data: bytes) -> str:
    """The plain hexadecimal SHA-256 under which documents and blobs are known."""
    return hashlib.sha256(data).hexdigest()


def tagged_hash(data: bytes) -> str:
    """The SHA-256 of bytes, with the algorithm's name: ``sha256:`` and 64 hexadecimal digits."""
    return TAG + sha256_hex(data)
