from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from datetime import date

import pytest

from ragmarket.errors import InvalidInput, ModelMissing
from ragmarket.knowledge.angles import load_angles
from ragmarket.prediction.checkpoint import SHIPPED
from ragmarket.schemas.base import CHANNELS, PRODUCT_CLASSES
from ragmarket.schemas.brief import Brief
from ragmarket.signals.features import DEFAULT_SPEC
from tests.prediction.conftest import LAST_DAY

SENIOR = {
    "age_band": "60+", "income_band": "middle", "city_tier": "urban", "language": "ta", "tenure_months": 220,
    "balance_inr": 150_000, "deposits_inr": 1_200_000, "loans_inr": 0, "app_logins": 2,
    "holdings": ["savings", "deposit"], "txn_counts": {"branch": 7, "atm": 6, "upi": 5},
    "page_views": {"deposit": 9, "savings": 1},
    "messages_sent": {"sms": 12, "email": 9, "whatsapp": 8, "push": 10}, "messages_answered": {"sms": 6},
}  # fmt: skip


def brief(**more) -> Brief:
    return Brief(product_code="ARB-FD-001", language="ta", channel="sms", **more)


def test_clear_customer_is_recognised_with_reasons(predictor):
    found = predictor.predict(brief(), SENIOR)
    assert (found.segment, found.intent, found.source) == ("senior", "grow_savings", "model")
    assert (found.predicted_segment, found.predicted_intent) == ("senior", "grow_savings")
    assert found.confidence > 0.7
    assert any(reason.startswith("segment senior: ") and "60+" in reason for reason in found.reasons)
    assert any("views of deposit pages: more than usual" in reason for reason in found.reasons)
    assert max(found.product_propensities, key=found.product_propensities.get) in {"deposit", "savings"}
    assert set(found.product_propensities) == set(PRODUCT_CLASSES)
    assert set(found.channel_propensities) == set(CHANNELS)
    assert sum(found.product_propensities.values()) == pytest.approx(1, abs=1e-4)
    assert max(found.channel_propensities, key=found.channel_propensities.get) == "sms"
    assert 0 < found.response < 1


def test_what_a_customer_looks_at_changes_intent_and_product(predictor):
    someone = {"age_band": "35-44", "app_logins": 3}
    assert predictor.predict(brief(), {**someone, "page_views": {"insurance": 9}}).predicted_intent == "protect_family"
    for viewed in ("insurance", "home_loan", "mutual_fund", "deposit"):
        found = predictor.predict(brief(), {**someone, "page_views": {viewed: 9}}).product_propensities
        assert max(found, key=found.get) == viewed


def test_nothing_known_is_neutral(predictor):
    found = predictor.predict(brief())
    assert (found.segment, found.intent, found.source, found.confidence) == ("neutral", "general", "neutral", 0.0)
    assert found.predicted_segment is None
    assert "no signals" in found.reasons[0]


@pytest.mark.parametrize("signals", [{}, {"language": "hi"}, {"customer_id": "C-1"}])
def test_hardly_anything_known_is_neutral_but_recorded(predictor, signals):
    found = predictor.predict(brief(), signals)
    assert (found.segment, found.intent, found.source) == ("neutral", "general", "neutral")
    assert found.predicted_segment in load_angles().segments
    assert found.predicted_intent in load_angles().intents
    assert 0 < found.confidence < 0.5
    assert any("is below" in reason for reason in found.reasons)


def test_no_answer_below_its_threshold_is_ever_used(predictor, bank_signals):
    heads = predictor.checkpoint.student.heads
    sources = set()
    answered = predictor.score_many([*list(bank_signals.values())[:200], {"language": "hi"}], as_of=LAST_DAY)
    for found in answered:
        sources.add(found.source)
        if found.segment != "neutral" and found.intent != "general":
            assert found.confidence >= min(heads["segment"].threshold, heads["intent"].threshold) >= 0.5
        if found.confidence >= max(heads["segment"].threshold, heads["intent"].threshold):
            assert (found.segment, found.intent) == (found.predicted_segment, found.predicted_intent)
    assert sources == {"model", "neutral"}


