from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ragmarket.errors import InvalidInput, ModelMissing, NotFound
from ragmarket.schemas.segments import Measurement, ProfileField, ProfileStatement, SegmentProfile
from ragmarket.signals.narratives import bucket, narrative, traits, with_narratives
from ragmarket.signals.segments.clusters import NOISE, ClusterConfig, fit_clusters
from ragmarket.signals.segments.measures import customer_values, grouped, measure, show
from ragmarket.signals.segments.model import SegmentModel
from ragmarket.signals.segments.pooling import PoolingConfig
from ragmarket.signals.segments.profiles import PERSON, ProfileBook, same_segments, sophistication
from ragmarket.signals.segments.quality import coherence, dbcv, population_stability, separation, silhouette, stability
from ragmarket.signals.segments.rfm import RfmSegments, rfm_values
from ragmarket.signals.segments.selection import choose, refit
from ragmarket.signals.segments.targeting import targeting
from ragmarket.signals.segments.vectors import NarrativeVectors, behaviour

HABITS = {
    "shop": [("UPI", "credit", 900.0, "business receipts", False), ("NEFT", "debit", 60_000.0, "wholesale", False)],
    "saver": [("NEFT", "credit", 90_000.0, "salary", True), ("NEFT", "debit", 9_000.0, "brokerage", True)],
    "elder": [("NEFT", "credit", 30_000.0, "pension", True), ("cash", "debit", 4_000.0, "cash withdrawal", False)],
}
ALSO = [("UPI", "debit", 300.0, "groceries", False), ("card", "debit", 1_200.0, "fuel", False)]


