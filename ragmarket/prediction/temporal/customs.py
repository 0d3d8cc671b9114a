"""A stream in which most of what somebody does has no purpose: an everyday part by type of customer, beside the intent.

p(token | type u, intent z) = lambda_u phi_u(token) + (1 - lambda_u) theta_z(token). Without the first part, what the
rich and the young do every day would be taken for evidence of what they want, a hundred times over. The type is heard
from all months so far.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from ragmarket.prediction.temporal.sequences import Documents

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
_CHUNK = 200_000


@dataclass(frozen=True, slots=True)
class Customs:
    """``everyday`` (U, V) and ``theta`` (K, V), probabilities; ``share`` (U,) lambda; ``types`` (U,) chances."""

    everyday: Floats
    theta: Floats
    share: Floats
    types: Floats

    def kind(self, documents: Documents, size: tuple[int, int]) -> Floats:
        """(n, T, U): which type of customer it is, given the months so far."""
        whole = self.share[:, None] * self.everyday + (1 - self.share)[:, None] * self.theta.mean(axis=0)
        told = np.zeros((size[0] * size[1], len(self.types)))
        np.add.at(told, documents.cell, np.asarray(documents.counts @ np.log(whole).T))
        sums = np.log(self.types) + told.reshape(*size, -1).cumsum(axis=1)
        powers = np.exp(sums - sums.max(axis=2, keepdims=True))
        return np.asarray(powers / powers.sum(axis=2, keepdims=True))

    def scores(self, documents: Documents, kind: Floats) -> Floats:
        """(D, K) log likelihoods; ``kind`` (n * T, U)."""
        found = np.zeros((documents.counts.shape[0], len(self.theta)))
        for rows, _, count, every, aim in self._parts(documents, kind):
            value = count[:, None] * np.log(every[:, None] + aim)
            for state in range(value.shape[1]):
                found[:, state] += np.bincount(rows, weights=value[:, state], minlength=len(found))
        return found

    def _parts(self, documents: Documents, kind: Floats) -> Iterator[tuple[Indices, Indices, Floats, Floats, Floats]]:
        """Chunks of occurrences: document, token, count, everyday chance (m,), intents' chance (m, K)."""
        counts = documents.counts
        document = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
        everyday = (self.share[:, None] * self.everyday).T
        for start in range(0, len(document), _CHUNK):
            part = slice(start, start + _CHUNK)
            rows, token = document[part], counts.indices[part]
            types = kind[documents.cell[rows]]
            every = (types * everyday[token]).sum(axis=1)
            yield rows, token, counts.data[part], every, (1 - types @ self.share)[:, None] * self.theta.T[token]

    def learnt(self, documents: Documents, gamma: Floats, size: tuple[int, int], smoothing: float) -> Customs:
        """One round of expectation maximisation; ``gamma`` (n * T, K) is the posterior of the months."""
        kind = self.kind(documents, size)
        # Who somebody is does not change: what is known last holds for all months.
        last = np.repeat(kind[:, -1], size[1], axis=0)
        tokens = self.theta.shape[1]
        theta, everyday = np.zeros_like(self.theta), np.zeros_like(self.everyday)
        daily, purpose = np.zeros(len(self.types)), np.zeros(len(self.types))
        for rows, token, count, every, aim in self._parts(documents, last):
            weight, types = gamma[documents.cell[rows]], last[documents.cell[rows]]
            own = weight * aim / (every[:, None] + aim) * count[:, None]
            rest = count - own.sum(axis=1)
            for state in range(len(theta)):
                theta[state] += np.bincount(token, weights=own[:, state], minlength=tokens)
            for type_ in range(len(everyday)):
                everyday[type_] += np.bincount(token, weights=rest * types[:, type_], minlength=tokens)
            daily += types.T @ rest
            purpose += types.T @ own.sum(axis=1)
        base = _shares(theta.sum(axis=0) + 1e-3)
        return Customs(
            everyday=_shares(everyday + smoothing * _shares(everyday.sum(axis=0) + 1e-3)),
            theta=_shares(theta + smoothing * base),
            share=np.clip((daily + 1.0) / (daily + purpose + 1.5), 0.02, 0.98),
            types=_shares(kind[:, -1].sum(axis=0) + 1.0),
        )


def start(
    documents: Documents, gamma: Floats, size: tuple[int, int], types: int, smoothing: float, seed: int
) -> Customs:
    """Types by k-means on the square roots of customers' token shares, intents by what their months have in common."""
    from sklearn.cluster import KMeans

    who = documents.cell // size[1]
    adder = csr_matrix((np.ones(len(who)), (who, np.arange(len(who)))), shape=(size[0], len(who)))
    totals = adder @ documents.counts
    mass = np.maximum(np.asarray(totals.sum(axis=1)), 1.0)
    dense = np.sqrt(np.asarray(totals.todense()) / mass)
    label = KMeans(types, n_init=2, random_state=seed).fit_predict(dense)
    member = np.eye(types)[label]
    everyday = np.asarray(totals.T @ member).T
    theta = np.asarray(documents.counts.T @ gamma[documents.cell]).T
    base = _shares(everyday.sum(axis=0) + 1e-3)
    return Customs(
        _shares(everyday + smoothing * base),
        _shares(theta + smoothing * base),
        np.full(types, 0.7),
        _shares(member.sum(axis=0) + 1.0),
    )


def _shares(values: Floats) -> Floats:
    return np.asarray(values / values.sum(axis=-1, keepdims=True))
