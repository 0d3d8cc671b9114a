from __future__ import annotations

import shutil
import unicodedata
from datetime import date
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ragmarket.compliance.ledger import Ledger, load_ledger
from ragmarket.compliance.policy import load_policy_book
from ragmarket.compliance.rules.disclosures import check_disclosures
from ragmarket.compliance.wordings import sha256_of
from ragmarket.errors import BadKnowledge
from ragmarket.schemas.base import LANGUAGES
from ragmarket.schemas.compliance import DisclaimerText, Policy

LEDGER = Path(__file__).parents[2] / "approved_disclaimers"
TEXTS = load_ledger(LEDGER).texts()
DAY = date(2026, 11, 20)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(LEDGER, tmp_path / "ledger")
    return tmp_path / "ledger"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def policy_with(text: DisclaimerText) -> Policy:
    return Policy(
        snapshot_id="0",
        product_class="mutual_fund",
        channel="email",
        language=text.language,
        as_of=DAY,
        disclaimers=(text,),
        max_claims=5,
    )


def test_every_disclaimer_stands_in_nine_languages_with_an_approval(ledger: Ledger) -> None:
    for language in LANGUAGES:
        wordings = ledger.at(DAY, language)
        assert wordings.keys() == ledger.ids
        assert all(text.approval is not None and text.approval.demo for text in wordings.values())


def test_demo_approvals_do_not_count_in_production(ledger: Ledger) -> None:
    assert all(text.approval is None for text in ledger.at(DAY, "hi", production=True).values())


def test_the_mutual_fund_warning_is_the_regulators_to_the_letter(ledger: Ledger) -> None:
    wording = ledger.at(DAY, "en")["mf-standard-warning"]
    assert wording.text == (
        "Mutual Fund investments are subject to market risks, read all scheme related documents carefully."
    )
    assert wording.provenance == "verified"


def test_bytes_and_back(ledger: Ledger) -> None:
    again = Ledger.from_bytes(ledger.to_bytes())
    assert again.snapshot_id == ledger.snapshot_id
    assert again.texts() == ledger.texts()
    with pytest.raises(BadKnowledge):
        Ledger.from_bytes(b'{"entries": 3}')


def test_layout_does_not_change_the_snapshot_but_content_does(folder: Path, ledger: Ledger) -> None:
    edit(folder / "loan-discretion.yaml", "id: loan-discretion", "# a remark\nid: loan-discretion")
    assert load_ledger(folder).snapshot_id == ledger.snapshot_id
    edit(folder / "loan-discretion.yaml", "confidence: C", "confidence: B")
    assert load_ledger(folder).snapshot_id != ledger.snapshot_id


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "problem"),
    [
        ("loan-discretion.yaml", "placement: end", "placement: middle", 7, "placement"),
        ("loan-discretion.yaml", "confidence: C", "certainty: C", 10, "confidence|certainty"),
        ("loan-discretion.yaml", "effective_from: 2010-01-01", "effective_from: 2010-13-01", 8, "effective_from"),
        ("loan-discretion.yaml", "effective_to: null", "effective_to: 2009-01-01", 9, "before"),
        ("loan-discretion.yaml", "id: loan-discretion", "id: loan-other", 1, "file's name"),
        ("loan-discretion.yaml", "Credit at sole", "Crеdit at sole", 14, "another script"),
        ("loan-discretion.yaml", "Credit at sole", "Credit\u200b at sole", 14, "cannot be seen"),
        ("loan-discretion.yaml", "Credit at sole", "Credit  at sole", 14, "double spaces"),
        ("approvals/demo.yaml", "entry: mf-standard-warning", "entry: mf-unknown", 5, "no wording"),
        ("approvals/demo.yaml", "sha256: d80b8c13", "sha256: e80b8c13", 7, "approve it again"),
    ],
)
def test_a_bad_file_is_refused_with_its_line(
    folder: Path, file: str, old: str, new: str, line: int, problem: str
) -> None:
    edit(folder / file, old, new)
    with pytest.raises(BadKnowledge, match=problem) as refused:
        load_ledger(folder)
    assert refused.value.line == line
    assert refused.value.path.endswith(file)


