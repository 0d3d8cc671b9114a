"""Who learns, who chooses and who is scored: no customer stands in two parts."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


LEARN, TEST = 0.6, 0.75


@dataclass(frozen=True, slots=True)
class Split:
    """Places of rows for learning, choosing and testing; no customer stands in two of them."""

    learn: NDArray[np.int64]
    choose: NDArray[np.int64]
    test: NDArray[np.int64]


def split(owners: Sequence[str], seed: int) -> Split:
    """60, 15 and 25 % of the owners; an owner's part depends on the seed alone, not on who else is there."""
    import numpy as np

    value = np.array([draw(owner, seed) for owner in owners])
    return Split(
        np.flatnonzero(value < LEARN), np.flatnonzero((value >= LEARN) & (value < TEST)), np.flatnonzero(value >= TEST)
    )


def draw(owner: str, seed: int) -> float:
    """Where an owner falls between 0 and 1."""
    return int.from_bytes(hashlib.blake2b(f"{seed} {owner}".encode(), digest_size=8).digest(), "big") / 2**64
