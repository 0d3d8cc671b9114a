"""The bench of segments draws what it measured, and says why where there is nothing to measure."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from eval import segments
from eval.clusters.fitting import segments_of
from eval.pages import map_plot
from ragmarket.errors import InvalidInput
from ragmarket.signals.segments.vectors import NarrativeVectors


class Hashed:
    """Gives every sentence a direction of its own."""

    name = fingerprint = "hashed"

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        seeds = [int.from_bytes(hashlib.blake2b(text.encode(), digest_size=4).digest(), "big") for text in texts]
        rows = np.array([np.random.default_rng(seed).normal(size=24) for seed in seeds], dtype=np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def history(customers: int) -> pl.DataFrame:
    """Customers who have nothing in common."""
    dice = np.random.default_rng(0)
    rows = [
        {
            "customer_id": f"C{customer:03d}",
            "at": datetime(2026, 1, 1) + timedelta(days=int(dice.integers(0, 90))),
            "channel": str(dice.choice(["UPI", "NEFT", "card", "cash"])),
            "type": str(dice.choice(["debit", "credit"])),
            "amount_inr": float(10 ** dice.uniform(2, 6)),
            "category": str(dice.choice(["groceries", "rent", "travel", "salary", "jewellery"])),
            "is_recurring": bool(dice.random() < 0.2),
        }
        for customer in range(customers)
        for _ in range(4)
    ]
    return pl.DataFrame(rows)


def test_a_bank_without_segments_is_told_so() -> None:
    with pytest.raises(InvalidInput, match="everybody is noise"):
        segments_of(history(160), NarrativeVectors(Hashed()), lambda _: None, 1)


def test_a_bank_that_is_none_ends_with_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["segments", "--bank", str(tmp_path / "nowhere")])
    assert segments.main() == 2
    assert "holds no table" in capsys.readouterr().err


def test_the_map_has_a_mark_for_every_group() -> None:
    drawn = map_plot("Who & where", [(0.0, 1.0, "noise"), (1.0, 0.0, "segment 0"), (2.0, 2.0, "segment 1")])
    assert drawn.startswith("<figure><figcaption>Who &amp; where</figcaption><svg")
    assert "#c4c4c4" in drawn
    assert all(f"<!-- {name} -->" in drawn for name in ("noise", "segment 0", "segment 1"))
