"""Decisions about wordings: two people, days, channels, and a file that keeps what was decided."""

from __future__ import annotations

import json
import multiprocessing
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ragmarket.compliance.decisions import DecisionLog, record_hash
from ragmarket.compliance.ledger import Ledger, load_ledger
from ragmarket.compliance.ledger_files import read_ledger_files
from ragmarket.compliance.ledger_view import disclaimer_view
from ragmarket.compliance.policy import PolicyBook, load_policy_book
from ragmarket.compliance.register import Register, open_proposals, same_person
from ragmarket.errors import AuditWriteFailed, BadKnowledge, InvalidInput, NotFound
from ragmarket.schemas.base import CHANNELS, LANGUAGES
from ragmarket.schemas.ledger import Decision, DecisionRequest, ProposalRequest

LEDGER = Path(__file__).parents[2] / "approved_disclaimers"
TODAY = date(2026, 11, 20)
NEW = "Loans are granted at the sole discretion of the Bank. T&C apply."
OLD = "Credit at sole discretion of the Bank. T&C apply."
DAY = timedelta(days=1)
Propose = Callable[..., int]


class Clock:
    def __init__(self) -> None:
        self.day = TODAY

    def today(self) -> date:
        return self.day

    def now(self) -> datetime:
        return datetime(self.day.year, self.day.month, self.day.day, 6, 30, tzinfo=UTC)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(LEDGER, tmp_path / "ledger")
    return tmp_path / "ledger"


@pytest.fixture
def log(tmp_path: Path, clock: Clock) -> DecisionLog:
    return DecisionLog(tmp_path / "home" / "decisions.jsonl", clock.now)


@pytest.fixture
def register(folder: Path, log: DecisionLog, clock: Clock) -> Register:
    return Register(*read_ledger_files(folder), log, clock.today)


def ask(register: Register, change: str = "use", by: str = "A. Rao", **fields: Any) -> int:
    request = {
        "change": change,
        "entry": "loan-discretion",
        "languages": ["en"],
        "by": by,
        "reason": "as read",
    } | fields
    return register.propose(ProposalRequest.model_validate(request))[0].seq


def answer(register: Register, number: int, by: str = "B. Iyer", action: str = "approve") -> Decision:
    return register.decide([number], DecisionRequest.model_validate({"action": action, "by": by, "reason": "checked"}))[
        0
    ]


def approval(ledger: Ledger, day: date, language: str = "en") -> str | None:
    found = ledger.at(day, language, production=True)["loan-discretion"].approval
    return found.approver if found else None


def test_an_approval_takes_two_people_and_counts_from_its_day(register: Register, clock: Clock) -> None:
    number = ask(register)
    assert approval(register.ledger(), TODAY) is None
    clock.day = TODAY + DAY
    done = answer(register, number)
    assert (done.maker, done.checker, done.proposal, done.reason) == ("A. Rao", "B. Iyer", number, "checked")
    ledger = register.ledger()
    assert approval(ledger, TODAY) is None
    assert approval(ledger, TODAY + DAY) == "B. Iyer"
    assert ledger.at(TODAY + DAY, "en", production=True)["loan-discretion"].approval.maker == "A. Rao"  # type: ignore[union-attr]
    assert approval(ledger, TODAY + DAY, "hi") is None


def test_the_indian_day_counts_not_the_servers(folder: Path, tmp_path: Path) -> None:
    late = datetime(2026, 11, 20, 19, 0, tzinfo=UTC)  # 00:30 on the 21st in India
    log = DecisionLog(tmp_path / "d.jsonl", lambda: late)
    register = Register(*read_ledger_files(folder), log, lambda: date(2026, 11, 21))
    answer(register, ask(register))
    assert approval(register.ledger(), date(2026, 11, 20)) is None
    assert approval(register.ledger(), date(2026, 11, 21)) == "B. Iyer"


@pytest.mark.parametrize("name", ["A. Rao", "a rao", " A.  RAO ", "Ａ. Rao", "А. Rао"])
def test_nobody_approves_what_they_proposed_however_they_spell_it(register: Register, name: str) -> None:
    number = ask(register)
    with pytest.raises(InvalidInput, match="cannot approve"):
        answer(register, number, by=name)
    assert approval(register.ledger(), TODAY) is None
    assert not same_person("A. Rao", "A. Raos")


def test_a_decided_proposal_is_closed_and_a_rejected_one_changes_nothing(register: Register, log: DecisionLog) -> None:
    number = ask(register)
    answer(register, number, by="A. Rao", action="reject")
    assert approval(register.ledger(), TODAY) is None
    with pytest.raises(InvalidInput, match=r"was rejected by A\. Rao"):
        answer(register, number)
    with pytest.raises(NotFound, match="no proposal 9"):
        answer(register, 9)
    again = ask(register)
    with pytest.raises(InvalidInput, match=f"proposal {again} by A. Rao already"):
        ask(register, by="C")
    answer(register, again)
    with pytest.raises(InvalidInput, match=r"was approved by B\. Iyer"):
        ask(register)
    assert not open_proposals(log.read().records)


