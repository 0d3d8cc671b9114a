"""Sequences as what the network reads: arrays and sparse token counts, cut into batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from scipy.sparse import csr_matrix, hstack
from torch import Tensor

from ragmarket.prediction.temporal.network import Inputs
from ragmarket.prediction.temporal.sequences import Documents, Sequences
from ragmarket.prediction.temporal.tokens import TEXT_STREAMS

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
REMEMBERED = ("habits",)
_HABIT = np.float32(3.0)  # a count that weighs as much as one spread of a column


@dataclass(frozen=True, slots=True)
class Prepared:
    """Inputs of all customers, before batches are cut."""

    columns: npt.NDArray[np.float32]
    intents: npt.NDArray[np.float32]
    habits: npt.NDArray[np.float32]
    events: csr_matrix
    text: csr_matrix
    touch: Indices

    def __len__(self) -> int:
        return len(self.columns)

    def batch(self, rows: Indices) -> Inputs:
        """Some customers as tensors."""
        periods = self.columns.shape[1]
        cells = (rows[:, None] * periods + np.arange(periods)).ravel()
        return Inputs(
            torch.from_numpy(self.columns[rows]),
            torch.from_numpy(self.intents[rows]),
            torch.from_numpy(self.habits[rows]),
            _sparse(self.events[cells]),
            _sparse(self.text[cells]),
            torch.from_numpy(self.touch[rows]),
        )


def _sparse(rows: csr_matrix) -> Tensor:
    found = rows.tocoo()
    places = torch.from_numpy(np.vstack([found.row, found.col]).astype(np.int64))
    return torch.sparse_coo_tensor(
        places, torch.from_numpy(found.data.astype(np.float32)), found.shape, is_coalesced=True, check_invariants=False
    )


def prepare(sequences: Sequences, intents: Floats) -> Prepared:
    """Sequences and their intent inputs (n, T, I) as what the network reads.

    Token counts enter as log(1 + count); those of habits a second time as what has come together so far.
    """
    cells = int(np.prod(sequences.size))
    events = [_counted(one, cells) for name, one in sequences.streams.items() if name not in TEXT_STREAMS]
    habits = [np.zeros((*sequences.size, 0))]
    for name in REMEMBERED:
        if name in sequences.streams:
            dense = np.asarray(_counted(sequences.streams[name], cells).todense()).reshape(*sequences.size, -1)
            habits.append(dense.cumsum(axis=1))
            events.append(csr_matrix(habits[-1].reshape(cells, -1)))
    text = [_counted(one, cells) for name, one in sequences.streams.items() if name in TEXT_STREAMS]
    return Prepared(
        sequences.columns.astype(np.float32), intents.astype(np.float32),
        np.concatenate(habits, axis=2).astype(np.float32) / _HABIT,
        _logs(events, cells), _logs(text, cells), sequences.touch,
    )  # fmt: skip


def _counted(documents: Documents, cells: int) -> csr_matrix:
    rows = len(documents.cell)
    adder = csr_matrix((np.ones(rows), (documents.cell, np.arange(rows))), shape=(cells, rows))
    return csr_matrix(adder @ documents.counts)


def _logs(parts: Sequence[csr_matrix], cells: int) -> csr_matrix:
    if not parts:
        return csr_matrix((cells, 1), dtype=np.float32)
    found = csr_matrix(hstack(parts), dtype=np.float32)
    found.data = np.log1p(found.data)
    return found