class WordEncoder:
    """Hashed words as unit vectors: near where words are shared, which is all that these tests ask of an encoder."""

    name = "words"

    def __init__(self, salt: str = "") -> None:
        self._salt = salt
        self.read: list[str] = []

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(self._salt.encode()).hexdigest()

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.read += texts
        rows = np.zeros((len(texts), 48), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in text.split():
                row[int(hashlib.sha256(word.encode()).hexdigest(), 16) % 48] += 1.0
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def bank(each: int = 60, seed: int = 1, months: int = 3) -> pl.DataFrame:
    dice = np.random.default_rng(seed)
    rows = []
    for habit, own in HABITS.items():
        for number in range(each):
            for _ in range(months * 8):
                pool = own if dice.random() < 0.75 else ALSO
                channel, kind, amount, category, recurring = pool[int(dice.integers(len(pool)))]
                rows.append(
                    {
                        "customer_id": f"{habit}-{number:03d}",
                        "at": datetime(2026, 1, 1) + timedelta(hours=float(dice.uniform(0, 24 * 30 * months))),
                        "channel": channel,
                        "type": kind,
                        "amount_inr": amount * float(dice.uniform(0.7, 1.3)),
                        "category": category,
                        "is_recurring": recurring,
                    }
                )
    return pl.DataFrame(rows).sort("customer_id", "at")


CONFIG = ClusterConfig(components=4, min_cluster_size=20, min_samples=5)


@pytest.fixture(scope="module")
def fitted() -> tuple[SegmentModel, NarrativeVectors, pl.DataFrame]:
    table, vectors = bank(), NarrativeVectors(WordEncoder())
    return SegmentModel.fit(table, vectors, config=CONFIG), vectors, table


def habits(ids: Sequence[str], labels: Sequence[int | None]) -> dict[int | None, set[str]]:
    found: dict[int | None, set[str]] = {}
    for id_, label in zip(ids, labels, strict=True):
        found.setdefault(label, set()).add(id_.split("-")[0])
    return found


def test_people_of_one_habit_share_a_segment(fitted: tuple[SegmentModel, NarrativeVectors, pl.DataFrame]) -> None:
    model, vectors, table = fitted
    ids, labels = model.labels(table, vectors)
    groups = habits(ids, labels.tolist())
    groups.pop(NOISE, None)
    assert sorted(map(sorted, groups.values())) == [["elder"], ["saver"], ["shop"]]
    assert (labels == NOISE).mean() < 0.1


def test_new_customers_are_assigned_without_refitting(
    fitted: tuple[SegmentModel, NarrativeVectors, pl.DataFrame],
) -> None:
    model, vectors, table = fitted
    known = dict(zip(*(list(part) for part in model.labels(table, vectors)), strict=True))
    newcomers = bank(each=15, seed=77)
    found = model.assign(newcomers, vectors)
    right = [one for one in found if one.segment == known[one.customer_id.split("-")[0] + "-000"]]
    assert len(right) / len(found) > 0.85
    assert all(one.reasons for one in found)
    assert all((one.segment is None) == one.noise for one in found)
    single = model.assign(newcomers.filter(pl.col("customer_id") == found[3].customer_id), vectors)
    assert single == (found[3],), "who else is asked for changes nothing"


def test_reasons_are_the_nearest_statistics_where_no_typical_sentence_is_shared(
    fitted: tuple[SegmentModel, NarrativeVectors, pl.DataFrame],
) -> None:
    model, vectors, table = fitted
    untypical = replace(model, cards=tuple(card.model_copy(update={"typical": ()}) for card in model.cards))
    told = [one for one in untypical.assign(table, vectors) if not one.noise]
    assert told
    for one in told:
        own = with_narratives(table.filter(pl.col("customer_id") == one.customer_id))["narrative"].to_list()
        card = model.cards[one.segment]
        known = {line.trait: line for line in card.traits}
        assert one.reasons
        for reason in one.reasons:
            trait, said = reason.rsplit(": ", 1)
            shown, rest = said.split("% of transactions ")
            share = sum(trait in traits(sentence) for sentence in own) / len(own)
            line = known[trait]
            assert int(shown) == pytest.approx(100 * share, abs=0.51)
            assert rest == f"(the segment {line.share:.0%}, everybody {line.overall:.0%})"
            assert abs(share - line.share) < abs(share - line.overall)
    bare = replace(model, cards=tuple(card.model_copy(update={"typical": (), "traits": ()}) for card in model.cards))
    for one in bare.assign(table, vectors):
        assert len(one.reasons) == 1
        if not one.noise:
            assert float(one.reasons[0].split()[2]) == pytest.approx(one.distance, abs=0.006)


@given(
    st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), min_size=1)
    | st.just("a of small to b on Monday one-time"),
    st.sampled_from(["UPI", "NEFT", "on card", "cash to go"]),
    st.floats(0, 1e9),
    st.booleans(),
)
def test_traits_are_the_parts_that_the_sentence_was_made_of(
    category: str, channel: str, amount: float, recurring: bool
) -> None:
    sentence = narrative(
        channel=channel, type_="debit", amount=amount, category=category, weekday="Sunday", recurring=recurring
    )
    often = "recurring" if recurring else "one-time"
    assert traits(sentence) == (
        f"by {channel}", "debit", f"{bucket(amount)} amounts", f"to {category}", "on Sunday", often,
    )  # fmt: skip


def test_an_outlier_is_noise_and_is_not_targeted(
    fitted: tuple[SegmentModel, NarrativeVectors, pl.DataFrame],
) -> None:
    model, vectors, table = fitted
    odd = table.head(40).with_columns(
        pl.lit("odd-000").alias("customer_id"),
        pl.lit("jewellery").alias("category"),
        pl.lit("IMPS").alias("channel"),
        pl.lit(9e6).alias("amount_inr"),
    )
    found = model.assign(odd, vectors)
    assert found[0].noise
    assert found[0].segment is None
    assert [(one.may_be_targeted, one.why_not) for one in targeting(found, {})] == [(False, ("segment.noise",))]
    assert [(one.may_be_targeted, one.why_not) for one in targeting(found, {}, noise_too=True)] == [(True, ())]


