"""Simulated customers on disk: one folder per role and table, Parquet parts, and the card that is written last."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragmarket.errors import InvalidInput, NotFound
from ragmarket.signals.simulate.card import card, page
from ragmarket.signals.tables import TABLES
from ragmarket.signals.truth_tables import HEADS, VIEWS

if TYPE_CHECKING:
    import polars as pl

    from ragmarket.signals.simulate.presets import Preset

CARD = "card.json"
_JUDGED = ("bounds", "outcomes", "truth_customers", "truth_periods", "truth_sessions", "session_bounds")
Report = Callable[[str, int, int], None]


def write(
    preset: Preset, seed: int, folder: Path, report: Report, *, chunk: int = 5_000, bounds: bool = True
) -> dict[str, Any]:
    """Simulate a bank into a folder, a chunk of customers at a time.

    Args:
        preset: The bank.
        seed: Any non-negative integer.
        folder: Receives ``features/``, ``outcomes/``, ``truth/``, the card as JSON and as a page to read. Must be empty
            or absent.
        report: Receives what is done, how many customers are, and of how many.
        chunk: Customers per Parquet part; changes no value.
        bounds: Whether to filter for the Bayes bounds too.

    Returns:
        The card.

    Raises:
        InvalidInput: The folder holds something, or an argument is out of range.
    """
    from ragmarket.signals.simulate.bayes import posterior
    from ragmarket.signals.simulate.foresight import session_bounds
    from ragmarket.signals.simulate.frames import frames
    from ragmarket.signals.simulate.generator import BLOCK, blocks
    from ragmarket.signals.simulate.world import build

    if chunk < 1:
        raise InvalidInput("chunk must be at least 1")
    if folder.exists() and any(folder.iterdir()):
        raise InvalidInput(f"{folder} is not empty", hint="Choose another folder, or remove what stands there.")
    world, waiting, part = build(preset), [], 0
    hashes = {name: hashlib.sha256() for name in TABLES}
    rows = dict.fromkeys(TABLES, 0)
    kept: list[dict[str, pl.DataFrame]] = []
    for block in blocks(preset, seed):
        known = {view: posterior(world, preset, block, view) for view in VIEWS} if bounds else None
        visits = session_bounds(world, preset, block) if bounds else None
        made = frames(preset, seed, block, known, visits)
        for name, frame in made.items():
            # By block: what a chunk is must not show in the hash.
            hashes[name].update(frame.write_csv(include_header=False).encode("utf-8"))
            rows[name] += frame.height
        if bounds:
            kept.append({name: made[name] for name in _JUDGED} | {"clicks": _clicks(made)})
        waiting.append(made)
        done = min(block.first + BLOCK, preset.customers)
        if len(waiting) * BLOCK >= chunk or done == preset.customers:
            _write_part(folder, part, waiting)
            waiting, part = [], part + 1
        report("customers", done, preset.customers)
    told = {name: {"rows": rows[name], "sha256": hashes[name].hexdigest()} for name in TABLES if rows[name]}
    outcome = card(preset, seed, told, _figures(kept) if bounds else None)
    (folder / "README.md").write_text(page(outcome), "utf-8")
    (folder / CARD).write_text(json.dumps(outcome, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return outcome


def read(folder: Path, name: str) -> pl.LazyFrame:
    """One table of a written bank, lazily.

    Raises:
        InvalidInput: There is no table of that name.
        NotFound: The folder holds no finished bank, or the table was not written.
    """
    import polars as pl

    if name not in TABLES:
        raise InvalidInput(f"table: {name!r} is not known", hint=f"One of: {', '.join(TABLES)}.")
    if not (folder / CARD).is_file():
        raise NotFound(f"{folder} holds no finished simulation", hint="Run `ragmarket simulate --out FOLDER`.")
    parts = sorted(place(folder, name).glob("part-*.parquet"))
    if not parts:
        raise NotFound(f"{folder} was written without the table {name}")
    return pl.scan_parquet(parts)


def place(folder: Path, name: str) -> Path:
    """Where a table's parts lie."""
    role = TABLES[name].role
    return folder / (role if role == "truth" else f"{role}s") / name


def _write_part(folder: Path, part: int, waiting: list[dict[str, pl.DataFrame]]) -> None:
    import polars as pl

    for name in waiting[0]:
        home = place(folder, name)
        home.mkdir(parents=True, exist_ok=True)
        pl.concat([made[name] for made in waiting]).write_parquet(home / f"part-{part:05d}.parquet")


def _figures(kept: list[dict[str, pl.DataFrame]]) -> dict[str, Any]:
    import polars as pl

    from ragmarket.signals.simulate.bounds import alone, summary, tiles

    bound, outcomes, customers, periods, visits, found, clicks = (
        pl.concat([made[name] for made in kept]) for name in (*_JUDGED, "clicks")
    )
    # Never joined by sorting: the rows of a block stand in one order in all four tables.
    truth = periods.join(customers, on="customer_id", how="left", maintain_order="left")
    figures = summary(bound, outcomes, truth.select([name for name in HEADS if name in truth.columns]))
    alike = alone(visits["intent"], found["intent"])
    return figures | {"session_intent": alike | {"tiles": tiles(found, clicks["tile_clicked"])}}


def _clicks(made: dict[str, pl.DataFrame]) -> pl.DataFrame:
    import polars as pl

    clicked = made["session_events"].filter(pl.col("tile_clicked").is_not_null()).select("session_id", "tile_clicked")
    sessions = made["session_bounds"].select("session_id")
    return sessions.join(clicked, on="session_id", how="left", maintain_order="left").select("tile_clicked")
