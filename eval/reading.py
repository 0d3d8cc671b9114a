"""How well documents are read: spans of figures, and kinds of facts, with 95 % Wilson intervals.

    python eval/reading.py                                    # the held-out phrasings of the repository
    python eval/reading.py --data tests/content/kind_sentences.yaml --split test      # another labelled file
    python eval/reading.py --corpus corpus                    # documents: how much is read, and why not the rest

A labelled file holds ``items``: each ``{text, kind, class, split?}`` with braces around every figure of ``text`` and
``kind: null`` for a statement that is of no kind.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from eval.intervals import wilson

ROOT = Path(__file__).resolve().parent.parent
DEFAULT = ROOT / "tests" / "retrieval" / "held_out_kinds.yaml"


def share(hits: int, total: int) -> dict[str, float | int]:
    """A share as counts, value and interval."""
    low, high = wilson(hits, total)
    return {
        "hits": hits,
        "of": total,
        "share": round(hits / total, 4) if total else 0.0,
        "low": round(low, 4),
        "high": round(high, 4),
    }


def unbraced(marked: str) -> tuple[str, set[tuple[int, int]]]:
    """The text without its braces, and the spans they marked."""
    text, spans = "", set()
    for part in re.split(r"(\{[^}]*\})", marked):
        if part.startswith("{"):
            spans.add((len(text), len(text) + len(part) - 2))
        text += part.strip("{}")
    return text, spans


def encoder() -> Any:
    """The packaged sentence encoder as texts to unit vectors."""
    from ragmarket.retrieval.embedding import SentenceEncoder

    return SentenceEncoder().embed


def labelled(items: list[dict[str, Any]], embed: Any) -> dict[str, Any]:
    """Figure precision and recall, kind accuracy, and how often "no kind" is right."""
    from ragmarket.knowledge.catalogue import load_catalogue
    from ragmarket.retrieval.facts import FactReader, plain_unit
    from ragmarket.retrieval.figures import recognise

    reader = FactReader(load_catalogue(), embed)
    right = found = marked = 0
    counts: Counter[str] = Counter()
    for item in items:
        text, gold = unbraced(item["text"])
        figures = recognise(text, item.get("language", "en"))
        spans = {(f.start, f.end) for f in figures}
        right, found, marked = right + len(spans & gold), found + len(spans), marked + len(gold)
        reading = reader.read([plain_unit(text)], item.get("class"), "en")[0]
        kind = reading.kind
        if kind is not None:
            counts["given"] += 1
            counts["given_right"] += kind == item["kind"]
        if reading.phrasable and kind != item["kind"]:
            counts["wrong_phrasable"] += 1
        if kind is not None and kind == item["kind"]:
            counts["phrasable"] += reading.phrasable
        if item["kind"] is None:
            counts["none"] += 1
            counts["none_right"] += kind is None
        else:
            counts["kinds"] += 1
            counts["kind_right"] += kind == item["kind"]
            counts["kind_wrong"] += kind not in (None, item["kind"])
    return {
        "figure_precision": share(right, found),
        "figure_recall": share(right, marked),
        "kind_accuracy": share(counts["kind_right"], counts["kinds"]),
        "kind_precision": share(counts["given_right"], counts["given"]),
        "kind_wrong": share(counts["kind_wrong"], counts["kinds"]),
        "none_accuracy": share(counts["none_right"], counts["none"]),
        "accuracy": share(counts["kind_right"] + counts["none_right"], len(items)),
        "phrasable_of_right": share(counts["phrasable"], counts["kind_right"]),
        "wrong_phrasable": share(counts["wrong_phrasable"], len(items)),
    }


def unlabelled(folder: Path, embed: Any) -> dict[str, Any]:
    """What is read of a corpus: units with figures, with a kind, phrasable; the commonest reasons why not."""
    from ragmarket.knowledge.catalogue import load_catalogue
    from ragmarket.retrieval.chunking import split
    from ragmarket.retrieval.corpus import read_corpus
    from ragmarket.retrieval.facts import FactReader
    from ragmarket.retrieval.reading import names_of

    reader = FactReader(load_catalogue(), embed)
    counts: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for document in read_corpus(folder).documents:
        version = document.version
        if version.kind != "product":
            continue
        units = split(document.text, lambda text: len(text.split()))
        for reading in reader.read(units, version.product_class, version.language, names_of(version)):
            counts["units"] += 1
            counts["with_figures"] += bool(reading.figures)
            counts["with_kind"] += reading.kind is not None
            counts["phrasable"] += reading.phrasable
            if reading.kind and reading.why_not:
                reasons[reading.why_not.split(":")[0].split("'")[0].strip()] += 1
    return {
        **counts,
        "phrasable_of_kinds": share(counts["phrasable"], counts["with_kind"]),
        "why_not": dict(reasons.most_common(12)),
    }


def main() -> int:
    """Run from the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, default=DEFAULT, help="labelled YAML file")
    parser.add_argument("--split", choices=("dev", "test", "all"), default="test", help="which half of it")
    parser.add_argument("--corpus", type=Path, help="a folder of documents to read instead")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    if options.corpus:
        if not options.corpus.is_dir():
            sys.stderr.write(f"{options.corpus} is not a folder\n")
            return 2
        result = unlabelled(options.corpus, encoder())
    else:
        try:
            items = yaml.safe_load(options.data.read_text(encoding="utf-8"))["items"]
        except (OSError, TypeError, KeyError, yaml.YAMLError) as error:
            sys.stderr.write(f"{options.data} holds no `items`: {error}\n")
            return 2
        chosen = [item for item in items if options.split == "all" or item.get("split", options.split) == options.split]
        result = labelled(chosen, encoder())
    if options.json:
        print(json.dumps(result, ensure_ascii=False))
        return 0
    for name, value in result.items():
        if isinstance(value, dict) and "share" in value:
            interval = f"[{value['low']:.1%}, {value['high']:.1%}]"
            print(f"{name:20} {value['share']:7.1%}  {value['hits']}/{value['of']}  {interval}")
        elif isinstance(value, dict):
            print(name, *(f"\n  {number:5}  {reason}" for reason, number in value.items()))
        else:
            print(f"{name:20} {value}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
