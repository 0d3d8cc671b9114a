"""The intent-mean-shift Kalman HMM: latent intents over months, heard through tokens and through a shifted level.

Seed 2 names the IMSK-HMM and prints no equation, so this is our reading of it. The state of a month is an intent
z in 1..K. It stays with chance rho, else it is drawn afresh from softmax(W [who; month of the year]) . It emits

- documents of each stream: a bag of tokens from theta[stream, k], where k is z, or, with the stream's errand share,
  any intent: a visit or a call may serve something else than the month. In a stream of customs (payments) most tokens
  come from what customers of a type do anyway (`customs`);
- a level y_t (log of a balance) = l_t + mu_z + noise, where l_t, the customer's own level, is a random walk that a
  Kalman filter follows; the mixture over intents is collapsed to one Gaussian a month (generalised pseudo-Bayes of
  order 1; Bar-Shalom, Li and Kirubarajan 2001, §11.6).

Fitted by expectation maximisation. Months with a known intent are clamped to it; without any, the states are whatever
explains the tokens best. The filtered posterior of a month knows that month and those before, never later ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ragmarket.prediction.temporal.customs import Customs
from ragmarket.prediction.temporal.sequences import Documents, Sequences

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
UNKNOWN = -1


@dataclass(frozen=True, slots=True)
class HmmConfig:
    """Settings of a fit.

    ``smoothing``: pseudo-occurrences of each token in each intent, in units of its mean frequency. ``temper``: weight
    of each stream's evidence; below one where its tokens repeat one another. ``customs``: streams with an everyday
    part, of ``types`` types of customer.
    """

    states: int = 10
    rounds: int = 25
    smoothing: float = 20.0
    errand: float = 0.15
    stay: float = 0.7
    temper: Mapping[str, float] = field(default_factory=dict)
    customs: tuple[str, ...] = ("payments",)
    types: int = 7
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Level:
    """mu (K,), and the variances of the noise, of the walk and of the level at the start; its mean there."""

    shift: Floats
    noise: float
    walk: float
    start_mean: float
    start_variance: float


@dataclass(frozen=True, slots=True)
class IntentHmm:
    """A fitted model.

    ``theta[stream]`` (K, V) logs; ``customs[stream]`` instead, where there are; ``errand`` by stream; ``stay``;
    ``fresh`` (F + 1, K) weights.
    """

    config: HmmConfig
    streams: tuple[str, ...]
    theta: Mapping[str, Floats]
    customs: Mapping[str, Customs]
    errand: Mapping[str, float]
    stay: float
    fresh: Floats
    level: Level

    def evidence(self, sequences: Sequences, streams: Sequence[str] | None = None) -> dict[str, Floats]:
        """Log likelihood (n, T, K) of each stream, and of the level, up to a constant per cell."""
        return {name: self.heard(sequences, name) for name in streams or self.streams}

    def heard(self, sequences: Sequences, name: str) -> Floats:
        """One stream's log likelihood (n, T, K)."""
        documents = sequences.streams[name]
        if name in self.customs:
            kind = self.customs[name].kind(documents, sequences.size).reshape(-1, len(self.customs[name].types))
            rows = self.customs[name].scores(documents, kind)
        else:
            rows = self._mixed(token_scores(documents, self.theta[name]), self.errand[name])
        return self.config.temper.get(name, 1.0) * _pooled(documents.cell, rows, sequences.size)

    @staticmethod
    def _mixed(scores: Floats, errand: float) -> Floats:
        """(D, K): log of (1 - e) q_k + e mean_k q_k."""
        top = scores.max(axis=1, keepdims=True)
        powers = np.exp(scores - top)
        return np.asarray(np.log((1 - errand) * powers + errand * powers.mean(axis=1, keepdims=True)) + top)

    def drawn(self, who: Floats) -> Floats:
        """(n, T, K) chances of an intent drawn afresh; ``who`` (n, T, F)."""
        return softmax(who @ self.fresh[:-1] + self.fresh[-1])

    def filter(self, sequences: Sequences, who: Floats, streams: Sequence[str] | None = None) -> Filtered:
        """The posterior of each month's intent given that month and all before.

        Args:
            sequences: n customers over T periods.
            who: (n, T, F) what may decide on which intent is drawn.
            streams: Those to listen to; all by default.
        """
        parts = self.evidence(sequences, streams)
        told = sum(parts.values(), np.zeros((*sequences.size, self.config.states)))
        return _forward(told, self.drawn(who), self.stay, self.level, sequences.level, parts)


@dataclass(frozen=True, slots=True)
class Filtered:
    """What filtering gives.

    ``posterior`` (n, T, K); ``predicted`` (n, T, K), before the month was seen; ``surprise`` (n, T, K), the level's log
    likelihood; ``innovation`` (n, T), how far the level lies from its prediction; ``parts`` by stream.
    """

    posterior: Floats
    predicted: Floats
    surprise: Floats
    innovation: Floats
    parts: Mapping[str, Floats]
    log_likelihood: float


def token_scores(documents: Documents, theta: Floats) -> Floats:
    """(D, K) log likelihoods of bags of tokens; ``theta`` (K, V) logs."""
    return np.asarray(documents.counts @ theta.T)


def _pooled(cell: Indices, rows: Floats, size: tuple[int, int]) -> Floats:
    found = np.empty((size[0] * size[1], rows.shape[1]))
    for place in range(rows.shape[1]):
        found[:, place] = np.bincount(cell, weights=rows[:, place], minlength=len(found))
    return found.reshape(*size, rows.shape[1])


def softmax(logits: Floats) -> Floats:
    """Along the last axis."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def _forward(
    told: Floats, drawn: Floats, stay: float, level: Level, series: Floats, parts: Mapping[str, Floats]
) -> Filtered:
    customers, periods = told.shape[:2]
    posterior, predicted, surprise = (np.empty_like(told) for _ in range(3))
    innovation = np.zeros((customers, periods))
    mean = np.full(customers, level.start_mean)
    variance = np.full(customers, level.start_variance)
    total = 0.0
    for month in range(periods):
        if month:
            variance = variance + level.walk
            predicted[:, month] = stay * posterior[:, month - 1] + (1 - stay) * drawn[:, month]
        else:
            predicted[:, 0] = drawn[:, 0]
        seen = np.isfinite(series[:, month])
        gap = np.where(seen, series[:, month] - mean, 0.0)
        spread = variance + level.noise
        miss = gap[:, None] - level.shift[None]
        surprise[:, month] = np.where(
            seen[:, None], -0.5 * miss**2 / spread[:, None] - 0.5 * np.log(spread)[:, None], 0.0
        )
        logits = np.log(np.maximum(predicted[:, month], 1e-300)) + told[:, month] + surprise[:, month]
        top = logits.max(axis=1, keepdims=True)
        powers = np.exp(logits - top)
        posterior[:, month] = powers / powers.sum(axis=1, keepdims=True)
        total += float((np.log(powers.sum(axis=1)) + top[:, 0]).sum())
        gain = np.where(seen, variance / spread, 0.0)
        expected = posterior[:, month] @ level.shift
        innovation[:, month] = gap
        # Collapsed: the spread of the intents' shifts is kept in the variance.
        doubt = posterior[:, month] @ level.shift**2 - expected**2
        mean = mean + gain * (gap - expected)
        variance = (1 - gain) * variance + gain**2 * doubt
    return Filtered(posterior, predicted, surprise, innovation, parts, total / (customers * periods))
