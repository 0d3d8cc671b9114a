"""Does ALIMN predict better than what a bank already has? Tables 1 and 2 of the paper, honestly.

    python eval/prediction.py --data DIR                          # everything; killed, it goes on where it was
    python eval/prediction.py --data DIR --quick                  # a thinned table, two folds, for CI
    python eval/prediction.py --data DIR --only uci --only berka  # some problems
    python eval/prediction.py --data DIR --json report.json --html report.html
    python eval/prediction.py --simulate                          # five simulated banks; with --quick two small ones

Every system sees the same folds and the same number of tuning trials (on the first training fold alone). What is
finished is kept in --cache and not run again. --data (or RAGMARKET_DATA_DIR) is a folder with the public tables: UCI
Bank Marketing, Berka, Hillstrom, Banking77. Exit code 2: data or options are wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from eval.propensity.problems import Problem, berka, hillstrom, uci
from eval.propensity.results import Results, figures, summary
from ragmarket.errors import InvalidInput, RagmarketError

ROOT = Path(__file__).resolve().parent.parent
PROBLEMS = ("uci", "uci-duration", "uci-time", "uci-time-no-macro", "berka", "hillstrom")
QUICK, QUICK_WITHOUT = ("uci", "hillstrom"), ("SVM", "CatBoost", "TabM", "LightGBM, bagged")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    found = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    found.add_argument("--data", type=Path, default=None, help="folder of public tables (default: RAGMARKET_DATA_DIR)")
    found.add_argument("--only", action="append", choices=PROBLEMS, default=[], help="some problems (repeatable)")
    found.add_argument("--systems", action="append", default=[], metavar="NAME", help="some systems (repeatable)")
    found.add_argument("--split", action="append", default=[], metavar="NAME", help='"fold 0", "seed 1" … (repeatable)')
    found.add_argument("--cache", type=Path, default=ROOT / "runs" / "prediction", help="where finished folds are kept")
    found.add_argument("--trials", type=int, default=4, help="tuning trials per model (default: 4; 0: no tuning)")
    found.add_argument("--seeds", type=int, default=3, help="seeds of the out-of-time problems (default: 3)")
    found.add_argument(
        "--no-ablations", action="store_true", help="leave out the rows of Table 1 that vary the network"
    )
    found.add_argument("--simulate", action="store_true", help="the simulated bank's problems too")
    found.add_argument("--customers", type=int, metavar="N", help="customers of a simulated bank (default: 4,000)")
    found.add_argument("--quick", action="store_true", help="UCI and Hillstrom thinned, two folds, no tuning")
    found.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    found.add_argument("--html", type=Path, metavar="FILE", help="write one self-contained report there")
    return found


def run(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Run what is not in the cache yet, and gather everything.

    Raises:
        RagmarketError: Data are missing or wrong, or a library is not installed.
    """
    import torch

    from eval.propensity.encoders import Encoders
    from eval.propensity.networks import TEXT
    from eval.propensity.systems import systems
    from eval.propensity.tuning import tuned

    torch.set_num_threads(1)
    if options.simulate and options.data is None and not os.environ.get("RAGMARKET_DATA_DIR") and not options.only:
        place = options.cache / ("quick" if options.quick else f"trials-{options.trials}")
        return {"about": summary(options, {}), "problems": _simulated(place, options, console)}
    data = options.data or (Path(os.environ["RAGMARKET_DATA_DIR"]) if os.environ.get("RAGMARKET_DATA_DIR") else None)
    if data is None or not data.is_dir():
        raise InvalidInput("--data (or RAGMARKET_DATA_DIR) must name the folder of public tables")
    # Results under other options are other results.
    cache: Path = options.cache / ("quick" if options.quick else f"trials-{options.trials}")
    wanted = tuple(options.only) or (QUICK if options.quick else PROBLEMS)
    encoders = Encoders(data, cache, console.print, quick=options.quick)
    embeds = encoders.only_default() if options.quick or options.no_ablations else encoders.all()
    if options.systems and not any(name.startswith(("ALIMN", "network")) for name in options.systems):
        embeds = {TEXT: embeds[TEXT]}
    builds: list[Callable[[], list[Problem]]] = []
    if any(name.startswith("uci") for name in wanted):
        parts = uci(data, embeds, quick=options.quick, seeds=1 if options.quick else options.seeds, which=wanted)
        builds += [lambda build=build: [build()] for build in parts]  # type: ignore[misc]
    if "berka" in wanted:
        builds.append(lambda: [berka(data, embeds, quick=options.quick)])
    gathered: dict[str, Any] = {}
    for build in builds:
        for problem in build():
            results = Results(cache / problem.name)
            trials, models = 0 if options.quick else options.trials, _models(options.systems)
            options_found = tuned(problem, trials, cache, console.print, models)
            ablations = not (options.quick or options.no_ablations) and problem.name == "uci"
            chosen = systems(problem, options_found, ablations=ablations)
            if options.systems:
                chosen = {name: work for name, work in chosen.items() if name in options.systems}
            elif options.quick:
                chosen = {name: work for name, work in chosen.items() if name not in QUICK_WITHOUT}
            asked = [split for split in problem.splits if not options.split or split.name in options.split]
            with Progress(console=console) as progress:
                task = progress.add_task(problem.name, total=len(asked) * len(chosen))
                for split in asked:
                    for name, work in chosen.items():
                        progress.update(task, description=f"{problem.name}: {split.name}: {name}")
                        if not results.has(name, split):
                            results.keep(name, split, problem, work(split))
                        progress.advance(task)
            gathered[problem.name] = {"options": options_found, **figures(problem, results)}
    if "hillstrom" in wanted:
        gathered["hillstrom"] = _uplift(data, cache, options, console)
    if options.simulate:
        gathered |= _simulated(cache, options, console)
    return {"about": summary(options, encoders.figures), "problems": gathered}


