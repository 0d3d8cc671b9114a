"""How well are a bank's documents read that nobody wrote the code around?

Indexes a corpus into a temporary home and holds it against a gold file written from the documents by hand: spans of
figures, kinds of facts, the evidence in front for a brief, the version in force, and the messages that are written.

    python -m eval.documents                                      # both unseen sets, each by itself
    python -m eval.documents unseen2                              # one of them: tests/unseen2
    python -m eval.documents --corpus DIR --gold FILE.yaml        # another bank
    python -m eval.documents --no-drafts --json report.json       # no writer; every failure goes to the file

`tests/unseen` has been looked at while the reader was mended; `tests/unseen2` was written before that and is only
measured. The gold file's head says how it is written (`tests/unseen/gold.yaml`). Exit code 1: an accepted text holds a
fault; 2: a passage of the gold is not in its document.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.progress import track
from rich.table import Table

from eval.gold import GoldError
from eval.intervals import percent, wilson
from eval.passages import ReadDocument, score_fact, score_figures
from eval.rereading import faults_of
from eval.tally import Tally
from ragmarket.bootstrap import House, build
from ragmarket.errors import RagmarketError
from ragmarket.retrieval.chunking import split
from ragmarket.retrieval.corpus import read_corpus
from ragmarket.retrieval.facts import FactReader
from ragmarket.retrieval.reading import names_of
from ragmarket.schemas.brief import Brief
from ragmarket.settings import read_settings

ROOT = Path(__file__).resolve().parent.parent
SETS = ("unseen", "unseen2")
UNSEEN = ROOT / "tests" / SETS[0]
TOP = 5


def read_documents(house: House) -> dict[tuple[str, str], ReadDocument]:
    """Every product document of the house's corpus as the house reads it."""
    reader = FactReader(house.catalogue, house.encoder.embed)
    found = {}
    documents = read_corpus(house.settings.corpus_dir).documents
    for document in track(documents, "reading", console=Console(stderr=True)):
        version = document.version
        units = split(document.text, house.encoder.count_tokens)
        readings = reader.read(units, version.product_class, version.language, names_of(version))
        found[version.doc_id, version.version] = ReadDocument(document.text, units, list(readings))
    return found


def score_brief(tally: Tally, house: House, brief: Brief, gold: dict[str, Any], draft: bool) -> Iterator[str]:
    """Evidence, version and, unless told not to, the message of one brief; yields faults of an accepted text."""
    name, as_of = f"{brief.product_code} {brief.intent} {brief.as_of}", gold["as_of"]
    prediction = house.predictor.predict(brief)
    product = house.retriever.product(brief.product_code, as_of)
    policy = house.policies.resolve(
        product_class=str(product.product_class), channel=brief.channel, language=brief.language, as_of=as_of
    )
    evidence = house.retriever.retrieve(brief, prediction, policy)
    first = [f"{one.kind}: {one.text}" for one in evidence[:TOP]]
    needed = any(one.kind in gold["kinds"] for one in evidence[:TOP])
    detail = {"brief": f"{name} {brief.channel} {brief.language}", "expected": gold["kinds"], "found": first}
    # What policy forbids to say on this channel is rightly held back: that is no failure of retrieval.
    allowed = not policy.refusals and set(gold["kinds"]) - set(policy.must_not_say)
    if allowed:
        tally.count("needed fact in the top five", needed, **detail)
    versions = {(one.doc_id, one.version) for one in evidence if one.doc_kind == "product"}
    versions.add((product.doc_id, product.version))
    right = versions == {(gold["doc"], gold["version"])}
    tally.count("version in force", right, brief=name, found=sorted(versions))
    if not draft:
        return
    result = house.pipeline.draft(brief)
    accepted = result.status == "accepted"
    reasons = sorted({finding.rule for finding in result.findings if finding.severity == "block"})
    tally.count("briefs accepted", accepted, brief=detail["brief"], found=reasons)
    if accepted:
        yield from faults_of(house, result)
        cited = {(one.doc_id, one.version) for claim in result.claims for one in claim.citations}
        if any(doc == gold["doc"] and version != gold["version"] for doc, version in cited):
            yield "version out of force"