def test_a_changed_wording_voids_its_approval(folder: Path) -> None:
    edit(folder / "mf-standard-warning.yaml", "documents carefully.", "documents with care.")
    with pytest.raises(BadKnowledge, match="approve it again"):
        load_ledger(folder)


def test_two_wordings_may_follow_but_not_overlap(folder: Path) -> None:
    source = (folder / "loan-discretion.yaml").read_text(encoding="utf-8")
    later = source.replace("effective_from: 2010-01-01", "effective_from: 2027-01-01")
    (folder / "loan-discretion.v2.yaml").write_text(later, encoding="utf-8")
    with pytest.raises(BadKnowledge, match="same days"):
        load_ledger(folder)
    edit(folder / "loan-discretion.yaml", "effective_to: null", "effective_to: 2026-12-31")
    ledger = load_ledger(folder)
    assert ledger.at(date(2026, 12, 31), "en")["loan-discretion"].effective_from == date(2010, 1, 1)
    assert ledger.at(date(2027, 1, 1), "en")["loan-discretion"].effective_from == date(2027, 1, 1)


def test_decomposed_text_is_refused(folder: Path) -> None:
    edit(folder / "loan-discretion.yaml", "ఆధారపడి", "ఆధారపడి e\u0301")
    with pytest.raises(BadKnowledge, match="NFC") as refused:
        load_ledger(folder)
    assert refused.value.line is not None


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_every_single_character_edit_of_every_wording_is_caught(data: st.DataObject) -> None:
    wording = data.draw(st.sampled_from(TEXTS))
    text = wording.text
    place = data.draw(st.integers(0, len(text) - 1))
    alphabet = st.one_of(
        st.sampled_from(sorted(set(text))),
        st.sampled_from(" .,।\u200b\u200c\u200d\u00a0\u00ad\u0301е’"),
        st.characters(codec="utf-8"),
    )
    kind = data.draw(st.sampled_from(["drop", "insert", "replace", "swap"]))
    if kind == "drop":
        changed = text[:place] + text[place + 1 :]
    elif kind == "insert":
        char = data.draw(alphabet)
        assume(not (place == 0 and char in " \n"))  # white space before the wording leaves it whole
        changed = text[:place] + char + text[place:]
    elif kind == "replace":
        changed = text[:place] + data.draw(alphabet) + text[place + 1 :]
    else:
        changed = text[:place] + text[place + 1 : place + 2] + text[place] + text[place + 2 :]
    assume(changed != text)
    body = "A line before.\n\n"
    findings = check_disclosures(body + changed, policy_with(wording), TEXTS).findings
    assert any(finding.severity == "block" for finding in findings), (wording.id, wording.language, changed)


@pytest.mark.parametrize("wording", TEXTS, ids=lambda text: f"{text.id}-{text.language}")
def test_the_wording_itself_passes_and_its_decomposed_form_does_not(wording: DisclaimerText) -> None:
    text = f"A line before.\n\n{wording.text}" if wording.placement == "end" else f"{wording.text}\n\nA line after."
    found = check_disclosures(text, policy_with(wording), TEXTS)
    assert not found.findings
    start = text.index(wording.text)
    assert (start, start + len(wording.text)) in found.exact
    decomposed = unicodedata.normalize("NFD", wording.text)
    if decomposed != wording.text:
        assert check_disclosures(text.replace(wording.text, decomposed), policy_with(wording), TEXTS).findings
    assert sha256_of(decomposed) == wording.sha256


def test_production_without_real_approvals_refuses() -> None:
    production = load_policy_book(LEDGER, production=True)
    policy = production.resolve(product_class="loan", channel="email", language="en", as_of=DAY)
    assert {refusal.rule for refusal in policy.refusals} == {"policy.unapproved"}
