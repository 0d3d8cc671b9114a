"""Sessions to vectors: what may be read, what is learned without labels, what comes back from disk."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ragmarket.errors import InvalidInput, ModelMissing
from ragmarket.signals.sessions.encoder import SessionEncoder
from ragmarket.signals.sessions.events import Vocabulary, read_sessions
from ragmarket.signals.sessions.network import NetworkConfig
from ragmarket.signals.sessions.pretraining import PretrainingConfig
from ragmarket.signals.sessions.sampling import diverse
from ragmarket.signals.sessions.texts import HashedEncoder

PAGES = ("overview", "rates", "charges", "calculator", "eligibility", "documents")
NETWORK = NetworkConfig(width=16, vector=12, layers=1, heads=2)


def visits(count: int, seed: int = 0) -> tuple[pl.DataFrame, list[str]]:
    """Sessions that read the same pages of the same product, one half forwards and one half backwards."""
    dice = np.random.default_rng(seed)
    rows, ways = [], []
    for number in range(count):
        way = "forward" if dice.random() < 0.5 else "backward"
        ways.append(way)
        place = int(dice.integers(len(PAGES)))
        at = datetime(2026, 1, 1) + timedelta(minutes=float(dice.uniform(0, 40_000)))
        for event in range(int(dice.integers(5, 9))):
            rows.append(
                {
                    "session_id": f"S{number:05d}",
                    "event": event,
                    "at": at + timedelta(seconds=30 * event),
                    "page": PAGES[place],
                    "product": "loan",
                    "text": "quick loan" if event == 1 and dice.random() < 0.3 else None,
                    "referrer": "direct",
                    "device": "mobile",
                    "dwell_s": float(dice.uniform(1, 60)),
                }
            )
            place = (place + (1 if way == "forward" else -1)) % len(PAGES)
    return pl.DataFrame(rows, infer_schema_length=None), ways


def quiet(_: dict[str, float]) -> None:
    pass


@pytest.fixture(scope="module")
def fitted() -> SessionEncoder:
    plan = PretrainingConfig(epochs=16, batch=32)
    return SessionEncoder.fit(visits(500)[0], HashedEncoder(32), quiet, network=NETWORK, plan=plan)


def test_the_vector_holds_the_order_of_pages_though_no_label_was_read(fitted: SessionEncoder) -> None:
    from sklearn.linear_model import LogisticRegression

    events, ways = visits(400, seed=5)
    ids, vectors = fitted.embed(events)
    assert ids == tuple(sorted(ids))
    assert vectors.shape == (400, 12)
    probe = LogisticRegression(max_iter=500).fit(vectors[:200], ways[:200])
    assert probe.score(vectors[200:], ways[200:]) > 0.9


def test_losses_fall_and_are_on_the_card(fitted: SessionEncoder) -> None:
    rows = fitted.card["training"]
    assert [row["epoch"] for row in rows] == list(range(1, 17))
    assert rows[-1]["loss"] < 0.9 * rows[0]["loss"]
    assert fitted.card["sessions"] == 500


def test_who_else_is_embedded_changes_no_vector(fitted: SessionEncoder) -> None:
    events, _ = visits(60, seed=9)
    ids, vectors = fitted.embed(events)
    alone = fitted.embed(events.filter(pl.col("session_id") == ids[7]))[1][0]
    assert np.allclose(alone, vectors[7], atol=1e-5)


def test_an_encoder_comes_back_whole_and_refuses_another_reader(fitted: SessionEncoder, tmp_path: Path) -> None:
    fitted.save(tmp_path)
    events, _ = visits(30, seed=2)
    again = SessionEncoder.load(tmp_path, HashedEncoder(32))
    assert np.array_equal(again.embed(events)[1], fitted.embed(events)[1])
    with pytest.raises(ModelMissing, match="another sentence encoder"):
        SessionEncoder.load(tmp_path, HashedEncoder(16))


def test_a_missing_or_damaged_encoder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="no session encoder") as missing:
        SessionEncoder.load(tmp_path, HashedEncoder())
    assert "ragmarket sessions fit" in missing.value.hint
    (tmp_path / "encoder.npz").write_bytes(b"not a model")
    with pytest.raises(ModelMissing, match="cannot be read"):
        SessionEncoder.load(tmp_path, HashedEncoder())


def test_a_killed_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    events, _ = visits(80)
    plan = PretrainingConfig(epochs=3, batch=32)

    class Killed(Exception):
        pass

    def kill(row: dict[str, float]) -> None:
        if row["epoch"] == 3:
            raise Killed

    def fit(report, checkpoint):
        return SessionEncoder.fit(events, HashedEncoder(16), report, network=NETWORK, plan=plan, checkpoint=checkpoint)

    with pytest.raises(Killed):
        fit(kill, tmp_path / "half.pt")
    seen: list[float] = []
    resumed = fit(lambda row: seen.append(row["epoch"]), tmp_path / "half.pt")
    assert seen == [3], "the first two passes were not repeated"
    assert [row["epoch"] for row in resumed.card["training"]] == [1, 2, 3]


def test_two_views_of_one_session_can_be_drawn_together() -> None:
    events, _ = visits(60)
    plan = PretrainingConfig(epochs=1, batch=32, contrast=0.5)
    found = SessionEncoder.fit(events, HashedEncoder(16), quiet, network=NETWORK, plan=plan)
    assert np.isfinite(found.embed(events)[1]).all()


def test_words_never_met_are_read_as_unknown(fitted: SessionEncoder) -> None:
    events = pl.DataFrame({"session_id": ["A", "A"], "event": [0, 1], "page": ["hologram", "rates"]})
    assert np.isfinite(fitted.embed(events)[1]).all()


@pytest.mark.parametrize(
    ("events", "message"),
    [
        (pl.DataFrame({"session_id": ["A"], "event": [0]}), "page"),
        (pl.DataFrame(schema={"session_id": pl.String, "event": pl.Int32, "page": pl.String}), "there are none"),
        (pl.DataFrame({"session_id": ["A"], "event": [0], "page": [None]}), "page is missing"),
    ],
)
def test_events_that_cannot_be_read_are_refused_by_name(events: pl.DataFrame, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        Vocabulary.fit(events)


@settings(max_examples=40)
@given(st.lists(st.lists(st.sampled_from(PAGES), min_size=1, max_size=9), min_size=1, max_size=8), st.integers(1, 9))
def test_arrays_hold_every_event_in_its_place(sessions: list[list[str]], longest: int) -> None:
    rows = [
        {"session_id": f"S{number}", "event": place, "page": page}
        for number, pages in enumerate(sessions)
        for place, page in enumerate(pages)
    ]
    events = pl.DataFrame(rows).sample(fraction=1.0, shuffle=True, seed=1)
    vocabulary = Vocabulary.fit(events)
    read = read_sessions(events, vocabulary)
    assert read.lengths.tolist() == [len(pages) for pages in sessions]
    grid = read.rows(np.arange(len(sessions)), longest)
    words = ("", "?", *vocabulary.words["page"])
    for row, pages in zip(grid, sessions, strict=True):
        assert [words[read.codes[place, 0]] for place in row if place >= 0] == pages[-longest:]


def test_a_sample_has_some_of_every_kind() -> None:
    dice = np.random.default_rng(0)
    common, rare = dice.normal(0, 0.1, (980, 4)), dice.normal(5, 0.1, (20, 4))
    vectors = np.concatenate([common, rare]).astype(np.float32)
    chosen = diverse(vectors, 40, clusters=8)
    assert len(set(chosen.tolist())) == 40
    assert (chosen >= 980).sum() >= 3, "a fiftieth of the sessions, more than a fiftieth of the sample"
    assert diverse(vectors[:5], 40).tolist() == [0, 1, 2, 3, 4]
