from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Literal

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ragmarket.compliance.registers import Registers, load_registers
from ragmarket.compliance.sending import check_sending
from ragmarket.compliance.templates.filling import fill, value_fault
from ragmarket.compliance.templates.making import make_template
from ragmarket.compliance.templates.matching import check_message
from ragmarket.compliance.templates.registering import check_template
from ragmarket.errors import BadKnowledge, InvalidInput
from ragmarket.knowledge.files import ROOT
from ragmarket.schemas.message import Message, RenderedClaim, RenderedDisclaimer, RenderedFigure
from ragmarket.schemas.templates import MessageTemplate

DAY = date(2026, 11, 21)
NAME = "Aranya Fixed Deposit"
ENGLISH = f"Aranya Bank: {NAME} earns 7.25% p.a. for 12 months. T&C apply."
HINDI = "Aranya Bank: 1 जनवरी 2027 से ₹5,00,000 तक 7.25% ब्याज। शर्तें लागू।"
FILE = ROOT / "channels" / "registers.yaml"


@pytest.fixture(scope="module")
def registers() -> Registers:
    return load_registers()


def message(
    text: str, figures: tuple[str, ...], law: str, channel: Literal["sms", "whatsapp", "email"] = "sms"
) -> Message:
    at = text.index(law)
    rendered = tuple(
        RenderedFigure(
            start=text.index(one), end=text.index(one) + len(one), slot="S1a", evidence="S1",
            source_start=0, source_end=1, source_text="x",
        )
        for one in figures
    )  # fmt: skip
    claim = RenderedClaim(text=text[:at], template="", start=0, end=at, cites=("S1",), figures=rendered)
    wording = RenderedDisclaimer(id="terms", language="en", sha256="0", start=at, end=at + len(law), approval=None)
    return Message(text=text, subject=None, language="en", channel=channel, claims=(claim,), disclaimers=(wording,))


def english(channel: Literal["sms", "whatsapp", "email"] = "sms") -> Message:
    return message(ENGLISH, ("7.25%", "12 months"), "T&C apply.", channel)


def test_a_draft_becomes_a_template_and_its_values_give_the_draft_back(registers: Registers) -> None:
    made = make_template(english(), registers, day=DAY, names=[NAME], template_id="T-1")
    body = "Aranya Bank: {#alphanumeric#} earns {#numeric#}% p.a. for {#numeric#} months. T&C apply."
    assert made.template.body == body
    assert [one.value for one in made.variables] == [NAME, "7.25", "12"]
    assert (made.sender, made.demo, made.segments, made.findings) == ("ARANYA-P", True, 1, ())
    assert made.most_segments == 2
    assert fill(made.template, [one.value for one in made.variables], registers) == ENGLISH
    checked = check_message(made.template, ENGLISH, registers, day=DAY)
    assert (checked.verdict, checked.values) == ("pass", (NAME, "7.25", "12"))


def test_a_date_is_one_variable_and_what_stands_in_a_wording_is_none(registers: Registers) -> None:
    made = make_template(message(HINDI, ("1 जनवरी 2027", "₹5,00,000", "7.25%"), "शर्तें लागू।"), registers, day=DAY)
    assert made.template.body == "Aranya Bank: {#alphanumeric#} से ₹{#numeric#} तक {#numeric#}% ब्याज। शर्तें लागू।"
    assert [one.value for one in made.variables] == ["1 जनवरी 2027", "5,00,000", "7.25"]
    law = f"{NAME} terms of 2026 apply."
    text = f"Aranya Bank: {NAME} for 12 months. {law}"
    fixed = make_template(message(text, ("12 months",), law), registers, day=DAY, names=[NAME])
    assert fixed.template.body == f"Aranya Bank: {{#alphanumeric#}} for {{#numeric#}} months. {law}"


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (("earns", "Earns"), ENGLISH.index("earns")),
        (("T&C", "T & C"), ENGLISH.index("&C")),
        (("7.25", "seven"), ENGLISH.index("7.25")),
        (("apply.", "apply"), len(ENGLISH) - 1),
        (("apply.", "apply. Now"), len(ENGLISH)),
        (("Aranya Bank", "Аranya Bank"), 0),  # a Cyrillic A
    ],
)
def test_one_other_byte_is_found_where_it_stands(registers: Registers, change: tuple[str, str], place: int) -> None:
    template = make_template(english(), registers, day=DAY, names=[NAME], template_id="T-1").template
    checked = check_message(template, ENGLISH.replace(*change), registers, day=DAY)
    (finding,) = checked.findings
    assert (checked.verdict, finding.rule, finding.start) == ("fail", "dlt.differs", place)
    assert f"character {place + 1}, byte" in finding.message
    assert finding.explanation


