"""Latent intents: the filter against every path, what it may know of later months, and what it finds unaided."""

from __future__ import annotations

import itertools

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from ragmarket.errors import InvalidInput
from ragmarket.prediction.temporal.customs import Customs
from ragmarket.prediction.temporal.hmm import HmmConfig, IntentHmm, Level
from ragmarket.prediction.temporal.hmm_fitting import fit_hmm
from ragmarket.prediction.temporal.segments import NOISE, ShrunkPca, density_segments
from ragmarket.prediction.temporal.sequences import Documents, Sequences, documents, vocabulary

STAY, ERRAND = 0.6, 0.25


def sequences(counts: np.ndarray, cells: np.ndarray, shape: tuple[int, int], level: np.ndarray | None = None):
    """One stream `said`, nothing else."""
    flags = np.zeros(shape, dtype=bool)
    return Sequences(
        {"said": Documents(cells, csr_matrix(counts.astype(float)))},
        np.full(shape, np.nan) if level is None else level,
        np.zeros((*shape, 1)), np.zeros((*shape, 4), dtype=np.int64), flags, flags, flags,
    )  # fmt: skip


def small_model(theta: np.ndarray, fresh: np.ndarray) -> IntentHmm:
    return IntentHmm(
        HmmConfig(states=len(theta), customs=()), ("said",), {"said": np.log(theta)}, {}, {"said": ERRAND}, STAY,
        np.vstack([np.zeros((1, len(theta))), np.log(fresh)]), Level(np.zeros(len(theta)), 1.0, 0.1, 0.0, 1.0),
    )  # fmt: skip


@given(st.integers(0, 10_000))
def test_filter_equals_the_sum_over_all_paths(seed: int):
    rng = np.random.default_rng(seed)
    states, months = 3, 3
    theta, fresh = rng.dirichlet(np.ones(4), states), rng.dirichlet(np.ones(states))
    counts = rng.integers(0, 3, (5, 4))
    cells = np.sort(rng.integers(0, months, 5))
    found = small_model(theta, fresh).filter(sequences(counts, cells, (1, months)), np.zeros((1, months, 1)))
    likely = np.ones((months, states))
    for row, cell in zip(counts, cells, strict=True):
        own = np.prod(theta**row, axis=1)
        likely[cell] *= (1 - ERRAND) * own + ERRAND * own.mean()
    move = STAY * np.eye(states) + (1 - STAY) * fresh[None]
    for month in range(months):
        mass = np.zeros(states)
        for path in itertools.product(range(states), repeat=month + 1):
            chance = fresh[path[0]] * likely[0, path[0]]
            for step in range(1, month + 1):
                chance *= move[path[step - 1], path[step]] * likely[step, path[step]]
            mass[path[-1]] += chance
        assert found.posterior[0, month] == pytest.approx(mass / mass.sum(), abs=1e-9)


def test_a_level_shifts_belief_towards_the_intent_that_raises_it():
    model = small_model(np.full((2, 2), 0.5), np.array([0.5, 0.5]))
    model = IntentHmm(**{name: getattr(model, name) for name in model.__slots__} | {
        "level": Level(np.array([0.0, 2.0]), 0.1, 0.01, 10.0, 0.05)})  # fmt: skip
    nothing = np.zeros((1, 2))
    level = np.array([[10.0, 12.0, np.nan]])
    found = model.filter(sequences(nothing, np.array([0]), (1, 3), level), np.zeros((1, 3, 1))).posterior[0]
    assert found[0, 0] > 0.9
    assert found[1, 1] > 0.9
    # A month that nobody recorded is only remembered.
    assert found[2, 1] == pytest.approx(STAY * found[1, 1] + (1 - STAY) * 0.5)


def test_customs_weigh_a_token_by_what_is_everyday():
    customs = Customs(
        np.array([[0.9, 0.1]]), np.array([[0.2, 0.8], [0.8, 0.2]]), np.array([0.75]), np.array([1.0])
    )  # fmt: skip
    one = Documents(np.array([0]), csr_matrix(np.array([[2.0, 1.0]])))
    kind = customs.kind(one, (1, 1))
    assert kind.tolist() == [[[1.0]]]
    chance = 0.75 * np.array([0.9, 0.1]) + 0.25 * np.array([[0.2, 0.8], [0.8, 0.2]])
    wanted = 2 * np.log(chance[:, 0]) + np.log(chance[:, 1])
    assert customs.scores(one, kind.reshape(1, 1))[0] == pytest.approx(wanted)