def test_several_languages_are_decided_together_or_not_at_all(register: Register, log: DecisionLog) -> None:
    request = ProposalRequest(entry="loan-discretion", languages=LANGUAGES, by="A. Rao", reason="as read")  # type: ignore[arg-type]
    numbers = [row.seq for row in register.propose(request)]
    assert len(numbers) == len(LANGUAGES)
    with pytest.raises(NotFound):
        register.decide([*numbers, 99], DecisionRequest(by="B. Iyer", reason="checked"))
    assert len(log.read().records) == len(LANGUAGES)
    register.decide(numbers, DecisionRequest(by="B. Iyer", reason="checked"))
    assert {approval(register.ledger(), TODAY, language) for language in LANGUAGES} == {"B. Iyer"}


def test_a_dry_run_writes_nothing(register: Register, log: DecisionLog) -> None:
    request = ProposalRequest(entry="loan-discretion", languages=("en",), by="A. Rao", reason="as read", dry_run=True)
    assert register.propose(request)[0].seq == 1
    assert not log.path.exists()
    number = ask(register)
    register.decide([number], DecisionRequest(by="B. Iyer", reason="checked", dry_run=True))
    assert number in open_proposals(log.read().records)


def test_expiry_ends_a_wording_the_day_before(register: Register) -> None:
    day = TODAY + 10 * DAY
    answer(register, ask(register, "expire", effective_from=day))
    ledger = register.ledger()
    assert "loan-discretion" in ledger.at(day - DAY, "en")
    assert "loan-discretion" not in ledger.at(day, "en")
    assert "loan-discretion" in ledger.at(day, "hi")


def test_expiry_on_one_channel_leaves_the_others(register: Register) -> None:
    answer(register, ask(register, "expire", effective_from=TODAY, channels=["sms"]))
    ledger = register.ledger()
    assert "loan-discretion" in ledger.at(TODAY - DAY, "en", channel="sms")
    assert "loan-discretion" not in ledger.at(TODAY, "en", channel="sms")
    assert all("loan-discretion" in ledger.at(TODAY, "en", channel=one) for one in CHANNELS if one != "sms")


def test_a_superseding_wording_begins_where_the_old_one_ends(register: Register) -> None:
    day = TODAY + 10 * DAY
    number = ask(register, "supersede", effective_from=day, text=NEW, provenance="single_source", sources=["circular"])
    assert register.ledger().at(day, "en")["loan-discretion"].text == OLD
    answer(register, number)
    ledger = register.ledger()
    before, after = (ledger.at(on, "en", production=True)["loan-discretion"] for on in (day - DAY, day))
    assert (before.text, before.effective_to) == (OLD, day - DAY)
    assert (after.text, after.effective_from, after.effective_to) == (NEW, day, None)
    assert after.provenance == "single_source"
    assert after.approval is not None
    assert after.approval.approver == "B. Iyer"


def test_a_later_plan_ends_an_earlier_one(register: Register) -> None:
    later, sooner = TODAY + 20 * DAY, TODAY + 10 * DAY
    answer(register, ask(register, "supersede", effective_from=later, text=NEW))
    answer(register, ask(register, "supersede", effective_from=sooner, text=NEW.replace("Loans", "All loans")))
    ledger = register.ledger()
    texts = [ledger.at(on, "en")["loan-discretion"].text for on in (sooner - DAY, sooner, later - DAY, later)]
    assert texts == [OLD, NEW.replace("Loans", "All loans"), NEW.replace("Loans", "All loans"), NEW]
    with pytest.raises(InvalidInput, match="begins on"):
        ask(register, "supersede", effective_from=later, text=NEW.replace("Loans", "Some loans"))


