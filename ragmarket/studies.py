"""What the `segments` commands do, on a simulated bank or the published store; models are kept in the home.

A folder is either one that `ragmarket simulate` wrote or the feature tables that `ragmarket signals publish` wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragmarket.bootstrap import House
from ragmarket.errors import NotFound
from ragmarket.schemas.offers import Offer
from ragmarket.schemas.segments import (
    CustomerSegment,
    Measurement,
    ProfileField,
    ProfileStatement,
    SegmentProfile,
)
from ragmarket.signals.feature_tables import Tables

if TYPE_CHECKING:
    import polars as pl

    from ragmarket.signals.segments.model import SegmentModel
    from ragmarket.signals.segments.vectors import NarrativeVectors

Note = Callable[[str], None]


def tables(house: House, folder: Path | None) -> Tables:
    """The tables of a folder, or of the house's own published store."""
    return Tables(folder or house.settings.home / "signals" / "tables")


def home(house: House) -> Path:
    """Where fitted segments and their profiles are kept."""
    return house.settings.home / "segments"


def vectors(house: House) -> NarrativeVectors:
    """Sentence vectors of the house's encoder, kept between runs."""
    from ragmarket.signals.segments.vectors import NarrativeVectors

    return NarrativeVectors(house.encoder, home(house))


def fit_segments(
    house: House,
    folder: Path | None,
    note: Note,
    *,
    min_cluster_size: int = 50,
    min_samples: int = 10,
    components: int | None = None,
    learned: bool = False,
) -> dict[str, Any]:
    """Find segments and keep them; people's profiles follow the segments that behave as before.

    Args:
        house: Gives the sentence encoder and the home.
        folder: Tables; the published store without one.
        note: Receives lines of progress.
        min_cluster_size: Least customers of a segment.
        min_samples: Neighbours of a core customer.
        components: Principal components; without it the most stable number is chosen.
        learned: Whether a trained reader replaces the plain mean.

    Returns:
        The model's card, with the trials of the choice.
    """
    from dataclasses import asdict

    from ragmarket.errors import ModelMissing
    from ragmarket.signals.segments.clusters import ClusterConfig
    from ragmarket.signals.segments.model import SegmentModel
    from ragmarket.signals.segments.pooling import PoolingConfig
    from ragmarket.signals.segments.profiles import ProfileBook, same_segments
    from ragmarket.signals.segments.selection import choose
    from ragmarket.signals.segments.vectors import behaviour

    transactions = tables(house, folder).read("transactions")
    config = ClusterConfig(min_cluster_size=min_cluster_size, min_samples=min_samples)
    trials: tuple[Any, ...] = ()
    own = vectors(house)
    if components is not None:
        config = config.model_copy(update={"components": components})
    elif not learned:
        seen = behaviour(transactions)
        note(f"encoding {len(seen.sentences):,} different sentences of {len(seen.customers):,} customers")
        config, trials = choose(seen.mean(own.of(seen.sentences)), config, progress=note)
    note(f"finding segments in {config.components} components")
    model = SegmentModel.fit(transactions, own, config=config, pooling=PoolingConfig() if learned else None)
    try:
        before = SegmentModel.load(home(house))
    except ModelMissing:
        before = None
    model.save(home(house))
    if before is not None:
        ProfileBook(home(house)).carry(same_segments(before.cards, model.cards))
    return {
        **model.card,
        "segments": [card.model_dump(mode="json") for card in model.cards],
        "trials": [{**asdict(trial), "config": trial.config.model_dump(mode="json")} for trial in trials],
    }


def segment_model(house: House) -> SegmentModel:
    """The fitted segments.

    Raises:
        ModelMissing: None were fitted.
    """
    from ragmarket.signals.segments.model import SegmentModel

    return SegmentModel.load(home(house))


def assign_segments(house: House, folder: Path | None, customers: Sequence[str] | None) -> tuple[CustomerSegment, ...]:
    """The segment of customers, all or these, without refitting.

    Raises:
        NotFound: None of them has a transaction.
        ModelMissing: No segments were fitted, or with another encoder.
    """
    transactions = tables(house, folder).read("transactions", customers)
    if transactions.is_empty():
        raise NotFound("none of these customers has a transaction", hint="Check the ids and the folder.")
    return segment_model(house).assign(transactions, vectors(house))


def measure_segments(house: House, folder: Path | None) -> dict[int, tuple[Measurement, ...]]:
    """What sets each segment apart, by its number."""
    from ragmarket.signals.segments.measures import customer_values, measure

    source, model = tables(house, folder), segment_model(house)
    transactions = source.read("transactions")
    values = customer_values(
        transactions,
        customers=source.maybe("customers"),
        periods=source.maybe("periods"),
        notes=source.maybe("notes"),
    )
    ids, labels = model.labels(transactions, vectors(house))
    return {
        card.number: measure(
            values, [id_ for id_, label in zip(ids, labels.tolist(), strict=True) if label == card.number]
        )
        for card in model.cards
    }


