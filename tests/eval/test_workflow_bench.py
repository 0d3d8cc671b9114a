"""The workflow bench asks what comes next of the past alone, and scores later cases than it learned from."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from eval.sessions.workflow import ASKED, FILE, next_step, questions, workflow
from ragmarket.visits.home import KeptTexts

CASES = 120


class Silent:
    """Reads no text: a log has none."""

    name = fingerprint = "silent"

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        return np.zeros((len(texts), 8), dtype=np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Cases that go 1, 2, 1, 2 … or 3, 3, 3 …, later cases first in the file."""
    found = tmp_path_factory.mktemp("log")
    dice = np.random.default_rng(0)
    lines = []
    for case in reversed(range(CASES)):
        turns = dice.random() < 0.5
        for step in range(int(dice.integers(3, 8))):
            activity = 3 if not turns else 1 + step % 2
            day = f"2011-{1 + case // 28:02d}-{1 + case % 28:02d}"
            lines.append(f"{900 - case},{activity},{day} 10:{step:02d}:00")
    data = "\n".join(["CaseID,ActivityID,CompleteTimestamp", *lines]).encode()
    (found / FILE).write_bytes(gzip.compress(data, mtime=0))
    return found


def test_a_question_shows_the_past_alone_and_later_cases_are_scored(folder: Path) -> None:
    events = workflow(folder)
    assert events["session_id"].n_unique() == CASES
    assert events.group_by("session_id", maintain_order=True).agg(pl.col("at").min())["at"].is_sorted()
    seen, task, parts = questions(events, 5)
    whole = {str(name[0]): rows["page"].to_list() for name, rows in events.group_by("session_id")}
    steps = sorted(events["page"].unique().to_list())
    shown = {str(name[0]): rows.sort("event")["page"].to_list() for name, rows in seen.group_by("session_id")}
    for session, owner, class_ in zip(task.sessions, task.owners, task.classes.tolist(), strict=True):
        pages = shown[session]
        assert pages == whole[owner][: len(pages)]
        follows = whole[owner][len(pages) :]
        assert class_ == (steps.index(follows[0]) if follows else len(steps))
    assert max(task.owners.count(one) for one in set(task.owners)) <= ASKED
    begun = dict(events.group_by("session_id").agg(pl.col("at").min()).iter_rows())
    sides = [[begun[task.owners[row]] for row in part.tolist()] for part in (parts.learn, parts.choose, parts.test)]
    assert max(sides[0]) < min(sides[1]) <= max(sides[1]) < min(sides[2])


def test_what_turns_is_foreseen_better_than_what_is_common(folder: Path) -> None:
    report = next_step(folder, KeptTexts(Silent()), lambda _: None, epochs=1, seed=5)
    figures = report["figures"]
    assert {"popularity", "first-order Markov", "embedding", "baseline and embedding"} <= set(figures)
    assert figures["first-order Markov"]["accuracy"][0] > figures["popularity"]["accuracy"][0] + 0.1
    assert figures["first-order Markov"]["accuracy over Markov"] == (0.0, 0.0, 0.0)
    for one in figures.values():
        assert one["accuracy"][1] <= one["accuracy"][0] <= one["accuracy"][2]