def test_a_channel_may_have_a_wording_of_its_own(register: Register, folder: Path, log: DecisionLog) -> None:
    answer(register, ask(register, "supersede", effective_from=TODAY, text=NEW, channels=["sms"]))
    book = load_policy_book(folder, decisions=log.path)

    def wording(channel: str, day: date) -> str:
        policy = book.resolve(product_class="loan", channel=channel, language="en", as_of=day)
        return next(one.text for one in policy.disclaimers if one.id == "loan-discretion")

    assert [wording("sms", TODAY - DAY), wording("sms", TODAY), wording("email", TODAY)] == [OLD, NEW, OLD]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"change": "expire"}, "effective_from: is missing"),
        ({"change": "expire", "effective_from": TODAY - DAY}, "effective_from: .* is past"),
        ({"change": "use", "effective_from": TODAY}, "effective_from"),
        ({"change": "use", "text": NEW}, "text"),
        ({"change": "use", "sha256": "0" * 8}, "no wording"),
        ({"change": "supersede", "effective_from": TODAY}, "text: is missing"),
        ({"change": "supersede", "effective_from": TODAY, "text": OLD}, "in force on"),
        ({"change": "supersede", "effective_from": TODAY, "text": "Crеdit. T&C apply."}, "another script"),
        ({"change": "supersede", "effective_from": TODAY, "text": "a\u200bb"}, "cannot be seen"),
        ({"change": "supersede", "effective_from": TODAY, "text": NEW, "languages": ["en", "hi"]}, "languages"),
        ({"entry": "no-such"}, "no-such"),
        ({"change": "expire", "effective_from": TODAY, "entry": "nps-pop-identity", "channels": ["push"]}, "channels"),
    ],
)
def test_what_cannot_be_done_is_refused_and_leaves_no_record(
    register: Register, log: DecisionLog, fields: dict[str, Any], problem: str
) -> None:
    with pytest.raises(InvalidInput, match=problem):
        ask(register, **fields)
    assert log.read().records == ()


def test_a_plan_whose_day_has_passed_cannot_be_approved(register: Register, clock: Clock) -> None:
    number = ask(register, "expire", effective_from=TODAY + DAY)
    clock.day = TODAY + 2 * DAY
    with pytest.raises(InvalidInput, match="is past"):
        answer(register, number)
    clock.day = TODAY + DAY
    answer(register, number)
    assert "loan-discretion" not in register.ledger().at(TODAY + DAY, "en")


def test_a_changed_text_loses_its_approval(register: Register, folder: Path, log: DecisionLog, clock: Clock) -> None:
    waiting = ask(register, languages=["hi"])
    answer(register, ask(register))
    path = folder / "loan-discretion.yaml"
    text = path.read_text(encoding="utf-8").replace(OLD, OLD.replace("Credit", "Loans"))
    path.write_text(text.replace("ऋण स्वीकृति", "ऋण मंजूरी"), encoding="utf-8")
    shutil.rmtree(folder / "approvals")  # the demo approvals would be refused with their line
    changed = Register(*read_ledger_files(folder), log, clock.today)
    assert approval(changed.ledger(), TODAY) is None
    view = disclaimer_view(changed.ledger(), log.read().records, "loan-discretion", day=TODAY)
    assert [one["language"] for one in view["void_approvals"]] == ["en"]
    with pytest.raises(InvalidInput, match="was changed since"):
        answer(changed, waiting)


def test_production_refuses_until_a_wording_is_approved(register: Register, folder: Path, log: DecisionLog) -> None:
    def refusals() -> set[str]:
        book = load_policy_book(folder, decisions=log.path, production=True)
        policy = book.resolve(product_class="loan", channel="email", language="en", as_of=TODAY)
        return {one.rule for one in policy.refusals}

    number = ask(register)
    assert "policy.unapproved" in refusals()
    answer(register, number)
    assert "policy.unapproved" not in refusals()


def test_a_snapshot_holds_what_was_decided_and_older_ones_still_load(register: Register, book: PolicyBook) -> None:
    plain = register.ledger()
    assert b'"decisions"' not in plain.to_bytes()
    assert Ledger.from_bytes(plain.to_bytes()).snapshot_id == plain.snapshot_id
    day = TODAY + 10 * DAY
    answer(register, ask(register, "supersede", effective_from=day, text=NEW))
    ask(register, languages=["hi"])
    ledger = register.ledger()
    again = Ledger.from_bytes(ledger.to_bytes())
    assert (again.snapshot_id, again.texts()) == (ledger.snapshot_id, ledger.texts())
    assert ledger.snapshot_id != plain.snapshot_id
    kept = json.loads(ledger.to_bytes())["decisions"]
    assert [(one["action"], one["maker"], one["checker"]) for one in kept] == [("approve", "A. Rao", "B. Iyer")]
    assert record_hash(kept[0]) == kept[0]["hash"]
    replayed = PolicyBook.from_snapshot(PolicyBook(ledger, book.packs).snapshot())
    assert replayed.ledger.at(day, "en")["loan-discretion"].text == NEW


# The file itself.


