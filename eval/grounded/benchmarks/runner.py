"""All benchmarks that a folder holds, one after another."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console

from eval.grounded.benchmarks import indic, numbers, ragtruth, references
from eval.grounded.benchmarks.kept import FeatureCache
from eval.grounded.benchmarks.sets import located
from eval.grounded.results import Benchmark
from ragmarket.compliance.grounding.passages.features import FeatureReader
from ragmarket.compliance.grounding.passages.tokens import TokenEncoder
from ragmarket.retrieval.embedding import SentenceEncoder

Found = Sequence[Benchmark] | Benchmark


def run(data: Path, cache: Path, *, seed: int, quick: bool, console: Console) -> list[Benchmark]:
    """Score every set that is there; with ``quick`` only those that need no features.

    Raises:
        RagmarketError: A set is there but cannot be read.
    """
    encoder = SentenceEncoder()
    kept = FeatureCache(cache, FeatureReader(TokenEncoder(encoder.path)), encoder.fingerprint, console)

    def at(*names: str) -> Path | None:
        return located(data, *names)

    slice_, official = at("ragtruth_qa_test/ragtruth_qa_test.jsonl"), at("ragtruth/response.jsonl", "response.jsonl")
    sources = at("ragtruth/source_info.jsonl", "source_info.jsonl")
    dev, test = at("attributionbench/dev.jsonl"), at("attributionbench/test_sampled500.jsonl")
    reports = at("finqa_detection/detection_eval.jsonl")
    edits = at("summedits/summedits_8domains.jsonl")
    hindi, pages = at("mushroom/hi_val.jsonl"), at("mushroom/hi_wiki_pages.jsonl")
    translations = at("indicmt_eval/test.jsonl")
    plan: list[tuple[str, tuple[Path | None, ...], bool, Callable[..., Found]]] = [
        ("RAGTruth, official files", (official, sources), True, lambda a, b: ragtruth.ragtruth_full(a, b, kept, seed)),
        ("RAGTruth QA test", (slice_,), True, lambda a: ragtruth.ragtruth_qa(a, kept, seed)),
        ("AttributionBench test-500", (dev, test), True, lambda a, b: references.attribution(a, b, kept, seed)),
        ("FinQA detection", (reports,), False, lambda a: numbers.finqa(a, seed)),
        ("SummEdits", (edits,), True, lambda a: references.edited_summaries(a, kept, seed)),
        ("Mu-SHROOM Hindi validation", (hindi, pages), False, lambda a, b: indic.mushroom(a, b, seed)),
        ("IndicMT-Eval", (translations,), False, lambda a: indic.indicmt(a, seed)),
    ]
    found: list[Benchmark] = []
    for name, paths, heavy, measure in plan:
        if any(path is None for path in paths):
            found.append(Benchmark(name, 0, skipped=f"its files are not in {data}"))
        elif heavy and quick:
            found.append(Benchmark(name, 0, skipped="--quick reads no features"))
        else:
            console.print(f"scoring {name}")
            with warnings.catch_warnings():
                # LightGBM's fitted feature names against scikit-learn's check: no concern of a reader.
                warnings.filterwarnings("ignore", message="X does not have valid feature names")
                one = measure(*paths)
            found += [one] if isinstance(one, Benchmark) else one
    return found
