"""Templates made from a released message, and messages held against a registered template, byte by byte."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from ragmarket.compliance.registers import Category, Registers, VariableType
from ragmarket.compliance.rules.channel import sms_segments
from ragmarket.errors import InvalidInput
from ragmarket.knowledge.findings import explained
from ragmarket.schemas.base import Severity
from ragmarket.schemas.compliance import Finding
from ragmarket.schemas.message import Message
from ragmarket.schemas.templates import MadeTemplate, MessageTemplate, TemplateCheck, TemplateVariable

TAG = re.compile(r"\{(#[a-z]+#)\}")
_NUMBER = re.compile(r"[0-9]+(?:[,.][0-9]+)*")
# Longer values than any register allows are not looked for.
_LONGEST_VALUE = 200


class _Token(NamedTuple):
    """Fixed text, or a variable of a type (None for the untyped one of old)."""

    text: str
    variable: bool
    type: VariableType | None


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


def fill(template: MessageTemplate, values: Sequence[str], registers: Registers) -> str:
    """The message of a template with values in the order of its variables.

    Raises:
        InvalidInput: There are too many or too few values, or one does not keep to its type; names which.
    """
    tokens = _tokens(template.body, registers)
    wanted = sum(token.variable for token in tokens)
    if len(values) != wanted:
        raise InvalidInput(f"values: the template has {wanted} variables, and {len(values)} values were given")
    given = iter(enumerate(values, start=1))
    pieces = []
    for token in tokens:
        if not token.variable:
            pieces.append(token.text)
            continue
        number, value = next(given)
        if (fault := value_fault(value, token.type, registers)) is not None:
            raise InvalidInput(f"values: value {number} ({value!r}) {fault}")
        pieces.append(value)
    return "".join(pieces)


def value_fault(value: str, type_: VariableType | None, registers: Registers) -> str | None:
    """Why a value may not stand for a variable; None when it may. ``type_`` None is the untyped one."""
    if type_ is None:
        most = registers.sms.untyped.max_chars
        return None if 0 < len(value) <= most else f"is empty or longer than {most} characters"
    rule = registers.sms.variables[type_]
    if not re.fullmatch(rule.pattern, value):
        return f"is no {type_} value"
    if rule.max_chars is not None and len(value) > rule.max_chars:
        return f"has {len(value)} characters; {type_} holds {rule.max_chars}"
    if rule.listed and not any(_within(value, listed) for listed in registers.registration.listed):
        return "is not among the addresses and numbers that the registration lists"
    return None


def _within(value: str, listed: str) -> bool:
    if "://" in listed:
        return value == listed or value.startswith(listed if listed.endswith("/") else f"{listed}/")
    return re.sub(r"[ +-]", "", value) == re.sub(r"[ +-]", "", listed)


def check_message(template: MessageTemplate, text: str, registers: Registers, *, day: date) -> TemplateCheck:
    """Hold a message against its registered template: the fixed text to the byte, each value by type and length.

    Returns:
        The values when it fits; else the first place, in characters and bytes, at which it cannot fit.
    """
    found = list(check_template(template, registers, day=day))
    tokens = _tokens(template.body, registers)
    values: tuple[str, ...] = ()
    # Every place that the message may have reached after a token, with the values that lead there.
    reached: dict[int, tuple[str, ...]] = {0: ()}
    for token in tokens:
        ahead: dict[int, tuple[str, ...]] = {}
        for place, read in reached.items():
            if not token.variable:
                if text.startswith(token.text, place):
                    ahead.setdefault(place + len(token.text), read)
                continue
            for end in range(place + 1, min(len(text), place + _LONGEST_VALUE) + 1):
                if value_fault(text[place:end], token.type, registers) is None:
                    ahead.setdefault(end, (*read, text[place:end]))
        if not ahead:
            found.append(_differs(text, token, sorted(reached)))
            break
        reached = ahead
    else:
        if len(text) in reached:
            values = reached[len(text)]
        else:
            place = max(reached)
            found.append(_finding_at(text, place, f"{text[place:]!r} stands behind the template's end"))
    fails = any(one.severity == "block" for one in found)
    return TemplateCheck(
        verdict="fail" if fails else "pass",
        values=values,
        segments=sms_segments(text)[2] if template.channel == "sms" else None,
        findings=tuple(found),
    )


def _differs(text: str, token: _Token, places: Sequence[int]) -> Finding:
    if token.variable:
        place = places[-1]
        what = token.type or "untyped"
        return _finding_at(
            text, place, f"a value of type {what} must stand here, and {text[place : place + 20]!r} does"
        )

    def common(place: int) -> int:
        length = 0
        while length < len(token.text) and text[place + length : place + length + 1] == token.text[length]:
            length += 1
        return length

    def alike(place: int) -> int:
        return sum(one == other for one, other in zip(text[place:], token.text, strict=False))

    # A variable before may have been read in many lengths; the likeliest is where the most of the fixed text stands.
    place = max(places, key=lambda one: (alike(one), common(one)))
    at = common(place)
    wanted, got = token.text[at], text[place + at : place + at + 1]
    return _finding_at(text, place + at, f"the template has {_named(wanted)}, the message {_named(got)}")


def _named(char: str) -> str:
    if not char:
        return "its end"
    return f"{char!r} (U+{ord(char):04X} {unicodedata.name(char, 'unnamed').lower()})"


def _finding_at(text: str, place: int, what: str) -> Finding:
    where = f"character {place + 1}, byte {len(text[:place].encode()) + 1}"
    return explained(
        Finding(
            rule="dlt.differs",
            severity="block",
            message=f"{where}: {what}",
            start=place,
            end=min(len(text), place + 1),
        )
    )


def _tokens(body: str, registers: Registers) -> list[_Token]:
    types = {tag: type_ for type_, rule in registers.sms.variables.items() for tag in rule.tags}
    tokens, last = list[_Token](), 0
    for match in TAG.finditer(body):
        if match[1] not in types and match[1] != registers.sms.untyped.tag:
            continue
        if match.start() > last:
            tokens.append(_Token(body[last : match.start()], False, None))
        tokens.append(_Token(match.group(), True, types.get(match[1])))
        last = match.end()
    if last < len(body):
        tokens.append(_Token(body[last:], False, None))
    return tokens


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


def _most_segments(template: MessageTemplate, registers: Registers) -> int:
    def longest(match: re.Match[str]) -> str:
        rule = next((one for one in registers.sms.variables.values() if match[1] in one.tags), None)
        return "0" * (rule.max_chars if rule and rule.max_chars else registers.sms.untyped.max_chars)

    return sms_segments(TAG.sub(longest, template.body))[2]
