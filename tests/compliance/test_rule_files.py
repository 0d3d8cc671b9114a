"""A rule file or a word file with a mistake is refused with its place, and every shipped example holds."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
import yaml

from ragmarket.compliance.rules.claims import check_claims
from ragmarket.compliance.rules.lexicon import load_lexicon
from ragmarket.compliance.rules.proof import broken_examples
from ragmarket.compliance.rules.terms import read_term
from ragmarket.errors import BadKnowledge
from ragmarket.knowledge.files import ROOT

RULES = ROOT / "rules"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(RULES, tmp_path / "rules"))


def small(tongue: str, rules: str) -> str:
    return f"tongue: {tongue}\nrules:\n{rules}"


def refused(folder: Path, file: str, text: str) -> BadKnowledge:
    (folder / file).write_text(text, encoding="utf-8")
    with pytest.raises(BadKnowledge) as caught:
        load_lexicon(folder)
    return caught.value


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("[guarantee, gain]", "[guarantee, glory]", "no concept glory"),
        ("number: 2", "nummer: 2", "nummer"),
        ("id: claims.projection", "id: claims.risk_denial", "twice"),
        ("effective_from: 2011-08-22", "effective_from: 22-08-2011", "effective_from"),
        ("effective_to: null", "effective_to: 2009-01-01", "before effective_from"),
        ("products: [mutual_fund, securities, nps, ulip]", "products: [mutual_fund, chit_fund]", "products"),
        ("number: 5\n", "number: 5\n    channels: [telex]\n", "channels"),
    ],
)
def test_a_bad_rule_file_is_refused_with_its_line(folder: Path, old: str, new: str, problem: str) -> None:
    text = (folder / "returns.yaml").read_text(encoding="utf-8")
    assert old in text
    fault = refused(folder, "returns.yaml", text.replace(old, new, 1))
    assert problem in str(fault)
    assert fault.path.endswith("returns.yaml")
    line = text.replace(old, new, 1).splitlines()[fault.line - 1]
    assert any(word in line for word in (problem.split()[0], "effective", "near", "id:", "products", "channels"))


def test_an_explanation_is_asked_for(folder: Path) -> None:
    data = yaml.load((folder / "credit.yaml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    del data["rules"][1]["explanation"]
    text = yaml.safe_dump(data, allow_unicode=True, sort_keys=False)
    assert "explanation" in str(refused(folder, "credit.yaml", text))


@pytest.mark.parametrize(
    ("rules", "line", "problem"),
    [
        ("  claims.nonsense:\n    phrases: [riches]\n", 3, "no rule claims.nonsense"),
        ("  claims.projection:\n    phrases: [riches, riches]\n", 4, "stands twice"),
        ("  claims.projection:\n    phrases:\n      - riches\n      - '*'\n", 6, "says nothing"),
        ("  claims.projection:\n    phrases: ['(a+)+$']\n", 4, "does not know"),
        ("  claims.projection:\n    phrases: ['get? rich?']\n", 4, "says nothing"),
        ("  claims.projection:\n    phrases: ['<n>']\n", 4, "says nothing"),
        ("  claims.projection:\n    phrases: ['a*b*c']\n", 4, "inside a word"),
        ("  claims.projection:\n    phrases: ['.. rich']\n", 4, "gap"),
        ("  claims.projection:\n    phrases: ['a .. b .. c .. d .. e .. f .. g .. h']\n", 4, "too long"),
        ("  claims.projection:\n    lawfull: [riches]\n", 4, "lawfull"),
        ("  claims.projection:\n    examples:\n      chit_fund:\n        fail: [x]\n", 5, "chit_fund"),
        ("  claims.projection:\n    examples:\n      deposit:\n        fail: [x]\n", 5, "does not bind deposit"),
        ("  claims.projection:\n    rewrites:\n      deposit: [x]\n", 5, "does not bind deposit"),
    ],
)
def test_a_bad_word_file_is_refused_with_its_line(folder: Path, rules: str, line: int, problem: str) -> None:
    fault = refused(folder, "words/ta.yaml", small("ta", rules))
    assert problem in str(fault)
    assert fault.path.endswith("ta.yaml")
    assert fault.line == line


def test_other_mistakes_of_word_files(folder: Path) -> None:
    assert "no concept glory" in str(refused(folder, "words/ta.yaml", "tongue: ta\nconcepts:\n  glory: [x]\n"))
    assert "says it is te" in str(refused(folder, "words/ta.yaml", "tongue: te\n"))
    (folder / "words/ta.yaml").unlink()
    with pytest.raises(BadKnowledge, match="no words for ta"):
        load_lexicon(folder)


@pytest.mark.parametrize(
    ("kind", "text", "problem"),
    [
        ("fail", "A fund invests in shares.", "does not find"),
        ("pass", "Expected 15% returns a year.", "claims.projection blocks"),
    ],
)
def test_a_broken_example_is_told_with_its_line(folder: Path, kind: str, text: str, problem: str) -> None:
    rules = f"  claims.projection:\n    examples:\n      ulip:\n        {kind}:\n          - {text}\n"
    (folder / "words/ta.yaml").write_text(small("ta", rules), encoding="utf-8")
    told = [fault for fault in broken_examples(folder) if fault.path.endswith("ta.yaml")]
    assert {fault.line for fault in told} == {7}
    assert any(problem in str(fault) for fault in told)


def test_a_rewrite_that_is_itself_unlawful_is_told(folder: Path) -> None:
    rules = (
        "  claims.projection:\n    phrases: [riches]\n    rewrites: [Returns are subject to the market., Zero risk!]\n"
    )
    (folder / "words/ta.yaml").write_text(small("ta", rules), encoding="utf-8")
    told = [str(fault) for fault in broken_examples(folder) if fault.path.endswith("ta.yaml")]
    assert told
    assert all("Zero risk!" in one and ":5:" in one for one in told)


def test_every_shipped_example_and_rewrite_holds() -> None:
    assert [str(fault) for fault in broken_examples(RULES)] == []


def test_every_rule_explains_itself() -> None:
    for rule in load_lexicon(RULES).sources:
        assert len(rule.explanation) > 60, rule.id


@pytest.mark.parametrize(
    ("term", "text", "found"),
    [
        ("guarant*", "guaranteed", True),
        ("*free", "tax riskfree fund", True),
        ("double|triple your money", "we triple your money", True),
        ("double|triple your money", "tripleyourmoney", True),
        ("double|triple your money", "we triple my money", False),
        ("up? to <n>%", "to 12.5%", True),
        ("never .. lose", "never ever will you lose", True),
        ("never .. lose", "never will you or i ever lose", False),
        ("never .. lose", "never . you lose", False),
        ("no_1 bank", "no 1 bank", True),
        ("no_1 bank", "no1 bank", True),
        ("free", "freedom", False),
    ],
)
def test_the_notation(term: str, text: str, found: bool) -> None:
    padded = f" {text} "
    starts = [0, *(place for place, char in enumerate(padded) if char == " ")]
    assert any(read_term(term).ends(padded, start + 1) for start in starts[1:-1]) is found


def test_rules_switch_a_day_before_and_after() -> None:
    lexicon = load_lexicon(RULES)
    for rule in lexicon.sources:
        examples = next(one for one in rule.examples if one.fail)
        for day, bound in ((rule.effective_from, True), (date.fromordinal(rule.effective_from.toordinal() - 1), False)):
            found = check_claims(examples.fail[0], lexicon, product_class=examples.product, channel="email", as_of=day)
            assert (rule.id in {finding.rule for finding in found}) is bound, (rule.id, day)
