"""No customer's data in a marketing text: identifiers that carry their own check digit, and the forms of the rest."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from ragmarket.schemas.base import Severity
from ragmarket.schemas.compliance import Finding

AUTHORITY = "Digital Personal Data Protection Act 2023; RBI directions on customer data"
_D = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 2, 3, 4, 0, 6, 7, 8, 9, 5),
    (2, 3, 4, 0, 1, 7, 8, 9, 5, 6),
    (3, 4, 0, 1, 2, 8, 9, 5, 6, 7),
    (4, 0, 1, 2, 3, 9, 5, 6, 7, 8),
    (5, 9, 8, 7, 6, 0, 4, 3, 2, 1),
    (6, 5, 9, 8, 7, 1, 0, 4, 3, 2),
    (7, 6, 5, 9, 8, 2, 1, 0, 4, 3),
    (8, 7, 6, 5, 9, 3, 2, 1, 0, 4),
    (9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
)
_P = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 5, 7, 6, 2, 8, 3, 0, 9, 4),
    (5, 8, 0, 3, 7, 9, 6, 1, 4, 2),
    (8, 9, 1, 6, 0, 4, 3, 5, 2, 7),
    (9, 4, 5, 3, 1, 2, 6, 8, 7, 0),
    (4, 2, 8, 6, 5, 7, 3, 9, 0, 1),
    (2, 7, 9, 3, 8, 0, 6, 4, 1, 5),
    (7, 0, 4, 6, 9, 1, 3, 2, 5, 8),
)
_NUMBER = re.compile(r"(?<![\w₹.,])\+?\d(?:[ -]?\d){8,22}(?![\w%])(?![.,]\d)")
_PAN = re.compile(r"(?<![A-Z0-9])[A-Z]{3}[ABCFGHLJPT][A-Z]\d{4}[A-Z](?![A-Z0-9])", re.IGNORECASE)
_IFSC = re.compile(r"(?<![A-Z0-9])[A-Z]{4}0[A-Z0-9]{6}(?![A-Z0-9])")
_EMAIL = re.compile(r"(?<![\w.+-])([\w.+-]+)@([\w-]+(?:\.[\w-]+)+)")
_UPI = re.compile(r"(?<![\w.+-])[\w.-]{3,}@[a-z]{2,}(?![\w.@-])", re.IGNORECASE)
_ROLE_MAILBOX = re.compile(
    r"(?:customer)?\.?(?:care|support|service|help(?:desk)?|info|contact|grievance|nodal|feedback|hello|noreply|no-reply|"
    r"unsubscribe|privacy|complaints?)\b.*",
    re.IGNORECASE,
)
_CURRENCY_BEFORE = re.compile(r"(?:₹|rs\.?|inr)\s*$", re.IGNORECASE)


def verhoeff(digits: str) -> bool:
    """Whether a digit string carries a right Verhoeff check digit, as every Aadhaar number does."""
    state = 0
    for place, digit in enumerate(reversed(digits)):
        state = _D[state][_P[place % 8][int(digit)]]
    return state == 0


def luhn(digits: str) -> bool:
    """Whether a digit string carries a right Luhn check digit, as every card number does."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _ascii_digits(text: str) -> str:
    """The same text with every decimal digit in ASCII and odd spaces plain; one character for one."""
    folded = []
    for char in text:
        if char.isdecimal():
            folded.append(str(unicodedata.decimal(char)))
        elif char in "\u00a0\u2009\u202f":
            folded.append(" ")
        elif char in "\u2010\u2011\u2012\u2013\u2212":
            folded.append("-")
        else:
            folded.append(char)
    return "".join(folded)


def _kind_of_number(run: str) -> str | None:
    digits = re.sub(r"\D", "", run)
    if len(digits) == 12 and digits[0] in "23456789" and not run.startswith("+") and verhoeff(digits):
        return "Aadhaar number"
    if 13 <= len(digits) <= 19 and digits[0] in "3456" and luhn(digits):
        return "card number"
    national = re.fullmatch(r"(?:\+?91|0)?([6-9]\d{9})", ("+" if run.startswith("+") else "") + digits)
    return "telephone number" if national else None


def _numbers(text: str) -> Iterator[tuple[str, int, int]]:
    for match in _NUMBER.finditer(text):
        if _CURRENCY_BEFORE.search(text[max(0, match.start() - 5) : match.start()]):
            continue
        kind = _kind_of_number(match.group())
        if kind:
            yield kind, match.start(), match.end()


def check_personal_data(text: str) -> tuple[Finding, ...]:
    """Identifiers of persons in ``text``, in any script's digits. The message names the kind, never the value."""
    plain = _ascii_digits(text)
    found: list[tuple[str, int, int, Severity]] = [(k, s, e, "block") for k, s, e in _numbers(plain)]
    found += [("PAN", m.start(), m.end(), "block") for m in _PAN.finditer(plain)]
    found += [("IFSC of an account", m.start(), m.end(), "review") for m in _IFSC.finditer(plain)]
    for match in _EMAIL.finditer(plain):
        if not _ROLE_MAILBOX.fullmatch(match.group(1)):
            found.append(("e-mail address", match.start(), match.end(), "block"))
    found += [("UPI address", m.start(), m.end(), "block") for m in _UPI.finditer(plain)]
    return tuple(
        Finding(
            rule=f"personal_data.{kind.split()[0].lower().replace('-', '')}",
            severity=severity,
            message=f"the text seems to hold a person's {kind}" if severity == "block" else f"the text holds an {kind}",
            start=start,
            end=end,
            authority=AUTHORITY,
        )
        for kind, start, end, severity in sorted(found, key=lambda item: item[1])
    )
