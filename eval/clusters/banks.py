"""What is measured on a simulated bank, and on Berka's clients."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from eval.clusters.agreement import drift, truth_agreement
from eval.clusters.berka import berka, cards_later
from eval.clusters.fitting import segments_of, typical
from eval.clusters.lift import lift, next_product
from eval.clusters.offers import offers
from ragmarket.signals.feature_tables import Tables
from ragmarket.signals.segments.vectors import NarrativeVectors

Note = Callable[[str], None]


def on_bank(bank: Path, vectors: NarrativeVectors, note: Note, *, rounds: int, seed: int) -> dict[str, Any]:
    """Figures of a simulated bank, under ``simulated``, and what its segments typically do, under ``typical``."""
    transactions = Tables(bank).read("transactions")
    note(f"simulated bank: {transactions.height:,} transactions")
    fitted = segments_of(transactions, vectors, note, rounds)
    figures = fitted["figures"] | drift(transactions, vectors, fitted) | truth_agreement(bank, fitted)
    following = next_product(bank)
    taken = [following[id_] for id_ in fitted["customers"]]
    measured = {
        "figures": figures,
        "lift": {"segments": lift(fitted["labels"].tolist(), taken), "RFM": lift(fitted["rfm_labels"].tolist(), taken)},
        "separation": fitted["separation"],
        "sizes": fitted["sizes"],
        "map": fitted["map"],
        "trials": fitted["trials"],
        "offers": offers(bank, seed),
    }
    return {"simulated": measured, "typical": typical(transactions, fitted)}


def on_berka(folder: Path, vectors: NarrativeVectors, note: Note, *, rounds: int) -> dict[str, Any]:
    """Figures of Berka's clients; what is taken up is a card, by those who had none."""
    history = berka(folder)
    fitted = segments_of(history, vectors, note, rounds)
    later = cards_later(folder, history)
    rows = [at for at, id_ in enumerate(fitted["customers"]) if id_ in later]
    taken = [later[fitted["customers"][at]] for at in rows]
    return {
        "figures": fitted["figures"],
        "lift": {
            "segments": lift([int(fitted["labels"][at]) for at in rows], taken),
            "RFM": lift([int(fitted["rfm_labels"][at]) for at in rows], taken),
        },
        "separation": fitted["separation"],
        "sizes": fitted["sizes"],
        "map": fitted["map"],
        "trials": fitted["trials"],
    }
