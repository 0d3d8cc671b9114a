"""Fitting the intent-mean-shift Kalman HMM by expectation maximisation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ragmarket.errors import InvalidInput
from ragmarket.prediction.temporal.customs import start
from ragmarket.prediction.temporal.hmm import (
    UNKNOWN,
    Filtered,
    HmmConfig,
    IntentHmm,
    Level,
    softmax,
    token_scores,
)
from ragmarket.prediction.temporal.sequences import Sequences

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]


def fit_hmm(
    sequences: Sequences,
    who: Floats,
    streams: Sequence[str],
    config: HmmConfig,
    *,
    known: Indices | None = None,
    hints: Indices | None = None,
    report: Callable[[dict[str, float]], None] = lambda _row: None,
) -> IntentHmm:
    """Fit by expectation maximisation.

    Args:
        sequences: n customers over T periods.
        who: (n, T, F), standardised.
        streams: Names of the streams to listen to.
        config: Settings.
        known: (n, T) intents, `UNKNOWN` where not known; none by default.
        hints: (n, T) any code that goes with intents (the product taken up, say), `UNKNOWN` where not known: without
            known intents, the states start from it. It is no evidence when filtering.
        report: Receives the log likelihood of each round.

    Raises:
        InvalidInput: A stream is missing, or shapes differ.
    """
    lacking = [name for name in streams if name not in sequences.streams]
    if lacking:
        raise InvalidInput(f"intents: the streams {', '.join(lacking)} are missing")
    if who.shape[:2] != sequences.size or (known is not None and known.shape != sequences.size):
        raise InvalidInput("intents: every customer and period needs a row of `who` and of the known intents")
    if known is not None and known.max() >= config.states:
        raise InvalidInput(f"intents: {config.states} states are too few for the known intents")
    gamma = _start(sequences.size, config, known, hints)
    model = IntentHmm(
        config, tuple(streams), {}, {}, dict.fromkeys(streams, config.errand), config.stay,
        np.zeros((who.shape[2] + 1, config.states)), _start_level(sequences.level, config.states),
    )  # fmt: skip
    background = {name: _frequencies(sequences.streams[name].counts) for name in streams}
    model = _emissions(model, sequences, gamma, background, topics=None)
    model = replace(model, fresh=_fit_fresh(model.fresh, who, gamma))
    # With every intent known, one pass settles the emissions and a few the errands.
    rounds = config.rounds if known is None or (known == UNKNOWN).any() else min(config.rounds, 6)
    for round_ in range(rounds):
        found = model.filter(sequences, who)
        gamma, fresh, stay = _smooth(found, model.drawn(who), model.stay)
        if known is not None:
            gamma, fresh, stay = _clamped(gamma, fresh, stay, known, model)
        model = _emissions(model, sequences, gamma, background, topics=model)
        model = replace(
            model,
            fresh=_fit_fresh(model.fresh, who, fresh),
            stay=float(np.clip(stay, 0.05, 0.98)),
            level=_fit_level(model.level, found, gamma, sequences.level),
        )
        report({"round": round_, "log_likelihood": found.log_likelihood})
    return model


def _start(size: tuple[int, int], config: HmmConfig, known: Indices | None, hints: Indices | None) -> Floats:
    rng = np.random.default_rng(config.seed)
    gamma = rng.dirichlet(np.full(config.states, 5.0), size=size)
    if known is not None:
        rows, months = np.nonzero(known != UNKNOWN)
        gamma[rows, months] = np.eye(config.states)[known[rows, months]]
    elif hints is not None:
        rows, months = np.nonzero(hints != UNKNOWN)
        gamma[rows, months] += 3.0 * np.eye(config.states)[hints[rows, months] % config.states]
        gamma /= gamma.sum(axis=2, keepdims=True)
    return gamma


def _emissions(
    model: IntentHmm,
    sequences: Sequences,
    gamma: Floats,
    background: Mapping[str, Floats],
    topics: IntentHmm | None,
) -> IntentHmm:
    """Emissions and errand shares from the posterior of months; ``topics`` says what each document was about."""
    states = model.config.states
    flat = gamma.reshape(-1, states)
    theta, errand, held = {}, dict(model.errand), {}
    for name in model.streams:
        documents = sequences.streams[name]
        if name in model.config.customs:
            smoothing = 2.0 * model.config.smoothing
            if topics is None:
                held[name] = start(documents, flat, sequences.size, model.config.types, smoothing, model.config.seed)
            else:
                held[name] = topics.customs[name].learnt(documents, flat, sequences.size, smoothing)
            continue
        weight = flat[documents.cell]
        if topics is not None:
            share = topics.errand[name]
            scores = token_scores(documents, topics.theta[name])
            powers = np.exp(scores - scores.max(axis=1, keepdims=True))
            mean = powers.mean(axis=1, keepdims=True)
            own = (1 - share) * powers / ((1 - share) * powers + share * mean)
            strays = (weight * (1 - own)).sum(axis=1, keepdims=True)
            weight = weight * own + strays * powers / powers.sum(axis=1, keepdims=True)
            errand[name] = float(np.clip(strays.mean() if len(strays) else share, 1e-3, 0.6))
        counts = np.asarray((documents.counts.T @ weight).T)
        prior = model.config.smoothing * len(background[name]) * background[name] / states
        values = counts + prior
        theta[name] = np.log(values / values.sum(axis=1, keepdims=True))
    return replace(model, theta=theta, customs=held, errand=errand)


def _frequencies(counts: csr_matrix) -> Floats:
    totals = np.asarray(counts.sum(axis=0)).ravel() + 0.5
    return np.asarray(totals / totals.sum())


def _smooth(found: Filtered, drawn: Floats, stay: float) -> tuple[Floats, Floats, float]:
    """Posterior given all months, its part that was drawn afresh (n, T, K), and the expected share of staying."""
    periods = found.posterior.shape[1]
    gamma = found.posterior.copy()
    fresh = np.empty_like(gamma)
    stays, moves = 0.0, 0
    for month in range(periods - 1, 0, -1):
        ratio = gamma[:, month] / np.maximum(found.predicted[:, month], 1e-300)
        before = found.posterior[:, month - 1]
        anew = (1 - stay) * drawn[:, month] * ratio
        fresh[:, month] = anew
        stays += float((stay * before * ratio).sum())
        moves += len(before)
        gamma[:, month - 1] = before * (stay * ratio + anew.sum(axis=1, keepdims=True))
    fresh[:, 0] = gamma[:, 0]
    return gamma, fresh, stays / moves if moves else stay


def _clamped(
    gamma: Floats, fresh: Floats, stay: float, known: Indices, model: IntentHmm
) -> tuple[Floats, Floats, float]:
    """The same where intents are known; two known months in a row say for themselves whether the intent stayed."""
    eye = np.eye(model.config.states)
    told = known != UNKNOWN
    gamma, fresh = gamma.copy(), fresh.copy()
    gamma[told] = eye[known[told]]
    fresh[:, 0][told[:, 0]] = gamma[:, 0][told[:, 0]]
    pairs = told[:, 1:] & told[:, :-1]
    if not pairs.any():
        return gamma, fresh, stay
    same = (known[:, 1:] == known[:, :-1]) & pairs
    share = same.sum() / pairs.sum()
    # Equal months stayed, but for those that drew the same again.
    again = float((gamma[:, 1:].sum(axis=(0, 1)) / gamma[:, 1:].sum()) @ (gamma.sum(axis=(0, 1)) / gamma.sum()))
    stay = float((share - again) / (1 - again))
    kept = np.where(same, stay / (stay + (1 - stay) * again), 0.0)
    inner = fresh[:, 1:]
    inner[pairs] = (gamma[:, 1:] * (1 - kept)[..., None])[pairs]
    return gamma, fresh, stay


def _fit_fresh(weights: Floats, who: Floats, target: Floats, steps: int = 25, l2: float = 1e-3) -> Floats:
    """Multinomial logistic regression on soft counts, a few Nesterov steps from where it stood."""
    rows = who.reshape(-1, who.shape[2])
    rows = np.hstack([rows, np.ones((len(rows), 1))])
    goal = target.reshape(len(rows), -1)
    mass = goal.sum(axis=1, keepdims=True)
    total = float(mass.sum())
    # Largest curvature of the mean loss, by its diagonal blocks' bound.
    scale = 0.5 * float(np.linalg.norm((rows * mass).T @ rows, 2)) / total
    rate, speed, now = 1.0 / max(scale, 1e-9), np.zeros_like(weights), weights
    for step in range(steps):
        ahead = now + step / (step + 3) * speed
        slope = rows.T @ (softmax(rows @ ahead) * mass - goal) / total + l2 * ahead
        then = ahead - rate * slope
        speed, now = then - now, then
    return now


def _start_level(series: Floats, states: int) -> Level:
    if not np.isfinite(series).any():
        return Level(np.zeros(states), 1.0, 0.1, 0.0, 1.0)
    whole = float(np.nanvar(series))
    steps = np.diff(series, axis=1)
    step = float(np.nanvar(steps)) if np.isfinite(steps).any() else whole / 2
    return Level(
        np.zeros(states), max(step / 3, 1e-6), max(step / 6, 1e-6), float(np.nanmean(series)), max(whole, 1e-6)
    )


def _fit_level(level: Level, found: Filtered, gamma: Floats, series: Floats) -> Level:
    seen = np.isfinite(series)
    seen[:, 0] = False  # the first month's gap is mostly who somebody is
    weight = gamma * seen[..., None]
    mass = weight.sum(axis=(0, 1))
    if mass.sum() < 1:
        return level
    shift = (weight * found.innovation[..., None]).sum(axis=(0, 1)) / (mass + 20.0)
    shift = shift - float(gamma.mean(axis=(0, 1)) @ shift)
    # Half of what was surprising beside the shift is noise, a third of that the walk: a simple, stable split.
    rest = float((weight * (found.innovation[..., None] - shift) ** 2).sum() / mass.sum())
    return replace(level, shift=shift, noise=max(0.55 * rest, 1e-6), walk=max(0.2 * rest, 1e-6))
