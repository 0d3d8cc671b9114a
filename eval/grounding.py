"""Does the claim verifier tell what the evidence supports from what it does not, in nine languages?

Reads claims whose writers said what they are (`eval/claims/`), asks the verifier as the line asks it, and prints recall
of the supported, the shares of contradicted and of unsupported claims that are flagged, how much is left unverified,
and the time a claim takes, by language and by kind, with Wilson intervals.

    python eval/grounding.py                        # eval/claims/test: for counting only
    python eval/grounding.py --split unseen         # by another author, as is held: for counting only
    python eval/grounding.py --split dev --show-misses
    python eval/grounding.py --split blind          # three batches that were blind once; see their first lines
    python eval/grounding.py --split dev --exact    # without the model
    python eval/grounding.py --claims eval/claims/first_author   # one of the authors whom the model has learnt from
    python eval/grounding.py --html report.html --json report.json

"Flagged" is contradicted or unsupported; "not verified" is counted by itself, and never as right. Misses are listed
only with --show-misses, which the splits for counting refuse.
Exit code 1: a threshold is not met; 2: the claims cannot be read.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from rich.console import Console
from rich.progress import track
from rich.table import Table

from eval.copy_latency import machine
from eval.grounding_tally import ClaimTally
from eval.intervals import percent
from ragmarket.compliance.grounding.model.claims import Claim, read_claims
from ragmarket.compliance.grounding.verifier import ClaimVerifier
from ragmarket.errors import RagmarketError
from ragmarket.schemas.grounding import GroundingRequest, GroundingVerdict
from ragmarket.settings import Settings
from ragmarket.workshops import Workshops

ROOT = Path(__file__).resolve().parent.parent
HELD = ("test", "held", "unseen")
SPLITS = (*HELD, "dev", "blind")
TARGETS = {"supported": 0.92, "contradicted": 0.98, "unsupported": 0.92}
_UNVERIFIED, _BEHIND = 0.08, 0.04


def judge(
    verifier: ClaimVerifier, claims: Sequence[Claim], *, words: bool
) -> tuple[list[GroundingVerdict], list[float]]:
    """Each claim's verdict and its milliseconds of this thread, evidence read for the first time included."""
    verdicts, took = [], []
    for claim in track(claims, "verifying", console=Console(stderr=True)):
        request = GroundingRequest(
            id=claim.id,
            claim=claim.text,
            evidence=list(claim.evidence),
            language=claim.language,
            product_name=claim.product_name,
        )
        started = time.thread_time()
        verdicts.append(verifier.verify(request, words=words))
        took.append(1000 * (time.thread_time() - started))
    return verdicts, took


def percentiles(took: Sequence[float]) -> dict[str, float]:
    """Median and 95th percentile."""
    ordered = sorted(took)
    return {
        name: round(ordered[min(len(ordered) - 1, int(q * len(ordered)))], 2)
        for name, q in (("p50", 0.5), ("p95", 0.95))
    }


def unmet(tally: ClaimTally) -> list[str]:
    """Which of issue 5's targets are not met, in words."""
    found = []
    for label, least in TARGETS.items():
        hits, of = tally.share(label)
        if of and hits / of < least:
            found.append(f"{label}: {percent(hits, of)}, should be at least {least:.0%}")
    hits, of = tally.unverified()
    if of and hits / of > _UNVERIFIED:
        found.append(f"not verified: {percent(hits, of)}, should be at most {_UNVERIFIED:.0%}")
    for label in TARGETS:
        hits, of = tally.share(label, language="en")
        for language in tally.languages if of else ():
            other, among = tally.share(label, language=language)
            if among and other / among < hits / of - _BEHIND:
                found.append(f"{label} in {language}: {percent(other, among)}, English {percent(hits, of)}")
    return found


def tables(tally: ClaimTally) -> list[Table]:
    """By language, then by kind."""
    head = ("supported recall", "contradicted flagged", "unsupported flagged", "not verified")
    first, second = Table("language", *head), Table("kind", *head)
    for name in ("all", *tally.languages):
        language = None if name == "all" else name
        cells = [percent(*tally.share(label, language=language)) for label in TARGETS]
        first.add_row(name, *cells, percent(*tally.unverified(language=language)))
    for kind in tally.kinds:
        cells = [percent(*tally.share(label, kind=kind)) for label in TARGETS]
        second.add_row(kind, *cells, percent(*tally.unverified(kind=kind)))
    return [first, second]


def parser() -> argparse.ArgumentParser:
    """The command line."""
    found = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    found.add_argument("--split", choices=SPLITS, default="test", help="which claims (default: test)")
    found.add_argument("--claims", type=Path, metavar="DIR", help="your own claims, in the form of eval/claims/test")
    found.add_argument("--exact", action="store_true", help="compare exactly and no more: the model is not asked")
    found.add_argument(
        "--counts", action="store_true", help="print how many claims there are of each language, kind and label too"
    )
    found.add_argument("--show-misses", action="store_true", help="list every wrong verdict, with its text")
    found.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    found.add_argument("--html", type=Path, metavar="FILE", help="write one self-contained report there")
    return found


def main(arguments: list[str] | None = None) -> int:
    """Run the bench."""
    options = parser().parse_args(arguments)
    held = options.claims is None and options.split in HELD
    if held and options.show_misses:
        sys.stderr.write(f"the split {options.split} is for counting only; use --split dev or blind, or --claims\n")
        return 2
    try:
        claims = read_claims(options.claims or ROOT / "eval" / "claims" / options.split)
        verifier = Workshops(Settings()).verifier
        verifier.warm_up(sorted({claim.language for claim in claims}))
        verdicts, took = judge(verifier, claims, words=not options.exact)
    except (OSError, RagmarketError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    tally = ClaimTally(claims, verdicts)
    times, missing = percentiles(took), unmet(tally)
    console = Console(width=None if sys.stdout.isatty() else 160)
    for table in tables(tally):
        console.print(table)
    if options.counts:
        console.print_json(json.dumps(tally.counts()))
    console.print(f"milliseconds of one thread on {machine()}: median {times['p50']}, p95 {times['p95']}")
    for line in missing:
        console.print(f"not met: {line}", markup=False)
    if options.show_misses:
        for row in tally.misses():
            console.print(json.dumps(row, ensure_ascii=False), markup=False, highlight=False)
    body: dict[str, Any] = {
        "split": options.split if options.claims is None else None,
        "model": not options.exact,
        "machine": machine(),
        "milliseconds": times,
        **tally.as_dict(),
        "unmet": missing,
    }
    if options.json:
        options.json.write_text(json.dumps(body, ensure_ascii=False, indent=1), encoding="utf-8")
    if options.html:
        options.html.write_text(tally.page(times, missing), encoding="utf-8")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
