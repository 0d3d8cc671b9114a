"""Whether customers still look as in training: in a batch, and among those served."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragmarket.prediction.drift import LEAST, Reference, RollingWindow, learn_reference
from ragmarket.schemas.features import Feature, FeatureSpec
from tests.prediction.conftest import LAST_DAY

SPEC = FeatureSpec(
    version=1,
    features=(
        Feature(name="band", kind="category", label="band {}", values=("low", "mid", "high")),
        Feature(name="amount", kind="number", label="amount"),
        Feature(name="seen", kind="counts", label="views of {}", values=("x", "y")),
        Feature(name="said", kind="words", label="said {}", values=("loan", "flat")),
    ),
)


def people(count: int, seed: int, **changes) -> np.ndarray:
    """Vectors of customers of one population, or of a changed one."""
    rng = np.random.default_rng(seed)
    values = {
        "band": rng.choice(["low", "mid", "high"], count, p=changes.get("bands", (0.5, 0.3, 0.2))),
        "amount": rng.lognormal(changes.get("amount", 8.0), 1.0, count),
        "x": rng.poisson(changes.get("views", 1.0), count),
        "known": rng.random(count) >= changes.get("gone", 0.02),
    }
    rows = [
        {
            "band": str(values["band"][row]),
            "amount": float(values["amount"][row]) if values["known"][row] else None,
            "seen": {"x": int(values["x"][row])},
            "said": {"loan": int(values["x"][row])},
        }
        for row in range(count)
    ]
    return np.array([SPEC.encode(row) for row in rows], dtype=np.float32)


@pytest.fixture(scope="module")
def reference() -> Reference:
    return learn_reference(SPEC, people(20_000, 1))


def told(reference: Reference, vectors: np.ndarray) -> dict[str, object]:
    window = RollingWindow(reference, len(vectors))
    window.add(reference.codes(SPEC, vectors))
    report = window.report("m")
    return {one.feature: one for one in report.features} | {"report": report}


def test_the_same_population_is_steady(reference):
    found = told(reference, people(2_000, 2))
    assert {one.status for name, one in found.items() if name != "report"} == {"steady"}
    assert found["report"].alarms == ()


@pytest.mark.parametrize(
    ("changes", "feature", "status"),
    [
        ({"amount": 9.0}, "amount", "alarm"),
        ({"amount": 8.45}, "amount", "watch"),
        ({"bands": (0.1, 0.2, 0.7)}, "band", "alarm"),
        ({"views": 3.0}, "seen", "alarm"),
        ({"views": 3.0}, "said", "alarm"),
        ({"gone": 0.6}, "amount", "missing"),
    ],
)
def test_a_changed_population_is_named(reference, changes, feature, status):
    found = told(reference, people(3_000, 3, **changes))
    assert found[feature].status == status
    steady = {"amount", "band", "seen", "said"} - {feature} - ({"seen", "said"} if "views" in changes else set())
    assert all(found[one].status == "steady" for one in steady)
    if "gone" in changes:
        assert found["report"].missing == ("amount",)
        assert found["amount"].missing == pytest.approx(0.6, abs=0.05)
        assert found["amount"].psi < 0.05, "those who are known are as before"


def test_psi_by_hand():
    even = Reference((("flag", ""),), np.array([[0.5]], dtype=np.float32), np.array([[0.5, 0.5, 0.0]], np.float32))
    report = even.report(np.array([[800, 200, 0]]), 1_000, "m")
    assert report.features[0].psi == pytest.approx(0.3 * np.log(1.6) - 0.3 * np.log(0.4), abs=1e-3)
    assert report.alarms == ("flag",)


def test_few_customers_are_told_nothing(reference):
    found = told(reference, people(LEAST - 1, 4, amount=12.0))
    assert found["amount"].status == "too few"
    assert not found["report"].enough
    assert found["report"].alarms == ()


@given(st.lists(st.integers(0, 500), min_size=4, max_size=4))
def test_psi_is_never_negative_and_zero_for_equal_shares(counts):
    total = max(sum(counts), 1)
    shares = np.array([[*(count / total for count in counts), 0.0]], dtype=np.float32)
    one = Reference((("f", ""),), np.zeros((1, 3), dtype=np.float32), shares)
    assert one.report(np.array([[*counts, 0]]), total, "m").features[0].psi == pytest.approx(0.0, abs=1e-3)
    other = one.report(np.array([[*counts[::-1], 0]]), total, "m").features[0]
    assert other.psi >= -1e-6


@given(st.integers(1, 40), st.lists(st.integers(1, 9), min_size=1, max_size=8))
def test_a_rolling_window_counts_the_last_customers_only(size, parts):
    reference = Reference((("f", ""),), np.array([[0.5, 1.5]], dtype=np.float32), np.full((1, 4), 0.25, np.float32))
    rng = np.random.default_rng(sum(parts))
    codes = rng.integers(0, 4, (sum(parts), 1)).astype(np.uint8)
    window, start = RollingWindow(reference, size), 0
    for part in parts:
        window.add(codes[start : start + part])
        start += part
    last = codes[-size:, 0]
    whole = reference.report(np.bincount(last, minlength=4)[None], len(last), "m")
    assert window.report("m") == whole
    assert window.seen == min(len(codes), window.seen)


def test_a_reference_is_kept_as_it_was(reference):
    again = Reference.from_dict(reference.as_dict())
    vectors = people(500, 5)
    assert (again.codes(SPEC, vectors) == reference.codes(SPEC, vectors)).all()
    assert again.shares == pytest.approx(reference.shares, abs=1e-5)


def test_serving_measures_whom_it_serves(make_predictor, bank_signals, caplog):
    predictor = make_predictor(window=400)
    many = list(bank_signals.values())
    predictor.score_many(many, as_of=LAST_DAY, explain=False)
    assert predictor.drift().customers == 400
    assert predictor.drift().enough
    rich = [one | {"balance_inr": 5e8, "deposits_inr": 9e8} for one in many]
    last = predictor.score_many(rich, as_of=LAST_DAY, explain=False)[-1]
    assert {"balance_inr", "deposits_inr"} <= set(predictor.drift().alarms)
    found = predictor.score_many(rich, as_of=LAST_DAY, explain=False)[-1]
    assert any("balance_inr" in warning for warning in found.warnings)
    assert "customers differ" in caplog.text
    assert last.product_propensities == found.product_propensities


def test_a_batch_of_the_simulators_customers_is_steady_where_training_was(predictor, bank_signals):
    report = predictor.drift_of(list(bank_signals.values()))
    assert report.customers == len(bank_signals)
    assert report.alarms == ()
    assert report.missing == ()
    poorer = [{key: value for key, value in one.items() if key != "balance_inr"} for one in bank_signals.values()]
    assert predictor.drift_of(poorer).missing == ("balance_inr",)
