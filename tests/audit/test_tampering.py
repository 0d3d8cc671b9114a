"""Random tampering, and writers killed at random: `eval/audit.py` with a seed of the tests' own."""

from __future__ import annotations

import pytest

from eval.audited.base import base_log
from eval.audited.kills import kill_writers
from eval.audited.tampering import answer, tamperings


def wrongly_named(folder, count, seed):
    base = base_log(folder)
    wrong = []
    for one in tamperings(base, count, seed):
        got = answer(base, one, folder / "tampered.sqlite3")
        if got != (one.seq, one.kind):
            wrong.append((one.family, one.what, (one.seq, one.kind), got))
    return wrong


def test_random_tamperings_are_found_and_named(tmp_path):
    assert wrongly_named(tmp_path, 75, seed=1) == []


@pytest.mark.slow
def test_a_thousand_random_tamperings_are_found_and_named(tmp_path):
    assert wrongly_named(tmp_path, 1000, seed=2) == []


def test_nothing_acknowledged_is_lost_when_a_writer_is_killed(tmp_path):
    report = kill_writers(tmp_path, 6, seed=1)
    assert (report.kills, report.missing, report.faulty_logs) == (6, 0, 0)
    assert report.acknowledged > 0


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_in_two_hundred_kills(tmp_path):
    report = kill_writers(tmp_path, 200, seed=2)
    assert (report.kills, report.missing, report.faulty_logs) == (200, 0, 0)
    assert report.acknowledged > 1000
