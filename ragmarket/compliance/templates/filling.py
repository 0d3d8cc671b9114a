"""A template's variables: its tokens, what a value may be, and the message that values make of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from ragmarket.compliance.registers import Registers, VariableType
from ragmarket.errors import InvalidInput
from ragmarket.schemas.templates import MessageTemplate

TAG = re.compile(r"\{(#[a-z]+#)\}")


class Token(NamedTuple):
    """Fixed text, or a variable of a type (None for the untyped one of old)."""

    text: str
    variable: bool
    type: VariableType | None


def tokens_of(body: str, registers: Registers) -> list[Token]:
    """A body in fixed texts and variables; a mark that no register knows is text."""
    types = {tag: type_ for type_, rule in registers.sms.variables.items() for tag in rule.tags}
    tokens, last = list[Token](), 0
    for match in TAG.finditer(body):
        if match[1] not in types and match[1] != registers.sms.untyped.tag:
            continue
        if match.start() > last:
            tokens.append(Token(body[last : match.start()], False, None))
        tokens.append(Token(match.group(), True, types.get(match[1])))
        last = match.end()
    if last < len(body):
        tokens.append(Token(body[last:], False, None))
    return tokens


def fill(template: MessageTemplate, values: Sequence[str], registers: Registers) -> str:
    """The message of a template with values in the order of its variables.

    Raises:
        InvalidInput: There are too many or too few values, or one does not keep to its type; names which.
    """
    tokens = tokens_of(template.body, registers)
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
