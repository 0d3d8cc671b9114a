"""How many briefs become releasable messages, and is every released character accounted for?

Writes one message per (product, language, channel) of a corpus, checks each accepted one anew from the bytes (quotes,
figures, disclaimers, channel length) without the reviewer's help, and prints shares with Wilson intervals.

    python eval/drafting.py                        # a seeded sample of 180 briefs over the configured corpus
    python eval/drafting.py --corpus DIR --all     # every combination over another corpus
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from eval.intervals import percent
from ragmarket.bootstrap import House, build
from ragmarket.knowledge.angles import load_angles
from ragmarket.schemas.base import CHANNELS, LANGUAGES
from ragmarket.schemas.brief import Brief
from ragmarket.schemas.message import Result
from ragmarket.settings import read_settings


def faults_of(house: House, result: Result) -> list[str]:
    """What is wrong with a released message, judged from the bytes alone."""
    faults = []
    text = result.text or ""
    for claim in result.claims:
        if text[claim.start : claim.end] != claim.text:
            faults.append("claim offsets")
        if not claim.citations:
            faults.append("claim without citation")
        for citation in claim.citations:
            if house.document_text(citation.sha256)[citation.start : citation.end] != citation.quote:
                faults.append("quote")
    for entry in result.disclaimers:
        wording = next(
            item["text"]
            for item in house.disclaimers()
            if item["id"] == entry.id and item["language"] == entry.language and item["sha256"] == entry.sha256
        )
        if text.count(wording) != 1 or text[entry.start : entry.end] != wording:
            faults.append("disclaimer")
    return faults


def briefs(house: House, as_of: date, limit: int | None, seed: int) -> list[Brief]:
    """All combinations of product, language and channel with a seeded intent, or a seeded sample of them."""
    dice = random.Random(seed)
    intents = sorted(load_angles().intents)
    products = sorted({item.product_code for item in house.documents() if item.product_code and item.in_force(as_of)})
    found = [
        Brief(product_code=code, language=language, channel=channel, intent=dice.choice(intents), as_of=as_of)
        for code in products
        for language in LANGUAGES
        for channel in CHANNELS
    ]
    dice.shuffle(found)
    return found[:limit]


def main() -> int:
    """Run the bench."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, help="corpus directory (default: the configured one)")
    parser.add_argument("--all", action="store_true", help="every combination instead of a sample")
    parser.add_argument("--sample", type=int, default=180, help="briefs in the sample (default %(default)s)")
    parser.add_argument("--seed", type=int, default=11, help="seed of sample and intents (default %(default)s)")
    parser.add_argument(
        "--as-of", type=date.fromisoformat, default=date(2026, 11, 21), help="day (default %(default)s)"
    )
    parser.add_argument("--json", type=Path, help="write all figures and results there")
    parser.add_argument("--show", type=int, default=0, help="print so many accepted texts per language")
    arguments = parser.parse_args()
    settings = read_settings()
    if arguments.corpus:
        home = Path(tempfile.mkdtemp(prefix="ragmarket-eval-"))
        settings = settings.model_copy(update={"corpus_dir": arguments.corpus, "home": home})
    house = build(settings)
    console = Console(stderr=True)
    house.index()
    todo = briefs(house, arguments.as_of, None if arguments.all else arguments.sample, arguments.seed)
    rows: list[tuple[Brief, Result, float]] = []
    for brief in track(todo, "writing", console=console):
        began = time.perf_counter()
        rows.append((brief, house.pipeline.draft(brief), time.perf_counter() - began))
    faults = Counter(
        fault for _, result, _ in rows if result.status == "accepted" for fault in faults_of(house, result)
    )
    table = Table("", "accepted", "at first pass")
    figures: dict[str, Any] = {"briefs": len(rows), "faults": dict(faults)}
    for field in ("all", "language", "channel"):
        groups = {"all": None} if field == "all" else {getattr(brief, field): None for brief, _, _ in rows}
        for group in sorted(groups):
            own = [r for b, r, _ in rows if field == "all" or getattr(b, field) == group]
            accepted = [r for r in own if r.status == "accepted"]
            first = [r for r in accepted if r.attempts == 1]
            table.add_row(group, percent(len(accepted), len(own)), percent(len(first), len(own)))
            figures[f"{field}:{group}"] = {"n": len(own), "accepted": len(accepted), "first_pass": len(first)}
    reasons = Counter(
        item.rule for _, r, _ in rows if r.status == "refused" for item in r.findings if item.severity == "block"
    )
    seconds = [took for brief, _, took in rows if brief.channel == "whatsapp"]
    figures["refusals_by_rule"] = dict(reasons.most_common())
    figures["whatsapp_median_s"] = round(statistics.median(seconds), 3) if seconds else None
    out = Console()
    out.print(table)
    out.print(f"faults in accepted texts: {sum(faults.values())} {dict(faults)}")
    out.print(f"refusals by rule: {dict(reasons.most_common())}")
    out.print(f"one WhatsApp draft, warm, median: {figures['whatsapp_median_s']} s")
    for language in LANGUAGES if arguments.show else ():
        texts = [r for b, r, _ in rows if b.language == language and r.status == "accepted"][: arguments.show]
        for result in texts:
            out.rule(f"{language} {result.channel} {result.subject or ''}")
            out.print(result.text, markup=False)
    if arguments.json:
        body = {"figures": figures, "results": [r.model_dump(mode="json") for _, r, _ in rows]}
        arguments.json.write_text(json.dumps(body, ensure_ascii=False, indent=1), encoding="utf-8")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
