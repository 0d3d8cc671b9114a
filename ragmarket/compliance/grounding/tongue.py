"""In which of the nine languages a passage is written: by its script, and by little words where scripts are shared."""

from __future__ import annotations

import regex

_SCRIPTS = (
    ("ta", "\u0b80", "\u0bff"), ("te", "\u0c00", "\u0c7f"), ("kn", "\u0c80", "\u0cff"), ("ml", "\u0d00", "\u0d7f"),
    ("bn", "\u0980", "\u09ff"), ("gu", "\u0a80", "\u0aff"), ("deva", "\u0900", "\u097f"),
)  # fmt: skip
_NATIVE = regex.compile(r"[\u0900-\u0963\u0966-\u0dff]")
_HINDI = regex.compile(
    r"(?<![\p{L}\p{M}])(?:है|हैं|के|की|का|में|और|लिए|नहीं|से|पर|हो|तो|या|को|जाता|जाएगा|होगा|सकते|होती|होता)(?![\p{L}\p{M}])"
)
_MARATHI = regex.compile(
    r"(?<![\p{L}\p{M}])(?:आहे|आहेत|आणि|साठी|नाही|होते|असते|किंवा|तर|जाते|जातो|येते|मिळते|असल्यास|पर्यंत|झाल्यास|दर|हा|ही|हे)"
    r"(?![\p{L}\p{M}])|ळ|(?:च्या|ांच्या|ासाठी|ांसाठी|ांपर्यंत|ावर|ाला|ांना|ापासून|ाचे|ाची|ाचा|ांत|ात)(?![\p{L}\p{M}])"
)


def tongue_of(text: str, otherwise: str) -> str:
    """The language of a text; English where no letter is native.

    Args:
        text: In NFC.
        otherwise: The language where little words do not tell Hindi from Marathi.
    """
    if text.isascii() or not _NATIVE.search(text):
        return "en"
    counts = {
        name: sum(low <= char <= high and char not in "।॥" for char in text) for name, low, high in _SCRIPTS
    }  # fmt: skip
    name = max(counts, key=lambda one: counts[one])
    if name != "deva":
        return name
    hindi, marathi = len(_HINDI.findall(text)), len(_MARATHI.findall(text))
    if hindi == marathi:
        return otherwise if otherwise in ("hi", "mr") else "hi"
    return "hi" if hindi > marathi else "mr"
