"""The predictor that the line serves: its checkpoint, its fallbacks, its explanations, its batches."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from datetime import date, timedelta

import numpy as np
import pytest

from ragmarket.errors import InvalidInput, ModelMissing
from ragmarket.prediction.checkpoint import SHIPPED, load
from ragmarket.prediction.distillation import area
from ragmarket.prediction.explaining import EXPLAINED
from ragmarket.prediction.metrics import expected_calibration_error, scores
from ragmarket.prediction.priors import ANSWERED
from ragmarket.prediction.student import HEADS
from ragmarket.schemas.brief import Brief
from ragmarket.schemas.features import FeatureSpec, differences, words_of
from ragmarket.signals.features import DEFAULT_SPEC
from ragmarket.signals.simulate.store import read
from tests.prediction.conftest import LAST_DAY

KNOWN = {"age_band": "25-34", "income_band": "middle", "txn_counts": {"upi": 40}, "app_logins": 20}


@pytest.fixture
def copy(tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(SHIPPED, folder)
    return folder


def change(folder, **changes) -> None:
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    (folder / "card.json").write_text(json.dumps({**card, **changes}), encoding="utf-8")


def spec_of(**changes) -> FeatureSpec:
    """The line's spec with some features changed; None takes one away."""
    features = [
        feature.model_copy(update=changes.get(feature.name, {}))
        for feature in DEFAULT_SPEC.features
        if changes.get(feature.name, {}) is not None
    ]
    return DEFAULT_SPEC.model_copy(update={"features": tuple(features)})


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda folder: (folder / "weights.npz").unlink(), "absent"),
        (lambda folder: (folder / "card.json").unlink(), "absent"),
        (lambda folder: (folder / "card.json").write_text("{"), "cannot be read"),
        (lambda folder: (folder / "weights.npz").write_bytes(b"x"), "do not match"),
        (lambda folder: change(folder, format=1), "another format"),
        (lambda folder: change(folder, feature_spec_sha256="0" * 64), "hash on its card"),
        (lambda folder: change(folder, vocabularies_sha256={}), "hash on its card"),
        (lambda folder: change(folder, heads={}), "cannot be read"),
        (lambda folder: change(folder, trained_on="soon"), "cannot be read"),
    ],
)
def test_a_damaged_checkpoint_is_named_with_a_remedy(copy, damage, said):
    damage(copy)
    with pytest.raises(ModelMissing, match=said) as caught:
        load(copy, DEFAULT_SPEC)
    assert "ragmarket train" in caught.value.hint
    assert "RAGMARKET_PREDICTION__MODEL_DIR" in caught.value.hint


def test_heads_that_do_not_fit_the_arrays_are_refused(copy):
    card = json.loads((copy / "card.json").read_text(encoding="utf-8"))
    card["heads"]["channel"]["classes"] = ["sms"]
    change(copy, heads=card["heads"])
    with pytest.raises(ModelMissing, match="do not fit"):
        load(copy, DEFAULT_SPEC)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (spec_of(gender=None), "extra: gender"),
        (spec_of(app_logins={"name": "logins"}), "missing: logins"),
        (spec_of(app_logins={"kind": "words"}), "another kind: app_logins"),
        (spec_of(balance_inr={"unit": "USD"}), "another unit: balance_inr"),
        (spec_of(age_band={"values": ("young", "old")}), "another vocabulary: age_band"),
        (DEFAULT_SPEC.model_copy(update={"version": 7}), "version: 2 here, 7 wanted"),
        (DEFAULT_SPEC.model_copy(update={"features": DEFAULT_SPEC.features[::-1]}), "another order"),
    ],
)
def test_features_that_do_not_match_are_refused_by_name(spec, said):
    with pytest.raises(ModelMissing, match=said) as caught:
        load(SHIPPED, spec)
    assert "ragmarket train" in caught.value.hint


def test_a_vocabulary_that_training_learnt_may_be_any():
    trained = load(SHIPPED, DEFAULT_SPEC).spec
    assert trained.sha256 != DEFAULT_SPEC.sha256
    assert differences(DEFAULT_SPEC, trained) == ()
    assert next(feature for feature in trained.features if feature.name == "words").values


