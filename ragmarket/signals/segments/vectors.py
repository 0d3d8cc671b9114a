"""Customers as vectors: the mean of what their transactions' sentences mean.

Every different sentence is encoded once and kept on disk under the encoder's fingerprint; a customer is then a sparse
row of counts times a small dense matrix.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile

from ragmarket.errors import InvalidInput
from ragmarket.signals.narratives import WORDING, unique, with_narratives

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from ragmarket.protocols import TextEncoder


class NarrativeVectors:
    """Sentence vectors, each encoded once.

    Args:
        encoder: Reads a sentence.
        folder: Where vectors are kept between runs; None keeps them in memory.
    """

    def __init__(self, encoder: TextEncoder, folder: Path | None = None) -> None:
        self.encoder = encoder
        self._folder = folder
        self._known: dict[str, NDArray[np.float32]] = {}
        self._read = False

    @property
    def file(self) -> Path | None:
        """The file of this encoder's vectors, None without a folder."""
        if self._folder is None:
            return None
        return self._folder / f"narratives-v{WORDING}-{self.encoder.fingerprint[:16]}.npz"

    def of(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of sentences, shape (sentences, width); what is new is encoded and kept."""
        import numpy as np

        self._load()
        new = [sentence for sentence in unique(sentences) if sentence not in self._known]
        if new:
            for sentence, vector in zip(new, self.encoder.embed(new), strict=True):
                self._known[sentence] = vector
            self._save()
        return np.stack([self._known[sentence] for sentence in sentences]).astype(np.float32)

    def _load(self) -> None:
        import numpy as np

        if self._read or self.file is None or not self.file.is_file():
            return
        try:
            with self.file.open("rb") as stream, np.load(stream) as kept:
                sentences, vectors = kept["sentences"].tolist(), kept["vectors"]
        except (OSError, ValueError, KeyError, BadZipFile):
            return  # a cache that a full disk cut short is made anew
        self._known.update(zip(sentences, vectors, strict=True))
        self._read = True

    def _save(self) -> None:
        import numpy as np

        if self.file is None:
            return
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self.file.parent, suffix=".npz", delete=False) as stream:
            np.savez(stream, sentences=np.array(list(self._known)), vectors=np.stack(list(self._known.values())))
        os.replace(stream.name, self.file)  # noqa: PTH105 (a rename that replaces, on every system)


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Who did what: customers, sentences, and how often each customer's transactions read so.

    Attributes:
        customers: Ids, sorted.
        sentences: The different sentences, sorted.
        rows: Place in ``customers`` of each pair, shape (pairs,).
        columns: Place in ``sentences`` of each pair, shape (pairs,).
        counts: Transactions of each pair, shape (pairs,).
    """

    customers: tuple[str, ...]
    sentences: tuple[str, ...]
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    counts: NDArray[np.float64]

    @property
    def transactions(self) -> NDArray[np.float64]:
        """Transactions per customer, shape (customers,)."""
        import numpy as np

        totals = np.bincount(self.rows, weights=self.counts, minlength=len(self.customers))
        return totals.astype(np.float64)

    def shares(self) -> NDArray[np.float64]:
        """Share of each sentence among a customer's transactions, shape (customers, sentences): no encoder needed."""
        import numpy as np

        found = np.zeros((len(self.customers), len(self.sentences)))
        found[self.rows, self.columns] = self.counts
        return np.asarray(found / found.sum(axis=1, keepdims=True))

    def mean(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Mean vector of each customer's transactions.

        Args:
            vectors: Shape (sentences, width), in the order of ``sentences``.

        Returns:
            Shape (customers, width).
        """
        import numpy as np
        from scipy.sparse import csr_array

        shape = (len(self.customers), len(self.sentences))
        weights = csr_array((self.counts / self.transactions[self.rows], (self.rows, self.columns)), shape=shape)
        return np.asarray(weights @ vectors.astype(np.float64), dtype=np.float32)


def behaviour(transactions: pl.DataFrame) -> Behaviour:
    """Read transactions as sentences and count them per customer.

    Raises:
        InvalidInput: There is no transaction, or one cannot be told as a sentence.
    """
    import numpy as np
    import polars as pl

    if transactions.is_empty():
        raise InvalidInput("transactions: there are none", hint="Ingest transactions first.")
    counted = (
        with_narratives(transactions)
        .group_by("customer_id", "narrative")
        .agg(pl.len().alias("count"))
        .sort("customer_id", "narrative")
    )
    customers = counted["customer_id"].unique().sort()
    sentences = counted["narrative"].unique().sort()
    return Behaviour(
        customers=tuple(customers.to_list()),
        sentences=tuple(sentences.to_list()),
        rows=np.searchsorted(customers.to_numpy().astype(str), counted["customer_id"].to_numpy().astype(str)),
        columns=np.searchsorted(sentences.to_numpy().astype(str), counted["narrative"].to_numpy().astype(str)),
        counts=counted["count"].to_numpy().astype(np.float64),
    )


def digest(sentences: Sequence[str]) -> str:
    """SHA-256 over the different sentences that a model was fitted on."""
    return hashlib.sha256("\n".join(unique(sentences)).encode()).hexdigest()
