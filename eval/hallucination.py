"""How much of what is written do the documents hold, and would anybody notice if they did not?

1. Drafts. The house writes for products of banks it has never seen (tests/unseen, tests/unseen2), in nine languages on
   every channel, with retrieval on and off and with the claim verifier on and off. Every released message is read again
   from its text, its citations and the documents: unsupported and contradicted claims, figures that stand in the cited
   quote, citation recall and precision (leave-one-out, as ALCE defines them), refusals.
2. Seeded faults. Known errors are planted into good messages (a wrong figure, another product, a dropped condition, a
   superseded version, a wrong citation, a bound or negation turned round), and counted is what a reader of the record,
   who sees no more than text, citations and documents, is told of; and what is flagged in messages nobody touched.
3. Public benchmarks, with --data DIR: RAGTruth, AttributionBench, FinQA detection, SummEdits, Mu-SHROOM Hindi,
   IndicMT-Eval, beside what others have published. Nothing is fitted on a row that is scored.

    python eval/hallucination.py                                # 1 and 2: no network, under 15 minutes on two cores
    python eval/hallucination.py --quick                        # a few drafts per language, under 2 minutes
    python eval/hallucination.py --data DIR --html report.html  # all three, as one self-contained page
    python eval/hallucination.py --only benchmarks --data DIR   # 3 alone
    python eval/hallucination.py --json > figures.json          # figures on stdout, tables on stderr
    python eval/hallucination.py --threshold wrong-figure=0.95 --threshold answered=off

DIR (or RAGMARKET_DATA_DIR) holds one folder per set (ragtruth, ragtruth_qa_test, attributionbench, finqa_detection,
summedits, mushroom, indicmt_eval); the official RAGTruth files, response.jsonl and source_info.jsonl, are read from
DIR/ragtruth. A set that is not there is named and left out. Features are kept between runs (--cache). The same seed
gives the same figures.

Exit code 1: a threshold is not met (each is printed with --list-thresholds); 2: bad arguments or unreadable data.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from rich.console import Console
from rich.progress import track

from eval.grounded.gates import GATES, Gate, chosen, unmet
from eval.grounded.report import Report, as_page, lines, tables
from ragmarket.errors import RagmarketError
from ragmarket.schemas.base import LANGUAGES

if TYPE_CHECKING:
    from eval.grounded.headline import Read
    from eval.grounded.results import Benchmark
    from eval.grounded.seeded import FaultTally
    from ragmarket.bootstrap import House

PARTS = ("drafts", "faults", "benchmarks")
PER_CELL = 5
CACHE = Path(tempfile.gettempdir()) / "ragmarket-eval-cache"


def parser() -> argparse.ArgumentParser:
    """The command line."""
    found = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    found.add_argument("--quick", action="store_true", help="one draft per language and channel, smaller corpus")
    found.add_argument(
        "--only", action="append", choices=PARTS, help="this part alone (repeatable); faults need drafts and write them"
    )
    found.add_argument(
        "--per-cell", type=int, metavar="N", help=f"briefs per language and channel (default: {PER_CELL}; quick: 1)"
    )
    found.add_argument(
        "--language", action="append", choices=LANGUAGES, help="drafts and faults in this language (repeatable)"
    )
    found.add_argument("--seed", type=int, default=11, help="of briefs, faults, folds and resampling (default: 11)")
    found.add_argument(
        "--as-of", type=date.fromisoformat, default=date(2026, 11, 21), help="day of all briefs (default: %(default)s)"
    )
    found.add_argument("--data", type=Path, metavar="DIR", help="folder of public sets (default: RAGMARKET_DATA_DIR)")
    found.add_argument("--cache", type=Path, metavar="DIR", help="where sentence vectors are kept (default: by report)")
    found.add_argument(
        "--json", nargs="?", const="-", metavar="FILE", help="all figures as JSON, to FILE or else to stdout"
    )
    found.add_argument("--html", type=Path, metavar="FILE", help="one self-contained report with plots")
    found.add_argument("--threshold", action="append", default=[], metavar="NAME=VALUE", help="or NAME=off; repeatable")
    found.add_argument("--no-thresholds", action="store_true", help="end with 0 whatever is measured")
    found.add_argument("--list-thresholds", action="store_true", help="print the thresholds and end")
    found.add_argument("--show-misses", action="store_true", help="list every missed fault and every false alarm")
    return found


def drafted(house: House, options: argparse.Namespace, console: Console) -> tuple[list[Read], FaultTally | None, str]:
    """Parts 1 and 2: outcomes as read again, the tally of faults, and what came of briefs without any evidence."""
    from eval.grounded import seeded
    from eval.grounded.arms import ARMS
    from eval.grounded.desk import Desk
    from eval.grounded.experiment import Experiment, released
    from eval.grounded.headline import read
    from eval.grounded.houses import held_out_briefs, versioned_briefs
    from eval.grounded.planting import Surroundings

    desk = Desk(
        house.documents(),
        house.document_text,
        house.verifier,
        facts_of=house.retriever.facts,
        proves=house.renderings.proves,
    )
    experiment = Experiment(house, desk, options.as_of, options.seed)
    todo = held_out_briefs(house, options.as_of, options.per_cell, options.seed, options.language)
    reads, good = [], []
    for brief in track(todo, "drafting in four arms", console=console):
        for outcome in experiment.write(brief):
            reads.append(read(experiment, desk, outcome))
            if outcome.arm == ARMS[0] and outcome.released:
                good.append(outcome.released)
    without = sum(experiment.without_evidence(brief) for brief in todo[: len(todo) // options.per_cell])
    said = f"{without} of {len(todo) // options.per_cell} messages"
    if "faults" not in options.only:
        return reads, None, said
    again = versioned_briefs(house, options.as_of, options.seed, options.language)
    for brief in track(again, "drafting on superseded documents", console=console):
        result = house.pipeline.draft(brief)
        if result.status == "accepted":
            good.append(released(result, brief.product_code))
    texts = {one.sha256: house.document_text(one.sha256) for one in house.documents()}
    around = Surroundings(house.documents(), texts, desk.names, good)
    tally = seeded.run(desk, track(good, "planting faults", console=console), around, options.seed)
    return reads, tally, said


def benchmarked(options: argparse.Namespace, console: Console) -> list[Benchmark]:
    """Part 3.

    Raises:
        RagmarketError: A set is there but cannot be read.
    """
    from eval.grounded.benchmarks.runner import run

    beside = options.html or (Path(options.json) if options.json not in {None, "-"} else None)
    cache = options.cache or (beside.parent / "hallucination-cache" if beside else CACHE)
    return run(options.data, cache, seed=options.seed, quick=options.quick, console=console)


def measured(options: argparse.Namespace, console: Console) -> Report:
    """All parts that were asked for.

    Raises:
        RagmarketError: A document, a model or a data set cannot be read.
    """
    began = time.perf_counter()
    reads: list[Read] = []
    tally, about = None, {"seed": options.seed, "as_of": options.as_of.isoformat(), "quick": options.quick}
    if {"drafts", "faults"} & set(options.only):
        from eval.grounded.houses import TRAINED_ON, UNSEEN, open_house

        with tempfile.TemporaryDirectory(prefix="ragmarket-eval-") as home:
            house = open_house(Path(home), UNSEEN if options.quick else {**UNSEEN, **TRAINED_ON})
            house.warm_up()
            reads, tally, said = drafted(house, options, console)
            about |= {"briefs": len({id(one.outcome.brief) for one in reads}), "without evidence": said}
    benchmarks = benchmarked(options, console) if "benchmarks" in options.only else []
    about["seconds"] = round(time.perf_counter() - began, 1)
    return Report(reads, tally, benchmarks, about, options.seed)


def shown(report: Report, out: Console, *, misses: bool) -> None:
    """The figures on a terminal."""
    for table in tables(report):
        out.print(table)
    for line in lines(report):
        out.print(line, markup=False)
    for line in report.unmet:
        out.print(f"not met: {line}", markup=False)
    if misses and report.faults:
        for one in report.faults.missed:
            out.print(json.dumps(one, ensure_ascii=False), markup=False, highlight=False, soft_wrap=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the bench."""
    found = parser()
    options = found.parse_args(arguments)
    try:
        gates: tuple[Gate, ...] = () if options.no_thresholds else chosen(options.threshold)
    except argparse.ArgumentTypeError as error:
        found.error(str(error))
    if options.list_thresholds:
        for gate in GATES:
            sys.stdout.write(f"{gate}: {gate.what}\n")
        return 0
    options.data = options.data or (Path(os.environ["RAGMARKET_DATA_DIR"]) if os.getenv("RAGMARKET_DATA_DIR") else None)
    if options.data is not None and not options.data.is_dir():
        found.error(f"--data: no such folder: {options.data}")
    if options.per_cell is not None and options.per_cell < 1:
        found.error("--per-cell: at least 1")
    options.per_cell = options.per_cell or (1 if options.quick else PER_CELL)
    options.language = tuple(options.language or LANGUAGES)
    options.only = options.only or (PARTS if options.data else PARTS[:2])
    if "benchmarks" in options.only and options.data is None:
        found.error("--only benchmarks needs --data DIR or RAGMARKET_DATA_DIR")
    console = Console(stderr=True)
    try:
        report = measured(options, console)
    except (OSError, RagmarketError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    report = Report(
        report.reads,
        report.faults,
        report.benchmarks,
        report.about,
        report.seed,
        tuple(unmet(gates, report.measured())),
    )
    width = None if sys.stdout.isatty() else 200
    shown(report, Console(stderr=options.json == "-", width=width), misses=options.show_misses)
    body: dict[str, Any] = report.as_dict()
    if options.show_misses and report.faults:
        body["missed"] = report.faults.missed
    text = json.dumps(body, ensure_ascii=False, indent=1)
    if options.json == "-":
        sys.stdout.write(text + "\n")
    elif options.json:
        Path(options.json).write_text(text + "\n", encoding="utf-8")
    if options.html:
        options.html.write_text(as_page(report), encoding="utf-8")
    return 1 if report.unmet else 0


if __name__ == "__main__":
    sys.exit(main())
