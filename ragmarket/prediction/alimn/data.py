"""Text beside a table, and both as tensors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ragmarket.errors import InvalidInput
from ragmarket.prediction.alimn.network import Batch
from ragmarket.prediction.preprocessing import Encoded, Pca

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
Embed = Callable[[Sequence[str]], npt.NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class TextBank:
    """Each row's texts as places in a bank of distinct vectors.

    ``vectors`` (V, d); ``index`` (n, T), -1 where a row has fewer texts; ``counts`` (n, T), how often each occurred.
    """

    vectors: npt.NDArray[np.float32]
    index: Indices
    counts: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.index)

    def take(self, rows: Indices) -> TextBank:
        """Some rows over the same bank."""
        return TextBank(self.vectors, self.index[rows], self.counts[rows])

    def project(self, pca: Pca) -> TextBank:
        """The bank under principal components."""
        return TextBank(pca.transform(self.vectors.astype(np.float64)).astype(np.float32), self.index, self.counts)

    def fit_pca(self, count: int) -> Pca:
        """Principal components of the texts of these rows, each counted as often as it occurs."""
        used = np.bincount(self.index[self.index >= 0], minlength=len(self.vectors)).astype(np.float64)
        met = used > 0
        return Pca.fit(self.vectors[met].astype(np.float64), count, used[met])

    def mean(self) -> Floats:
        """The mean text of each row, (n, d), each text counted as often as it occurred; zeros without any."""
        weight = np.where(self.index >= 0, self.counts, 0.0).astype(np.float64)
        total = np.maximum(weight.sum(axis=1, keepdims=True), 1e-9)
        found = np.zeros((len(self.index), self.vectors.shape[1]))
        for place in range(self.index.shape[1]):
            found += (weight[:, [place]] / total) * self.vectors[np.maximum(self.index[:, place], 0)]
        return found

    @staticmethod
    def of(rows: Sequence[Sequence[tuple[str, float]]], embed: Embed, longest: int = 64) -> TextBank:
        """Encode each distinct text once.

        Args:
            rows: Per customer (text, how often); beyond ``longest`` the rarer ones are left out.
            embed: Texts to vectors (V, d).
            longest: T at most.

        Raises:
            InvalidInput: No row has a text.
        """
        kept = [sorted(row, key=lambda one: -one[1])[:longest] if len(row) > longest else row for row in rows]
        places: dict[str, int] = {}
        for row in kept:
            for text, _ in row:
                places.setdefault(text, len(places))
        if not places:
            raise InvalidInput("no customer has a text")
        width = max(len(row) for row in kept)
        index = np.full((len(kept), width), -1, dtype=np.int64)
        counts = np.zeros((len(kept), width), dtype=np.float32)
        for number, row in enumerate(kept):
            for place, (text, often) in enumerate(row):
                index[number, place], counts[number, place] = places[text], often
        return TextBank(np.asarray(embed(list(places)), dtype=np.float32), index, counts)

    @staticmethod
    def of_sentences(rows: Sequence[Sequence[str]], embed: Embed) -> TextBank:
        """Encode rows of sentences, each counted once."""
        return TextBank.of([[(text, 1.0) for text in row] for row in rows], embed)


@dataclass(frozen=True, slots=True)
class Tensors:
    """Encoded rows on the way into the network; text vectors are looked up per batch."""

    numeric: Tensor
    codes: Tensor
    bank: Tensor | None = None
    index: Tensor | None = None
    counts: Tensor | None = None

    @staticmethod
    def of(encoded: Encoded, text: TextBank | None = None) -> Tensors:
        """From a `Preprocessor`'s rows and, if any, their (projected) texts."""
        found: dict[str, Any] = {}
        if text is not None:
            found = {
                "bank": torch.from_numpy(text.vectors),
                "index": torch.from_numpy(text.index),
                "counts": torch.from_numpy(text.counts),
            }
        # Far outliers would drive a linear token wherever they like.
        numeric = torch.from_numpy(np.clip(encoded.numeric, -8, 8).astype(np.float32))
        return Tensors(numeric, torch.from_numpy(encoded.codes), **found)

    def __len__(self) -> int:
        return len(self.numeric)

    def batch(self, rows: Tensor) -> Batch:
        """Some rows as the network reads them."""
        if self.bank is None or self.index is None or self.counts is None:
            return Batch(self.numeric[rows], self.codes[rows])
        index = self.index[rows]
        mask = index >= 0
        return Batch(self.numeric[rows], self.codes[rows], self.bank[index.clamp_min(0)], mask, self.counts[rows])
