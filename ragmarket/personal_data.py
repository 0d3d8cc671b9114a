"""What identifies a person in a text: the numbers that carry their own check digit, and the forms of the rest.

It stands below everything else, because briefs, evidence, output and logs are all held against it. Digits of any script
count, separated or not; numbers that belong to the trade (toll-free lines, registrations of distributors and companies,
amounts, dates) do not, nor what was masked already.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Literal, NamedTuple

from stdnum import luhn
from stdnum.in_ import aadhaar, pan, vid

Kind = Literal[
    "Aadhaar number", "Aadhaar virtual ID", "card number", "telephone number", "PAN", "account number",
    "customer number", "passport number", "voter number", "driving licence", "e-mail address", "UPI address", "IFSC",
]  # fmt: skip

# One separator may hide behind an invisible character, so two may stand between digits.
_RUN = re.compile(r"(?<![\w₹.,+])\+?\d(?:[ ./-]{0,2}\d){8,22}(?![\w%])(?![.,]\d)")
_PAN = re.compile(r"(?<![A-Z0-9])[A-Z](?:[ -]?[A-Z]){4}(?:[ -]?\d){4}[ -]?[A-Z](?![A-Z0-9])", re.IGNORECASE)
_IFSC = re.compile(r"(?<![A-Z0-9])[A-Z]{4}0[A-Z0-9]{6}(?![A-Z0-9])")
_EMAIL = re.compile(r"(?<![\w.+-])([\w.+-]+)@([\w-]+(?:\.[\w-]+)+)")
_UPI = re.compile(r"(?<![\w.+-])[\w.-]{3,}@[a-z]{2,}(?![\w.@-])", re.IGNORECASE)
_LICENCE = re.compile(r"(?<![A-Z0-9])[A-Z]{2}[ -]?\d{2}[ -]?(?:19|20)\d{2}[ -]?\d{7}(?![A-Z0-9])")
_ROLE_MAILBOX = re.compile(
    r"(?:customer)?\.?(?:care|support|service|help(?:desk)?|info|contact|grievance|nodal|feedback|hello|noreply|no-reply|"
    r"unsubscribe|privacy|complaints?|ombudsman|compliance|investor|sales|branch|dpo)\b.*",
    re.IGNORECASE,
)
_CURRENCY_BEFORE = re.compile(r"(?:₹|rs\.?|inr|रु\.?|ரூ\.?|రూ\.?|ರೂ\.?|രൂ\.?|রু\.?|રૂ\.?)\s*$", re.IGNORECASE)
# First digits that card networks were given: Visa, Mastercard, American Express, Diners, Discover, JCB, RuPay, Maestro.
_CARD = re.compile(r"4|5[0-8]|2(?:2[2-9]|[3-6]|7[01]|720)|3[0-9]|6[0-9]|8[12]")
# "080 4567 8901" is a landline; a mobile number after a trunk zero is not parted from it like that.
_STD_CODE = re.compile(r"0[1-9]\d{1,3}[ -]\d")
_TOLL_FREE = re.compile(r"(?:91|0)?1[89]\d{2}|(?:91)?0?(?:1800|1860)")

# Words after which a bare number is a person's, in the nine languages and as people type them in Latin letters.
_ACCOUNT = r"a/?c|acct?|account|khata|खाता|खाते|खात्याचा|અકાઉન્ટ|એકાઉન્ટ|ખાતા|অ্যাকাউন্ট|হিসাব|கணக்கு|ఖాతా|ఖాతా\w*|ಖಾತೆ\w*|അക്കൗണ്ട്\w*"
_CUSTOMER = r"customer|client|cust|cif|crn|ucic|grahak|ग्राहक|ગ્રાહક|গ্রাহক|வாடிக்கையாளர்|ఖాతాదారు\w*|ಗ್ರಾಹಕ\w*|ഇടപാടുകാര\w*"
_NUMBER_WORD = (
    r"(?:no\.?|nos\.?|num(?:ber)?|#|id|code|संख्या|नंबर|क्रमांक|आईडी|નંબર|ક્રમાંક|আইডি|নম্বর|எண்|నంబర్|నెంబర్|ಸಂಖ್ಯೆ|നമ്പർ|ഐഡി)"
)
_LINK = r"[\s:.#=-]*(?:is|=|:|-|है|ஆகும்)?[\s:.#=-]*"
_AFTER_WORD: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("account number", re.compile(rf"(?:{_ACCOUNT})\s*{_NUMBER_WORD}?{_LINK}(\d(?:[ -]?\d){{8,17}})(?!\d)", re.I)),
    ("customer number", re.compile(rf"(?:{_CUSTOMER})\s*{_NUMBER_WORD}{_LINK}([A-Z]{{0,3}}\d{{5,12}})(?!\d)", re.I)),
    ("passport number", re.compile(rf"(?:passport|पासपोर्ट)\s*{_NUMBER_WORD}?{_LINK}([A-Z][1-9]\d{{6}})(?!\d)", re.I)),
    ("voter number", re.compile(rf"(?:voter|epic|मतदाता)\w*\s*{_NUMBER_WORD}?{_LINK}([A-Z]{{3}}\d{{7}})(?!\d)", re.I)),
)
# No number that follows such a word is shorter.
_FIVE_DIGITS = re.compile(r"\d(?:[ -]?\d){4}")


class Identifier(NamedTuple):
    """One identifier and its place, in code points of the text it was found in."""

    kind: Kind
    start: int
    end: int


class _Plain(dict[int, str]):
    """By code point, what a character stands for where numbers are looked for; filled as characters are met."""

    def __missing__(self, point: int) -> str:
        char = chr(point)
        if char.isdecimal():
            plain = str(unicodedata.decimal(char))
        elif char in "\u00a0\u2007\u2009\u202f":
            plain = " "
        elif char in "\u2010\u2011\u2012\u2013\u2014\u2212\u200b\u200c\u200d\u2060\ufeff":
            plain = "-"
        else:
            plain = chr(point - 0xFEE0) if 0xFF21 <= point <= 0xFF5A else char
        self[point] = plain
        return plain


_PLAIN = _Plain()


def _plain(text: str) -> str:
    """The same text, one character for one, with every digit in ASCII, odd blanks and dashes plain."""
    return text if text.isascii() else text.translate(_PLAIN)


def _kind_of_run(run: str) -> Kind | None:
    digits = re.sub(r"\D", "", run)
    if _STD_CODE.match(run):
        return None
    if re.fullmatch(r"(?:\+?91|0091|0)?[6-9]\d{9}", ("+" if run.startswith("+") else "") + digits):
        return "telephone number"
    if run.startswith("+") or _TOLL_FREE.match(digits):
        return None
    if aadhaar.is_valid(digits):
        return "Aadhaar number"
    if vid.is_valid(digits):
        return "Aadhaar virtual ID"
    if 13 <= len(digits) <= 19 and _CARD.match(digits) and luhn.is_valid(digits):
        return "card number"
    return None


def _found(plain: str) -> Iterator[Identifier]:
    """Candidates, the surest reading of a place first."""
    for kind, pattern in _AFTER_WORD if _FIVE_DIGITS.search(plain) else ():
        yield from (Identifier(kind, *match.span(1)) for match in pattern.finditer(plain))
    if "@" in plain:
        for match in _EMAIL.finditer(plain):
            if not _ROLE_MAILBOX.fullmatch(match.group(1)):
                yield Identifier("e-mail address", *match.span())
        yield from (Identifier("UPI address", *match.span()) for match in _UPI.finditer(plain))
    for match in _RUN.finditer(plain):
        if not _CURRENCY_BEFORE.search(plain[max(0, match.start() - 5) : match.start()]):
            kind_ = _kind_of_run(match.group())
            if kind_:
                yield Identifier(kind_, *match.span())
    for match in _PAN.finditer(plain):
        if pan.is_valid(re.sub(r"[ -]", "", match.group()).upper()):
            yield Identifier("PAN", *match.span())
    yield from (Identifier("driving licence", *match.span()) for match in _LICENCE.finditer(plain))
    yield from (Identifier("IFSC", *match.span()) for match in _IFSC.finditer(plain))


def find_identifiers(text: str) -> tuple[Identifier, ...]:
    """Identifiers of persons, by place; where two overlap, the one that was recognised by its own check stands."""
    kept: list[Identifier] = []
    for one in _found(_plain(text)):
        if all(one.end <= other.start or other.end <= one.start for other in kept):
            kept.append(one)
    return tuple(sorted(kept, key=lambda one: one.start))


def redact(text: str) -> str:
    """The text with every identifier replaced by its kind: ``call [telephone number]``."""
    for one in reversed(find_identifiers(text)):
        text = f"{text[: one.start]}[{one.kind}]{text[one.end :]}"
    return text