def test_bytes_are_counted_in_utf8(registers: Registers) -> None:
    template = MessageTemplate(channel="sms", language="hi", body="Aranya Bank: ब्याज {#numeric#}%", header="ARANYA",
                               entity_id="E", template_id="T")  # fmt: skip
    text = "Aranya Bank: ब्याज 7!"
    (finding,) = check_message(template, text, registers, day=DAY).findings
    assert f"byte {len(text[:-1].encode()) + 1}:" in finding.message


values = st.tuples(
    st.from_regex(r"[A-Za-z][A-Za-z0-9 ]{0,38}[a-z]", fullmatch=True),
    st.integers(0, 10**12).map(str),
    st.decimals(0, 99, places=2).map(str),
)


@settings(max_examples=40, deadline=None)
@given(values)
def test_whatever_is_filled_in_passes_and_is_read_back_to_the_same_message(given_: tuple[str, ...]) -> None:
    registers = load_registers()
    template = make_template(english(), registers, day=DAY, names=[NAME], template_id="T-1").template
    text = fill(template, given_, registers)
    checked = check_message(template, text, registers, day=DAY)
    assert checked.verdict == "pass"
    assert fill(template, checked.values, registers) == text


@pytest.mark.parametrize(
    ("type_", "value", "fault"),
    [
        ("numeric", "7.25", None), ("numeric", "5,00,000", None), ("numeric", "7%", "no numeric"),
        ("numeric", "", "no numeric"), ("numeric", "१२", "no numeric"), ("numeric", "1" * 40, None),
        ("numeric", "1" * 41, "41 characters"), ("alphanumeric", "a" * 40, None),
        ("alphanumeric", "a" * 41, "41 characters"), ("alphanumeric", "a<b", "no alphanumeric"),
        ("alphanumeric", " a", "no alphanumeric"), ("alphanumeric", "நிலையான வைப்பு", None),
        ("url", "https://aranyabank.example/fd", None), ("url", "https://aranyabank.example.evil.test/", "lists"),
        ("url", "https://elsewhere.example/", "lists"), ("cbn", "1800 000 0000", None), ("cbn", "9876543210", "lists"),
        ("email", "a@b.example", None), ("email", "a@b", "no email"),
    ],
)  # fmt: skip
def test_each_type_holds_its_own_values(registers: Registers, type_: str, value: str, fault: str | None) -> None:
    found = value_fault(value, type_, registers)  # type: ignore[arg-type]
    assert found is None if fault is None else found is not None and fault in found


def test_filling_says_which_value_is_wrong(registers: Registers) -> None:
    template = MessageTemplate(channel="sms", language="en", body="{#numeric#} of {#numeric#}")
    with pytest.raises(InvalidInput, match=r"value 2 \('x'\) is no numeric value"):
        fill(template, ["1", "x"], registers)
    with pytest.raises(InvalidInput, match="2 variables, and 1 values"):
        fill(template, ["1"], registers)


def rules(template: MessageTemplate, registers: Registers, day: date = DAY) -> list[str]:
    return [one.rule for one in check_template(template, registers, day=day)]


