"""Where one sentence ends and the next begins, in English and the eight Indian languages."""

from __future__ import annotations

import re

# A full stop after these never ends a sentence.
_NEVER = frozenset(
    [
        "rs",
        "re",
        "mr",
        "mrs",
        "ms",
        "dr",
        "smt",
        "shri",
        "st",
        "sec",
        "secs",
        "reg",
        "art",
        "cl",
        "para",
        "viz",
        "eg",
        "ie",
        "i.e",
        "e.g",
        "vs",
        "approx",
        "incl",
        "excl",
        "w.e.f",
        "o/s",
        "a/c",
        "regn",
        "ref",
        "fig",
        "dept",
        "govt",
        "addl",
        "dy",
        "jt",
        "hon'ble",
        "cf",
        "sr",
        "jr",
    ]
)
# After these it does where a new sentence clearly begins.
_OFTEN = frozenset(
    [
        "p.a",
        "p.m",
        "p.q",
        "a.m",
        "etc",
        "ltd",
        "co",
        "inc",
        "pvt",
        "corp",
        "yr",
        "yrs",
        "mth",
        "mths",
        "hr",
        "hrs",
        "cr",
        "lac",
        "lacs",
        "no",
        "nos",
        "min",
        "max",
    ]
)
_END = re.compile(r"[.?!।॥]+[\"'”’)\]*#†‡⁰¹²³⁴⁵⁶⁷⁸⁹]*(?=\s|$)")
# ":)" or a pictograph between two statements ends the first as a full stop does. Ticks and arrows open what follows.
_FACE = re.compile(
    r"(?<=\s)(?:[:;=8][-'^]?[)(DPpO|/]+|\^_*\^|<3)(?=\s|$)"
    r"|[\U0001F300-\U0001F5FF\U0001F600-\U0001F64F\U0001F680-\U0001F6FF\U0001F900-\U0001FAFF\u2600-\u26FF\u2728\u2764]\ufe0f?(?=\s|$)"
)
_LAST_WORD = re.compile(r"([\w.'/]+)$")
_STARTS = re.compile(r"[\"'“‘(\[*\\]*[^\W_]|[₹$\"'“‘(\[*•]")
_CLAUSE = re.compile(
    r"(?<=[;:।])\s|(?<=,)\s|\s(?=(?:and|or|but|which|where|provided|subject|while|unless|if)\s)|\s(?=[–—-]\s)"
)


def sentence_ranges(text: str) -> list[tuple[int, int]]:
    """Ranges of the sentences of one paragraph, blanks around them left out."""
    ranges: list[tuple[int, int]] = []
    start = 0
    for match in sorted([*_END.finditer(text), *_FACE.finditer(text)], key=lambda found: found.end()):
        if match.start() < start or (match.end() < len(text) and not _ends(text, start, match)):
            continue
        _add(ranges, text, start, match.end())
        start = match.end()
    _add(ranges, text, start, len(text))
    return ranges


def _add(ranges: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    if any(char.isalnum() for char in piece):
        left = len(piece) - len(piece.lstrip())
        ranges.append((start + left, start + len(piece.rstrip())))


def _ends(text: str, start: int, match: re.Match[str]) -> bool:
    mark = match.group()
    after = text[match.end() :].lstrip()
    if mark[0] in "।॥?!" or "।" in mark:
        return True
    if mark[0] not in ".":
        # A face inside a sentence ("on us :) and more") ends nothing.
        return bool(_STARTS.match(after)) and not after[:1].islower()
    if not _STARTS.match(after):
        return False
    word = _LAST_WORD.search(text[start : match.start()])
    last = word.group(1).lower().strip(".'") if word else ""
    first = re.match(r"[\"'“‘(\[]*([\w&]+)", after)
    next_word = first.group(1) if first else ""
    if last in _NEVER or (
        len(last) == 1 and last.isalpha() and last.isascii() and not after[:1].isspace() and last != "a"
    ):
        return False
    if last in {"no", "nos"}:
        # "No. 5" is a number, "No. The loan is unsecured." an answer.
        return not next_word[:1].isdigit() and text[start : match.start()].strip().lower() == "no"
    if last in _OFTEN:
        return (next_word[:1].isupper() and not next_word.isupper() and len(next_word) > 1) or next_word in {"A", "I"}
    if next_word[:1].islower():
        return False
    # A bare list number ("2.") opens what follows it.
    return not text[start : match.start()].strip().isdigit()


def clause_cuts(text: str) -> list[int]:
    """Offsets at which an over-long sentence may be cut, in order."""
    return [match.end() for match in _CLAUSE.finditer(text)]


_VERBS = frozenset(
    [
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "can",
        "could",
        "may",
        "might",
        "must",
        "will",
        "would",
        "shall",
        "should",
        "has",
        "have",
        "had",
        "do",
        "does",
        "did",
        "need",
        "needs",
        "earn",
        "earns",
        "get",
        "gets",
        "pay",
        "pays",
        "charge",
        "charges",
        "apply",
        "applies",
        "start",
        "starts",
        "range",
        "ranges",
        "vary",
        "varies",
        "require",
        "requires",
        "open",
        "reaches",
        "takes",
        "take",
        "gives",
        "give",
        "offers",
        "offer",
        "allows",
        "allow",
        "depends",
        "depend",
        "works",
        "levied",
        "charged",
        "paid",
        "payable",
        "available",
        "required",
        "deducted",
        "credited",
        "insured",
        "reduced",
        "added",
        "returned",
        "offered",
        "provided",
        "calculated",
        "applicable",
    ]
)


def is_fragment(text: str) -> bool:
    """Whether a short text says nothing by itself ("Yes.", "Up to ₹5 lakh", "12 months"): it has no verb."""
    words = [word.strip(".,;:!?()*\"'").lower() for word in text.split()]
    if not words or (words[0] in {"yes", "no", "nil", "none", "हाँ", "नहीं"} and len(words) <= 3):
        return True
    return len(words) <= 12 and not any(word in _VERBS for word in words)
