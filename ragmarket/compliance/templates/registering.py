"""What stands against registering a template."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from ragmarket.compliance.registers import Registers
from ragmarket.compliance.templates.filling import TAG
from ragmarket.knowledge.findings import explained
from ragmarket.schemas.base import Severity
from ragmarket.schemas.compliance import Finding
from ragmarket.schemas.templates import MessageTemplate


def check_template(template: MessageTemplate, registers: Registers, *, day: date) -> tuple[Finding, ...]:
    """What stands against registering a template on a day; spans are code points of its body."""
    found: list[Finding] = []

    def report(rule: str, message: str, span: tuple[int, int] | None = None, severity: Severity = "block") -> None:
        start, end = span if span is not None else (None, None)
        found.append(explained(Finding(rule=rule, severity=severity, message=message, start=start, end=end)))

    known = {tag for rule in registers.sms.variables.values() for tag in rule.tags}
    for match in TAG.finditer(template.body):
        tag = match[1]
        if tag == registers.sms.untyped.tag:
            if day > registers.sms.untyped.effective_to:
                until = registers.sms.untyped.effective_to
                report("dlt.untyped_variable", f"{tag} has no type; such variables ended on {until}", match.span())
        elif tag not in known:
            report(
                "dlt.unknown_variable", f"{tag} is no type of variable; known: {', '.join(sorted(known))}", match.span()
            )
        elif template.channel == "sms" and day < registers.sms.typed_from:
            report("dlt.typed_variable", f"{tag}: variables have types from {registers.sms.typed_from}", match.span())
    fixed = TAG.sub(lambda match: "\x00" * len(match.group()), template.body)
    for match in re.finditer(r"[{}]|#[a-z]+#", fixed):
        report("dlt.stray_mark", f"{match.group()} is neither text nor a variable", match.span())
    if template.channel == "whatsapp":
        for rule, message, span in _whatsapp_faults(template, registers):
            report(rule, message, span)
        return tuple(found)
    for match in re.finditer(r"[<>]|  +|\n", fixed):
        name = "two spaces in a row" if match.group().startswith(" ") else f"the character {match.group()!r}"
        report("channel.sms_character", f"{name}: DLT templates refuse it", match.span())
    if template.header is None or not re.fullmatch(rf"[A-Z0-9]{{{registers.sms.header_chars}}}", template.header):
        size = registers.sms.header_chars
        report("dlt.header", f"header: {template.header!r} is not {size} capitals or digits without suffix")
    if not template.entity_id:
        report("dlt.entity", "entity_id: the sender's id in the register is missing")
    if not template.template_id:
        report(
            "dlt.unregistered", "template_id: the register has not given one; nothing may be sent yet", None, "review"
        )
    if registers.registration.brand not in fixed:
        report("dlt.brand", f"the fixed text does not name {registers.registration.brand}", None, "review")
    if not registers.sms.categories[template.category].marketing:
        message = f"category: {template.category} may not carry marketing; the whole message would be promotional"
        report("dlt.category", message)
    return tuple(found)


def _whatsapp_faults(
    template: MessageTemplate, registers: Registers
) -> Iterator[tuple[str, str, tuple[int, int] | None]]:
    limits = registers.whatsapp
    parts = [
        ("body", template.body, limits.body_chars),
        ("title", template.title, limits.header_chars),
        ("footer", template.footer, limits.footer_chars),
        *((f"button {n}", text, limits.button_chars) for n, text in enumerate(template.buttons, start=1)),
    ]
    for name, text, most in parts:
        if len(text) > most:
            yield "channel.template_part", f"{name}: {len(text)} characters; at most {most}", None
    if len(template.buttons) > limits.buttons:
        yield "channel.template_part", f"buttons: {len(template.buttons)}; at most {limits.buttons}", None
    matches = list(TAG.finditer(template.body))
    for number, match in enumerate(matches):
        before = template.body[matches[number - 1].end() if number else 0 : match.start()]
        if not before.strip():
            where = "touches the variable before it" if number else "stands at the start"
            yield "channel.template_edge", f"{match.group()} {where}", match.span()
        if number == len(matches) - 1 and not template.body[match.end() :].strip():
            yield "channel.template_edge", f"{match.group()} stands at the end", match.span()
