"""Disguises that would damage honest text if they were always undone: letters set apart, and signs in their place."""

from __future__ import annotations

import unicodedata

import regex

from ragmarket.compliance.rules.normalise import Folded, characters, fold

_LEET = {"0": "o", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "@": "a", "$": "s", "+": "t"}
_SPELLED = regex.compile(r"(?<![^\s])(?:[\p{L}\p{N}]\p{M}*[ .*_·•|/\\~-]{1,3}){3,}[\p{L}\p{N}]\p{M}*(?![^\s.,!?।])")
_MIXED = regex.compile(r"(?<![\p{L}\p{N}@$!+])(?=[\p{L}\p{N}@$!+]*[a-z])(?=[\p{L}\p{N}@$!+]*[0-9@$!+])[a-z0-9@$!+]{3,}")
_ORDINARY_MIX = regex.compile(r"\d+(?:st|nd|rd|th|x\d*|d|m|y|k|l|cr|c?c?d?)|[a-z]{1,6}\d+[a-z]?|\d{2}ccd|[a-z]+!+")
_INSERTED = regex.compile(r"(?<=[a-z])[._*·•~^'`-]+(?=[a-z])")


def readings(text: str) -> tuple[Folded, ...]:
    """All readings of ``text``: as written and, only where something looks disguised, with the disguise undone."""
    plain = fold(text)
    merged, all_starts, all_ends = characters(text)
    kept = [index for index, char in enumerate(merged) if char]
    chars = [merged[index] for index in kept]
    starts = [all_starts[index] for index in kept]
    ends = [all_ends[index] for index in kept]
    joined = "".join(chars)
    spelled = [match.span() for match in _SPELLED.finditer(joined)]
    mixed = [match.span() for match in _MIXED.finditer(joined) if not _ORDINARY_MIX.fullmatch(match.group())]
    inserted = [match.span() for match in _INSERTED.finditer(joined)]
    if not (spelled or mixed or inserted):
        return (plain,)
    # A one stands for i or for l; both are read.
    ones = ("i", "l") if any(sign in joined[s:e] for s, e in mixed + spelled for sign in "1!") else ("i",)
    found = [plain]
    for one in ones:
        undone = _undo(chars, joined, one, spelled, mixed, inserted)
        back = [index for index, piece in enumerate(undone) for _ in piece]
        again = fold("".join(undone))
        found.append(
            Folded(
                again.text,
                tuple(starts[back[start]] for start in again.starts),
                tuple(ends[back[end - 1]] for end in again.ends),
            )
        )
    return tuple(found)


def _undo(
    chars: list[str],
    joined: str,
    one: str,
    spelled: list[tuple[int, int]],
    mixed: list[tuple[int, int]],
    inserted: list[tuple[int, int]],
) -> list[str]:
    undone = list(chars)

    def letter(char: str) -> str:
        return one if char in "1!" else _LEET.get(char, char)

    for start, end in mixed:
        undone[start:end] = [letter(char) for char in chars[start:end]]
    for start, end in inserted:
        undone[start:end] = [""] * (end - start)
    for start, end in spelled:
        digits_only = not any(char.isalpha() for char in chars[start:end])
        for index in range(start, end):
            char = chars[index]
            if char.isalnum() or unicodedata.category(char)[0] == "M":
                undone[index] = char if digits_only else letter(char)
            else:
                # One sign parts letters, two or more part words; digits set apart are a number, not a word.
                wide = joined[index : index + 2] == "  "
                undone[index] = char if digits_only else " " if wide else ""
    return undone