def test_what_answers_is_recorded(predictor):
    found = predictor.score(KNOWN)
    card = (SHIPPED / "card.json").read_bytes()
    assert found.checkpoint == hashlib.sha256(card).hexdigest()
    assert (found.spec_version, found.spec_sha256) == (2, json.loads(card)["feature_spec_sha256"])
    assert set(found.missing) == {feature.name for feature in DEFAULT_SPEC.features} - set(KNOWN)


def test_a_value_never_seen_counts_as_not_known_and_is_said(predictor):
    strange = predictor.score({**KNOWN, "age_band": "100+", "balance_inr": math.nan, "holdings": ["gold", "savings"]})
    plain = predictor.score({**{k: v for k, v in KNOWN.items() if k != "age_band"}, "holdings": ["savings"]})
    assert strange.unread == ("age_band", "balance_inr", "holdings")
    assert strange.product_propensities == plain.product_propensities
    assert "age_band" in strange.missing
    assert any(reason.startswith("age_band: a value never seen") for reason in strange.reasons)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"app_logins": "many"}, "app_logins"),
        ({"app_logins": -1}, "app_logins"),
        ({"txn_counts": {"upi": "x"}}, r"txn_counts\.upi"),
        ({"shoe_size": 3}, "shoe_size"),
        ({"words": 3}, "words"),
        ({"observed_on": "soon"}, "observed_on"),
    ],
)
def test_what_is_wrong_is_refused_by_name(predictor, wrong, named):
    with pytest.raises(InvalidInput, match=named):
        predictor.score({**KNOWN, **wrong})


@pytest.mark.parametrize("history", [{}, {"txn_counts": {}, "app_logins": 0, "page_views": {"loan": 0}, "words": []}])
def test_an_empty_history_gives_the_priors_of_the_segment(predictor, history):
    senior = {"age_band": "60+", "income_band": "middle", "occupation": "retired", "tenure_months": 200}
    found = predictor.score(senior | history)
    assert found.fallback == "segment_priors"
    assert found.intent == "general"
    assert found.contributions == ()
    checkpoint = predictor.checkpoint
    weight = predictor.score_many([senior | history])[0]
    assert weight.product_propensities == found.product_propensities
    # A mixture of the segments' priors lies between the least and the largest of them.
    for place, name in enumerate(checkpoint.student.heads["product"].classes):
        column = checkpoint.priors["product"][:, place]
        assert column.min() - 1e-5 <= found.product_propensities[name] <= column.max() + 1e-5
    assert found.segment == "senior"
    assert predictor.score(senior | {"txn_counts": {"upi": 3}}).fallback is None


def test_priors_are_probabilities_of_every_other_head(predictor):
    checkpoint = predictor.checkpoint
    assert set(ANSWERED) < set(checkpoint.priors)
    for values in checkpoint.priors.values():
        assert values.sum(axis=1) == pytest.approx(1, abs=1e-4)
        assert (values > 0).all()


def test_texts_and_their_words_are_the_same_signal(predictor):
    texts = ["Wants to know the home loan rate", "home loan EMI for 20 lakh"]
    assert words_of(texts)["loan"] == 2
    given = predictor.score({**KNOWN, "words": texts})
    assert given.product_propensities == predictor.score({**KNOWN, "words": words_of(texts)}).product_propensities
    assert given.product_propensities != predictor.score(KNOWN).product_propensities
    seen = {**KNOWN, "page_views": {"home_loan": 6}}
    assert predictor.score(seen).product_propensities["home_loan"] > given.product_propensities["home_loan"]


def test_words_keep_the_vowel_signs_of_indian_scripts():
    assert set(words_of(["मुझे ऋण चाहिए।", "வீட்டுக் கடன் 20 lakh"])) == {"मुझे", "चाहिए", "வீட்டுக்", "கடன்", "lakh"}


