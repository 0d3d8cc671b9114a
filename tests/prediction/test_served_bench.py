"""The predictor's bench: calibration by hand, what counts as missed, what is left of a customer's signals."""

from __future__ import annotations

import pytest

from eval.predictor import _ece, changes, profiles, unmet
from ragmarket.distilling import ASKED


def figures(**times: float) -> dict[str, object]:
    spent = {"one_cpu_ms_tables": 1.0, "one_cpu_ms_request": 1.0, "plain_cpu_s": 3.0, "plain_n": 10_000} | times
    heads = {"product": {"hits": 5, "of": 10_000, "ece": 0.02}, "fallback": 0}
    return {"times": spent, "accuracy": {"tables": heads}, "drift": {"same": {"right": True}}}


def test_calibration_by_hand() -> None:
    # One bin of two at .9 with one right (gap .4), one of two at .3 with none right (gap .3).
    assert _ece([0.9, 0.9, 0.3, 0.3], [True, False, False, False]) == pytest.approx((0.8 + 0.6) / 4)
    assert _ece([1.0, 1.0], [True, True]) == 0.0


def test_what_is_missed_is_named() -> None:
    assert unmet(figures()) == []
    assert unmet(figures(one_cpu_ms_tables=5.5)) == ["one_cpu_ms_tables is 5.5 ms"]
    assert unmet(figures(plain_cpu_s=6.1)) == ["100,000 take 61 s of one core"]
    wrong = figures() | {"drift": {"nobody logs in": {"right": False}}}
    assert unmet(wrong) == ["drift: nobody logs in"]
    doubtful = figures()
    doubtful["accuracy"]["tables"]["product"]["ece"] = 0.06  # type: ignore[index]
    assert unmet(doubtful) == ["tables, product: calibration error 0.060"]


def test_profiles_keep_what_they_say() -> None:
    whole = {"age_band": "60+", "words": {}, "messages_sent": {}, "times_sent": {}, "balance_inr": 5.0}
    kept = {name: set(known(whole)) for name, known in profiles().items()}
    assert kept["tables"] == set(whole)
    assert kept["request"] == set(whole) & set(ASKED)
    assert kept["without campaigns"] == {"age_band", "words", "balance_inr"}
    assert kept["who only"] == {"age_band"}
    assert changes()["balances four times as high"][0](whole)["balance_inr"] == 20.0
