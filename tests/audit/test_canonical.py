from __future__ import annotations

import hashlib
import json
import unicodedata
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragmarket.audit.canonical import canonical_bytes, sha256_hex, tagged_hash

VECTOR = {
    "z": None,
    "a": [True, False, 0, -7, 12345678901234567890123],
    "float": [0.1, 1.0, -0.0, 1e-7, 1e22, 2.5],
    "decimal": [Decimal("7.10"), Decimal("1E+3")],
    "day": date(2026, 11, 21),
    "text": 'ब्याज “quote" \\ / \n\t\x00\x7f\u2028 cafe\u0301 😀',
    "\u00e9": {"b": 1, "B": 2},
    "empty": [{}, [], ""],
}
# Written by hand, once. If this test fails, so would every hash ever recorded: mend the code, not the bytes.
BYTES = (
    '{"a":[true,false,0,-7,12345678901234567890123],"day":"2026-11-21","decimal":["7.10","1E+3"],"empty":[{},[],""],'
    '"float":[0.1,1.0,-0.0,1e-07,1e+22,2.5],'
    '"text":"ब्याज “quote\\" \\\\ / \\n\\t\\u0000\x7f\u2028 caf\u00e9 😀","z":null,"\u00e9":{"B":2,"b":1}}'
).encode()
HASH = "sha256:751d7391fe585a9f0b435521f60d9b30a78c321f52a47a069a766e48536bbf0a"


def test_canonical_form_is_fixed_byte_for_byte():
    assert canonical_bytes(VECTOR) == BYTES
    assert tagged_hash(canonical_bytes(VECTOR)) == HASH


def test_tagged_hash_is_the_plain_one_with_its_algorithm():
    assert sha256_hex(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert tagged_hash(b"abc") == "sha256:" + sha256_hex(b"abc")


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"a": {"b": [1, float("nan")]}}, r"\$\.a\.b\[1\]"),
        ({"a": float("inf")}, r"\$\.a"),
        ({"a": Decimal("NaN")}, r"\$\.a"),
        ({1: "x"}, "key 1"),
        ({"a": {1, 2}}, "set"),
        ({"a": b"x"}, "bytes"),
        ({"a": "\ud800"}, "surrogate"),
        ({"e\u0301": 1, "\u00e9": 2}, "twice"),
    ],
)
def test_what_has_no_canonical_form_is_refused_with_its_place(value, place):
    with pytest.raises(ValueError, match=place):
        canonical_bytes(value)


def test_endless_nesting_is_refused():
    value: list[object] = []
    value.append(value)
    with pytest.raises(ValueError, match="nested"):
        canonical_bytes(value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(codec="ascii")), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(json_values)
def test_canonical_form_is_stable_and_means_the_same(value):
    data = canonical_bytes(value)
    again = json.loads(data)
    assert canonical_bytes(again) == data
    assert unicodedata.is_normalized("NFC", data.decode())
    assert hashlib.sha256(data).hexdigest() == sha256_hex(data)
