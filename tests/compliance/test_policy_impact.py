"""What a day to come changes for live copy: in code, on the command line and over the API."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from ragmarket.api.app import create_app
from ragmarket.bootstrap import House
from ragmarket.cli.app import app
from ragmarket.compliance.impact import live_copy, policy_impact
from ragmarket.compliance.impact_page import impact_page
from ragmarket.compliance.policy import PolicyBook
from ragmarket.errors import InvalidInput, NotFound
from ragmarket.schemas.policy import ImpactRule, LiveCopy, PolicyImpact
from ragmarket.settings import read_settings

SINCE, ON = date(2026, 11, 21), date(2027, 1, 1)
RATE = LiveCopy(
    id="agency-1", text="Loans at 10.49% p.a. <b>Apply</b>.", language="en", product_class="loan", channel="sms"
)
FULL = LiveCopy(
    id="agency-2",
    text="Loans at 10.49% p.a., processing fee 1%. Reply STOP to opt out.",
    language="en",
    product_class="loan",
    channel="sms",
    says=("loan_interest_rate", "processing_fee_rate"),
    opted_in=True,
)
RECORD: dict[str, Any] = {
    "draft_id": "drf_1",
    "policy": {"language": "en", "product_class": "loan", "channel": "whatsapp"},
    "evidence": [{"id": "S1", "kind": "loan_interest_rate"}, {"id": "S2", "kind": "loan_tenure"}],
    "attempts": [
        {"message": {"text": "other", "claims": [{"cites": ["S2"]}]}},
        {"message": {"text": "Interest rate: 10.49%.", "claims": [{"cites": ["S1"]}]}},
    ],
    "result": {"status": "accepted", "text": "Interest rate: 10.49%."},
}


def group(found: PolicyImpact, id_: str) -> ImpactRule:
    return next(rule for rule in found.rules if rule.id == id_)


def test_copy_that_a_new_rule_finds_is_told_with_span_and_source(book: PolicyBook) -> None:
    found = policy_impact(book, [RATE, FULL], ON, SINCE)
    assert (found.copies, found.affected) == (2, 1)
    rule = group(found, "rbc.rate_with_fee")
    (hit,) = rule.hits
    assert (hit.copy_id, hit.outcome, hit.severity) == ("agency-1", "broken", "block")
    assert hit.start is not None
    assert RATE.text[hit.start : hit.end] == hit.span == "Loans at 10.49%"
    assert (rule.confidence, rule.effective_from, rule.bound) == ("B", ON, 2)
    assert rule.source
    assert rule.authority


def test_what_cannot_be_judged_is_counted_apart(book: PolicyBook) -> None:
    found = policy_impact(book, [RATE, FULL], ON, SINCE)
    facts = "says (the kinds of facts that the copy states)"
    for id_, field in (("rbc.opted_in", "opted_in"), ("loan.rate_with_fee", facts)):
        rule = group(found, id_)
        assert (rule.undecided, rule.missing_fields, rule.hits) == (1, (field,), ())


def test_only_rules_that_begin_are_asked(book: PolicyBook) -> None:
    for rule in policy_impact(book, [], ON, SINCE).rules:
        assert SINCE < rule.effective_from <= ON
    assert not policy_impact(book, [RATE], ON - timedelta(days=1), SINCE).affected
    later = {rule.id for rule in policy_impact(book, [], date(2027, 5, 13), SINCE).rules}
    assert "dpdp.consent" in later
    assert "dpdp.consent" not in {rule.id for rule in policy_impact(book, [], date(2027, 5, 12), SINCE).rules}
    with pytest.raises(InvalidInput, match="not after"):
        policy_impact(book, [], SINCE, SINCE)


def test_claim_rules_begin_too(book: PolicyBook) -> None:
    copy = LiveCopy(text="Hurry, last chance!", language="en", product_class="loan", channel="email")
    day = date(2023, 11, 30)
    rule = group(policy_impact(book, [copy], day, day - timedelta(days=1)), "claims.urgency")
    assert rule.hits
    assert rule.hits[0].span is not None


def test_a_record_becomes_copy_with_the_kinds_it_cites() -> None:
    copy = live_copy(RECORD)
    assert copy is not None
    assert (copy.id, copy.text, copy.says) == ("drf_1", "Interest rate: 10.49%.", ("loan_interest_rate",))
    assert live_copy({**RECORD, "result": {"status": "refused", "text": None}}) is None
    assert live_copy({"draft_id": "dsm_1", "finding": 3}) is None


def test_a_recorded_fact_without_its_companion_is_found(book: PolicyBook) -> None:
    copy = live_copy(RECORD)
    assert copy is not None
    found = policy_impact(book, [copy], ON, SINCE)
    assert "may not stand without" in group(found, "loan.rate_with_fee").hits[0].message


def test_the_page_stands_alone_and_escapes_copy(book: PolicyBook) -> None:
    page = impact_page(policy_impact(book, [RATE.model_copy(update={"id": "<script>x</script>"})], ON, SINCE))
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")
    assert "&lt;script&gt;" in page
    assert "<mark>Loans at 10.49%</mark>" in page
    assert "Confidence B" in page


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAGMARKET_HOME", str(tmp_path))
    house = House(read_settings())
    house.audit.append(RECORD)
    house.audit.append({**RECORD, "draft_id": "drf_2", "result": {"status": "refused", "text": None}})
    house.audit.close()


def run(*args: str, stdin: str | None = None) -> tuple[int, str]:
    done = CliRunner().invoke(app, list(args), input=stdin)
    return done.exit_code, done.stdout


@pytest.mark.usefixtures("home")
def test_the_command_reads_the_log_or_a_file(tmp_path: Path) -> None:
    code, out = run("policy", "impact", "--on", "2027-01-01", "--from", "2026-11-21", "--json")
    assert code == 0
    found = PolicyImpact.model_validate_json(out)
    assert (found.copies, found.affected) == (1, 1)
    assert {hit.copy_id for rule in found.rules for hit in rule.hits} == {"drf_1"}
    page = tmp_path / "impact.html"
    copies = tmp_path / "copies.jsonl"
    copies.write_text("\n".join(one.model_dump_json(exclude_none=True) for one in (RATE, FULL)), encoding="utf-8")
    days = ("--on", "2027-01-01", "--from", "2026-11-21")
    code, out = run("policy", "impact", *days, "--file", str(copies), "--html", str(page))
    assert code == 0
    assert out.startswith("1 of 2 pieces of live copy")
    assert "agency-1 (loan, sms, en) at 0 to 15" in out
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("args", "line"),
    [
        (("--on", "2020-01-01"), ""),
        (("--on", "soon"), ""),
        (("--on", "2027-01-01", "--file", "-"), '{"text": "x", "language": "en", "channel": "sms"}'),
    ],
)
def test_bad_options_exit_with_2(args: tuple[str, ...], line: str) -> None:
    assert run("policy", "impact", *args, stdin=line)[0] == 2


@pytest.mark.usefixtures("home")
def test_the_rules_can_be_listed_and_shown() -> None:
    code, out = run("policy", "list", "--as-of", "2027-01-01", "--json")
    rows = {row["id"]: row for row in json.loads(out)["rules"]}
    assert code == 0
    assert {"rbc.rate_with_fee", "claims.guaranteed_return", "channel.sms"} <= {*rows}
    assert {row["state"] for row in rows.values()} == {"in force"}
    assert "dpdp.consent" not in rows
    code, out = run("policy", "list", "--json")
    states = {row["id"]: row["state"] for row in json.loads(out)["rules"]}
    assert states["proposed.sebi_common_code"] == "dormant"
    code, out = run("policy", "show", "gold.ltv_tiers")
    assert code == 0
    assert "RBI/2025-26/47" in out
    assert "must fail: Gold loans of up to 90% of your gold's value." in out
    assert run("policy", "show", "no.such_rule")[0] == 2


@pytest.mark.usefixtures("home")
def test_check_tells_each_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    faults = [NotFound("credit.yaml:12: gold.ltv_tiers does not find 'x'")]
    monkeypatch.setattr(House, "policy_faults", lambda _: faults)
    assert run("policy", "check") == (2, "credit.yaml:12: gold.ltv_tiers does not find 'x'\n")
    faults.clear()
    code, out = run("policy", "check")
    assert code == 0
    assert "rules hold" in out


@pytest.mark.usefixtures("home")
def test_the_api_answers_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(House, "warm_up", lambda _: None)
    with TestClient(create_app(read_settings())) as client:
        answer = client.get("/v1/policy/impact", params={"on": "2099-01-01"})
        assert answer.status_code == 200
        found = PolicyImpact.model_validate(answer.json())
        assert found.copies == 1
        assert client.get("/v1/policy/impact").status_code == 422
        assert client.get("/v1/policy/impact", params={"on": "2020-01-01"}).status_code == 422
        assert client.get("/v1/policy/rules/rbc.opted_in").json()["kind"] == "policy"
        assert client.get("/v1/policy/rules/none").status_code == 404
        assert len(client.get("/v1/policy/rules").json()) > 80
