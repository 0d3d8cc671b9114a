"""How good is what the writer writes: accepted, cited, apt, varied, in the bank's own terms?

Writes messages for a seeded sample of (product, language, channel, intent) over a corpus, reads every accepted one
again from its bytes, and counts. A combination that policy finds impossible (the mandatory text alone does not fit) is
refused before the writing; shares are given over all briefs and over the possible ones.

    python eval/generation.py                          # 270 briefs over the configured corpus, about four minutes
    python eval/generation.py --quick                  # 45 briefs
    python eval/generation.py --corpus tests/unseen/corpus --all --html report.html
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
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track

from eval.copy_metrics import overlap, words
from eval.generation_pairs import metamorphic
from eval.generation_report import as_page, report
from eval.generation_variety import terms, variety
from eval.rereading import faults_of
from eval.written import Written
from ragmarket.bootstrap import House, build
from ragmarket.schemas.base import CHANNELS, LANGUAGES
from ragmarket.schemas.brief import Brief
from ragmarket.settings import read_settings

Count = tuple[int, int]


def briefs(house: House, as_of: date, limit: int | None, seed: int) -> list[Brief]:
    """All combinations of product, language and channel with a seeded intent, or a seeded sample of them."""
    dice = random.Random(seed)
    intents = sorted(house.angles.intents)
    products = sorted({item.product_code for item in house.documents() if item.product_code and item.in_force(as_of)})
    found = [
        Brief(product_code=code, language=language, channel=channel, intent=dice.choice(intents), as_of=as_of)
        for code in products
        for language in LANGUAGES
        for channel in CHANNELS
    ]
    dice.shuffle(found)
    return found[:limit]


def write(house: House, brief: Brief) -> Written:
    """One message and the record of it."""
    began = time.perf_counter()
    result = house.pipeline.draft(brief)
    seconds = time.perf_counter() - began
    return Written(brief, result, house.audit.get(result.draft_id), house, seconds)


def counted(rows: Sequence[Written], of: Callable[[Written], list[bool]]) -> Count:
    """Hits and tries over all accepted messages."""
    found = [one for row in rows if row.accepted for one in of(row)]
    return sum(found), len(found)


def by_group(rows: Sequence[Written], field: str) -> dict[str, dict[str, Count]]:
    """Acceptance by language or channel."""
    groups: dict[str, dict[str, Count]] = {}
    for name in sorted({str(getattr(row.brief, field)) for row in rows}):
        own = [row for row in rows if getattr(row.brief, field) == name]
        possible = [row for row in own if row.possible]
        accepted = sum(row.accepted for row in own)
        first = sum(row.accepted and row.result.attempts == 1 for row in own)
        groups[name] = {
            "accepted of all": (accepted, len(own)),
            "accepted of possible": (accepted, len(possible)),
            "at first pass": (first, len(possible)),
        }
    return groups


def variants(house: House, todo: Sequence[Brief], console: Console) -> dict[str, Any]:
    """Three variants of a brief: do all pass, and how much do their claims share?"""
    shares, passed, same = [], 0, 0
    for brief in track(todo, "variants", console=console):
        one, *more = [write(house, brief.model_copy(update={"seed": seed})) for seed in (0, 1, 2)]
        rows = [row for row in (one, *more) if row.accepted]
        passed += len(rows) == 3
        if len(rows) == 3:
            shares.append(overlap([words(row.result.text or "", row.product) for row in _bodies(rows)]))
            same += len({tuple(row.words) for row in rows}) < 3
    return {"briefs": len(todo), "all three accepted": passed, "two say the same": same, "overlap": shares}


def _bodies(rows: Sequence[Written]) -> list[Written]:
    """The rows with nothing but their claims as text: mandatory wording is the same by law."""
    return [
        Written(
            row.brief,
            row.result.model_copy(update={"text": " ".join(claim.text for claim in row.result.claims)}),
            row.record,
            row.house,
            row.seconds,
        )
        for row in rows
    ]


def held_out(house: House, count: int) -> dict[str, float]:
    """Completion loss, in nats per token, by language on combinations that the writer was never trained on."""
    from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

    from ragmarket.bootstrap import WRITER_WEIGHTS
    from ragmarket.generation.writer.training import held_out_loss
    from ragmarket.training import writer_mixture

    folder = str(house.settings.generation.model_dir or WRITER_WEIGHTS)
    model = LlamaForCausalLM.from_pretrained(folder, dtype="float32")
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    return held_out_loss(model, tokenizer, writer_mixture(house).first, count)


def main() -> int:
    """Run the bench."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, help="corpus directory (default: the configured one)")
    parser.add_argument("--all", action="store_true", help="every combination instead of a sample")
    parser.add_argument("--sample", type=int, default=270, help="briefs in the sample (default %(default)s)")
    parser.add_argument("--variants", type=int, default=27, help="briefs of which three variants are written")
    parser.add_argument("--pairs", type=int, default=60, help="briefs written for two intents, segments … each")
    parser.add_argument("--seed", type=int, default=11, help="seed of sample and intents (default %(default)s)")
    parser.add_argument(
        "--as-of", type=date.fromisoformat, default=date(2026, 11, 21), help="day (default %(default)s)"
    )
    parser.add_argument(
        "--quick", action="store_true", help="45 briefs, 9 with variants, 12 in pairs, no held-out loss"
    )
    parser.add_argument("--json", type=Path, help="write all figures and results there")
    parser.add_argument("--html", type=Path, help="write one page with tables and plots there")
    parser.add_argument("--show", type=int, default=0, help="print so many accepted texts per language")
    arguments = parser.parse_args()
    settings = read_settings()
    if arguments.corpus:
        home = Path(tempfile.mkdtemp(prefix="ragmarket-eval-"))
        settings = settings.model_copy(update={"corpus_dir": arguments.corpus, "home": home})
    house = build(settings)
    console, out = Console(stderr=True), Console()
    house.index(progress=True)
    limit = None if arguments.all else 45 if arguments.quick else arguments.sample
    todo = briefs(house, arguments.as_of, limit, arguments.seed)
    house.warm_up()
    rows = [write(house, brief) for brief in track(todo, "writing", console=console)]
    accepted = [row for row in rows if row.accepted]
    faults = Counter(fault for row in accepted for fault in faults_of(house, row.result))
    reasons = Counter(
        item.rule for row in rows if not row.accepted for item in row.result.findings if item.severity == "block"
    )
    counts: dict[str, Count] = {
        "accepted, all briefs": (len(accepted), len(rows)),
        "accepted, possible briefs": (len(accepted), sum(row.possible for row in rows)),
        "at first pass, possible briefs": (
            sum(row.result.attempts == 1 for row in accepted),
            sum(row.possible for row in rows),
        ),
        "citation recall (claims wholly held by what they cite)": counted(rows, Written.citation_recall),
        "citation precision (cited spans that are needed)": counted(rows, Written.citation_needs),
        "policy's demands met": counted(rows, Written.demanded),
        "facts that serve the intent": counted(rows, Written.apt),
    }
    some = [row.brief for row in accepted[: 9 if arguments.quick else arguments.variants]]
    three = variants(house, some, console)
    pairs = metamorphic(house, accepted[: 12 if arguments.quick else arguments.pairs], write, console)
    loss = {} if arguments.quick else held_out(house, 180)
    seconds = [row.seconds for row in rows if row.brief.channel == "whatsapp"]
    figures: dict[str, Any] = {
        "counts": counts,
        "pairs": pairs,
        "languages": by_group(rows, "language"),
        "channels": by_group(rows, "channel"),
        "faults": dict(faults),
        "refusals by rule": dict(reasons.most_common()),
        "variants": three,
        "variety": variety(rows),
        "terms": terms(house, rows),
        "held-out loss": loss,
        "whatsapp median s": round(statistics.median(seconds), 3) if seconds else None,
    }
    report(out, figures)
    for language in LANGUAGES if arguments.show else ():
        for row in [one for one in accepted if one.brief.language == language][: arguments.show]:
            out.rule(f"{language} {row.result.channel} {row.result.subject or ''}")
            out.print(row.result.text, markup=False)
    if arguments.json:
        body = {"figures": figures, "results": [row.result.model_dump(mode="json") for row in rows]}
        arguments.json.write_text(json.dumps(body, ensure_ascii=False, indent=1), encoding="utf-8")
    if arguments.html:
        arguments.html.write_text(as_page(figures), encoding="utf-8")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
