"""The bench of documents counts what is there: marks are found where they stand, misreadings are no hits."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from eval.documents import SETS, UNSEEN, main, score_brief
from eval.gold import GoldError, find, gold_figures
from eval.passages import ReadDocument, score_fact, score_figures
from eval.tally import Tally
from ragmarket.retrieval.corpus import read_corpus
from ragmarket.retrieval.facts import Reading, plain_unit
from ragmarket.schemas.brief import Brief
from ragmarket.schemas.evidence import Figure, FigureType

TEXT = "Fees\n| Joining | Rs. 500 | 2.75% |\n| Late | Rs. 5000 |\n75% of it,\nwithin 30 days."
PASSAGE = {
    "from": "Joining",
    "to": "30 days.",
    "lines": ["{amount:Rs. 500} | {rate:2.75%}", "{rate:75%} of it, within {?count/duration:30 days}"],
}


def figure(text: str, kind: FigureType) -> Figure:
    """A figure of TEXT with a value that no measure looks at."""
    start = TEXT.index(text)
    return Figure(type=kind, value=Decimal(1), unit="percent", start=start, end=start + len(text), text=text)


def document(*figures: Figure, kind: str | None = None) -> ReadDocument:
    """TEXT as one unit, read with these figures."""
    return ReadDocument(TEXT, [plain_unit(TEXT)], [Reading(kind, 0.9, False, "no", figures)])


def test_marks_are_found_across_lines_bars_and_longer_numbers() -> None:
    _, figures = gold_figures(TEXT, PASSAGE)
    assert [TEXT[one.start : one.end] for one in figures] == ["Rs. 500", "2.75%", "75%", "30 days"]
    assert figures[2].start > TEXT.index("Late")
    assert [one.optional for one in figures] == [False, False, False, True]
    assert find(TEXT, "Rs. 5000")[0] == TEXT.index("Rs. 5000")


def test_a_passage_that_is_not_there_is_an_error() -> None:
    with pytest.raises(GoldError, match="not in the document"):
        gold_figures(TEXT, {**PASSAGE, "lines": ["{rate:3.75%}"]})


def test_types_spans_and_additions_are_told_apart() -> None:
    tally = Tally()
    score_figures(
        tally,
        "doc",
        document(
            figure("Rs. 500", "amount"), figure("2.75", "rate"), figure("75% of", "duration"), figure("5000", "amount")
        ),
        PASSAGE,
    )
    assert tally.counts["figure recall"] == [2, 3]
    assert tally.counts["figure recall, exact span"] == [1, 3]
    assert tally.counts["figure precision"] == [2, 4]
    assert tally.counts["figure precision, exact span"] == [1, 4]


def test_a_kind_is_right_only_where_it_is_the_gold_kind() -> None:
    tally = Tally()
    for kind in ("card_joining_fee", "card_annual_fee", None):
        score_fact(tally, "doc", document(kind=kind), {"passage": "Rs. 500", "kind": "card_joining_fee"})
        score_fact(tally, "doc", document(kind=kind), {"passage": "Rs. 500", "kind": None})
    assert tally.counts["kind accuracy"] == [1, 3]
    assert tally.counts["kind precision where one is given"] == [1, 2]
    assert tally.counts["none rejected"] == [1, 3]


@pytest.mark.parametrize("name", SETS)
def test_every_gold_passage_stands_in_the_unseen_documents(name: str) -> None:
    folder = UNSEEN.parent / name
    gold = yaml.safe_load((folder / "gold.yaml").read_text(encoding="utf-8"))
    corpus = read_corpus(folder / "corpus")
    texts = {(one.version.doc_id, one.version.version): one.text for one in corpus.documents}
    assert not corpus.rejected
    marked = [
        item
        for passage in gold["figures"]
        for item in gold_figures(texts[passage["doc"], passage["version"]], passage)[1]
    ]
    assert sum(not item.optional for item in marked) >= 150
    for group in gold["facts"]:
        text = texts[group["doc"], group["version"]]
        for passage in group["passages"]:
            find(text, passage["passage"], find(text, passage["after"])[1] if "after" in passage else 0)


def house_that_cites(version: str) -> Any:
    """A house whose only message cites this version of the document, with true bytes."""
    citation = SimpleNamespace(sha256="0", start=0, end=4, quote="Fees", doc_id="one", version=version)
    claim = SimpleNamespace(start=0, end=4, text="Text", citations=[citation])
    result = SimpleNamespace(status="accepted", text="Text", claims=[claim], disclaimers=[], findings=[])
    evidence = [SimpleNamespace(kind="exit_load", text=TEXT, doc_kind="product", doc_id="one", version=version)]
    return SimpleNamespace(
        predictor=SimpleNamespace(predict=lambda *_: None),
        retriever=SimpleNamespace(
            product=lambda *_: SimpleNamespace(product_class="loan", doc_id="one", version=version),
            retrieve=lambda *_: evidence,
        ),
        policies=SimpleNamespace(resolve=lambda **_: SimpleNamespace(refusals=(), must_not_say=())),
        pipeline=SimpleNamespace(draft=lambda *_: result),
        document_text=lambda *_: TEXT,
        disclaimers=list,
    )


@pytest.mark.parametrize(("version", "faults"), [("2", []), ("1", ["version out of force"])])
def test_an_accepted_text_that_cites_a_superseded_version_is_a_fault(
    version: str, faults: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The other faults are judged on a real house in tests/test_house.py.
    monkeypatch.setattr("eval.documents.faults_of", lambda *_: [])
    day = date(2026, 11, 21)
    brief = Brief(product_code="ONE-1", language="en", channel="email", intent="general", as_of=day)
    gold = {"kinds": ["exit_load"], "doc": "one", "version": "2", "as_of": day}
    tally = Tally()
    assert list(score_brief(tally, house_that_cites(version), brief, gold, draft=True)) == faults
    assert tally.counts["needed fact in the top five"] == [1, 1]
    assert tally.counts["version in force"] == [int(version == "2"), 1]
    assert tally.counts["briefs accepted"] == [1, 1]


def test_the_bench_runs_on_another_corpus(tmp_path: Path) -> None:
    front = {
        "doc_id": "one", "title": "One", "kind": "product", "product_class": "loan", "product_code": "ONE-1",
        "product_name": "One Loan", "issuer": "One Bank", "version": "1", "effective_from": "2026-01-01",
        "effective_to": None, "language": "en", "source_format": "markdown", "source": "a test",
    }  # fmt: skip
    body = "The processing fee is 2% of the loan amount. Call us at any time."
    (tmp_path / "one.md").write_text(f"---\n{yaml.safe_dump(front)}---\n\n{body}\n", encoding="utf-8")
    gold = {
        "figures": [{"doc": "one", "version": "1", "from": "The processing", "to": "time.", "lines": ["{rate:2%}"]}],
        "facts": [
            {"doc": "one", "version": "1", "passages": [{"passage": "fee is 2%", "kind": "processing_fee_rate"}]}
        ],
        "briefs": [],
    }
    (tmp_path / "gold.yaml").write_text(yaml.safe_dump(gold), encoding="utf-8")
    arguments = ["--corpus", str(tmp_path), "--no-drafts", "--gold"]
    report = tmp_path / "report.json"
    assert main([*arguments, str(tmp_path / "gold.yaml"), "--json", str(report)]) == 0
    shares = json.loads(report.read_text(encoding="utf-8"))["shares"]
    assert shares["figure recall, exact span"]["hits"] == shares["kind accuracy"]["hits"] == 1
    with pytest.raises(SystemExit):
        main([*arguments[:-1]])
    with pytest.raises(SystemExit):
        main(["unseen3"])
    gold["facts"][0]["doc"] = "two"
    (tmp_path / "wrong.yaml").write_text(yaml.safe_dump(gold), encoding="utf-8")
    assert main([*arguments, str(tmp_path / "wrong.yaml")]) == 2
