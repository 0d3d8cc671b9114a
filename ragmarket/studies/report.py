"""How good a bank's own segments are, on its own customers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ragmarket.bootstrap import House
from ragmarket.errors import NotFound
from ragmarket.schemas.segment_report import SegmentReport
from ragmarket.schemas.segments import Measurement
from ragmarket.studies.assignment import measure_segments
from ragmarket.studies.fitting import segment_model
from ragmarket.studies.home import Note, tables, vectors
from ragmarket.studies.profiles import read_profiles

TOLD = 6
# In deviations among everybody; less than that is nothing to tell people of.
LEAST = 0.2


def report_segments(house: House, folder: Path | None, note: Note, *, rounds: int = 10) -> SegmentReport:
    """Quality, map, exemplars and plain differences of the fitted segments.

    Args:
        house: Gives encoder and home.
        folder: Tables; the published store without one.
        note: Receives lines of progress.
        rounds: Resamples for stability; 0 leaves it out.

    Raises:
        ModelMissing: No segments were fitted, or with another encoder.
    """
    from ragmarket.signals.customers import CustomerBook
    from ragmarket.signals.segments.report import report

    model, source = segment_model(house), tables(house, folder)
    transactions = source.read("transactions")
    barred = CustomerBook(source.folder).barred(transactions["customer_id"].unique().to_list())
    note("measuring segments")
    differences = {number: differences_of(own) for number, own in measure_segments(house, folder).items()}
    try:
        names = {one.segment: one.name for one in read_profiles(house)}
    except NotFound:
        names = {}
    return report(
        model,
        transactions,
        vectors(house),
        differences=differences,
        names=names,
        barred=barred,
        rounds=rounds,
        note=note,
    )


def differences_of(measured: Sequence[Measurement]) -> tuple[str, ...]:
    """What sets a segment apart, as sentences of ``knowledge/profiles.yaml``, the largest difference first."""
    from ragmarket.knowledge.profiles import load_profiles

    kinds = load_profiles().statistics
    far = [(abs(one.value - one.overall) / one.spread, one) for one in measured if one.spread > 0 and one.kind in kinds]
    told = sorted((pair for pair in far if pair[0] >= LEAST), key=lambda pair: (-pair[0], pair[1].kind))[:TOLD]
    return tuple(
        kinds[one.kind]
        .phrases["higher" if one.value > one.overall else "lower"][0]
        .format(a=one.shown, b=one.shown_overall)
        for _, one in told
    )
