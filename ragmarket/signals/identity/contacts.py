"""Telephone numbers, e-mail addresses, PANs and dates of birth in one form each; what cannot be one is None."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime

# "080 4567 8901" is a landline; a mobile number after a trunk zero is not parted from it like that.
_STD_CODE = re.compile(r"0[1-9]\d{1,3}[ -]\d")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
# The fourth letter says whose PAN it is: person, company, HUF, firm, association, trust, body, authority, state, local.
_PAN = re.compile(r"[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z]")
_DOTLESS = frozenset(("gmail.com", "googlemail.com"))
_NO_MAILBOX = frozenset(("na", "none", "no", "nil", "noemail", "test", "dummy", "abc", "xyz", "notavailable"))
_DATE_FORMS = ("%Y-%m-%d", "%d-%m-%Y", "%d/%m/%Y", "%d.%m.%Y", "%d-%b-%Y", "%d %b %Y", "%Y/%m/%d", "%Y%m%d")
_OLDEST = 1905


def phone(text: str | None) -> str | None:
    """An Indian mobile number as ten digits; landlines, wrong lengths and repeated digits are None."""
    if _STD_CODE.match((text or "").strip()):
        return None
    digits = "".join(str(unicodedata.decimal(char)) for char in text or "" if char.isdecimal())
    digits = re.sub(r"^(?:0+|0*91)(?=\d{10}$)", "", digits)
    return digits if len(digits) == 10 and digits[0] in "6789" and len(set(digits)) > 2 else None


def email(text: str | None) -> str | None:
    """An e-mail address in lower case, without tags, and without dots where the mailbox ignores them."""
    found = _EMAIL.fullmatch((text or "").strip().lower())
    if not found:
        return None
    box, _, host = found.group().partition("@")
    box = box.partition("+")[0]
    if host in _DOTLESS:
        box, host = box.replace(".", ""), "gmail.com"
    return f"{box}@{host}" if box and box not in _NO_MAILBOX else None


def pan(text: str | None) -> str | None:
    """A PAN by its form, upper case without blanks; anything else is None."""
    folded = re.sub(r"[\s-]", "", text or "").upper()
    return folded if _PAN.fullmatch(folded) else None


def birth_date(text: str | None, today: date | None = None) -> date | None:
    """A date of birth in one of the forms that Indian systems write (day before month); None when it cannot be one."""
    plain = (text or "").strip().split("T")[0].split(" 00:00")[0]
    for form in _DATE_FORMS:
        try:
            found = datetime.strptime(plain, form).date()  # noqa: DTZ007 (a date has no zone)
        except ValueError:
            continue
        last = today.year if today else 2100
        return found if _OLDEST <= found.year <= last else None
    return None
