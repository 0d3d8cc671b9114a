"""Templates made from a released message."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from ragmarket.compliance.registers import Category, Registers, VariableType
from ragmarket.compliance.rules.channel import sms_segments
from ragmarket.compliance.templates.filling import TAG, value_fault
from ragmarket.compliance.templates.registering import check_template
from ragmarket.errors import InvalidInput
from ragmarket.schemas.message import Message
from ragmarket.schemas.templates import MadeTemplate, MessageTemplate, TemplateVariable

_NUMBER = re.compile(r"[0-9]+(?:[,.][0-9]+)*")


def make_template(
    message: Message,
    registers: Registers,
    *,
    day: date,
    names: Sequence[str] = (),
    category: Category = "promotional",
    template_id: str | None = None,
) -> MadeTemplate:
    """The template of a released message: figures and names become typed variables, all else is fixed.

    A figure's digits become a ``numeric`` variable and the words of the figure stay; a figure with several numbers (a
    date) or with none becomes ``alphanumeric`` as a whole. Mandatory wordings always stay fixed. On WhatsApp a variable
    that would stand at an edge or touch another is left as fixed text.

    Args:
        message: The released message, on SMS or WhatsApp.
        registers: Types, limits and the deployment's registration.
        day: The day whose rules count.
        names: Names to turn into variables, such as the product's.
        category: The category to register it under.
        template_id: The register's id of the template, once it has given one.

    Raises:
        InvalidInput: The message is for another channel.
    """
    if message.channel not in ("sms", "whatsapp"):
        raise InvalidInput(f"channel: templates are for sms and whatsapp, not {message.channel}")
    spans = _variable_spans(message, names, registers)
    if message.channel == "whatsapp":
        spans = _apart(spans, message.text)
    body, last = [], 0
    for start, end, type_ in spans:
        body += [message.text[last:start], f"{{#{type_}#}}"]
        last = end
    body.append(message.text[last:])
    own = registers.registration
    sms = message.channel == "sms"
    template = MessageTemplate(
        channel=message.channel,
        language=message.language,
        body="".join(body),
        category=category,
        header=own.header if sms else None,
        entity_id=own.entity_id if sms else None,
        template_id=template_id,
    )
    variables = tuple(TemplateVariable(type=type_, value=message.text[s:e]) for s, e, type_ in spans)
    suffix = registers.sms.categories[category].suffix if day >= registers.sms.suffix_from else ""
    return MadeTemplate(
        template=template,
        variables=variables,
        sender=f"{own.header}{suffix}" if sms else None,
        segments=sms_segments(message.text)[2] if sms else None,
        most_segments=_most_segments(template, registers) if sms else None,
        demo=own.demo,
        findings=check_template(template, registers, day=day),
    )


def _variable_spans(
    message: Message, names: Sequence[str], registers: Registers
) -> list[tuple[int, int, VariableType]]:
    text = message.text
    fixed = [(one.start, one.end) for one in message.disclaimers]
    spans: list[tuple[int, int, VariableType]] = []

    def put(start: int, end: int, type_: VariableType) -> None:
        taken = [*fixed, *((s, e) for s, e, _ in spans)]
        fits = value_fault(text[start:end], type_, registers) is None
        if fits and not any(s < end and start < e for s, e in taken):
            spans.append((start, end, type_))

    for claim in message.claims:
        for figure in claim.figures:
            numbers = list(_NUMBER.finditer(text, figure.start, figure.end))
            if len(numbers) == 1:
                put(*numbers[0].span(), "numeric")
            else:
                put(figure.start, figure.end, "alphanumeric")
    for name in sorted({name for name in names if name}, key=len, reverse=True):
        for match in re.finditer(re.escape(name), text):
            put(*match.span(), "alphanumeric")
    return sorted(spans)


def _apart(spans: Sequence[tuple[int, int, VariableType]], text: str) -> list[tuple[int, int, VariableType]]:
    """Only variables with fixed words before, between and behind them."""
    kept: list[tuple[int, int, VariableType]] = []
    for start, end, type_ in spans:
        before = text[kept[-1][1] if kept else 0 : start]
        if before.strip() and text[end:].strip():
            kept.append((start, end, type_))
    return kept


def _most_segments(template: MessageTemplate, registers: Registers) -> int:
    def longest(match: re.Match[str]) -> str:
        rule = next((one for one in registers.sms.variables.values() if match[1] in one.tags), None)
        return "0" * (rule.max_chars if rule and rule.max_chars else registers.sms.untyped.max_chars)

    return sms_segments(TAG.sub(longest, template.body))[2]