def test_caller_wins_and_the_model_is_still_recorded(predictor):
    found = predictor.predict(brief(intent="Home Loan? no: retire", segment="Young-Earner"), SENIOR)
    assert (found.segment, found.intent, found.source) == ("young_earner", "general", "caller")
    assert (found.predicted_segment, found.predicted_intent) == ("senior", "grow_savings")
    assert "intent is not known; general is used" in found.reasons[0]
    assert "the caller named the segment" in found.reasons
    named = predictor.predict(brief(intent="pension"), SENIOR)
    assert (named.intent, named.segment, named.source) == ("plan_retirement", "senior", "caller")
    assert named.predicted_intent == "grow_savings"
    both = predictor.predict(brief(intent="general", segment="rural"))
    assert (both.intent, both.segment, both.confidence) == ("general", "rural", 1.0)
    assert "the caller named the intent" in both.reasons
    stranger = predictor.predict(brief(segment="martians"))
    assert stranger.segment == "neutral"
    assert any("segment is not known" in reason for reason in stranger.reasons)


@pytest.mark.parametrize(
    ("observed", "as_of", "source", "said"),
    [
        ("2026-11-01", date(2026, 11, 21), "model", None),
        ("2026-01-01", date(2026, 11, 21), "neutral", "324 days old"),
        ("2026-12-01", date(2026, 11, 21), "neutral", "after the brief's day"),
    ],
)
def test_stale_or_later_signals_are_not_used(predictor, observed, as_of, source, said):
    found = predictor.predict(brief(as_of=as_of), {**SENIOR, "observed_on": observed})
    assert found.source == source
    assert said is None or any(said in reason for reason in found.reasons)


def test_today_counts_where_the_brief_names_no_day(make_predictor):
    late = make_predictor(today=lambda: date(2030, 1, 1))
    assert late.predict(brief(), {**SENIOR, "observed_on": "2026-11-01"}).source == "neutral"


def test_unknown_signal_is_refused(predictor):
    with pytest.raises(InvalidInput, match="shoe_size"):
        predictor.predict(brief(), {**SENIOR, "shoe_size": 42})


def test_another_feature_spec_is_refused_only_when_the_model_is_needed(make_predictor):
    other = make_predictor(spec=DEFAULT_SPEC.model_copy(update={"version": 99}))
    assert other.predict(brief()).source == "neutral"
    with pytest.raises(ModelMissing, match="another set of features") as caught:
        other.predict(brief(), SENIOR)
    assert "ragmarket train" in caught.value.hint
    with pytest.raises(ModelMissing):
        other.warm_up()


def test_segment_that_the_bank_dropped_is_not_used(make_predictor):
    angles = load_angles()
    fewer = angles.model_copy(update={"segments": {k: v for k, v in angles.segments.items() if k != "senior"}})
    found = make_predictor(angles=fewer).predict(brief(), SENIOR)
    assert (found.segment, found.predicted_segment) == ("neutral", "senior")
    assert any("not one that the bank knows" in reason for reason in found.reasons)


def test_model_is_named_by_its_weights(predictor):
    card = json.loads((SHIPPED / "card.json").read_text())
    assert predictor.predict(brief(), SENIOR).model == f"{card['name']}@{card['weights_sha256'][:12]}"


def test_same_signals_same_prediction(predictor, make_predictor, tmp_path):
    shutil.copytree(SHIPPED, tmp_path / "copy")
    assert make_predictor(tmp_path / "copy").predict(brief(), SENIOR) == predictor.predict(brief(), SENIOR)


def test_prediction_takes_at_most_five_milliseconds(predictor):
    predictor.predict(brief(), SENIOR)
    spent = []
    for _ in range(50):
        start = time.thread_time()  # of one core, whatever else this machine does
        predictor.predict(brief(), SENIOR)
        spent.append(time.thread_time() - start)
    assert sorted(spent)[25] < 0.005


def test_serving_needs_no_training_library():
    script = (
        "import sys\n"
        "from ragmarket.prediction.predictor import TrainedPredictor\n"
        "assert 'numpy' not in sys.modules\n"
        "from ragmarket.signals.features import DEFAULT_SPEC as spec\n"
        "predictor = TrainedPredictor(spec=spec)\n"
        "assert predictor.score({'age_band': '60+'}).predicted_segment\n"
        "assert not {'sklearn', 'scipy', 'torch', 'polars', 'lightgbm'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
