"""Bytes that were in force when a message was made and that its record keeps: a model's card, the bank's knowledge."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Exhibit:
    """One of them; ``name`` is a short identifier (``writer_card``)."""

    name: str
    data: bytes

    @cached_property
    def sha256(self) -> str:
        """The plain hexadecimal SHA-256 of the bytes."""
        return hashlib.sha256(self.data).hexdigest()