@pytest.mark.parametrize("rule", ["customer.do_not_disturb", "customer.no_consent"])
def test_who_said_no_is_not_targeted_even_where_noise_is(
    fitted: tuple[SegmentModel, NarrativeVectors, pl.DataFrame], rule: str
) -> None:
    model, vectors, table = fitted
    found = model.assign(table, vectors)
    no = next(one.customer_id for one in found if not one.noise)
    told = {one.customer_id: one for one in targeting(found, {no: rule}, noise_too=True)}
    assert (told[no].may_be_targeted, told[no].why_not, told[no].noise) == (False, (rule,), False)
    assert sum(one.may_be_targeted for one in told.values()) == len(found) - 1


def test_a_model_comes_back_whole_and_refuses_another_encoder(
    fitted: tuple[SegmentModel, NarrativeVectors, pl.DataFrame], tmp_path: Path
) -> None:
    model, vectors, table = fitted
    model.save(tmp_path)
    again = SegmentModel.load(tmp_path)
    assert again.assign(table, vectors) == model.assign(table, vectors)
    assert again.cards == model.cards
    with pytest.raises(ModelMissing, match="another sentence encoder"):
        again.assign(table, NarrativeVectors(WordEncoder("other")))


def test_a_missing_or_damaged_model_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="no segments"):
        SegmentModel.load(tmp_path)
    (tmp_path / "segments.npz").write_bytes(b"not a model")
    with pytest.raises(ModelMissing, match="cannot be read") as failure:
        SegmentModel.load(tmp_path)
    assert "segments fit" in str(failure.value.hint)


def test_too_few_customers_are_refused() -> None:
    with pytest.raises(InvalidInput, match="too few"):
        SegmentModel.fit(bank(each=5), NarrativeVectors(WordEncoder()), config=CONFIG)


def test_every_sentence_is_encoded_once_even_over_runs(tmp_path: Path) -> None:
    seen = behaviour(bank(each=8))
    first = WordEncoder()
    before = NarrativeVectors(first, tmp_path).of(seen.sentences)
    assert sorted(first.read) == list(seen.sentences)
    second = WordEncoder()
    after = NarrativeVectors(second, tmp_path).of(seen.sentences)
    assert second.read == []
    assert np.array_equal(before, after)
    file = NarrativeVectors(second, tmp_path).file
    assert file is not None
    file.write_bytes(file.read_bytes()[:100])
    third = WordEncoder()
    assert np.array_equal(NarrativeVectors(third, tmp_path).of(seen.sentences), before), "a cut file is made anew"
    assert third.read


def test_the_mean_is_the_mean_of_a_customers_transactions() -> None:
    table, vectors = bank(each=3), NarrativeVectors(WordEncoder())
    seen = behaviour(table)
    pooled = seen.mean(vectors.of(seen.sentences))
    from ragmarket.signals.narratives import with_narratives

    own = with_narratives(table.filter(pl.col("customer_id") == seen.customers[2]))["narrative"].to_list()
    assert pooled[2] == pytest.approx(vectors.of(own).mean(axis=0), abs=1e-5)
    assert seen.transactions.sum() == table.height
    assert seen.shares().sum(axis=1) == pytest.approx(1.0)


def test_learned_pooling_separates_habits_and_comes_back(tmp_path: Path) -> None:
    table, vectors = bank(each=40), NarrativeVectors(WordEncoder())
    plan = PoolingConfig(inputs=16, width=16, steps=150, customers=32, slices=3, shortest=8, longest=12)
    model = SegmentModel.fit(table, vectors, config=CONFIG, pooling=plan)
    assert model.pooling is not None
    assert np.mean(model.pooling.losses[-5:]) < np.mean(model.pooling.losses[:5])
    ids, labels = model.labels(table, vectors)
    inside = [(id_.split("-")[0], label) for id_, label in zip(ids, labels.tolist(), strict=True) if label != NOISE]
    assert len(inside) > 0.7 * len(ids)
    purity = sum(max(inside.count((habit, label)) for habit in HABITS) for label in {label for _, label in inside})
    assert purity / len(inside) > 0.9
    model.save(tmp_path)
    assert SegmentModel.load(tmp_path).assign(table, vectors) == model.assign(table, vectors)


