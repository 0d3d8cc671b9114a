"""A recorded draft made again: the line of `tests/test_pipeline.py` over a real log, and a writer that is a double."""

from __future__ import annotations

import json
import sqlite3

import pytest

from ragmarket.audit.comparison import compare
from ragmarket.audit.log import SqlAuditLog
from ragmarket.audit.replay import RecordedRun
from ragmarket.bootstrap import build
from ragmarket.errors import AuditChainBroken, InvalidInput, NotFound
from ragmarket.schemas.customers import CustomerView, VisitIntent, VisitView
from ragmarket.schemas.exhibit import Exhibit
from ragmarket.schemas.message import ModelInfo
from ragmarket.settings import Settings
from tests.test_pipeline import POLICIES, ScriptedEngine, answer, brief, line


class Writer(ScriptedEngine):
    """The scripted engine, which also says which model it is."""

    def __init__(self, answers, revision=None):
        super().__init__(answers)
        self.revision = revision

    @property
    def identity(self):
        first = super().generate("", "", seed=0, max_tokens=1, temperature=0.0)
        self.prompts.clear()
        return ModelInfo(name=first.model, revision=self.revision or first.revision, engine=first.engine)


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    house = build(Settings(home=tmp_path_factory.mktemp("home")))
    house.__dict__["verifier"] = None  # as the line that makes the records
    yield house
    house.audit.close()


def drafted(house, *answers, exhibits=True, **wanted):
    pipeline, _, _ = line(*answers)
    pipeline.audit = house.audit
    if exhibits:
        pipeline._exhibits = lambda: house.exhibits
    house.__dict__["engine"] = Writer(answers)
    return pipeline.draft(brief(**wanted))


@pytest.mark.parametrize(("language", "channel", "ids"), [("hi", "whatsapp", (1, 2)), ("ta", "sms", (1,))])
def test_the_same_model_writes_the_same_record(house, language, channel, ids):
    result = drafted(house, answer(language, channel, ids), language=language, channel=channel)
    before = house.audit.head()
    found = house.replay(result.draft_id)
    assert (found.mode, found.identical) == ("rewritten", True), [row for row in found.fields if not row.same]
    assert {row.field for row in found.fields} >= {"result.text", "result.claims", "policy", "evidence.spans"}
    assert {part.part: part.used for part in found.parts}["knowledge"] == "recorded"
    assert house.audit.head() == before, "a replay records nothing"


def test_a_rewrite_is_replayed_attempt_by_attempt(house):
    bad = answer("en", "whatsapp", (1,), opening="Guaranteed returns for everybody!")
    result = drafted(house, bad, answer("en", "whatsapp", (1, 2)))
    assert result.attempts == 2
    assert house.replay(result.draft_id).identical


def drafted_for_a_visit(house, visit, text, **wanted):
    """A draft about a visit, by the real line over the real log."""
    pipeline, _, _ = line(text)
    pipeline.audit = house.audit
    pipeline._exhibits = lambda: house.exhibits
    pipeline._visits = {visit.session_id: visit}.get
    house.__dict__["engine"] = Writer([text])
    return pipeline.draft(brief(session_id=visit.session_id, **wanted))


def test_a_draft_about_a_visit_is_replayed_with_what_the_visit_showed(house):
    shows = VisitIntent(intent="grow_savings", confidence=0.9, reasons=("the rates page",))
    visit = VisitView(session_id="S0001", customer_id="C1", shows=shows)
    result = drafted_for_a_visit(house, visit, answer("en", "whatsapp", (1, 2)))
    assert (result.status, result.prediction.intent) == ("accepted", "grow_savings")
    found = house.replay(result.draft_id)
    assert (found.mode, found.identical) == ("rewritten", True), [row for row in found.fields if not row.same]
    assert "S0001" in {part.part: part.note for part in found.parts}["visit"]
    house.__dict__["engine"] = Writer([answer("en", "whatsapp", (1,))], revision=house.engine.identity.revision)
    changed = house.replay(result.draft_id)
    assert not changed.identical
    assert "result.text" in {row.field for row in changed.fields if not row.same}
    assert not any(row.field.startswith(("brief", "prediction")) for row in changed.fields if not row.same)


@pytest.mark.parametrize("rule", ["customer.do_not_disturb", "customer.no_consent"])
def test_the_refusal_of_a_barred_visitor_is_replayed_as_one(house, rule):
    visit = VisitView(session_id="S0002", barred=rule)
    result = drafted_for_a_visit(house, visit, answer("en", "whatsapp", (1, 2)))
    assert (result.status, [one.rule for one in result.findings]) == ("refused", [rule])
    found = house.replay(result.draft_id)
    assert (found.mode, found.identical) == ("policy", True), [row for row in found.fields if not row.same]
    assert rule in {part.part: part.note for part in found.parts}["customer"]
    assert house.engine.prompts == []


def test_the_refusal_of_a_barred_customer_is_replayed_as_one(house):
    class Register:
        def find(self, customer_id, as_of):  # noqa: ARG002
            return CustomerView(customer_id=customer_id, barred="customer.no_consent")

    pipeline, _, _ = line(answer("en", "whatsapp", (1, 2)))
    pipeline.audit, pipeline._customers = house.audit, Register()
    pipeline._exhibits = lambda: house.exhibits
    result = pipeline.draft(brief(customer_id="C1"))
    assert result.status == "refused"
    assert house.replay(result.draft_id).identical


def test_another_revision_is_named_and_the_recorded_text_reviewed_again(house):
    result = drafted(house, answer("hi", "whatsapp", (1, 2)), language="hi")
    house.__dict__["engine"] = Writer(["{}"], revision="newer")
    found = house.replay(result.draft_id)
    assert (found.mode, found.identical) == ("reread", True)
    assert (found.installed_model.revision, house.engine.prompts) == ("newer", [])
    assert "not installed" in {part.part: part.note for part in found.parts}["writer"]