def test_what_a_register_refuses(registers: Registers) -> None:
    good = MessageTemplate(
        channel="sms", language="en", body="Aranya Bank: {#numeric#}% now.", header="ARANYA", entity_id="E",
        template_id="T",
    )  # fmt: skip
    assert rules(good, registers) == []
    for change, rule in (
        ({"body": "Aranya Bank: {#numbr#} now."}, "dlt.unknown_variable"),
        ({"body": "Aranya Bank: <now>"}, "channel.sms_character"),
        ({"body": "Aranya Bank:  now"}, "channel.sms_character"),
        ({"body": "Aranya Bank: {now}"}, "dlt.stray_mark"),
        ({"body": "A bank: now"}, "dlt.brand"),
        ({"header": "ARANYA-P"}, "dlt.header"),
        ({"header": "ARANY"}, "dlt.header"),
        ({"entity_id": None}, "dlt.entity"),
        ({"template_id": None}, "dlt.unregistered"),
        ({"category": "transactional"}, "dlt.category"),
    ):
        assert rule in rules(good.model_copy(update=change), registers), change


def test_untyped_variables_end_with_the_sixty_days_of_the_direction(registers: Registers) -> None:
    old = MessageTemplate(
        channel="sms", language="en", body="Aranya Bank: {#var#} now.", header="ARANYA", entity_id="E", template_id="T"
    )
    assert rules(old, registers, date(2026, 1, 16)) == []
    assert rules(old, registers, date(2026, 1, 17)) == ["dlt.untyped_variable"]
    new = old.model_copy(update={"body": "Aranya Bank: {#numeric#} now."})
    assert rules(new, registers, date(2025, 11, 17)) == ["dlt.typed_variable"]
    assert rules(new, registers, date(2025, 11, 18)) == []


@pytest.mark.parametrize(
    ("day", "category", "sender"),
    [
        (date(2025, 5, 5), "promotional", "ARANYA"), (date(2025, 5, 6), "promotional", "ARANYA-P"),
        (DAY, "service_explicit", "ARANYA-S"), (DAY, "transactional", "ARANYA-T"), (DAY, "government", "ARANYA-G"),
    ],
)  # fmt: skip
def test_the_header_bears_its_categorys_suffix(registers: Registers, day: date, category: str, sender: str) -> None:
    assert make_template(english(), registers, day=day, category=category).sender == sender  # type: ignore[arg-type]


def test_whatsapp_leaves_fixed_what_may_not_vary(registers: Registers) -> None:
    text = f"{NAME} 7.25% for 12 months"
    whole = message(text + ".", (), ".", "whatsapp")
    made = make_template(whole, registers, day=DAY, names=[NAME])
    assert made.template.body == text + "."
    assert made.findings == ()
    inner = make_template(english("whatsapp"), registers, day=DAY, names=[NAME])
    assert inner.template.body.count("{#") == 3
    assert (inner.sender, inner.segments, inner.findings) == (None, None, ())


def test_what_the_platform_refuses(registers: Registers) -> None:
    def of(**fields: object) -> list[str]:
        template = MessageTemplate.model_validate({"channel": "whatsapp", "language": "en", "body": "Hello"} | fields)
        return rules(template, registers)

    assert of(body="{#numeric#} days") == ["channel.template_edge"]
    assert of(body="days {#numeric#}") == ["channel.template_edge"]
    assert of(body="in {#numeric#} {#numeric#} days") == ["channel.template_edge"]
    assert of(body="in {#numeric#} to {#numeric#} days") == []
    for field, most in (("body", 1024), ("title", 60), ("footer", 60)):
        assert of(**{field: "a" * most}) == []
        assert of(**{field: "a" * (most + 1)}) == ["channel.template_part"]
    assert of(buttons=("a" * 25,)) == []
    assert of(buttons=("a" * 26,)) == ["channel.template_part"]


def test_a_template_is_for_channels_that_have_templates(registers: Registers) -> None:
    with pytest.raises(InvalidInput, match="not email"):
        make_template(english("email"), registers, day=DAY)