def blobs(apart: float, seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    dice = np.random.default_rng(seed)
    centres = np.array([[0.0, 0.0], [apart, 0.0], [0.0, apart]])
    return np.concatenate([dice.normal(c, 0.5, (80, 2)) for c in centres]), np.repeat(np.arange(3), 80)


@pytest.mark.parametrize("figure", [silhouette, dbcv], ids=["silhouette", "dbcv"])
def test_validity_grows_with_distance_and_falls_for_random_labels(figure: object) -> None:
    far, near = blobs(12.0), blobs(1.0)
    shuffled = np.random.default_rng(1).permutation(far[1])
    assert figure(*far) > 0.7  # type: ignore[operator]
    assert figure(*far) > figure(*near)  # type: ignore[operator]
    assert figure(far[0], shuffled) < 0.05  # type: ignore[operator]


def test_noise_costs_density_validity() -> None:
    points, labels = blobs(12.0)
    noisy = labels.copy()
    noisy[::3] = NOISE
    assert dbcv(points, noisy) < dbcv(points, labels)


def test_separation_and_coherence_are_what_they_say() -> None:
    points, labels = blobs(12.0)
    radius = np.linalg.norm(points[labels == 1] - points[labels == 1].mean(axis=0), axis=1).mean()
    assert separation(points, labels)[1] == pytest.approx(12.0 / radius, rel=0.05)
    assert (coherence(points, labels) > 0.95).all()
    assert (coherence(points, np.random.default_rng(2).permutation(labels)) < 0.5).all()


def test_stability_is_high_for_groups_and_low_for_a_cloud() -> None:
    points, _ = blobs(12.0)
    config = ClusterConfig(components=2, min_cluster_size=20, min_samples=5)
    assert stability(points.astype(np.float32), refit(config), rounds=3).min() > 0.95
    cloud = np.random.default_rng(3).normal(size=(240, 6)).astype(np.float32)
    loose = ClusterConfig(components=6, min_cluster_size=5, min_samples=2)
    assert stability(cloud, refit(loose), rounds=3).mean() < 0.7


def test_the_population_index_is_zero_for_the_same_and_large_for_another() -> None:
    assert population_stability([0, 0, 1, 1], [0, 0, 1, 1]) == pytest.approx(0.0)
    assert population_stability([0] * 90 + [1] * 10, [0] * 10 + [1] * 90) > 0.25
    assert np.isfinite(population_stability([0] * 50, [1] * 50))


def test_the_number_of_components_is_chosen_by_stability() -> None:
    points, _ = blobs(12.0)
    wide = np.concatenate([points, np.random.default_rng(5).normal(0, 0.1, (len(points), 10))], axis=1)
    config, trials = choose(
        wide.astype(np.float32), ClusterConfig(min_cluster_size=20, min_samples=5), components=(2, 8), rounds=2
    )
    assert {trial.config.components for trial in trials} == {2, 8}
    assert fit_clusters(wide.astype(np.float32), config).count == 3


def test_rfm_scores_by_quintile_and_names_every_customer() -> None:
    table = bank(each=20)
    ids, values = rfm_values(table)
    assert values.shape == (60, 3)
    rfm = RfmSegments.fit(values)
    scores = rfm.scores(values)
    assert scores.min() == 1
    assert scores.max() == 5
    best, worst = values[:, 2].argmax(), values[:, 2].argmin()
    assert scores[best, 2] == 5
    assert scores[worst, 2] == 1
    assert scores[values[:, 0].argmin(), 0] == 5, "the most recent scores best"
    assert len(rfm.names(values)) == len(ids)
    assert 2 <= len(set(rfm.names(values))) <= 12


def test_measures_tell_a_segment_from_everybody() -> None:
    values = customer_values(bank(each=20))
    found = {one.kind: one for one in measure(values, [f"elder-{number:03d}" for number in range(20)])}
    assert found["cash_share"].value > found["cash_share"].overall
    assert found["salary_regularity"].value == 0.0
    assert "median_age" not in found, "without the customers' table nobody's age is guessed"
    with pytest.raises(InvalidInput, match="no member"):
        measure(values, ["nobody"])


@pytest.mark.parametrize(
    ("value", "shown", "text"),
    [
        (0.624, "share", "62 %"),
        (125_430.0, "amount", "₹1,25,400"),
        (12_345_678.0, "amount", "₹1,23,45,700"),
        (640.0, "amount", "₹640"),
        (34.4, "years", "34 years"),
        (1.26, "count", "1.3"),
    ],
)
def test_values_are_shown_as_people_read_them(value: float, shown: str, text: str) -> None:
    assert show(value, shown) == text  # type: ignore[arg-type]
    assert grouped(100) == "100"


def profile(segment: int, name: str = "Steady savers", by: str = "writer") -> SegmentProfile:
    field = ProfileField(value="unclear")
    return SegmentProfile(
        segment=segment,
        name=name,
        statements=(ProfileStatement(text="62 % pay by UPI.", statistic="upi_share"),),
        life_stage=field,
        sophistication=field,
        next_product=field,
        channel=field,
        risk_appetite=field,
        language=field,
        region=field,
        written_by=by,
        version=1,
    )


def test_what_a_person_edits_survives_the_next_writing(tmp_path: Path) -> None:
    book = ProfileBook(tmp_path)
    with pytest.raises(NotFound):
        book.read()
    book.write([profile(0), profile(1, "Shop keepers")])
    text = book.file.read_text("utf-8").replace("Shop keepers", "Kirana owners")
    book.file.write_text(text, "utf-8")
    edited = book.read()[1]
    assert (edited.name, edited.version, edited.written_by) == ("Kirana owners", 2, PERSON)
    written = book.write([profile(0, "Careful savers"), profile(1, "Traders")])
    assert [one.name for one in written] == ["Careful savers", "Kirana owners"]
    assert written[0].version == 2
    assert len(list(book.versions())) == 3


def test_a_wrong_edit_is_refused_whole_and_named(tmp_path: Path) -> None:
    book = ProfileBook(tmp_path)
    book.write([profile(0)])
    book.file.write_text(book.file.read_text("utf-8").replace("version: 1", "version: none"), "utf-8")
    with pytest.raises(InvalidInput, match=r"profiles\.0\.version"):
        book.read()
    assert len(list(book.versions())) == 1


def test_an_edited_profile_follows_its_segment_into_a_refit(
    fitted: tuple[SegmentModel, NarrativeVectors, pl.DataFrame], tmp_path: Path
) -> None:
    model, _, _ = fitted
    again = SegmentModel.fit(bank(seed=9), NarrativeVectors(WordEncoder()), config=CONFIG)
    places = same_segments(model.cards, again.cards)
    assert len(places) == 3
    book = ProfileBook(tmp_path)
    book.write([profile(number, f"segment {number}") for number in range(3)])
    book.file.write_text(book.file.read_text("utf-8").replace("segment 2", "Pensioners"), "utf-8")
    book.carry(places)
    (kept,) = book.read()
    assert kept.name == "Pensioners"
    assert kept.segment == places[2]


def test_sophistication_rests_on_the_statistics_it_names() -> None:
    def of(kind: str, value: float) -> Measurement:
        return Measurement(kind=kind, value=value, overall=0.5, spread=0.3, shown="", shown_overall="")

    found = sophistication([of("recurring_sip", 0.9), of("nps_contribution", 0.8)])
    assert (found.value, set(found.statistics)) == ("advanced", {"recurring_sip", "nps_contribution"})
    assert sophistication([of("recurring_sip", 0.52)]).value == "unclear"


def test_the_saved_card_says_where_the_model_comes_from(
    fitted: tuple[SegmentModel, NarrativeVectors, pl.DataFrame],
) -> None:
    model, _, table = fitted
    card = json.loads(json.dumps(dict(model.card)))
    assert card["transactions"] == table.height
    assert card["customers"] == 180
    assert 0 <= card["noise"] < 0.3
