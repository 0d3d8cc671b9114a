"""The bench of segments draws what it measured, and says why where there is nothing to measure."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from eval import segments
from eval.clusters.apart import separations
from eval.clusters.fitting import segments_of
from eval.clusters.report import as_page, show
from eval.pages import map_plot
from ragmarket.errors import InvalidInput
from ragmarket.signals.segments import quality
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


def blobs(apart: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """400 customers in four places of four dimensions, so far apart, and the number of each one's place."""
    dice = np.random.default_rng(seed)
    labels = np.repeat(np.arange(4), 100)
    return dice.normal(size=(400, 4)) + apart * np.eye(4)[labels], labels


def test_separation_is_told_beside_that_of_rfm_with_intervals() -> None:
    near, rfm = blobs(0.5, seed=1)
    points, labels = blobs(8.0)
    found = separations(points, labels, near, rfm)
    for figure, low, high in found.values():
        assert low <= figure <= high
    for measure in ("silhouette", "separation of centres, mean over customers"):
        assert found[f"{measure}: segments"][1] > found[f"{measure}: RFM in its own space"][2]
        assert found[f"{measure}: segments less RFM in its own space"][1] > 0
    assert found["silhouette: segments"][0] == pytest.approx(quality.silhouette(points, labels))
    wide = found["separation of centres, mean over customers: segments"][0]
    assert wide == pytest.approx(quality.separation(points, labels).mean())


def test_the_same_segments_are_no_gain_and_noise_costs() -> None:
    points, labels = blobs(3.0)
    same = separations(points, labels, points, labels)
    assert same["silhouette: segments less RFM in its own space"] == (0.0, 0.0, 0.0)
    half = np.where(np.arange(400) % 2 == 0, labels, -1)
    found = separations(points, half, points, labels)
    whole, counted = found["silhouette: segments"], found["silhouette: segments, noise as 0"]
    assert counted[0] == pytest.approx(whole[0] / 2)
    assert found["silhouette: segments, noise as 0 less RFM in its own space"][2] < 0


def test_one_segment_has_nothing_to_lie_apart_from() -> None:
    points, labels = blobs(3.0)
    figure, low, high = separations(points, np.zeros(400, dtype=np.int64), points, labels)["silhouette: segments"]
    assert all(np.isnan(one) for one in (figure, low, high))


def test_the_report_prints_and_draws_separation(capsys: pytest.CaptureFixture[str]) -> None:
    points, labels = blobs(8.0)
    part: dict[str, Any] = {
        "figures": {"customers": 400}, "separation": separations(points, labels, points, labels), "lift": {},
        "sizes": {"segment 0": 100}, "map": [(0.0, 1.0, "segment 0")], "trials": [],
    }  # fmt: skip
    show({"berka": part})
    printed = capsys.readouterr().out
    assert "silhouette: RFM in its own space" in printed
    assert "separation of centres" in printed
    drawn = as_page({"berka": part, "typical": {}})
    figure, low, high = part["separation"]["silhouette: segments"]
    assert f"<td>silhouette: segments</td><td>{figure:.3f} [{low:.3f}, {high:.3f}]</td>" in drawn
