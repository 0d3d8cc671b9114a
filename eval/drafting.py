"""How many briefs become releasable messages, and is every released character accounted for?

Writes one message per (product, language, channel) of a corpus, checks each accepted one anew from the bytes (quotes,
figures, versions, disclaimers, channel, script) without the reviewer's help, and prints shares with Wilson intervals.

    python eval/drafting.py                        # a seeded sample of 180 briefs over the configured corpus
    python eval/drafting.py --corpus DIR --all     # every combination over another corpus
"""

from __future__ import annotations

import argparse
import json
import random
import re
import statistics
import sys
import tempfile
import time
import unicodedata
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from eval.intervals import percent
from ragmarket.bootstrap import House, build
from ragmarket.compliance.rules.channel import sms_segments
from ragmarket.knowledge.angles import load_angles
from ragmarket.retrieval.figures import recognise
from ragmarket.schemas.base import CHANNELS, LANGUAGES
from ragmarket.schemas.brief import Brief
from ragmarket.schemas.message import CitedClaim, Result
from ragmarket.settings import read_settings

NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
SCALES = (Decimal(1), Decimal(100_000), Decimal(10_000_000))
SCRIPTS = {
    "hi": "DEVANAGARI", "mr": "DEVANAGARI", "ta": "TAMIL", "te": "TELUGU", "kn": "KANNADA", "ml": "MALAYALAM",
    "bn": "BENGALI", "gu": "GUJARATI",
}  # fmt: skip


def _numbers(text: str) -> set[Decimal]:
    """The numbers written in a text, grouping commas folded."""
    return {Decimal(found.replace(",", "")) for found in NUMBER.findall(text)}


def _foreign_figures(claim: CitedClaim, name: str) -> list[str]:
    """Numbers of a claim, the product's name left out, that stand in none of its quotes."""
    stands = {figure.value for citation in claim.citations for figure in recognise(citation.quote)}
    stands |= {number for citation in claim.citations for number in _numbers(citation.quote)}
    said = _numbers(claim.text.replace(name, ""))
    return [str(number) for number in said if not any(number * scale in stands for scale in SCALES)]


def faults_of(house: House, result: Result) -> list[str]:
    """What is wrong with a released message, judged from the bytes alone."""
    faults = []
    text = result.text or ""
    documents = {(item.doc_id, item.version): item for item in house.documents()}
    for claim in result.claims:
        if text[claim.start : claim.end] != claim.text:
            faults.append("claim offsets")
        if not claim.citations:
            faults.append("claim without citation")
        for citation in claim.citations:
            document = documents[citation.doc_id, citation.version]
            if house.document_text(citation.sha256)[citation.start : citation.end] != citation.quote:
                faults.append("quote")
            if not document.in_force(result.as_of):
                faults.append("version not in force")
        cited = documents[claim.citations[0].doc_id, claim.citations[0].version]
        if _foreign_figures(claim, cited.product_name or cited.title):
            faults.append("figure")
    product = next(item for item in documents.values() if item.doc_id == result.claims[0].citations[0].doc_id)
    policy = house.policies.resolve(
        product_class=str(product.product_class), channel=result.channel, language=result.language, as_of=result.as_of
    )
    if [entry.id for entry in result.disclaimers] != [entry.id for entry in policy.disclaimers]:
        faults.append("disclaimers")
    for entry, wording in zip(result.disclaimers, policy.disclaimers, strict=False):
        if text.count(wording.text) != 1 or text[entry.start : entry.end] != wording.text:
            faults.append("disclaimer")
    if policy.max_chars is not None and len(text) > policy.max_chars:
        faults.append("length")
    if policy.max_sms_segments is not None and sms_segments(text)[2] > policy.max_sms_segments:
        faults.append("segments")
    letters = [unicodedata.name(char, "").split()[0] for char in text if char.isalpha() and not char.isascii()]
    if result.language != "en" and (not letters or set(letters) != {SCRIPTS[result.language]}):
        faults.append("script")
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
