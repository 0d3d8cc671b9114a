"""Profiles of the segments: written from their statistics, edited by people."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ragmarket.bootstrap import House
from ragmarket.schemas.segments import (
    ProfileField,
    ProfileStatement,
    SegmentProfile,
)
from ragmarket.studies.assignment import measure_segments
from ragmarket.studies.fitting import segment_model
from ragmarket.studies.home import Note, home, tables, vectors

if TYPE_CHECKING:
    import polars as pl


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