def report(tally: Tally, faults: Counter[str], actions: Counter[str]) -> dict[str, Any]:
    """All figures as plain data."""
    shares = {}
    for name, (hits, total) in tally.counts.items():
        low, high = wilson(hits, total)
        shares[name] = {"hits": hits, "of": total, "low": round(low, 4), "high": round(high, 4)}
    return {"documents": dict(actions), "shares": shares, "faults": dict(faults), "failures": tally.failures}


def run(house: House, gold: dict[str, Any], drafts: bool) -> tuple[Tally, Counter[str], Counter[str]]:
    """Index, read and hold everything against the gold: tally, faults in accepted texts, documents by action.

    Raises:
        GoldError: A passage of the gold is not in its document.
    """
    tally, faults = Tally(), Counter[str]()
    lines = house.index().documents
    for line in lines:
        tally.count("documents indexed", line.action != "rejected", doc=line.path, found=line.reason)
    read = read_documents(house)
    for score, part in ((score_figures, gold["figures"]), (score_fact, gold["facts"])):
        for group in part:
            document = read.get((group["doc"], group["version"]))
            if document is None:
                raise GoldError(f"no such document: {group['doc']} version {group['version']}")
            for passage in group.get("passages", [group]):
                score(tally, f"{group['doc']} v{group['version']}", document, passage)
    for item in track(gold["briefs"], "briefs", console=Console(stderr=True)):
        brief = Brief(**{name: item[name] for name in ("product_code", "language", "channel", "intent", "as_of")})
        faults.update(score_brief(tally, house, brief, item, drafts))
    return tally, faults, Counter(line.action for line in lines)


def measured(name: str, corpus: Path, gold_file: Path, drafts: bool) -> dict[str, Any]:
    """Measure one set in a home of its own, print its table, and give its figures as plain data.

    Raises:
        GoldError: A passage of the gold is not in its document.
        RagmarketError: The house cannot be built.
        OSError: A file cannot be read.
        yaml.YAMLError: The gold file is not YAML.
    """
    with tempfile.TemporaryDirectory(prefix="ragmarket-eval-") as home:
        house = build(read_settings().model_copy(update={"corpus_dir": corpus, "home": Path(home)}))
        gold = yaml.safe_load(gold_file.read_text(encoding="utf-8"))
        tally, faults, actions = run(house, gold, drafts)
    table = Table(name, "share [95 % interval]")
    for measure, (hits, total) in tally.counts.items():
        table.add_row(measure, percent(hits, total))
    console = Console()
    console.print(table)
    console.print(f"documents: {dict(actions)}; faults in accepted texts: {sum(faults.values())} {dict(faults)}")
    return report(tally, faults, actions)


def main(arguments: list[str] | None = None) -> int:
    """Run the bench."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", metavar="SET", help=f"of {', '.join(SETS)}; all of them by default")
    parser.add_argument("--corpus", type=Path, help="another folder of documents, with --gold")
    parser.add_argument("--gold", type=Path, help="what a reader finds in them")
    parser.add_argument("--no-drafts", action="store_true", help="read and retrieve only; no writer is needed")
    parser.add_argument(
        "--json", type=Path, help="write all figures and failures there, by set where there are several"
    )
    options = parser.parse_args(arguments)
    if (options.corpus is None) != (options.gold is None):
        parser.error("--corpus and --gold belong together")
    unknown = sorted(set(options.sets) - set(SETS))
    if unknown:
        parser.error(f"no such set: {', '.join(unknown)}; there are {', '.join(SETS)}")
    chosen = {
        name: (ROOT / "tests" / name / "corpus", ROOT / "tests" / name / "gold.yaml") for name in options.sets or SETS
    }
    if options.corpus is not None:
        chosen = {options.corpus.name: (options.corpus, options.gold)}
    try:
        bodies = {name: measured(name, *files, not options.no_drafts) for name, files in chosen.items()}
    except (GoldError, OSError, RagmarketError, yaml.YAMLError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if options.json:
        body = bodies if len(bodies) > 1 else next(iter(bodies.values()))
        options.json.write_text(json.dumps(body, ensure_ascii=False, indent=1, default=str), encoding="utf-8")
    return 1 if any(body["faults"] for body in bodies.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