def test_a_batch_answers_as_one_by_one(predictor, bank_signals):
    many = [*list(bank_signals.values())[:40], None, {}, {**KNOWN, "observed_on": "2020-01-01"}]
    batch = predictor.score_many(many, as_of=LAST_DAY)
    for signals, found in zip(many, batch, strict=True):
        alone = predictor.score(signals, as_of=LAST_DAY)
        assert (alone.segment, alone.intent, alone.missing, alone.fallback) == (
            found.segment, found.intent, found.missing, found.fallback,
        )  # fmt: skip
        assert alone.product_propensities == pytest.approx(found.product_propensities, abs=2e-5)
    plain = predictor.score_many(many, as_of=LAST_DAY, explain=False)
    assert [one.segment for one in plain] == [one.segment for one in batch]
    assert all(not one.contributions and not one.gates for one in plain)


def test_contributions_are_the_change_when_a_group_becomes_its_segments_mean(predictor, bank_signals):
    checkpoint = predictor.checkpoint
    student, spec = checkpoint.student, checkpoint.spec
    signals = next(iter(bank_signals.values()))
    found = predictor.score(signals, as_of=LAST_DAY)
    assert {one.head for one in found.contributions} == set(EXPLAINED)
    assert sum(found.gates.values()) == pytest.approx(1, abs=1e-4)
    z = student.standardise(np.array([spec.encode(spec.legible(signals)[0])]))
    full = np.array([False])
    chances = student.chances(student.read(z).logits, full)
    mean = checkpoint.means[int(chances["segment"].argmax())]
    for one in found.contributions:
        other = z.copy()
        columns = student.groups[one.group]
        other[0, columns] = mean[columns]
        place = student.heads[one.head].classes.index(one.answer)
        moved = chances[one.head][0, place] - student.chances(student.read(other).logits, full)[one.head][0, place]
        assert one.value == pytest.approx(float(moved), abs=2e-4)
    product = [abs(one.value) for one in found.contributions if one.head == "product"]
    assert product == sorted(product, reverse=True)


def test_a_group_of_which_nothing_is_known_explains_nothing(predictor):
    found = predictor.score(KNOWN)
    assert {one.group for one in found.contributions} == {"standing", "payments", "visits"}


def test_the_pull_of_a_column_is_its_slope(predictor, bank_signals):
    """Against a numerical derivative of the same network with its gates held fixed."""
    from dataclasses import replace

    checkpoint = predictor.checkpoint
    even = {**checkpoint.student.arrays, "gate.weight": np.zeros_like(checkpoint.student.arrays["gate.weight"])}
    student = replace(checkpoint.student, arrays=even)
    signals = next(iter(bank_signals.values()))
    z = student.standardise(np.array([checkpoint.spec.encode(checkpoint.spec.legible(signals)[0])]))
    head = student.heads["intent"]
    pull = student.pull(z[0], "intent", 3)
    for column in np.argsort(-abs(pull))[:12]:
        step = np.zeros_like(z)
        step[0, column] = 1e-2
        up, down = (student.read(z + sign * step).logits[0, head.place] for sign in (1, -1))
        slope = ((up[3] - up.mean()) - (down[3] - down.mean())) / 2e-2
        assert pull[column] == pytest.approx(float(slope * z[0, column]), rel=0.05, abs=5e-3)


def test_the_nearest_segment_is_mostly_the_likeliest(predictor, bank_signals):
    answered = predictor.score_many(list(bank_signals.values())[:200], as_of=LAST_DAY)
    same = sum(one.nearest_segment == one.predicted_segment for one in answered)
    assert same >= 160


def test_a_stale_checkpoint_serves_on_and_says_so(make_predictor, predictor):
    later = predictor.checkpoint.trained_on + timedelta(days=400)
    found = make_predictor(today=lambda: later).score(KNOWN)
    assert found.product_propensities
    assert any("400 days old" in warning for warning in found.warnings)
    assert not any("days old" in warning for warning in predictor.score(KNOWN).warnings)