def test_altered_removed_and_moved_records_are_found_with_their_line(register: Register, log: DecisionLog) -> None:
    for language in ("en", "hi", "ta"):
        answer(register, ask(register, languages=[language]))
    lines = log.path.read_bytes().splitlines(keepends=True)
    for wrong, line, problem in (
        ([*lines[:1], lines[1].replace(b"B. Iyer", b"C. Iyer"), *lines[2:]], 2, "altered"),
        ([*lines[:2], *lines[3:]], 3, "does not follow"),
        ([lines[1], lines[0], *lines[2:]], 1, "does not follow"),
        ([*lines[:3], b"{}\n", *lines[3:]], 4, "not a decision"),
        ([*lines[:3], b"nonsense\n"], 4, "not a decision"),
    ):
        log.path.write_bytes(b"".join(wrong))
        with pytest.raises(BadKnowledge, match=problem) as refused:
            log.read()
        assert refused.value.line == line
        before = log.path.read_bytes()
        with pytest.raises(BadKnowledge):
            ask(register, languages=["te"])
        assert log.path.read_bytes() == before


def test_a_torn_last_record_is_told_passed_over_and_set_aside(register: Register, log: DecisionLog) -> None:
    answer(register, ask(register))
    whole = log.path.read_bytes()
    last = whole.splitlines(keepends=True)[-1]
    for cut in (1, len(last) // 2, len(last) - 2):
        log.path.write_bytes(whole + last[:cut])
        found = log.read()
        assert (len(found.records), found.torn) == (2, 3)
    ask(register, languages=["hi"])
    assert log.read().torn is None
    assert len(log.read().records) == 3
    assert log.path.with_name("decisions.jsonl.torn-1").read_bytes() == last[:-2]


def test_a_file_that_only_lost_its_last_line_end_is_whole(register: Register, log: DecisionLog) -> None:
    answer(register, ask(register))
    log.path.write_bytes(log.path.read_bytes().rstrip(b"\n"))
    assert (len(log.read().records), log.read().torn) == (2, None)
    ask(register, languages=["hi"])
    assert [one.seq for one in log.read().records] == [1, 2, 3]


def test_a_clock_that_went_back_and_a_full_disk_decide_nothing(
    register: Register, log: DecisionLog, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = ask(register)
    clock.day = TODAY - DAY
    with pytest.raises(AuditWriteFailed, match="clock"):
        answer(register, number)
    clock.day = TODAY
    before = log.path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(AuditWriteFailed, match="nothing was decided"):
        answer(register, number)
    monkeypatch.undo()
    assert log.path.read_bytes() == before
    assert answer(register, number).seq == 2


def _propose_many(folder: Path, path: Path, name: str, languages: list[str]) -> None:
    register = Register(*read_ledger_files(folder), DecisionLog(path))
    for language in languages:
        ask(register, by=name, languages=[language])


def test_writers_in_several_processes_lose_nothing(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "decisions.jsonl"
    context = multiprocessing.get_context("spawn")
    parts = [list(LANGUAGES[start::3]) for start in range(3)]
    workers = [
        context.Process(target=_propose_many, args=(folder, path, f"Person {number}", part))
        for number, part in enumerate(parts)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    records = DecisionLog(path).read().records
    assert [one.seq for one in records] == list(range(1, len(LANGUAGES) + 1))
    assert {one.language for one in records} == set(LANGUAGES)


def test_a_wording_in_a_file_may_be_narrowed_to_channels_and_days(folder: Path) -> None:
    path = folder / "loan-discretion.yaml"
    source = path.read_text(encoding="utf-8")
    path.write_text(
        source.replace(f'text: "{OLD}"', f'text: "{OLD}"\n    channels: [email, whatsapp]'), encoding="utf-8"
    )
    head = source.split("texts:")[0]
    short = head + 'texts:\n  en:\n    text: "Bank\'s discretion applies. T&C apply."\n    provenance: reference\n'
    short += "    channels: [sms, push]\n    effective_from: 2026-12-01\n    effective_to: 2026-12-31\n"
    (folder / "loan-discretion.short.yaml").write_text(short, encoding="utf-8")
    ledger = load_ledger(folder)

    def text(day: date, channel: str) -> str | None:
        found = ledger.at(day, "en", channel=channel).get("loan-discretion")
        return found.text if found else None

    assert text(date(2026, 11, 30), "sms") is None
    assert text(date(2026, 12, 1), "sms") == text(date(2026, 12, 31), "push") == "Bank's discretion applies. T&C apply."
    assert text(date(2027, 1, 1), "sms") is None
    assert text(date(2026, 12, 15), "email") == OLD
    assert Ledger.from_bytes(ledger.to_bytes()).texts() == ledger.texts()
    (folder / "loan-discretion.short.yaml").write_text(short.replace("[sms, push]", "[sms, email]"), encoding="utf-8")
    with pytest.raises(BadKnowledge, match=r"same days.*en: email"):
        load_ledger(folder)
    (folder / "loan-discretion.short.yaml").write_text(short.replace("2026-12-31", "2026-11-30"), encoding="utf-8")
    with pytest.raises(BadKnowledge, match="before effective_from") as refused:
        load_ledger(folder)
    assert refused.value.line is not None