@pytest.mark.parametrize(
    ("channel", "when", "allowed"),
    [
        ("sms", "2026-12-31T09:59", False), ("sms", "2026-12-31T10:00", True),
        ("sms", "2026-12-31T20:59", True), ("sms", "2026-12-31T21:00", False),
        ("sms", "2027-01-01T19:00", False), ("sms", "2027-01-01T18:59", True),
        ("sms", "2027-01-01T09:30", False), ("whatsapp", "2027-01-01T09:30", True),
        ("whatsapp", "2026-12-31T22:00", True), ("whatsapp", "2027-01-01T22:00", False),
        ("email", "2027-01-01T03:00", True),
        ("sms", "2025-10-16T03:00", True), ("sms", "2025-10-17T03:00", False),
        ("sms", "2026-12-01T04:30+00:00", True), ("sms", "2026-12-01T04:29+00:00", False),
        ("sms", "2026-12-31T20:00+05:30", True), ("sms", "2026-12-31T18:30+00:00", False),
    ],
)  # fmt: skip
def test_hours_of_sending(registers: Registers, channel: str, when: str, allowed: bool) -> None:
    moment = datetime.fromisoformat(when)
    found = check_sending(channel, registers, send_at=moment, consent=True, barred=False)  # type: ignore[arg-type]
    assert (found == ()) is allowed
    assert all(one.rule == "channel.sending_hours" and one.severity == "block" for one in found)


def test_what_was_not_given_is_inconclusive_and_what_was_refused_blocks(registers: Registers) -> None:
    unknown = check_sending("sms", registers, send_at=None)
    assert [(one.rule, one.severity) for one in unknown] == [
        ("channel.sending_hours", "review"),
        ("channel.consent", "review"),
    ]
    assert all("inconclusive" in one.message for one in unknown)
    noon = datetime.fromisoformat("2026-12-01T12:00")
    for given_ in ({"consent": False, "barred": False}, {"consent": True, "barred": True}):
        (finding,) = check_sending("sms", registers, send_at=noon, **given_)
        assert finding.severity == "block"
    assert check_sending("sms", registers, send_at=noon, consent=True, barred=False) == ()


def test_the_deployments_own_registration_takes_the_demo_banks_place(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("brand: Own Bank\nheader: OWNBNK\nentity_id: '1'\n")
    registers = load_registers(registration=own)
    made = make_template(english(), registers, day=DAY)
    assert (made.sender, made.demo) == ("OWNBNK-P", False)
    assert "dlt.brand" in [one.rule for one in made.findings]
    own.write_text("brand: Own Bank\nheader: OWNBNK-P\nentity_id: '1'\n")
    load_registers.cache_clear()
    with pytest.raises(BadKnowledge) as caught:
        load_registers(registration=own)
    assert caught.value.line == 2
    with pytest.raises(InvalidInput, match="no file"):
        load_registers(registration=tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (("closes: \"21:00\"", "closes: \"09:00\""), "later than opens"),
        (("pattern: \"[0-9]+(?:[,.][0-9]+)*\"", "pattern: \"[0-9\""), "regular expression"),
        (("header_chars: 6", "header_chars: six"), "header_chars"),
    ],
)  # fmt: skip
def test_a_bad_file_of_registers_is_refused_with_its_line(tmp_path: Path, change: tuple[str, str], word: str) -> None:
    text = FILE.read_text(encoding="utf-8")
    path = tmp_path / "registers.yaml"
    assert change[0] in text
    path.write_text(text.replace(*change, 1), encoding="utf-8")
    with pytest.raises(BadKnowledge, match=word) as caught:
        load_registers(path)
    assert caught.value.line == next(n for n, row in enumerate(text.splitlines(), start=1) if change[0] in row)


def test_an_unknown_key_of_the_registers_is_refused_with_its_line(tmp_path: Path) -> None:
    text = FILE.read_text(encoding="utf-8")
    path = tmp_path / "registers.yaml"
    path.write_text(text + "unknown: 1\n", encoding="utf-8")
    with pytest.raises(BadKnowledge) as caught:
        load_registers(path)
    assert caught.value.line == len(text.splitlines()) + 1


def test_every_register_and_window_is_sourced() -> None:
    data = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    for one in (data["sms"], data["whatsapp"], *data["windows"]):
        assert one["authority"]
        assert one["source"]
        assert one["confidence"] in {"A", "B", "C"}
