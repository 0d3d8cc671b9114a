"""A message held against its registered template, byte by byte."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import date

from ragmarket.compliance.registers import Registers
from ragmarket.compliance.rules.channel import sms_segments
from ragmarket.compliance.templates.filling import Token, tokens_of, value_fault
from ragmarket.compliance.templates.registering import check_template
from ragmarket.knowledge.findings import explained
from ragmarket.schemas.compliance import Finding
from ragmarket.schemas.templates import MessageTemplate, TemplateCheck

# Longer values than any register allows are not looked for.
_LONGEST_VALUE = 200


def check_message(template: MessageTemplate, text: str, registers: Registers, *, day: date) -> TemplateCheck:
    """Hold a message against its registered template: the fixed text to the byte, each value by type and length.

    Returns:
        The values when it fits; else the first place, in characters and bytes, at which it cannot fit.
    """
    found = list(check_template(template, registers, day=day))
    tokens = tokens_of(template.body, registers)
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


def _differs(text: str, token: Token, places: Sequence[int]) -> Finding:
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
