"""The simulated bank: its tables, its streams, and what it never gives away."""

from __future__ import annotations

import json

import polars as pl
import pytest

from ragmarket.errors import BadKnowledge, InvalidInput, NotFound
from ragmarket.knowledge.angles import load_angles
from ragmarket.signals.simulate.presets import Preset, preset
from ragmarket.signals.simulate.store import read, write
from ragmarket.signals.simulate.wording import WORDING, load_wording
from ragmarket.signals.tables import TABLES
from ragmarket.signals.truth_tables import HEADS, VIEWS
from ragmarket.signals.vocabulary import INTENTS, SEGMENTS

FEATURES = [name for name, table in TABLES.items() if table.role == "feature"]


def silent(what: str, done: int, total: int) -> None:
    assert done <= total
    assert what


def hashes(card):
    return {name: table["sha256"] for name, table in card["tables"].items()}


@pytest.fixture(scope="module")
def bank(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bank") / "small"
    write(preset("small"), 7, folder, silent)
    return folder


@pytest.fixture(scope="module")
def tables(bank):
    return {name: read(bank, name).collect() for name in TABLES}


def test_every_table_keeps_its_schema_and_its_key(tables):
    for name, frame in tables.items():
        assert frame.schema == TABLES[name].frame_schema()
        assert TABLES[name].check(frame).equals(frame)
        assert frame.select(TABLES[name].key).is_duplicated().sum() == 0
        assert frame.height > 0


def test_the_vocabulary_is_the_bank_s(tables):
    angles = load_angles()
    assert set(SEGMENTS) == set(angles.segments)
    assert set(INTENTS) < set(angles.intents)
    assert set(tables["truth_periods"]["intent"].unique()) == set(INTENTS)
    assert set(tables["truth_customers"]["segment"].unique()) == set(SEGMENTS)


def test_rows_do_not_depend_on_chunk_or_size_and_other_seeds_differ(tmp_path):
    bank = preset("small", customers=1_200, periods=3)
    one = write(bank, 3, tmp_path / "one", silent, chunk=1)
    other = write(bank, 3, tmp_path / "other", silent, chunk=9_000, bounds=False)
    assert hashes(other).items() <= hashes(one).items()
    assert set(one["tables"]) - set(other["tables"]) == {"bounds", "session_bounds"}
    assert len(list((tmp_path / "one/features/customers").iterdir())) == 2
    assert len(list((tmp_path / "other/features/customers").iterdir())) == 1
    again = write(bank, 4, tmp_path / "again", silent, bounds=False)
    assert all(again["tables"][name]["sha256"] != one["tables"][name]["sha256"] for name in FEATURES)
    write(preset("small", customers=300, periods=3), 3, tmp_path / "fewer", silent)
    for name in TABLES:
        few, many = read(tmp_path / "fewer", name).collect(), read(tmp_path / "one", name).collect()
        key = next(column for column in TABLES[name].key)
        assert few.equals(many.filter(pl.col(key).is_in(few[key].unique().implode())))


def test_the_same_seed_gives_the_same_bytes_as_ever(tmp_path):
    card = write(preset("small", customers=200, periods=2), 11, tmp_path / "bank", silent, bounds=False)
    # Whoever changes the generator changes the bank: say so in the change log, then mend this line.
    pinned = {"customers": "85c412ff397b48d4", "transactions": "df5e69bdb6a76f05", "notes": "04bc0e7d75cfe4c8"}
    assert {name: hashes(card)[name][:16] for name in pinned} == pinned


def test_columns_are_what_the_events_add_up_to(tables):
    key = ["customer_id", "period"]
    paid = (
        tables["transactions"]
        .group_by(key)
        .agg(
            (pl.col("channel") == "UPI").sum().cast(pl.Int32).alias("upi"),
            pl.col("amount_inr").filter(pl.col("type") == "debit").sum().alias("debits"),
            pl.col("amount_inr").filter(pl.col("type") == "credit").sum().alias("credits"),
        )
    )
    seen = (
        tables["session_events"]
        .filter(pl.col("customer_id").is_not_null())
        .group_by(key)
        .agg(pl.col("session_id").n_unique().cast(pl.Int32).alias("visits"))
    )
    said = tables["notes"].group_by(key).agg(pl.len().cast(pl.Int32).alias("said"))
    frame = tables["periods"]
    for part in (paid, seen, said):
        frame = frame.join(part, on=key, how="left")
    frame = frame.fill_null(0)
    assert (frame["upi_count"] == frame["upi"]).all()
    assert (frame["debits_inr"] - frame["debits"]).abs().max() < 1
    assert (frame["credits_inr"] - frame["credits"]).abs().max() < 1
    assert (frame["sessions"] == frame["visits"]).all()
    assert (frame["notes"] == frame["said"]).all()


def test_history_counts_only_what_came_before(tables):
    done = tables["campaigns"].sort("customer_id", "period")
    before = done.select(
        pl.col("responded").cast(pl.Int32).cum_sum().over("customer_id") - pl.col("responded").cast(pl.Int32)
    )["responded"]
    assert (tables["periods"].sort("customer_id", "period")["responded_before"] == before).all()
    unsent = done.filter(~pl.col("sent"))
    assert not unsent["opened"].any()
    assert not unsent["responded"].any()
    quiet = tables["customers"].filter("do_not_disturb")["customer_id"]
    assert not done.filter(pl.col("customer_id").is_in(quiet.implode()))["sent"].any()
    assert 0.10 < done.filter("sent")["responded"].mean() < 0.20


def test_behaviour_of_a_month_comes_before_its_touch(tables):
    touch = tables["campaigns"].select("customer_id", "period", touched="at")
    for name in ("transactions", "notes"):
        late = tables[name].join(touch, on=["customer_id", "period"]).filter(pl.col("at") >= pl.col("touched"))
        assert late.height == 0
    for name in ("transactions", "notes", "session_events"):
        months = tables["periods"].select("customer_id", "period", "start").unique("period")
        placed = tables[name].join(months.select("period", "start"), on="period")
        assert (placed["at"].dt.month_start().dt.date() == placed["start"]).all()


def test_visits_are_anonymous_until_login_and_some_stay_so(tables):
    events = tables["session_events"].sort("session_id", "event")
    known = (
        events.group_by("session_id", maintain_order=True)
        .agg(pl.col("customer_id").is_not_null().alias("known"), (pl.col("page") == "login").any().alias("login"))
        .drop("session_id")
    )
    for flags, login in known.iter_rows():
        assert flags == sorted(flags)
        assert not (login and (flags[0] or not flags[-1]))
    shares = known.select(pl.col("known").list.last().mean(), login=pl.col("login").mean()).row(0)
    assert 0.75 < shares[0] < 0.85
    assert shares[1] > 0.15
    truth = tables["truth_sessions"].join(
        events.group_by("session_id").agg(pl.col("customer_id").drop_nulls().first().alias("seen")), on="session_id"
    )
    told = truth.filter(pl.col("seen").is_not_null())
    assert (told["seen"] == told["customer_id"]).all()
    assert (truth["seen"].is_not_null() == truth["logged_in"]).all()
    # The order of rows and the numbers of sessions must not say whose a visit is.
    neighbours = tables["truth_sessions"]["customer_id"]
    assert (neighbours == neighbours.shift(1)).mean() < 0.01


def test_tiles_are_clicked_among_those_shown(tables):
    shown = tables["session_events"].filter(pl.col("tile_clicked").is_not_null())
    assert shown.height > 0
    inside = shown.select(
        pl.col("tile_seen").str.split("|").list.contains(pl.col("tile_clicked").cast(pl.String))
    ).to_series()
    assert inside.all()
    assert set(shown["page"].unique()) == {"home"}


def test_features_never_hold_what_is_hidden(bank, tables):
    hidden = {"segment", "life_stage", "engagement", "intent", "response_probability"}
    for name in FEATURES:
        assert not hidden & set(tables[name].columns)
        assert (bank / "features" / name).is_dir()
    assert {path.name for path in (bank / "truth").iterdir()} == {n for n, t in TABLES.items() if t.role == "truth"}
    assert {path.name for path in (bank / "outcomes").iterdir()} == {"outcomes", "session_outcomes"}


def test_regions_and_seasons_are_indian(tables):
    held = tables["customers"].join(tables["periods"].filter(pl.col("period") == 0), on="customer_id")

    def share(states: list[str], column: str) -> float:
        chosen = held.filter(pl.col("state").cast(pl.String).is_in(states))
        return float(chosen[column].mean())

    assert share(["KL", "TN"], "holds_gold_loan") > 1.5 * share(["UP", "BR", "DL", "MP"], "holds_gold_loan")
    assert share(["MH", "GJ"], "holds_mutual_fund") > 1.2 * share(["UP", "BR", "MP"], "holds_mutual_fund")
    wages = tables["transactions"].filter(pl.col("category") == "salary", pl.col("is_recurring"))
    assert (wages["at"].dt.day() == 1).mean() > 0.9
    taxed = tables["truth_periods"].group_by("period").agg((pl.col("intent") == "save_tax").mean()).sort("period")
    assert taxed["intent"][5] > 1.4 * taxed["intent"][0]


def test_notes_are_made_of_the_written_lines(tables):
    wording = load_wording()
    frame = tables["notes"].join(tables["truth_notes"], on="note_id")
    for row in frame.head(300).iter_rows(named=True):
        lines = [one for name, one in wording.cores] + list(wording.complaints) + list(wording.contact_complaints)
        heads = [line.split("{")[0].strip() for line in lines]
        assert any(head and head in row["text"] for head in heads)
        assert "{" not in row["text"]
        assert (row["intent"] is None) == (row["kind"] == "complaint")
    mixed = {line.split("{")[0] for words in wording.intents.values() for line in words.mixed}
    assert any(line in text for text in frame["text"] for line in mixed)


def test_a_card_tells_rows_hashes_and_bounds(bank, tables):
    card = json.loads((bank / "card.json").read_text("utf-8"))
    assert {name: one["rows"] for name, one in card["tables"].items()} == {n: f.height for n, f in tables.items()}
    assert set(card["bounds"]) == {"response", "session_intent", *HEADS}
    page = (bank / "README.md").read_text("utf-8")
    assert all(f"### {name}" in page for name in TABLES)
    assert "invented" in page
    assert all(view in card["bounds"]["segment"] for view in VIEWS)


def test_bad_input_is_refused_and_leaves_nothing(bank, tmp_path):
    with pytest.raises(InvalidInput, match="preset: 'huge'"):
        preset("huge")
    with pytest.raises(InvalidInput, match="periods"):
        preset("small", periods=61)
    with pytest.raises(InvalidInput, match="customers"):
        preset("small", customers=0)
    with pytest.raises(InvalidInput, match="seed"):
        write(preset("small"), -1, tmp_path / "bank", silent)
    with pytest.raises(InvalidInput, match="not empty"):
        write(preset("small"), 7, bank, silent)
    with pytest.raises(NotFound, match="no finished simulation"):
        read(tmp_path / "bank", "customers")
    with pytest.raises(InvalidInput, match="table: 'people'"):
        read(bank, "people")


def test_a_table_refuses_what_does_not_fit(tables):
    table, frame = TABLES["customers"], tables["customers"]
    assert table.check(frame.with_columns(pl.col("state").cast(pl.String))).equals(frame)
    with pytest.raises(InvalidInput, match="customers: columns are missing: age"):
        table.check(frame.drop("age"))
    with pytest.raises(InvalidInput, match="customers: unknown columns: segment"):
        table.check(frame.with_columns(segment=pl.lit("senior")))
    with pytest.raises(InvalidInput, match=r"customers\.state"):
        table.check(frame.with_columns(state=pl.lit("XX")))
    with pytest.raises(InvalidInput, match=r"customers\.age: a value is missing"):
        table.check(frame.with_columns(age=pl.lit(None, dtype=pl.Int32)))


def test_presets_are_values():
    assert preset("small", customers=10) == Preset(name="small", customers=10)
    assert preset("control").control


def test_single_sessions_tell_their_purpose_as_surely_as_they_say(tables):
    frame = tables["session_bounds"].join(tables["truth_sessions"], on="session_id", suffix="_real")
    assert frame.height == tables["truth_sessions"].height
    hit = (frame["intent"] == frame["intent_real"]).mean()
    assert abs(hit - frame["probability"].mean()) < 0.02
    assert hit > 0.6


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("  save_tax:", "  save_taxes:", "intents: missing or unknown: save_tax, save_taxes"),
        ("{amount} lying idle", "{sum} lying idle", "the slot 'sum'"),
        ("Customer called.", "Walk-in at branch.", "'Walk-in at branch.' stands twice"),
        ("openings:", "opening:", "opening"),
        ("fillers:", "fillers: [", "wording.yaml"),
    ],
)
def test_a_bad_file_of_words_is_refused_whole(tmp_path, old, new, complaint):
    text = WORDING.read_text("utf-8")
    assert old in text
    path = tmp_path / "wording.yaml"
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(BadKnowledge, match=complaint):
        load_wording(path)