def _simulated(cache: Path, options: argparse.Namespace, console: Console) -> dict[str, Any]:
    from eval.propensity.simulated.banks import run as simulated

    names = ("default",) if options.quick else ("default", "control")
    place = cache / "simulated"
    return {
        f"simulated-{name}": simulated(
            place,
            quick=options.quick,
            note=console.print,
            name=name,
            chosen=options.systems,
            customers=options.customers,
        )
        for name in names
    }


def _models(systems: list[str]) -> list[str]:
    """The models whose options the chosen systems need; all where none were chosen."""
    from eval.propensity.tuning import SPACES

    named = {word.strip(",") for system in systems for word in system.split()}
    return [name for name in SPACES if name in named or name == "network"] if systems else []


def _uplift(data: Path, cache: Path, options: argparse.Namespace, console: Console) -> dict[str, Any]:
    from eval.propensity.results import uplift_figures
    from eval.propensity.tuning import tuned
    from eval.propensity.uplift import LEARNERS, uplift

    problem, treated = hillstrom(data, quick=options.quick)
    results = Results(cache / problem.name)
    models = ("LR", "LightGBM", "network")
    found = tuned(problem, 0 if options.quick else options.trials, cache, console.print, models)
    with Progress(console=console) as progress:
        asked = [split for split in problem.splits if not options.split or split.name in options.split]
        task = progress.add_task(problem.name, total=len(asked) * len(LEARNERS))
        for split in asked:
            for name in LEARNERS:
                progress.update(task, description=f"{problem.name}: {split.name}: {name}")
                if not results.has(name, split):
                    results.keep(name, split, problem, {name: uplift(name, problem, treated, split, found)})
                progress.advance(task)
    return {"options": found, **uplift_figures(problem, treated, results)}


def tables(body: dict[str, Any]) -> list[Table]:
    """One table per problem."""
    found = []
    for name, problem in body["problems"].items():
        columns = problem["columns"]
        table = Table("system", *columns, "AUC or Qini minus Full (p)", title=f"{name}: {problem['title']}")
        for system, row in problem["systems"].items():
            cells = [f"{row[column]['mean']:.4f} ± {row[column]['sd']:.4f}" for column in columns]
            gap = row.get("against_full")
            p = "-" if gap is None or gap["p"] is None else f"{gap['p']:.3f}"
            table.add_row(system, *cells, "" if gap is None else f"{gap['difference']:+.4f} ({p})")
        found.append(table)
        if "heads" in problem:
            found.append(_heads(name, problem["heads"]))
    return found


def _heads(name: str, heads: dict[str, Any]) -> Table:
    names = list(dict.fromkeys(head for row in heads.values() for head in row))
    table = Table("system", *names, title=f"{name}: accuracy of each head")
    for system, row in heads.items():
        cells = [f"{row[head]['mean']:.3f} ± {row[head]['sd']:.3f}" if head in row else "" for head in names]
        table.add_row(system, *cells)
    return table


def main(arguments: list[str] | None = None) -> int:
    """Run the bench."""
    options = parser().parse_args(arguments)
    console = Console(stderr=True)
    try:
        body = run(options, console)
    except RagmarketError as error:
        sys.stderr.write(f"{error.message}\n{error.hint}\n")
        return 2
    out = Console(width=None if sys.stdout.isatty() else 200)
    for table in tables(body):
        out.print(table)
    for problem in body["problems"].values():
        if "statements" in problem:
            out.print("\n".join(problem["notes"]))
    if options.json:
        options.json.write_text(json.dumps(body, ensure_ascii=False, indent=1), encoding="utf-8")
    if options.html:
        from eval.propensity.report import report

        options.html.write_text(report(body), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