@pytest.fixture(scope="module")
def world():
    """Three intents that say different words, in customers who keep their intent for a while."""
    rng = np.random.default_rng(5)
    customers, months, words = 300, 6, 30
    theta = 0.85 * rng.dirichlet(np.full(words, 0.08), 3) + 0.15 / words
    intents = np.empty((customers, months), dtype=np.int64)
    for month in range(months):
        anew = rng.integers(0, 3, customers)
        intents[:, month] = anew if month == 0 else np.where(rng.random(customers) < 0.8, intents[:, month - 1], anew)
    counts = np.stack([rng.multinomial(6, theta[one]) for one in intents.ravel()])
    return sequences(counts, np.arange(customers * months), (customers, months)), intents


def fitted(world, known=None, **more):
    told, intents = world
    who = np.zeros((*intents.shape, 1))
    return fit_hmm(told, who, ("said",), HmmConfig(states=3, customs=(), **more), known=known), who


def test_intents_are_found_without_a_label(world):
    from sklearn.metrics import normalized_mutual_info_score

    model, who = fitted(world, smoothing=1.0, rounds=60)
    states = model.filter(world[0], who).posterior.argmax(axis=2)
    assert normalized_mutual_info_score(world[1].ravel(), states.ravel()) >= 0.6


def test_few_labels_give_the_states_their_names(world):
    known = np.full(world[1].shape, -1)
    known[:30] = world[1][:30]
    model, who = fitted(world, known, smoothing=1.0)
    states = model.filter(world[0], who).posterior.argmax(axis=2)
    assert (states[30:] == world[1][30:]).mean() > 0.85
    assert 0.6 < model.stay < 0.95


def test_a_month_knows_nothing_of_later_ones(world):
    model, who = fitted(world, smoothing=1.0, rounds=3)
    told = world[0]
    before = model.filter(told, who).posterior
    months = told.size[1]
    late = told.streams["said"].cell % months >= 3
    changed = told.streams["said"].counts.toarray()
    changed[late] = changed[late][:, ::-1]
    after = model.filter(sequences(changed, told.streams["said"].cell, told.size), who).posterior
    assert after[:, :3] == pytest.approx(before[:, :3])
    assert np.abs(after[:, 3:] - before[:, 3:]).max() > 0.1


@pytest.mark.parametrize("streams", [("heard",), ("said", "heard")])
def test_a_missing_stream_is_named(world, streams: tuple[str, ...]):
    with pytest.raises(InvalidInput, match="heard"):
        fit_hmm(world[0], np.zeros((*world[0].size, 1)), streams, HmmConfig(states=3))


def test_too_few_states_for_the_labels_are_refused(world):
    with pytest.raises(InvalidInput, match="too few"):
        fit_hmm(world[0], np.zeros((*world[0].size, 1)), ("said",), HmmConfig(states=2), known=world[1])


def test_documents_count_known_tokens_and_can_be_taken_by_customer():
    rows = [(0, "a", "x"), (0, "a", "x"), (0, "b", "y"), (3, "c", "x"), (3, "c", "rare")]
    frame = pl.DataFrame(rows, schema=["cell", "document", "token"], orient="row")
    words = vocabulary(frame, rarest=1)
    assert words == ("rare", "x", "y")
    assert vocabulary(frame, rarest=2) == ("x",)
    found = documents(frame, ("x", "y"))
    assert found.cell.tolist() == [0, 0, 3]
    assert found.counts.toarray().tolist() == [[2, 0], [0, 1], [1, 0]]
    later = found.of(np.array([1]), 2)
    assert later.cell.tolist() == [1]
    assert later.counts.toarray().tolist() == [[1, 0]]


def test_shrinkage_components_are_those_of_the_shrunk_covariance():
    from sklearn.covariance import LedoitWolf

    rows = np.random.default_rng(0).normal(size=(40, 12)) * np.arange(1, 13)
    found = ShrunkPca.fit(rows, 4)
    values = np.sort(np.linalg.eigvalsh(LedoitWolf().fit(rows).covariance_))[::-1]
    assert found.variance == pytest.approx(values[:4])
    assert found.components @ found.components.T == pytest.approx(np.eye(4), abs=1e-9)
    assert 0 < found.shrinkage < 1
    with pytest.raises(InvalidInput, match="too few"):
        ShrunkPca.fit(rows, 13)


def test_density_segments_leave_strangers_out():
    rng = np.random.default_rng(1)
    groups = [rng.normal(size=(120, 6)) * 0.3 + place for place in (0.0, 8.0)]
    strangers = rng.uniform(-40, 40, (12, 6))
    _, label = density_segments(np.vstack([*groups, strangers]), components=3)
    assert len(set(label[:240]) - {NOISE}) == 2
    assert (label[240:] == NOISE).mean() > 0.8
