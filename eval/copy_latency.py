"""How long a line takes: this thread's own milliseconds, and on which machine."""

from __future__ import annotations

import platform
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from ragmarket.compliance.paraphrase.check import check_paraphrases
from ragmarket.compliance.paraphrase.model import SHIPPED, load
from ragmarket.compliance.paraphrase.samples import Sample
from ragmarket.compliance.policy import PolicyBook
from ragmarket.compliance.rules.claims import check_claims
from ragmarket.compliance.rules.personal_data import check_personal_data


def latencies(book: PolicyBook, samples: Sequence[Sample], as_of: date, channel: str) -> dict[str, dict[str, float]]:
    """Percentiles of this thread's own milliseconds on one line, the better of two."""
    lexicon, model = book.packs.lexicon, load(SHIPPED)
    took: dict[str, list[float]] = {"rules": [], "classifier": [], "rules and classifier": []}
    for sample in samples:
        best = [float("inf"), float("inf")]
        for _ in range(2):
            started = time.thread_time()
            check_claims(sample.text, lexicon, product_class=sample.product_class, channel=channel, as_of=as_of)
            check_personal_data(sample.text)
            between = time.thread_time()
            check_paraphrases(
                sample.text, model, lexicon, product_class=sample.product_class, channel=channel, as_of=as_of
            )
            ended = time.thread_time()
            best = [min(best[0], between - started), min(best[1], ended - between)]
        took["rules"].append(1000 * best[0])
        took["classifier"].append(1000 * best[1])
        took["rules and classifier"].append(1000 * sum(best))
    return {name: percentiles(values) for name, values in took.items()}


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """Median, 90th and 99th percentile and the highest."""
    ordered = sorted(values)
    places = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1.0}
    return {name: round(ordered[min(len(ordered) - 1, int(q * len(ordered)))], 3) for name, q in places.items()}


def machine() -> str:
    """The processor, as its system names it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
