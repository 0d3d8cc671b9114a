"""A house in a temporary home, and the briefs it is asked for: products of banks that the writer has never seen."""

from __future__ import annotations

import random
import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from ragmarket.bootstrap import House, build
from ragmarket.schemas.base import CHANNELS, LANGUAGES
from ragmarket.schemas.brief import Brief
from ragmarket.schemas.evidence import DocumentVersion
from ragmarket.settings import read_settings

ROOT = Path(__file__).resolve().parent.parent.parent
UNSEEN = {"unseen": ROOT / "tests" / "unseen" / "corpus", "unseen2": ROOT / "tests" / "unseen2" / "corpus"}
TRAINED_ON = {"trained_on": ROOT / "corpus"}


def open_house(home: Path, corpora: dict[str, Path]) -> House:
    """A house in ``home`` whose corpus is all of ``corpora``, side by side, indexed.

    Raises:
        RagmarketError: A document folder or a model is missing.
    """
    gathered = home / "corpus"
    for name, folder in corpora.items():
        shutil.copytree(folder, gathered / name)
    house = build(read_settings().model_copy(update={"home": home / "state", "corpus_dir": gathered}))
    house.index(progress=True)
    return house


def products(house: House, as_of: date, within: Sequence[str] | None = None) -> dict[str, DocumentVersion]:
    """Products with a document in force, by code; ``within`` names the corpora (`open_house`) that count."""
    return {
        one.product_code: one
        for one in sorted(house.documents(), key=lambda one: (one.doc_id, one.version))
        if one.kind == "product"
        and one.product_code
        and one.in_force(as_of)
        and (within is None or Path(one.path).parts[0] in within)
    }


def held_out_briefs(
    house: House, as_of: date, per_cell: int, seed: int, languages: Sequence[str] = LANGUAGES
) -> list[Brief]:
    """``per_cell`` briefs for each language and channel, over products of the unseen banks in turn.

    A product without another of its class in the corpus is left out: without retrieval there is nothing to recall.
    """
    dice = random.Random(seed)
    everything = products(house, as_of)
    classes = [str(one.product_class) for one in everything.values()]
    codes = [
        code for code, one in products(house, as_of, tuple(UNSEEN)).items() if classes.count(str(one.product_class)) > 1
    ]
    intents = sorted(house.angles.intents)
    briefs = []
    turn: list[str] = []
    for _ in range(per_cell):
        for language in languages:
            for channel in CHANNELS:
                turn = turn or dice.sample(codes, len(codes))
                briefs.append(
                    Brief.model_validate(
                        {
                            "product_code": turn.pop(),
                            "language": language,
                            "channel": channel,
                            "intent": dice.choice(intents),
                            "as_of": as_of,
                        }
                    )
                )
    return briefs


def versioned_briefs(house: House, as_of: date, seed: int, languages: Sequence[str] = LANGUAGES) -> list[Brief]:
    """One brief in each language for every product that has a superseded document: faults of versions need one."""
    dice = random.Random(seed)
    old = {one.product_code for one in house.documents() if one.effective_to and one.effective_to < as_of}
    codes = [code for code in products(house, as_of) if code in old]
    return [
        Brief.model_validate(
            {
                "product_code": code,
                "language": language,
                "channel": dice.choice(("whatsapp", "email")),
                "as_of": as_of,
                "seed": dice.randrange(1000),
            }
        )
        for code in codes
        for language in languages
    ]
