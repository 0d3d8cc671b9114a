"""A product's name in running text: the ending behind it follows its last sound, and no noun says its last word again.

Names are written in Latin letters in every language, so their last sound is read from English spelling.
"""

from __future__ import annotations

import regex

from ragmarket.knowledge.figure_formats import AfterName

_NAME = "{product}"
_LAST_WORD = regex.compile(r"([A-Za-z]+)[^A-Za-z]*$")
# The letters whose own names end in a consonant: "NPS" ends like "ess", "FD" like "dee".
_CONSONANT_NAMES = frozenset("FHLMNRSXZ")
_VOWELS = "aeiou"


def ends_in_vowel(name: str) -> bool:
    """Whether a name ends in a vowel when it is read aloud; one that ends in a number counts as ending in none."""
    found = _LAST_WORD.search(name)
    if found is None or any(char.isdigit() for char in name[found.end(1) :]):
        return False
    word = found.group(1)
    if word.isupper():
        return word[-1] not in _CONSONANT_NAMES
    word = word.lower()
    if word[-1] == "e":
        # An e behind a consonant is silent ("Prime"), unless it is the only vowel ("We").
        rest = word[:-1]
        return rest[-1:] in _VOWELS or not any(char in _VOWELS + "y" for char in rest)
    return word[-1] in _VOWELS + "yw"


def fitted(template: str, name: str, rules: AfterName) -> str:
    """A template whose words right behind ``{product}`` fit the name ("{product}-এর" is "{product}-র" after "Khata").

    Args:
        template: A line that may hold ``{product}``.
        name: The product's name.
        rules: What the language changes behind a name.
    """
    if _NAME not in template:
        return template
    changes = dict(rules.vowel) if ends_in_vowel(name) else {}
    for words, nouns in rules.carriers.items():
        if regex.search(rf"(?<!\p{{L}}){regex.escape(words)}$", name.strip(), regex.IGNORECASE):
            changes |= {f" {noun}": left for noun, left in nouns.items()}
    if not changes:
        return template
    longest = "|".join(regex.escape(one) for one in sorted(changes, key=len, reverse=True))
    pattern = rf"(?<={regex.escape(_NAME)})(?:{longest})(?![\p{{L}}\p{{M}}\u200c\u200d])"
    return regex.sub(pattern, lambda match: changes[match.group(0)], template)
