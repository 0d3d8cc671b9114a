"""How much of a click can be foreseen at best, and how that moves with the generator's settings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.sessions.questions import Task
from ragmarket.schemas.base import PRODUCT_CLASSES
from ragmarket.signals.simulate import rates
from ragmarket.signals.simulate.foresight import clicks, foreseen
from ragmarket.signals.simulate.generator import blocks
from ragmarket.signals.simulate.presets import Preset, preset
from ragmarket.signals.simulate.world import build, purposes
from ragmarket.signals.truth_tables import SIGHTS, Sight

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

NAMES: dict[Sight, str] = {
    "visits": "best possible from visits (Bayes)",
    "all": "best possible from all tables (Bayes)",
    "purpose": "best possible, purpose known (Bayes)",
}
# What the default is held against: no passing on, and fewer and more clicks without a purpose.
SETTINGS: tuple[dict[str, Any], ...] = (
    {}, {"tile_choice": "forced"}, {"idle_clicks": 0.1}, {"idle_clicks": 0.5},
)  # fmt: skip


def tile_bounds(bank: Path, task: Task) -> dict[str, Floats]:
    """The bounds as systems: shape (rows, products); only the clicked tile's chance and the first rank are meant.

    Args:
        bank: A folder of `ragmarket simulate`.
        task: The tile task on it.

    Returns:
        Nothing where the bank was written without bounds.
    """
    import numpy as np
    import polars as pl

    files = sorted((bank / "truth" / "session_bounds").glob("*.parquet"))
    if not files:
        return {}
    kept = pl.read_parquet(files)
    if f"tile_{SIGHTS[0]}" not in kept.columns:
        return {}
    rows = pl.DataFrame({"session_id": task.sessions}).join(kept, on="session_id", how="left", maintain_order="left")
    places, found = np.arange(len(task.sessions)), {}
    for sight, name in NAMES.items():
        best = np.array([PRODUCT_CLASSES.index(one) for one in rows[f"tile_{sight}"].cast(pl.String).to_list()])
        chance = rows[f"tile_chance_{sight}"].to_numpy()
        table = np.zeros((len(places), len(PRODUCT_CLASSES)))
        # What is not clicked and not ranked first shares the rest; the first is at least as likely as that.
        table[places, best] = 1 - chance
        table[places, task.classes] = chance
        found[name] = table
    return found


def by_setting(customers: int, seed: int, *, periods: int = 6) -> dict[str, dict[str, float]]:
    """What can be foreseen of clicks under several settings of the generator: log loss by what is seen.

    ``relative`` is what visits gain on knowing no more than how common purposes are.
    """
    usual = preset("default", customers=customers, periods=periods)
    return {
        ", ".join(f"{name} {value}" for name, value in one.items()) or "default": _bound(
            Preset.model_validate(usual.model_dump() | one), seed
        )
        for one in SETTINGS
    }


def _bound(bank: Preset, seed: int) -> dict[str, float]:
    import numpy as np

    world = build(bank)
    common = purposes(world.aim, world.kind, bank)
    losses: dict[str, list[Floats]] = {}
    clicked, shown = 0, 0
    for block in blocks(bank, seed):
        visits = block.visits
        rows = np.flatnonzero(visits.clicked >= 0)
        clicked, shown = clicked + len(rows), shown + int((visits.kind < 2).sum())
        place = (visits.tiles == visits.clicked[:, None]).argmax(1)
        known = {"place alone": np.tile(np.array(rates.PLACES) / sum(rates.PLACES), (len(place), 1))}
        known["popularity"] = clicks(world, block, np.tile(common, (len(place), 1)))
        known |= {sight: clicks(world, block, foreseen(world, bank, block, sight)) for sight in NAMES}
        for name, chances in known.items():
            losses.setdefault(name, []).append(-np.log(chances[rows, place[rows]]))
    found = {name: float(np.concatenate(one).mean()) for name, one in losses.items()}
    return {
        "idle clicks": bank.idle_clicks, "visits that click": clicked / shown, "clicks": float(clicked), **found,
        "relative": found["visits"] / found["popularity"] - 1,
    }  # fmt: skip
