"""How good are the segments, whatever a campaign makes of them?

Behavioural segments (narratives, density clusters) beside RFM on the same customers: noise, separation with intervals,
density validity, stability over resamples and over time, and how much more often a segment's commonest next product is
taken up in it than by everybody, on months that nothing was fitted on. Offers: rules against the learned recommender.

    python eval/segments.py --bank runs/bank                     # a bank of `ragmarket simulate`
    python eval/segments.py --quick                              # simulates 1,500 customers first
    python eval/segments.py --data DIR --html segments.html      # Berka beside it (customers/ of the public data)
"""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console

from eval.clusters.banks import on_bank, on_berka
from eval.clusters.report import as_page, show
from eval.pages import written
from ragmarket.bootstrap import build
from ragmarket.errors import RagmarketError
from ragmarket.settings import read_settings
from ragmarket.signals.segments.vectors import NarrativeVectors
from ragmarket.signals.simulate.presets import preset
from ragmarket.signals.simulate.store import write


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
    parser.add_argument("--customers", type=int, default=6_000, help="customers to simulate (default %(default)s)")
    parser.add_argument("--seed", type=int, default=4_242, help="seed of the simulated bank (default %(default)s)")
    parser.add_argument("--data", type=Path, help="public data sets: Berka is read from customers/ there")
    parser.add_argument("--rounds", type=int, default=10, help="resamples for stability (default %(default)s)")
    parser.add_argument("--cache", type=Path, help="keep sentence vectors there between runs")
    parser.add_argument("--quick", action="store_true", help="1,500 customers, 3 resamples")
    parser.add_argument("--json", type=Path, help="write all figures there")
    parser.add_argument("--html", type=Path, help="write one page with tables and plots there")
    arguments = parser.parse_args()
    console = Console(stderr=True)
    note = console.print
    rounds = 3 if arguments.quick else arguments.rounds
    with tempfile.TemporaryDirectory() as scratch:
        bank = arguments.bank
        if bank is None:
            size = 1_500 if arguments.quick else arguments.customers
            note(f"simulating {size:,} customers, seed {arguments.seed}")
            bank = Path(scratch) / "bank"
            write(preset("default", customers=size), arguments.seed, bank, lambda *_: None, bounds=False)
        vectors = NarrativeVectors(build(read_settings()).encoder, arguments.cache)
        report: dict[str, Any] = {"machine": platform.processor() or platform.machine()}
        report |= on_bank(bank, vectors, note, rounds=rounds, seed=arguments.seed)
    if arguments.data is not None:
        folder = arguments.data / "customers"
        if (folder / "berka_trans_first100k.csv.gz").is_file():
            report["berka"] = on_berka(folder, vectors, note, rounds=rounds)
        else:
            note(f"no Berka in {folder}: skipped")
    show(report)
    written(report, as_page, arguments.json, arguments.html, note)
    return 0


if __name__ == "__main__":
    sys.exit(main())
