"""Segments found in tables of transactions, and kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragmarket.bootstrap import House
from ragmarket.studies.home import Note, home, tables, vectors

if TYPE_CHECKING:
    from ragmarket.signals.segments.model import SegmentModel


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