def test_a_model_that_writes_otherwise_is_found_out(house):
    text = answer("en", "whatsapp", (1, 2))
    result = drafted(house, text)
    liar = Writer([answer("en", "whatsapp", (1,))], revision=house.engine.identity.revision)
    house.__dict__["engine"] = liar
    found = house.replay(result.draft_id)
    assert (found.mode, found.identical) == ("rewritten", False)
    changed = {row.field: row for row in found.fields if not row.same}
    assert changed["result.text"].recorded == result.text
    assert changed["result.text"].replayed != result.text


def test_rules_are_those_of_the_day_not_of_today(house, monkeypatch):
    result = drafted(house, answer("en", "whatsapp", (1, 2)))
    monkeypatch.setattr(
        "ragmarket.compliance.policy.load_policy_book", lambda *_, **__: pytest.fail("today's rules were read")
    )
    assert house.replay(result.draft_id).identical


def test_knowledge_is_that_of_the_day(house):
    """The phrasebook that the record keeps says something else than today's; the replay goes by the record's."""
    files = json.loads(next(one.data for one in house.exhibits if one.name == "knowledge"))
    assert any(name.startswith("languages/ta") for name in files)
    result = drafted(house, answer("en", "whatsapp", (1, 2)))
    run = RecordedRun(house.audit.get(result.draft_id), house.audit.get_blob)
    assert json.loads(run.knowledge) == files
    broken = {name: text for name, text in files.items() if not name.startswith("languages/ta")}
    pipeline, _, _ = line(answer("en", "whatsapp", (1, 2)))
    pipeline.audit = house.audit
    pipeline._exhibits = lambda: (Exhibit("knowledge", json.dumps(broken).encode()),)
    other = pipeline.draft(brief())
    with pytest.raises(Exception, match="ta"):
        house.replay(other.draft_id)


def test_records_older_than_the_fields_are_replayed_under_todays_knowledge(house):
    pipeline, _, memory = line(answer("hi", "whatsapp", (1, 2)))
    result = pipeline.draft(brief("hi"))
    old = dict(memory.get(result.draft_id))
    del old["product"]
    old["record_version"] = 1
    old["blobs"] = {"policy_sha256": house.audit.put_blob(POLICIES.snapshot())}
    house.audit.append(old, blobs={sha256: memory.get_blob(sha256) for sha256 in [old["documents"][0]["sha256"]]})
    house.__dict__["engine"] = Writer([answer("hi", "whatsapp", (1, 2))])
    found = house.replay(result.draft_id)
    assert found.identical, [row for row in found.fields if not row.same]
    assert {part.part: part.used for part in found.parts}["knowledge"] == "today"


def test_an_altered_document_is_no_ground_for_a_replay(house, tmp_path):
    result = drafted(house, answer("en", "whatsapp", (1, 2)))
    copy = tmp_path / "audit.sqlite3"
    connection = sqlite3.connect(house.settings.home / "audit.sqlite3")
    connection.execute("VACUUM INTO ?", (str(copy),))
    connection.close()
    connection = sqlite3.connect(copy)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    change = "UPDATE audit_blobs SET data = CAST(replace(CAST(data AS TEXT), '7.25%', '9.25%') AS BLOB)"
    connection.execute(change + " WHERE CAST(data AS TEXT) LIKE '# Test Deposit%'")
    connection.commit()
    connection.close()
    sound = house.audit
    house.__dict__["audit"] = SqlAuditLog(f"sqlite:///{copy}")
    try:
        with pytest.raises(AuditChainBroken):
            house.replay(result.draft_id)
    finally:
        house.audit.close()
        house.__dict__["audit"] = sound
    assert house.replay(result.draft_id).identical


def test_a_record_keeps_cards_knowledge_and_rules_and_names_its_campaign(house):
    result = drafted(house, answer("en", "whatsapp", (1, 2)), campaign="diwali-2026")
    record = house.audit.get(result.draft_id)
    assert record["brief"]["campaign"] == "diwali-2026"
    kept = record["blobs"]
    assert {"policy_sha256", "knowledge_sha256", "writer_card_sha256", "claims_classifier_card_sha256"} <= set(kept)
    assert "weights_sha256" in json.loads(house.audit.get_blob(kept["claims_classifier_card_sha256"]))
    assert house.audit.get_blob(kept["policy_sha256"]) == POLICIES.snapshot()
    assert set(kept.values()) <= set(house.audit.entry(result.draft_id).citations())


def test_what_is_no_draft_cannot_be_replayed(house):
    house.audit.append({"draft_id": "note", "kind": "note"})
    with pytest.raises(InvalidInput, match="no draft"):
        house.replay("note")
    with pytest.raises(NotFound):
        house.replay("nobody")


def test_differences_are_named_to_the_innermost_value():
    recorded = {"draft_id": "a", "status": "accepted", "attempts": [{"message": {"text": "x", "claims": []}}],
                "result": {"text": "x", "claims": [{"start": 1}, {"start": 2}]}}  # fmt: skip
    made = {"draft_id": "b", "status": "accepted", "attempts": [{"message": {"text": "y"}}], "product": {"name": "P"},
            "result": {"text": "y", "claims": ({"start": 1}, {"start": 3})}}  # fmt: skip
    rows = compare(recorded, made)
    assert {row.field: (row.recorded, row.replayed) for row in rows if not row.same} == {
        "attempts[0].message.text": ("x", "y"), "result.text": ("x", "y"), "result.claims[1].start": (2, 3),
    }  # fmt: skip
    assert {row.field for row in rows if row.same} == {"status"}
