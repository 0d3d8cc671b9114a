from __future__ import annotations

import math
from datetime import date

import pytest

from ragmarket.errors import InvalidInput
from ragmarket.signals.features import DEFAULT_SPEC, Feature, FeatureSpec, observed_on

SPEC = FeatureSpec(
    version=1,
    features=(
        Feature(name="band", kind="category", label="band {}", values=("a_b", "c")),
        Feature(name="amount", kind="number", label="amount"),
        Feature(name="holds", kind="members", label="holds {}", values=("x", "y")),
        Feature(name="seen", kind="counts", label="views of {}", values=("x", "y")),
    ),
)


def test_vector_follows_the_columns():
    names = [name for name, _, _ in SPEC.columns]
    assert names == [
        "band=a_b", "band=c", "band:missing", "amount", "amount:missing",
        "holds=x", "holds=y", "holds:missing", "seen=x", "seen=y", "seen:missing",
    ]  # fmt: skip
    assert SPEC.columns[0] == ("band=a_b", "band a b", "flag")
    assert SPEC.columns[4] == ("amount:missing", "amount not known", "missing")
    vector = SPEC.encode({"band": "c", "amount": 9, "holds": ["y"], "seen": {"x": 3}})
    assert vector == pytest.approx((0, 1, 0, math.log(10), 0, 0, 1, 0, math.log(4), 0, 0))


def test_missing_is_flagged_and_never_guessed():
    vector = SPEC.encode({"band": None, "seen": {}})
    flags = {name: value for (name, _, _), value in zip(SPEC.columns, vector, strict=True)}
    assert math.isnan(flags["band=c"])
    assert flags["band:missing"] == flags["amount:missing"] == flags["holds:missing"] == 1
    assert (flags["seen=x"], flags["seen:missing"]) == (0, 0)


@pytest.mark.parametrize(
    ("signals", "named"),
    [
        ({"shoe_size": 42}, "shoe_size"),
        ({"band": "secret"}, "band"),
        ({"band": 3}, "band"),
        ({"amount": "secret"}, "amount"),
        ({"amount": True}, "amount"),
        ({"amount": -1}, "amount"),
        ({"amount": math.nan}, "amount"),
        ({"holds": "x"}, "holds"),
        ({"holds": ["secret"]}, "holds"),
        ({"holds": [["x"]]}, "holds"),
        ({"seen": {"secret": 1}}, "seen"),
        ({"seen": ["x"]}, "seen"),
        ({"seen": {"x": "secret"}}, r"seen\.x"),
        ({"observed_on": "secret"}, "observed_on"),
        ({"observed_on": 20261121}, "observed_on"),
    ],
)
def test_wrong_signal_is_refused_by_name_and_not_quoted(signals, named):
    with pytest.raises(InvalidInput, match=named) as caught:
        SPEC.encode(signals)
    assert "secret" not in caught.value.message


def test_who_and_when_are_allowed_but_never_encoded():
    assert DEFAULT_SPEC.encode({"customer_id": "C-1", "observed_on": "2026-11-01"})[-1] == 1.0
    one, other = (DEFAULT_SPEC.encode({"customer_id": id_, "app_logins": 3}) for id_ in ("C-1", "C-2"))
    assert [value for value in one if not math.isnan(value)] == [value for value in other if not math.isnan(value)]
    assert observed_on({"observed_on": "2026-11-01"}) == observed_on({"observed_on": date(2026, 11, 1)})


def test_hash_covers_order_values_and_words():
    base = SPEC.sha256
    assert FeatureSpec.model_validate(SPEC.model_dump()).sha256 == base
    first, *rest = SPEC.features
    for changed in (
        (*rest, first),
        (first.model_copy(update={"values": ("c", "a_b")}), *rest),
        (first.model_copy(update={"label": "other {}"}), *rest),
    ):
        assert SPEC.model_copy(update={"features": changed}).sha256 != base
    assert SPEC.model_copy(update={"version": 2}).sha256 != base


def test_neither_answer_is_a_feature():
    names = " ".join(name for name, _, _ in DEFAULT_SPEC.columns)
    assert "segment" not in names
    assert "intent" not in names
