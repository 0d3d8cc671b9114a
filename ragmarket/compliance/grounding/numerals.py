"""Number words by the grammar that Indian languages share: tens and ones add up, hundreds to crores multiply.

"नौ सौ निन्यानवे", "లక్షా ఇరవై వేల", "எழுபத்தைந்தாயிரம்", "বারোশো", "ഏഴേകാൽ", "दो दशमलव पाँच"; a word may
carry a case ending, a particle or a unit that is written on to it.
"""

from __future__ import annotations

from collections.abc import Sequence

from ragmarket.compliance.grounding.number_words import Numerals, Token, token_runs

_ENGLISH = 12
_QUARTERS = frozenset((0.25, 0.5, 0.75))
_LAKH, _THOUSAND, _HUNDRED = 100_000.0, 1_000.0, 100.0


def _fits(part: float, value: float) -> bool:
    """Whether a smaller number may follow: ones after tens, less than a hundred after hundreds."""
    if value % 1 or not value:
        return False
    if part % _HUNDRED == 0:
        return value < _HUNDRED or (part % _THOUSAND == 0 and value < _THOUSAND)
    return part % 10 == 0 and part > 10 and value < 10


class _Sum:
    """One number as it is being read."""

    def __init__(self) -> None:
        self.tokens: list[Token] = []
        self.total = 0.0
        self.part: float | None = None
        self.extra = 0.0
        self.floor = float("inf")
        self.decimals: str | None = None

    def takes(self, token: Token) -> bool:
        """Read on, or refuse a token that begins another number."""
        taken = self._read(token)
        if taken:
            self.tokens.append(token)
        return taken

    def _read(self, token: Token) -> bool:
        if self.decimals is not None and token.role == "value" and token.value < _HUNDRED and not token.value % 1:
            self.decimals += f"{token.value:.0f}"
            return True
        if token.role == "digits":
            if self.part is not None or self.extra or (self.total and self.floor <= _HUNDRED):
                return False
            self.part = token.value
            return True
        if token.role == "value":
            if token.value == _HUNDRED and self.part is not None and 1 < self.part < 10:
                self.part *= _HUNDRED
                return True
            if self.part and not self.part % 1 and token.value in _QUARTERS:  # "ஏழே கால்"
                self.part += token.value
                return True
            if self.tokens and self.tokens[-1].role == "digits":
                return False  # "Rs. 5,000 one time"
            if token.value >= self.floor or (self.part is not None and not _fits(self.part, token.value)):
                return False
            self.part = (self.part or 0.0) + token.value
            return True
        if token.role == "added":
            if self.part is not None or self.extra:
                return False
            self.extra = token.value
            return True
        if token.role == "hundred":
            if self.part is not None and self.part >= _HUNDRED:
                return False
            self.part = ((self.part if self.part is not None else 1.0) + self.extra) * _HUNDRED
            self.extra = 0.0
            return True
        if token.role == "scale":
            if self.part and not self.part % 1 and token.value in _QUARTERS:  # "ஏழே கால்"
                self.part += token.value
                return True
            if token.value >= self.floor or (self.part is None and self.total and not self.extra):
                return False
            self.total += ((self.part if self.part is not None else 1.0) + self.extra) * token.value
            self.part, self.extra, self.floor = None, 0.0, token.value
            return True
        if token.role == "point" and self.part is not None and self.decimals is None:
            self.decimals = ""
            return True
        return False

    @property
    def value(self) -> float:
        """What was read so far."""
        part = self.part if self.part is not None else (1.0 if self.extra and not self.total else 0.0)
        if self.decimals:
            part += float(f"0.{self.decimals}")
        return self.total + part + self.extra


def _digits(value: float) -> str:
    return f"{value:.7f}".rstrip("0").rstrip(".")


def _written(one: _Sum, text: str, of: Numerals) -> tuple[int, int, str] | None:
    """The edit that writes a number in digits; None where it is so written already."""
    tokens = one.tokens
    if tokens and tokens[-1].role == "digits" and len(tokens) > 1:
        # "5 lakh 3 years": digits belong to what went before only if a scale follows them.
        return _again(tokens[:-1], text, of)
    while tokens and tokens[-1].role == "point":
        return _again(tokens[:-1], text, of)
    if not tokens:
        return None
    start, end, roles = tokens[0].start, tokens[-1].end, [token.role for token in tokens]
    if roles in (["digits"], ["digits", "scale"]):
        return None
    large = [token.value for token in tokens if token.role == "scale" and token.value >= _LAKH]
    if roles == ["scale"]:
        after = text[end:].lstrip()
        if not after.startswith(of.currency) or tokens[0].value < _LAKH:
            return (start, end, _digits(tokens[0].value)) if tokens[0].value < _LAKH else None
        return start, end, f"1 {text[start:end]}"
    if large and roles.count("scale") == 1 and roles[-1] == "scale":
        return tokens[0].start, tokens[-2].end, _digits(one.value / large[0])
    if large:
        return start, end, f"{_digits(one.value / large[0])} {of.scale_word(large[0])}"
    thousands = [token for token in tokens if token.role == "scale" or token.value >= _THOUSAND]
    if of.native and thousands and one.value % _HUNDRED == 0:
        # "ఐదు వేల నుంచి పది లక్షల": without its scale a number would take that of the range's other end.
        return start, end, f"{_digits(one.value / _THOUSAND)} {of.scale_word(_THOUSAND)}"
    return start, end, _digits(one.value)


def _again(tokens: Sequence[Token], text: str, of: Numerals) -> tuple[int, int, str] | None:
    one = _Sum()
    for token in tokens:
        one.takes(token)
    return _written(one, text, of)


def numeral_edits(text: str, of: Numerals) -> list[tuple[int, int, str]]:
    """Places of number words, each with its digits.

    Args:
        text: In NFC, without joiners.
        of: The language's number words.
    """
    found: list[tuple[int, int, str]] = []
    for run in token_runs(text, of):
        one = _Sum()
        for token in run:
            if token.role == "written":
                number, _, unit = token.text.partition(" ")
                if one.part is not None and one.takes(Token(token.start, token.end, "value", float(number))):
                    # "డెబ్బై నాలుగేళ్ల": the unit grew on to the last word.
                    found.append((one.tokens[0].start, token.end, f"{_digits(one.value)} {unit}"))
                else:
                    found += [edit for edit in (_written(one, text, of),) if edit]
                    found.append((token.start, token.end, token.text))
                one = _Sum()
            elif not one.takes(token):
                found += [edit for edit in (_written(one, text, of),) if edit]
                one = _Sum()
                one.takes(token)
        found += [edit for edit in (_written(one, text, of),) if edit]
    if not of.native:
        found = [edit for edit in found if " " in edit[2] or float(edit[2]) > _ENGLISH]
    return found
