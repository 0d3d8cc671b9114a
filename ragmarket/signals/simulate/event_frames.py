"""The tables of events: transactions, sessions, notes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ragmarket.schemas.base import PRODUCT_CLASSES
from ragmarket.signals.simulate.series import coded, ids_of, stamps
from ragmarket.signals.simulate.wording import load_wording
from ragmarket.signals.vocabulary import NOTE_KINDS, PAGES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import polars as pl

    from ragmarket.signals.simulate.blocks import Block
    from ragmarket.signals.simulate.foresight import SessionBounds
    from ragmarket.signals.simulate.series import Stock

MERCHANTS = 40  # names on statements per category
SHARED_DEVICE = 0.04


def transactions(stock: Stock, rng: np.random.Generator, paid: pl.DataFrame) -> pl.DataFrame:
    """The table `transactions`; a cash withdrawal carries no name."""
    import numpy as np
    import polars as pl

    cell = paid["cell"].to_numpy()
    shop = pl.Series(rng.integers(1, MERCHANTS + 1, len(paid)))
    return paid.with_columns(
        pl.Series("_owner", cell // stock.block.size[1]),
        ids_of("T", stock.block.first, np.arange(len(paid))).alias("transaction_id"),
        stock.cell_ids.gather(cell).alias("customer_id"),
        stock.cell_periods.gather(cell).alias("period"),
        stamps(stock, cell, paid["day"].to_numpy(), paid["minute"].to_numpy()).alias("at"),
        pl.when(pl.col("channel") != "cash")
        .then(pl.col("category").cast(pl.String).str.to_uppercase() + " " + shop.cast(pl.String).str.zfill(3))
        .alias("merchant"),
    ).select(
        "_owner", "transaction_id", "customer_id", "period", "at", "channel", "type", "amount_inr", "category",
        "merchant", "is_recurring",
    )  # fmt: skip


def session_events(stock: Stock, rng: np.random.Generator) -> dict[str, pl.DataFrame]:
    """The tables `session_events`, `session_outcomes` and `truth_sessions`."""
    import numpy as np
    import polars as pl

    visits, periods = stock.block.visits, stock.block.size[1]
    count, rows = len(visits.cell), visits.session
    # Numbers in random order: a session without login must not give away its customer by standing beside him.
    names = ids_of("S", stock.block.first, rng.permutation(count))
    devices = ids_of("D", stock.block.first, rng.permutation(stock.customers))
    strangers = ids_of("X", stock.block.first, rng.permutation(count))
    owner = visits.cell // periods
    # Some households share a telephone or a computer.
    shared = rng.random(stock.customers) < SHARED_DEVICE
    holder = np.where(shared, np.arange(stock.customers) ^ 1, np.arange(stock.customers))
    device = pl.select(
        pl.when(pl.Series(visits.own_device)).then(devices.gather(holder[owner])).otherwise(strangers)
    ).to_series()
    shown = pl.Series(
        ["|".join(PRODUCT_CLASSES[code] for code in row) if row[0] >= 0 else None for row in visits.tiles.tolist()],
        dtype=pl.String,
    )
    wording = load_wording()
    queries = _filled(rng, [wording.searches[code][1] if code >= 0 else "" for code in visits.search.tolist()])
    starts = np.r_[0, np.flatnonzero(np.diff(rows)) + 1] if len(rows) else np.zeros(0, dtype=np.int64)
    event = np.arange(len(rows)) - np.repeat(starts, np.diff(np.r_[starts, len(rows)]))
    gone = np.cumsum(visits.dwell) - visits.dwell
    elapsed = gone - np.repeat(gone[starts], np.diff(np.r_[starts, len(rows)])) if len(rows) else gone
    cell = visits.cell[rows]
    home, search = visits.page == PAGES.index("home"), visits.page == PAGES.index("search")

    def where(flags: object, series: pl.Series) -> pl.Series:
        return pl.select(pl.when(pl.Series(flags)).then(series)).to_series()  # type: ignore[arg-type]

    events = pl.DataFrame(
        {
            "_owner": owner[rows],
            "session_id": names.gather(rows),
            "event": pl.Series(event, dtype=pl.Int32),
            "customer_id": where(visits.known, stock.cell_ids.gather(cell)),
            "device_id": device.gather(rows),
            "period": stock.cell_periods.gather(cell),
            "at": stamps(stock, cell, visits.day[rows], visits.minute[rows], elapsed),
            "page": coded("session_events", "page", visits.page),
            "product": coded("session_events", "product", visits.product),
            "text": where(search, pl.Series(queries).gather(rows)),
            "referrer": coded("session_events", "referrer", visits.referrer[rows]),
            "device": coded("session_events", "device", visits.device[rows]),
            "dwell_s": visits.dwell,
            "tile_seen": where(home, shown.gather(rows)),
            "tile_clicked": where(home, coded("session_events", "tile_clicked", visits.clicked[rows])),
        }
    )
    outcomes = pl.DataFrame(
        {"_owner": owner, "session_id": names, "converted": coded("session_outcomes", "converted", visits.converted)}
    )
    truth = pl.DataFrame(
        {
            "_owner": owner,
            "session_id": names,
            "customer_id": stock.ids.gather(owner),
            "intent": coded("truth_sessions", "intent", visits.intent),
            "logged_in": visits.kind < 2,
        }
    )
    return {"session_events": events, "session_outcomes": outcomes, "truth_sessions": truth}


def session_bounds(block: Block, truth: pl.DataFrame, known: SessionBounds) -> pl.DataFrame:
    """The table `session_bounds`, in the order of `truth_sessions`."""
    import numpy as np
    import polars as pl

    tiles, clicked, rows = block.visits.tiles, block.visits.clicked, np.arange(len(block.visits.cell))
    place = (tiles == clicked[:, None]).argmax(1)
    best = {
        sight: np.where(clicked >= 0, tiles[rows, chances.argmax(1)], -1) for sight, chances in known.clicks.items()
    }
    return truth.select(
        "_owner",
        "session_id",
        coded("session_bounds", "intent", known.purposes.argmax(-1)).alias("intent"),
        pl.Series(known.purposes.max(-1).round(6)).alias("probability"),
        *(coded("session_bounds", f"tile_{sight}", codes).alias(f"tile_{sight}") for sight, codes in best.items()),
        *(
            pl.when(pl.Series(clicked >= 0))
            .then(pl.Series(chances[rows, place].round(6)))
            .alias(f"tile_chance_{sight}")
            for sight, chances in known.clicks.items()
        ),
    )


def notes(stock: Stock, rng: np.random.Generator) -> pl.DataFrame:
    """The table `notes`."""
    import numpy as np
    import polars as pl

    remarks, wording = stock.block.remarks, load_wording()
    asked = remarks.intent >= 0
    lines = []
    pairs = zip(remarks.core.tolist(), remarks.contact.tolist(), remarks.line.tolist(), strict=True)
    openings = rng.integers(0, len(wording.openings), len(asked)).tolist()
    tails = rng.integers(0, 2 * len(wording.tails), len(asked)).tolist()
    for (core, contact, line), opening, tail in zip(pairs, openings, tails, strict=True):
        if core >= 0:
            said = wording.cores[core][1]
        else:
            said = (wording.contact_complaints if contact else wording.complaints)[line]
        end = f" {wording.tails[tail]}" if tail < len(wording.tails) else ""
        lines.append(f"{wording.openings[opening]} {said}{end}")
    kind = np.where(asked, np.array([0, 0, 1, 3])[rng.integers(0, 4, len(asked))], NOTE_KINDS.index("complaint"))
    return pl.DataFrame(
        {
            "_owner": remarks.cell // stock.block.size[1],
            "note_id": ids_of("N", stock.block.first, np.arange(len(asked))),
            "customer_id": stock.cell_ids.gather(remarks.cell),
            "period": stock.cell_periods.gather(remarks.cell),
            "at": stamps(stock, remarks.cell, remarks.day, remarks.minute),
            "kind": coded("notes", "kind", kind),
            "text": pl.Series(_filled(rng, lines), dtype=pl.String),
        }
    )


def truth_notes(stock: Stock) -> pl.DataFrame:
    """The table `truth_notes`."""
    import numpy as np
    import polars as pl

    remarks = stock.block.remarks
    return pl.DataFrame(
        {
            "_owner": remarks.cell // stock.block.size[1],
            "note_id": ids_of("N", stock.block.first, np.arange(len(remarks.cell))),
            "intent": coded("truth_notes", "intent", remarks.intent),
        }
    )


def _filled(rng: np.random.Generator, lines: Sequence[str]) -> list[str]:
    """The lines with a random filler in each slot."""
    fillers = load_wording().fillers
    marks = rng.random((len(lines), 8)).tolist()

    def fill(line: str, chances: list[float]) -> str:
        left = iter(chances)

        def choose(match: re.Match[str]) -> str:
            choices = fillers[match.group(1)]
            return choices[int(next(left) * len(choices))]

        return re.sub(r"\{(\w+)\}", choose, line)

    return [fill(line, chances) if "{" in line else line for line, chances in zip(lines, marks, strict=True)]
