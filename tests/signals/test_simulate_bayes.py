"""The Bayes bounds: exact where they can be counted out, calibrated where they cannot, ordered as they must be."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ragmarket.signals.simulate.aims import STAY
from ragmarket.signals.simulate.bayes import posterior
from ragmarket.signals.simulate.bounds import auc, best_f1, summary
from ragmarket.signals.simulate.draws import logistic, pick
from ragmarket.signals.simulate.evidence import evidence
from ragmarket.signals.simulate.frames import frames
from ragmarket.signals.simulate.generator import blocks
from ragmarket.signals.simulate.lives import month
from ragmarket.signals.simulate.presets import preset
from ragmarket.signals.simulate.touches import answer_odds, open_odds
from ragmarket.signals.simulate.world import build
from ragmarket.signals.truth_tables import VIEWS


@pytest.fixture(scope="module")
def bank():
    chosen = preset("default", customers=2_000)
    world, rows = build(chosen), list(blocks(chosen, 5))
    return chosen, world, rows, {view: [posterior(world, chosen, one, view) for one in rows] for view in VIEWS}


def joined(found, head):
    return np.concatenate([one.heads[head] for one in found])


def hidden(rows, head):
    periods = rows[0].hidden.intent.shape[1]
    if head == "intent":
        return np.concatenate([one.hidden.intent for one in rows])
    if head == "product":
        return np.concatenate([one.touches.product_next for one in rows])
    name = {"intensity": "tolerance"}.get(head, head)
    return np.concatenate([np.repeat(getattr(one.hidden, name)[:, None], periods, axis=1) for one in rows])


@pytest.mark.parametrize("view", VIEWS)
def test_filtering_equals_counting_out_every_hidden_path(view):
    chosen = preset("default", customers=1_000, periods=2)
    world, block = build(chosen), next(blocks(chosen, 2))
    found, seen, done = posterior(world, chosen, block, view), evidence(world, chosen, block, view), block.touches
    kinds, levels, intents = len(world.kind), world.engagement.shape[1], world.aim.shape[-1]
    sizes = (kinds, levels, intents, intents, 4, 4, 3)
    k, e, first, second, c, t, i = np.meshgrid(*(np.arange(size) for size in sizes), indexing="ij")
    s = world.kinds[:, 0][k]
    fresh = [world.aim[month(chosen, period) - 1] for period in (0, 1)]
    prior = world.kind[k] * world.engagement[s, e] * world.channel[s, c] * world.timing[s, t] * world.tolerance[s, i]
    prior = prior * fresh[0][k, first] * (STAY * (first == second) + (1 - STAY) * fresh[1][k, second])
    sent = np.flatnonzero(done.sent[:, 0])
    chosen_ones = [
        *sent[done.responded[sent, 0]][:2],
        *sent[done.opened[sent, 0]][:1],
        *sent[~done.opened[sent, 0]][:1],
    ]
    chosen_ones += list(np.flatnonzero(~done.sent[:, 0])[:1])
    for n in chosen_ones:
        log = seen.lives[n][k] + seen.months[n, 0][s, e, first] + seen.months[n, 1][s, e, second]
        for period in (0, 1):
            log = log + seen.channel[n, period][c] + seen.timing[n, period][t] + seen.tolerance[n, period][i]
        weight = prior * np.exp(log - log.max())

        def chances(period, n=n):
            product = done.product[n, period]
            touch = (done.channel[n, period] == c, done.timing[n, period] == t, i, done.intensity[n, period])
            intent = (first, second)[period]
            held = block.holdings[n, period, product]
            odds = answer_odds(world, e, intent, product, block.standing.state[n], held)
            return logistic(open_odds(e, *touch)), logistic(odds)

        opens, answers = chances(0)
        if done.sent[n, 0]:
            weight = weight * (opens if done.opened[n, 0] else 1 - opens)
            if done.opened[n, 0]:
                weight = weight * (answers if done.responded[n, 0] else 1 - answers)
        weight /= weight.sum()
        opens, answers = chances(1)
        assert found.response[n, 1] == pytest.approx(float((weight * opens * answers).sum()), abs=1e-9)
        assert found.heads["intent"][n, 1] == pytest.approx(weight.sum((0, 1, 2, 4, 5, 6)), abs=1e-9)
        assert found.heads["timing"][n, 1] == pytest.approx(weight.sum((0, 1, 2, 3, 4, 6)), abs=1e-9)
        segments = np.bincount(world.kinds[:, 0], weights=weight.sum((1, 2, 3, 4, 5, 6)))
        assert found.heads["segment"][n, 1] == pytest.approx(segments, abs=1e-9)


@pytest.mark.parametrize("view", VIEWS)
def test_posteriors_are_calibrated(bank, view):
    _, _, rows, found = bank
    for head in ("segment", "intent", "product", "channel", "timing", "intensity"):
        share, real = joined(found[view], head), hidden(rows, head)
        assert share.sum(-1) == pytest.approx(1.0)
        likely, hit = share.max(-1), share.argmax(-1) == real
        # Every bin of confidence holds what it says, within five standard errors of customers (months are not apart).
        for low, high in itertools.pairwise((0.0, 0.3, 0.5, 0.7, 0.9, 1.01)):
            inside = (likely >= low) & (likely < high)
            if inside.any():
                said, got = float(likely[inside].mean()), float(hit[inside].mean())
                error = np.sqrt(max(said * (1 - said), 1e-4) / max(inside.any(1).sum(), 1))
                assert abs(said - got) < 5 * error + 1e-3, (head, low, said, got)
    score = np.concatenate([one.response for one in found[view]])
    sent = np.concatenate([one.touches.sent for one in rows])
    answer = np.concatenate([one.touches.responded for one in rows])[sent]
    order = np.argsort(score[sent])
    for tenth in np.array_split(order, 10):
        said, got = float(score[sent][tenth].mean()), float(answer[tenth].mean())
        assert abs(said - got) < 4 * np.sqrt(said * (1 - said) / len(tenth))


def test_text_and_sequence_tell_what_columns_do_not(bank):
    _, _, rows, found = bank
    sent = np.concatenate([one.touches.sent for one in rows])
    answer = np.concatenate([one.touches.responded for one in rows])[sent]
    area = {v: auc(answer, np.concatenate([one.response for one in found[v]])[sent]) for v in VIEWS}
    truth = auc(answer, np.concatenate([one.touches.chance for one in rows])[sent])
    assert truth > area["linked"] > area["columns"] + 0.08
    assert area["all"] > area["columns"] + 0.08
    right = {v: (joined(found[v], "intent").argmax(-1) == hidden(rows, "intent")).mean() for v in VIEWS}
    assert right["linked"] > right["all"] > 0.9
    assert right["columns"] < 0.55


def test_in_a_control_world_nothing_but_columns_tells(bank):
    chosen = preset("control", customers=1_000)
    world, block = build(chosen), next(blocks(chosen, 5))
    columns, everything = (posterior(world, chosen, block, view) for view in ("columns", "all"))
    assert everything.response == pytest.approx(columns.response, abs=1e-9)
    for head, share in columns.heads.items():
        assert everything.heads[head] == pytest.approx(share, abs=1e-9)
    usual = bank[3]["columns"]
    intent = (columns.heads["intent"].argmax(-1) == block.hidden.intent).mean()
    assert intent > (joined(usual, "intent").argmax(-1) == hidden(bank[2], "intent")).mean()


def test_counts_of_pages_and_payees_do_not_tell_a_pair_apart():
    from ragmarket.signals.simulate.aims import PAGE_PAIRS, PAYEE_PAIRS
    from ragmarket.signals.vocabulary import INTENTS

    world = build(preset("default"))
    for first, second, _ in PAGE_PAIRS:
        one, other = INTENTS.index(first), INTENTS.index(second)
        assert world.products[one] == pytest.approx(world.products[other])
        assert world.pages[one].sum(0) == pytest.approx(world.pages[other].sum(0))
        assert abs(world.pages[one] - world.pages[other]).max() > 0.3
    for first, second, _ in PAYEE_PAIRS:
        one, other = INTENTS.index(first), INTENTS.index(second)
        assert world.purpose[one].sum(1) == pytest.approx(world.purpose[other].sum(1))
        assert world.recurring[one] - world.recurring[other] > 0.5


def test_the_summary_agrees_with_its_parts(bank):
    chosen, _, rows, found = bank
    known = {view: found[view][0] for view in VIEWS}
    made = frames(chosen, 5, rows[0], known)
    truth = made["truth_periods"].join(made["truth_customers"], on="customer_id", maintain_order="left")
    told = summary(made["bounds"], made["outcomes"], truth.select("segment", "intent"))
    sent = rows[0].touches.sent
    expected = auc(rows[0].touches.responded[sent], known["all"].response[sent])
    assert told["response"]["all"]["auc"] == pytest.approx(expected, abs=1e-3)
    low, high = told["response"]["all"]["auc_interval"]
    assert low < told["response"]["all"]["auc"] < high
    hits = (known["all"].heads["intent"].argmax(-1) == rows[0].hidden.intent).mean()
    assert told["intent"]["all"]["accuracy"] == pytest.approx(hits, abs=1e-4)
    assert told["intent"]["all"]["nmi"] > 0.6


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=60))
@settings(max_examples=60, deadline=None)
def test_area_and_f1_equal_scikit_learn_s(pairs):
    from sklearn.metrics import f1_score, roc_auc_score

    truth, score = np.array([one for one, _ in pairs]), np.array([float(two) for _, two in pairs])
    if truth.all() or not truth.any():
        return
    assert auc(truth, score) == pytest.approx(roc_auc_score(truth, score))
    thresholds = [f1_score(truth, score >= value) for value in np.unique(score)]
    # Ties may be cut anywhere here, so this F1 is never below that of a threshold.
    assert best_f1(truth, score) >= max(thresholds) - 1e-12


@given(st.lists(st.floats(0.01, 1.0), min_size=2, max_size=6), st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_draws_follow_their_weights(weights, seed):
    table = np.array([weights, weights[::-1]])
    rows = np.repeat([0, 1], 20_000)
    codes = pick(np.random.default_rng(seed), table, rows)
    for row in (0, 1):
        wanted = table[row] / table[row].sum()
        got = np.bincount(codes[rows == row], minlength=len(weights)) / 20_000
        assert np.abs(got - wanted).max() < 5 * np.sqrt(0.25 / 20_000)
