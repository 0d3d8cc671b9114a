"""Does review catch copy that may not be sent, and let pass what looks like it and may?

Holds written copy against the rules, the rules with the classifier, a flat word list and what guardrails-ai ships, and
prints recall and false alarms per class, tongue, script and difficulty with Wilson intervals, the share of caught texts
whose class is named rightly, and the time a message takes.

    python eval/compliance.py                          # eval/copy/test: by readers who had not seen the rules
    python eval/compliance.py --split dev --show-misses   # the half that those who mend the rules may read
    python eval/compliance.py --quick                  # a fourth of it
    python eval/compliance.py --data DIR               # your own copy, in the same form
    python eval/compliance.py --html report.html --json report.json

A text counts as caught, and a lawful one as a false alarm, when `ragmarket check --body-only` finds a claim in it that
it blocks or wants a person to review. Misses are counted, and listed only with --show-misses, which the test half
refuses: it stays unseen by those who mend the rules (`eval/copy_split.py` says how the halves were parted). Exit code
1: a threshold is not met; 2: the copy cannot be read.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from rich.console import Console
from rich.progress import track
from rich.table import Table

from eval.copy_baselines import by_flat_list, by_guardrails_pattern, flat_list, shipped_validators
from eval.copy_latency import latencies, machine
from eval.copy_split import SPLITS
from eval.copy_tally import GROUPS, CopyTally, language_of
from eval.intervals import percent
from ragmarket.compliance.guard import GuardedReview
from ragmarket.compliance.paraphrase.model import SHIPPED, load
from ragmarket.compliance.paraphrase.samples import Sample, read_copy
from ragmarket.compliance.policy import load_policy_book
from ragmarket.errors import RagmarketError
from ragmarket.schemas.compliance import CheckRequest, CheckVerdict

ROOT = Path(__file__).resolve().parent.parent
RULES, BOTH, FLAT, PATTERN = "rules", "rules and classifier", "flat word list", "guardrails schema pattern"
CHANNEL = "email"  # has room for every line; the limits of channels are not measured here
_QUICK = 0.25
_SEED = 5


def verdicts(review: GuardedReview, samples: Sequence[Sample], as_of: date) -> list[CheckVerdict]:
    """What review says of every line."""
    found = []
    for index, sample in enumerate(track(samples, "checking", console=Console(stderr=True))):
        request = CheckRequest.model_validate(
            {
                "id": str(index),
                "text": sample.text,
                "language": language_of(sample.tongue),
                "product_class": sample.product_class,
                "channel": CHANNEL,
                "as_of": as_of,
            }
        )
        found.append(review.check(request, body_only=True))
    return found


def tally_review(
    samples: Sequence[Sample], answers: Sequence[CheckVerdict], numbers: dict[str, int], classifier: bool
) -> CopyTally:
    """Count verdicts with, or without, what the classifier found."""
    tally = CopyTally()
    for sample, answer in zip(samples, answers, strict=True):
        counted = [
            one
            for one in answer.findings
            if one.rule in numbers and one.severity != "info" and (classifier or one.origin == "rules")
        ]
        named = ", ".join(sorted({f"{one.rule} ({one.origin})" for one in counted}))
        tally.add(sample, frozenset(numbers[one.rule] for one in counted), bool(counted), named)
    return tally


def tally_of(samples: Sequence[Sample], found: Callable[[str], frozenset[int]], what: str) -> CopyTally:
    """Count the answers of a baseline."""
    tally = CopyTally()
    for sample in track(samples, what, console=Console(stderr=True)):
        named = found(sample.text)
        tally.add(sample, named, bool(named))
    return tally


def unmet(tally: CopyTally, limits: argparse.Namespace) -> list[str]:
    """Which of the thresholds are not met, in words."""
    found = []

    def least(name: str, value: float, group: str = "all", of: str = "all", measure: str = "recall") -> None:
        share = tally.share(measure, group, of)
        if share.total and share.hits / share.total < value:
            found.append(f"{measure} of {name}: {percent(share.hits, share.total)}, should be at least {value:.1%}")

    def most(name: str, value: float, group: str = "all", of: str = "all") -> None:
        share = tally.share("false alarms", group, of)
        if share.total and share.hits / share.total > value:
            found.append(f"false alarms of {name}: {percent(share.hits, share.total)}, should be at most {value:.1%}")

    least("all", limits.min_recall)
    least("plain", limits.min_plain, "difficulty", "plain")
    least("evasive", limits.min_evasive, "difficulty", "evasive")
    least("all", limits.min_right_class, measure="right class")
    most("all", limits.max_false_alarms)
    for tongue in tally.values("tongue"):
        least(tongue, limits.min_tongue_recall, "tongue", tongue)
        most(tongue, limits.max_tongue_false_alarms, "tongue", tongue)
    return found


def tables(tallies: dict[str, CopyTally]) -> list[Table]:
    """One table of all systems, then one per group for the whole of review."""
    measures = ("recall", "right class", "false alarms", "alarms on neutral")
    first = Table("system", *measures)
    for name, tally in tallies.items():
        first.add_row(name, *(percent(tally.share(one).hits, tally.share(one).total) for one in measures))
    found = [first]
    review = tallies[BOTH]
    for group in GROUPS[1:]:
        table = Table(group, *measures[:3], f"recall: {RULES}", f"recall: {FLAT}")
        for value in review.values(group):
            shares = [review.share(one, group, value) for one in measures[:3]]
            shares += [tallies[name].share("recall", group, value) for name in (RULES, FLAT)]
            if any(share.total for share in shares):
                table.add_row(value, *(percent(share.hits, share.total) for share in shares))
        found.append(table)
    return found


def parser() -> argparse.ArgumentParser:
    """The command line."""
    found = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    found.add_argument("--data", type=Path, metavar="DIR", help="your own copy, instead of a half of eval/copy")
    found.add_argument("--split", choices=SPLITS, default="test", help="which half of eval/copy (default: test)")
    found.add_argument("--quick", action="store_true", help="a fourth of the lines, drawn with a fixed seed")
    found.add_argument(
        "--as-of", type=date.fromisoformat, default=date(2027, 1, 15), help="default: all packs in force"
    )
    found.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    found.add_argument("--html", type=Path, metavar="FILE", help="write one self-contained report there")
    found.add_argument("--show-misses", action="store_true", help="list every miss and false alarm, with its text")
    for name, value, what in (
        ("min-recall", 0.97, "of everything unlawful"),
        ("min-tongue-recall", 0.93, "in every tongue"),
        ("min-plain", 0.995, "of the plain"),
        ("min-evasive", 0.90, "of the evasive"),
        ("min-right-class", 0.85, "of what is caught"),
        ("max-false-alarms", 0.03, "on lawful look-alikes"),
        ("max-tongue-false-alarms", 0.06, "in any tongue"),
    ):
        found.add_argument(f"--{name}", type=float, default=value, metavar="SHARE", help=f"{what} (default: {value})")
    return found


def measured(samples: Sequence[Sample], as_of: date) -> tuple[dict[str, CopyTally], dict[str, Any]]:
    """All systems on all lines, and what else is to be told.

    Raises:
        RagmarketError: Knowledge or weights cannot be read.
    """
    book = load_policy_book(ROOT / "approved_disclaimers")
    numbers = {rule.id: rule.number for rule in book.packs.lexicon.sources}
    review = GuardedReview(book)
    review.warm_up()
    answers = verdicts(review, samples, as_of)
    words = flat_list()
    tallies = {
        BOTH: tally_review(samples, answers, numbers, classifier=True),
        RULES: tally_review(samples, answers, numbers, classifier=False),
        FLAT: tally_of(samples, by_flat_list(words), FLAT),
        PATTERN: tally_of(samples, by_guardrails_pattern(words), PATTERN),
    }
    others = sum(
        not sample.unlawful
        and answer.verdict == "fail"
        and not any(one.rule in numbers and one.severity != "info" for one in answer.findings)
        for sample, answer in zip(samples, answers, strict=True)
    )
    about = {
        "as_of": as_of.isoformat(),
        "texts": len(samples),
        "classifier": load(SHIPPED).name,
        "lawful_failed_for_other_reasons": others,
        "guardrails_validators_shipped": shipped_validators(),
        "machine": machine(),
        "milliseconds_of_one_thread": latencies(book, samples, as_of, CHANNEL),
    }
    return tallies, about


def main(arguments: list[str] | None = None) -> int:
    """Run the bench."""
    options = parser().parse_args(arguments)
    if options.show_misses and options.data is None and options.split == "test":
        sys.stderr.write("--show-misses: the test half is for counting only; use --split dev, or --data\n")
        return 2
    try:
        samples = read_copy(options.data or ROOT / "eval" / "copy" / options.split)
        if options.quick:
            samples = random.Random(_SEED).sample(samples, max(1, int(_QUICK * len(samples))))
        tallies, about = measured(samples, options.as_of)
    except (OSError, RagmarketError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    console = Console(width=None if sys.stdout.isatty() else 180)
    for table in tables(tallies):
        console.print(table)
    console.print(f"lawful lines that fail for a reason other than a claim: {about['lawful_failed_for_other_reasons']}")
    named = ", ".join(about["guardrails_validators_shipped"]) or "none; those of its hub are downloads"
    console.print(f"validators that guardrails-ai ships: {named}. Its schema check, given the flat list, is measured.")
    console.print(f"milliseconds of one thread on {about['machine']}:")
    for name, row in about["milliseconds_of_one_thread"].items():
        console.print(f"  {name}: " + ", ".join(f"{key} {value:.2f}" for key, value in row.items()))
    missing = unmet(tallies[BOTH], options)
    for line in missing:
        console.print(f"not met: {line}", markup=False)
    systems = {name: tally.as_dict() for name, tally in tallies.items()}
    body: dict[str, Any] = {"about": about, "systems": systems, "unmet": missing}
    if options.show_misses:
        body["faults"] = tallies[BOTH].faults
        for fault in tallies[BOTH].faults:
            console.print(json.dumps(fault, ensure_ascii=False), markup=False, highlight=False)
    if options.json:
        options.json.write_text(json.dumps(body, ensure_ascii=False, indent=1), encoding="utf-8")
    if options.html:
        from eval.copy_report import page

        options.html.write_text(page(tallies, about, missing, options.show_misses), encoding="utf-8")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