def test_the_cards_figures_hold_for_customers_of_another_seed(predictor, bank_signals, unseen_bank):
    """600 customers that neither model met; the tolerance is three standard errors of so few."""
    checkpoint = predictor.checkpoint
    people = list(bank_signals)
    answered = predictor.score_many([bank_signals[one] for one in people], as_of=LAST_DAY, explain=False)
    truth = read(unseen_bank, "truth_periods").collect()
    last = {row["customer_id"]: row for row in truth.iter_rows(named=True) if row["period"] == 5}
    segment = dict(read(unseen_bank, "truth_customers").select("customer_id", "segment").collect().iter_rows())
    told = checkpoint.card["held_out"]
    for name, wanted in (("intent", lambda one: last[one]["intent"]), ("segment", segment.__getitem__)):
        hits = np.mean([getattr(a, f"predicted_{name}") == wanted(p) for p, a in zip(people, answered, strict=True)])
        share = told[name]["accuracy"]
        assert hits > share - 3 * math.sqrt(share * (1 - share) / len(people)) - 0.005, name


def test_the_card_says_what_was_learnt_and_measured():
    card = json.loads((SHIPPED / "card.json").read_text(encoding="utf-8"))
    assert set(card["held_out"]) == set(card["teacher"]) == set(HEADS)
    for name in HEADS:
        row = card["held_out"][name]
        assert row["accuracy_low"] <= row["accuracy"] <= row["accuracy_high"]
        assert row["ece"] < 0.05
        assert row["roc_auc"] > 0.55
    assert min(card["kept_of_the_teachers_auc"][name] for name in HEADS) >= 0.95
    assert "simulated" in card["data"]["origin"]
    assert sum(card["data"]["customers"].values()) >= 20_000
    assert date.fromisoformat(card["trained_on"])
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) <= 8 * 2**20


def test_the_response_is_that_to_the_offer(predictor):
    likes = {**KNOWN, "messages_sent": {"sms": 4, "email": 4}, "messages_opened": {"sms": 4}, "page_views": {"loan": 8}}
    by_sms, by_email = (predictor.score(likes, offer={"channel": channel}) for channel in ("sms", "email"))
    assert by_sms.response > by_email.response
    assert by_sms.offer == {"channel": "sms"}
    assert by_sms.product_propensities == by_email.product_propensities
    wanted = predictor.score(likes, offer={"product": "loan"}).response
    elsewhere = {**likes, "page_views": {"nps": 8}}
    assert wanted > predictor.score(elsewhere, offer={"product": "loan"}).response
    # What is left open is averaged.
    each = [predictor.score(likes, offer={"product": "loan", "channel": one}).response for one in
            ("sms", "whatsapp", "email", "push")]  # fmt: skip
    assert wanted == pytest.approx(sum(each) / 4, abs=1e-5)
    brief = Brief(product_code="X", language="en", channel="sms")
    assert predictor.predict(brief, likes).response == by_sms.response


@pytest.mark.parametrize(("offer", "named"), [({"colour": "red"}, "colour"), ({"channel": "fax"}, "channel")])
def test_an_unknown_offer_is_refused(predictor, offer, named):
    with pytest.raises(InvalidInput, match=named):
        predictor.score(KNOWN, offer=offer)


def test_metrics_by_hand():
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.6, 0.4]])
    truth = np.array([0, 1, 0, 1])
    found = scores(probabilities, truth)
    assert found["accuracy"] == 0.75
    assert found["log_loss"] == pytest.approx(-np.log([0.9, 0.8, 0.6, 0.4]).mean(), abs=1e-4)
    # bins: .9 (gap .1), .8 (gap .2), two at .6 with half right (gap .1, weight 2)
    assert found["ece"] == pytest.approx((0.1 + 0.2 + 2 * 0.1) / 4, abs=1e-4)
    assert expected_calibration_error(np.array([1.0, 1.0]), np.array([0.0, 0.0])) == 1.0
    # Of four pairs three are in order and one is a tie.
    assert area(probabilities.astype(np.float32), truth) == pytest.approx(3.5 / 4)