def write_profiles(house: House, folder: Path | None, note: Note) -> tuple[SegmentProfile, ...]:
    """Let the writer name and describe each segment from its statistics; what a person edited stays.

    Raises:
        ModelMissing: No segments were fitted.
        UndecodableOutput: The engine did not follow the grammar.
    """
    from ragmarket.generation.tasks import statistics
    from ragmarket.generation.tasks.segments import SegmentNamer
    from ragmarket.knowledge.profiles import load_profiles
    from ragmarket.signals.segments.profiles import ProfileBook, commonest, sophistication

    known = load_profiles()
    namer = SegmentNamer(house.engine, known)
    source, model = tables(house, folder), segment_model(house)
    ids, labels = model.labels(source.read("transactions"), vectors(house))
    standing = source.maybe("customers")
    found = []
    for number, measured in measure_segments(house, folder).items():
        note(f"describing segment {number}")
        task = statistics.segment_task(
            (statistics.Measurement(**one.model_dump()) for one in measured if one.kind in known.statistics), known
        )
        written = namer.describe(task).filled(task)
        kinds = {item.id: item.kind for item in task.statistics}
        fields = {
            name: ProfileField(value=choice.value, statistics=tuple(kinds[cite] for cite in choice.cites))
            for name, choice in written.fields.items()
        }
        members = [id_ for id_, label in zip(ids, labels.tolist(), strict=True) if label == number]
        found.append(
            SegmentProfile(
                segment=number,
                name=written.name,
                statements=tuple(
                    ProfileStatement(text=one.text, statistic=kinds[one.cite]) for one in written.statements
                ),
                life_stage=fields["life_stage"],
                next_product=fields["next_product"],
                channel=fields["channel"],
                risk_appetite=fields["risk_appetite"],
                sophistication=sophistication(measured),
                language=commonest(_column(standing, "language", members), "language_share"),
                region=commonest(_column(standing, "state", members), "state_share"),
                written_by=house.settings.generation.model
                if house.settings.generation.base_url
                else "ragmarket-writer",
                version=1,
            )
        )
    return ProfileBook(home(house)).write(found)


def read_profiles(house: House) -> tuple[SegmentProfile, ...]:
    """The profiles as they stand, people's edits included.

    Raises:
        NotFound: There are none.
        InvalidInput: An edit is wrong; names it.
    """
    from ragmarket.signals.segments.profiles import ProfileBook

    return ProfileBook(home(house)).read()


def _column(frame: pl.DataFrame | None, name: str, members: Sequence[str]) -> list[str]:
    import polars as pl

    if frame is None or name not in frame.columns:
        return []
    chosen = frame.filter(pl.col("customer_id").is_in(list(members)))[name]
    return [str(value) for value in chosen.cast(pl.String).drop_nulls().to_list()]


def offers(
    house: House, folder: Path | None, customers: Sequence[str] | None, *, period: int | None = None
) -> Mapping[str, tuple[Offer, ...]]:
    """What these customers may want next: by the recommender where outcomes stand beside the tables, else by rules.

    Args:
        house: Gives the home.
        folder: Tables, with ``outcomes/`` beside ``features/`` to learn from.
        customers: Ids; all without them.
        period: Month after which the offer is made; the last one without it.

    Raises:
        NotFound: The tables hold no months, or none of these customers.
    """
    import polars as pl

    from ragmarket.signals.offers.recommender import Recommender
    from ragmarket.signals.offers.rules import load_offer_rules
    from ragmarket.signals.offers.signs import signs

    source = tables(house, folder)
    periods, transactions = source.read("periods"), source.read("transactions")
    events = source.maybe("session_events")
    last = int(periods["period"].max()) if period is None else period  # type: ignore[arg-type]

    def table(month: int) -> pl.DataFrame:
        return signs(month, periods=periods, transactions=transactions, session_events=events)

    now = table(last)
    if customers is not None:
        now = now.filter(pl.col("customer_id").is_in(list(customers)))
        if now.is_empty():
            raise NotFound("none of these customers has a row in that month", hint="Check the ids and the folder.")
    outcomes = sorted((source.folder / "outcomes" / "outcomes").glob("part-*.parquet"))
    if not outcomes or last < 1:
        return load_offer_rules().offers(now)
    past = pl.concat(
        [table(month).with_columns(pl.lit(month).alias("period")) for month in range(max(0, last - 2), last)]
    )
    taken = pl.scan_parquet(outcomes).select("customer_id", "period", pl.col("product").cast(pl.String)).collect()
    seen = past.with_columns(pl.col("period").cast(pl.Int32)).join(taken, on=["customer_id", "period"], how="inner")
    return Recommender.fit(seen.drop("period", "product"), seen["product"].to_list()).offers(now)
