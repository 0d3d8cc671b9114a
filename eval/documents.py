"""How well are a bank's documents read that nobody wrote the code around?

Indexes a corpus into a temporary home and holds it against a gold file written from the documents by hand: spans of
figures, kinds of facts, the evidence in front for a brief, the version in force, and the messages that are written.

    python -m eval.documents                                      # the unseen bank of tests/unseen
    python -m eval.documents --corpus DIR --gold FILE.yaml        # another bank
    python -m eval.documents --no-drafts --json report.json       # no writer; every failure goes to the file

The gold file's head says how it is written (`tests/unseen/gold.yaml`). Exit code 1: an accepted text holds a
fault; 2: a passage of the gold is not in its document.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.progress import track
from rich.table import Table

from eval.drafting import faults_of
from eval.gold import GoldError, find, gold_figures
from eval.intervals import percent, wilson
from ragmarket.bootstrap import House, build
from ragmarket.errors import RagmarketError
from ragmarket.retrieval.chunking import split
from ragmarket.retrieval.corpus import read_corpus
from ragmarket.retrieval.facts import FactReader, Reading
from ragmarket.retrieval.reading import names_of
from ragmarket.retrieval.units import Unit
from ragmarket.schemas.brief import Brief
from ragmarket.settings import read_settings

ROOT = Path(__file__).resolve().parent.parent
UNSEEN = ROOT / "tests" / "unseen"
TOP = 5


@dataclass
class Tally:
    """Hits out of counted, by name, and every failure with what was expected and what was found."""

    counts: dict[str, list[int]] = field(default_factory=dict)
    failures: list[dict[str, Any]] = field(default_factory=list)

    def count(self, name: str, hit: bool, **failure: Any) -> None:
        """Count one trial; a miss is kept as a failure where the caller describes it."""
        hits_total = self.counts.setdefault(name, [0, 0])
        hits_total[0] += hit
        hits_total[1] += 1
        if not hit and failure:
            self.failures.append({"measure": name, **failure})


@dataclass(frozen=True)
class ReadDocument:
    """A document as it was read: its text, units and their readings."""

    text: str
    units: list[Unit]
    readings: list[Reading]


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


def score_figures(tally: Tally, name: str, document: ReadDocument, passage: dict[str, Any]) -> None:
    """Recall and precision of a passage's figures: overlapping with the same type, and of exactly the same span."""
    (start, end), gold = gold_figures(document.text, passage)
    found = {
        (figure.start, figure.end, figure.type)
        for reading in document.readings
        for figure in reading.figures
        if start <= figure.start and figure.end <= end
    }
    text = document.text
    for item in gold:
        if item.optional:
            continue
        near = [one for one in found if one[0] < item.end and item.start < one[1]]
        told = [f"{text[low:high]} ({kind})" for low, high, kind in sorted(near)]
        line = " ".join(text[max(start, item.start - 60) : item.end + 30].split())
        expected = f"{text[item.start : item.end]} ({'/'.join(item.types)})"
        typed = [one for one in near if one[2] in item.types]
        detail = {"doc": name, "passage": line, "expected": expected, "found": told}
        tally.count("figure recall", bool(typed), **detail)
        exact = any(one[:2] == (item.start, item.end) for one in typed)
        tally.count("figure recall, exact span", exact, **(detail if typed else {}))
    for low, high, kind in sorted(found):
        near_gold = [item for item in gold if item.start < high and low < item.end]
        right = [item for item in near_gold if kind in item.types or item.optional]
        line = " ".join(text[max(start, low - 60) : high + 30].split())
        tally.count("figure precision", bool(right), doc=name, passage=line, found=f"{text[low:high]} ({kind})")
        exact = any((item.start, item.end) == (low, high) or item.optional for item in right)
        tally.count("figure precision, exact span", exact)


def unit_of(document: ReadDocument, start: int, end: int) -> int | None:
    """The shortest unit whose own characters hold a span; None where the span is cut or not read at all."""
    wanted = {at for at in range(start, end) if not document.text[at].isspace() and document.text[at] != "|"}
    holding = [number for number, unit in enumerate(document.units) if wanted <= set(unit.origin)]
    return min(holding, key=lambda number: len(document.units[number].view), default=None)


def score_fact(tally: Tally, name: str, document: ReadDocument, passage: dict[str, Any]) -> None:
    """Whether a passage is read as its kind, or as none where it states none; and whether it may be put into words."""
    text, kind = document.text, passage["kind"]
    after = find(text, passage["after"])[1] if "after" in passage else 0
    start, end = find(text, str(passage["passage"]), after)
    number = unit_of(document, start, end)
    reading = document.readings[number] if number is not None else None
    found = reading.kind if reading else None
    detail = {
        "doc": name,
        "passage": f"{passage.get('after', '')} … {passage['passage']}".strip(" …"),
        "unit": document.units[number].view if number is not None else "not in one unit",
        "expected": kind,
        "found": found,
        "score": round(reading.kind_score, 3) if reading else None,
    }
    if reading and found not in (None, kind):
        # Were it put into words, every later check would hold it against the wrong kind.
        tally.count("wrong kinds kept out of words", not reading.phrasable, **detail)
    if kind is None:
        tally.count("none rejected", found is None, **detail)
        return
    tally.count("passage in one unit", reading is not None)
    tally.count("kind accuracy", found == kind, **detail)
    if found is not None:
        tally.count("kind precision where one is given", found == kind)
    if reading and found == kind:
        tally.count("phrasable of right kinds", reading.phrasable, **detail, why_not=reading.why_not)


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


def main(arguments: list[str] | None = None) -> int:
    """Run the bench."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, default=UNSEEN / "corpus", help="folder of documents")
    parser.add_argument("--gold", type=Path, default=UNSEEN / "gold.yaml", help="what a reader finds in them")
    parser.add_argument("--no-drafts", action="store_true", help="read and retrieve only; no writer is needed")
    parser.add_argument("--json", type=Path, help="write all figures and failures there")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="ragmarket-eval-") as home:
        house = build(read_settings().model_copy(update={"corpus_dir": options.corpus, "home": Path(home)}))
        try:
            gold = yaml.safe_load(options.gold.read_text(encoding="utf-8"))
            tally, faults, actions = run(house, gold, not options.no_drafts)
        except (GoldError, OSError, RagmarketError, yaml.YAMLError) as error:
            sys.stderr.write(f"{error}\n")
            return 2
    table = Table("", "share [95 % interval]")
    for name, (hits, total) in tally.counts.items():
        table.add_row(name, percent(hits, total))
    console = Console()
    console.print(table)
    console.print(f"documents: {dict(actions)}; faults in accepted texts: {sum(faults.values())} {dict(faults)}")
    if options.json:
        body = report(tally, faults, actions)
        options.json.write_text(json.dumps(body, ensure_ascii=False, indent=1, default=str), encoding="utf-8")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
