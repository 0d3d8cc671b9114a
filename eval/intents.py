"""What are session vectors and named intents worth?

On a simulated bank, whose purposes are known: how well the distilled labels find them, how far hands agree, whether
links to customers are right, and what vector and labels add to a production-like baseline in two tasks, tile ranking
and conversion, on customers that nothing was fitted on. On public data: conversion in two clickstreams, the next step
in a bank's workflow (BPI 2012) and the intents of bank customers' sentences.

    python eval/intents.py --quick                                  # simulates 400 customers
    python eval/intents.py --customers 3000 --html intents.html     # tables and plots on one page
    python eval/intents.py --bank runs/bank --data DIR              # public sets beside it (customers/ of the data)
    python eval/intents.py --tile-choice forced --json forced.json  # another setting of the generator's clicks
    python eval/intents.py --pool a.json b.json c.json              # the mean of several seeds
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from eval.pages import written
from eval.sessions.bank import on_bank
from eval.sessions.pooled import show_pooled
from eval.sessions.public import public
from eval.sessions.report import as_page, show
from ragmarket.bootstrap import build
from ragmarket.errors import RagmarketError
from ragmarket.settings import read_settings
from ragmarket.signals.simulate.presets import Preset, preset
from ragmarket.signals.simulate.store import write
from ragmarket.visits.home import KeptTexts


def main() -> int:
    """Run the bench; a bank or a folder that cannot be read ends it with a line that says why."""
    try:
        return _run()
    except RagmarketError as error:
        print(f"error: {error.message}\nhint: {error.hint}", file=sys.stderr)
        return 2


def _run() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bank", type=Path, help="a folder of `ragmarket simulate`; without it one is simulated")
    parser.add_argument("--customers", type=int, default=1_500, help="customers to simulate (default %(default)s)")
    parser.add_argument("--tile-choice", default="free", choices=("free", "forced"), help="of the simulated bank")
    parser.add_argument("--idle-clicks", type=float, default=0.3, help="of the simulated bank (default %(default)s)")
    parser.add_argument("--seed", type=int, default=5_151, help="seed of bank, parts and models (default %(default)s)")
    parser.add_argument("--epochs", type=int, default=12, help="passes over the sessions (default %(default)s)")
    parser.add_argument("--sample", type=int, default=240, help="sessions shown to the writer (default %(default)s)")
    parser.add_argument("--data", type=Path, help="public data sets: customers/ there is read")
    parser.add_argument("--cache", type=Path, help="keep text vectors there between runs")
    parser.add_argument("--quick", action="store_true", help="400 customers, 4 passes, 24 sessions for the writer")
    parser.add_argument("--pool", type=Path, nargs="+", help="run nothing: reports (--json) of other seeds, together")
    parser.add_argument("--json", type=Path, help="write all figures there")
    parser.add_argument("--html", type=Path, help="write one page with tables and plots there")
    arguments = parser.parse_args()
    if arguments.pool:
        show_pooled(arguments.pool, arguments.json)
        return 0
    note = Console(stderr=True, highlight=False).print
    house = build(read_settings())
    reader = KeptTexts(house.encoder, arguments.cache)
    epochs = 4 if arguments.quick else arguments.epochs
    with tempfile.TemporaryDirectory() as scratch:
        bank = arguments.bank
        if bank is None:
            size = 400 if arguments.quick else arguments.customers
            note(f"simulating {size:,} customers, seed {arguments.seed}")
            bank = Path(scratch) / "bank"
            world = {"tile_choice": arguments.tile_choice, "idle_clicks": arguments.idle_clicks}
            made = Preset.model_validate(preset("default", customers=size).model_dump() | world)
            write(made, arguments.seed, bank, lambda *_: None)
        report = on_bank(
            bank, reader, house, note, epochs=epochs, sample=24 if arguments.quick else arguments.sample,
            seed=arguments.seed,
        )  # fmt: skip
    if arguments.data is not None:
        report["public"] = public(
            arguments.data / "customers", reader, note, epochs=epochs, seed=arguments.seed, quick=arguments.quick
        )
    show(report)
    written(report, as_page, arguments.json, arguments.html, note)
    return 0


if __name__ == "__main__":
    sys.exit(main())
