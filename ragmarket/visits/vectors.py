"""Session vectors: learned from events alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ragmarket.bootstrap import House
from ragmarket.studies.home import tables
from ragmarket.visits.home import Note, home, texts


def fit_vectors(
    house: House, folder: Path | None, note: Note, *, epochs: int | None = None, contrast: float = 0.0, seed: int = 0
) -> dict[str, Any]:
    """Learn session vectors from events alone and keep the encoder; a killed run goes on.

    Args:
        house: Gives the sentence encoder and the home.
        folder: Tables; the published store without one.
        note: Receives lines of progress.
        epochs: Passes over the sessions.
        contrast: Weight of the contrastive loss.
        seed: Of everything random.

    Returns:
        The encoder's card.
    """
    from ragmarket.signals.sessions.encoder import SessionEncoder
    from ragmarket.signals.sessions.pretraining import PretrainingConfig

    events = tables(house, folder).read("session_events")
    note(f"reading {events['session_id'].n_unique():,} sessions, {events.height:,} events")
    plan = PretrainingConfig(contrast=contrast, seed=seed)
    if epochs is not None:
        plan = plan.model_copy(update={"epochs": epochs})
    checkpoint = home(house) / "encoder.checkpoint.pt"
    encoder = SessionEncoder.fit(
        events,
        texts(house),
        lambda row: note(f"epoch {row['epoch']:.0f} of {plan.epochs}: loss {row['loss']:.3f}"),
        plan=plan,
        checkpoint=checkpoint,
    )
    encoder.save(home(house))
    checkpoint.unlink(missing_ok=True)
    return encoder.card
