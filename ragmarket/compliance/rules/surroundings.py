"""What stands around a wording: nothing there may run into it, quote it, bracket it, repeat it or push it away."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import regex

from ragmarket.compliance.rules.copies import plain, wanted, words_of
from ragmarket.knowledge.disclaimer_frames import load_disclaimer_frames

Span = tuple[int, int]
_CLOSED = ".!?।॥…"
_CLOSERS = ")]}”’»\"'"
# What leaves a sentence open, so that the wording becomes its second half, somebody's words or an aside.
_OPEN = frozenset(",;:-–—―/\\&+=<>~_([{“‘«\"'`")
_CARRIED_ON = frozenset(",;:/\\&+=<>~)]}”’»…")
_PAIRS = {")": "(", "]": "[", "}": "{", "”": "“", "»": "«"}
_OPENERS = frozenset(_PAIRS.values())
_SMILEY = regex.compile(r"[:;=8]-?[(\[{)\]}]")
_BULLETS = frozenset("*•·▪●‣◦-–—>⚠⚖ℹ️📌👉")
_SENTENCE = regex.compile(r"[.!?।॥]+[\s)\]}”’»\"']+|\n+")
_FARTHEST_LINES = 4
_FARTHEST_CHARS = 400
_FEWEST_OF_PART = 4


def in_place(text: str, span: Span, placement: str, neighbours: Sequence[Span]) -> bool:
    """Whether nothing but other wordings, spaces and line ends stands between ``span`` and its edge of the text."""
    at = 0 if placement == "start" else span[1]
    limit = span[0] if placement == "start" else len(text)
    for start, end in sorted(neighbours):
        if end <= at or start >= limit:
            continue
        if text[at : max(start, at)].strip(" \n"):
            return False
        at = max(at, end)
    return not text[at : max(limit, at)].strip(" \n")


def before_fault(text: str, span: Span, wording: str, neighbours: Sequence[Span]) -> tuple[str, Span] | None:
    """What is wrong with the text in front of a wording, and where; None when it stands on its own."""
    start = span[0]
    head = text[:start]
    body = head.rstrip(" \n")
    gap = head[len(body) :]
    if gap.count("\n") > _FARTHEST_LINES:
        return f"is pushed out of sight by {gap.count(chr(10))} line ends", (len(body), start)
    if any(not text[end:start].strip(" \n") for _, end in neighbours if end <= start):
        return None
    if not body:
        return None
    line = body[body.rfind("\n") + 1 :]
    place = (len(body) - 1, start)
    if "\n" not in gap and line.strip("️ ") and all(char in _BULLETS or char == " " for char in line):
        return None
    quoted = _left_open(body)
    if quoted is not None:
        return f"stands inside an open {body[quoted]}", (quoted, start)
    if body[-1] == ":" and _is_label(line):
        return None
    if body[-1] in _OPEN and not _closing_quote(body) and not _is_address(line):
        return f"is joined to what stands before it ({body[-1]})", place
    if "\n" not in gap and not _is_closed(line):
        return "runs on from the words before it, which no full stop or line end closes", place
    repeated = _repeats(body, wording)
    if repeated:
        return f"is preceded by a part of itself (“{repeated[0]}”)", repeated[1]
    last = _last_sentence(body)
    return _taken_back(body[last:], last)


def after_fault(
    text: str, span: Span, wording: str, neighbours: Sequence[Span], *, lines: bool
) -> tuple[str, Span] | None:
    """What is wrong with the text behind a wording, and where; None when the wording is closed by it.

    ``lines`` says whether the channel has lines, so that nothing else stands on a wording's own.
    """
    end = span[1]
    if any(not text[end:start].strip(" \n") for start, _ in neighbours if start >= end):
        return None
    tail = text[end:]
    body = tail.lstrip(" \n")
    if not body:
        return None
    at = end + len(tail) - len(body)
    breaks = tail[: len(tail) - len(body)].count("\n")
    if body[0] in _CARRIED_ON or (breaks < 2 and body[0] in "([{"):
        return f"is joined to what stands behind it ({body[0]})", (end, at + 1)
    if not breaks and (lines or body[0].islower() or body[0] in "-–—"):
        return "is carried on by the words behind it", (end, at + 1)
    sentence = _first_sentence(body)
    following = words_of(sentence)
    said, goal = tuple(word for word, _, _ in following), wanted(wording)
    unclosed = not breaks and wording[-1] not in _CLOSED and bool(said) and said[0] == goal[-1]
    if said and (said == goal[-len(said) :] or unclosed):
        return "is followed by a part of itself", (at, at + following[-1][2])
    return _taken_back(sentence, at)


def _first_sentence(text: str) -> str:
    match = _SENTENCE.search(text)
    return text[: match.end()] if match else text


def _closing_quote(body: str) -> bool:
    """Whether a straight quote at the end closes one that was opened before it."""
    return body[-1] in "\"'" and body[-2:-1] in _CLOSED and bool(body[-2:-1])


def _is_closed(line: str) -> bool:
    """Whether a line's last sentence has ended: by a stop, or by something that no clause goes on from."""
    bare = line.rstrip(_CLOSERS)
    last = (bare or line)[-1]
    if last in _CLOSED or line[-1] in ")]}":
        return True
    if not (last.isalpha() or regex.match(r"\p{M}", last)):
        # An emoji, a star, a number: a call-to-action's end, not half a clause; what joins was seen to before.
        return True
    return _is_address(line) or any(char.isdigit() for char in line.split()[-1])


def _is_address(line: str) -> bool:
    """Whether a line ends in a web or mail address."""
    token = line.split()[-1].strip(_CLOSED)
    return len(token) > 1 and any(mark in token for mark in "./@")


def _left_open(body: str) -> int | None:
    """Offset of a bracket or quotation mark of the last paragraph that nothing closes."""
    offset = body.rfind("\n\n") + 2 if "\n\n" in body else 0
    paragraph = body[offset:]
    if not any(char in _OPENERS or char == '"' for char in paragraph):
        return None
    paragraph = _SMILEY.sub(lambda match: " " * len(match.group()), paragraph)
    waiting: list[tuple[str, int]] = []
    for index, char in enumerate(paragraph):
        if char in _OPENERS:
            waiting.append((char, index))
        elif char in _PAIRS and waiting and waiting[-1][0] == _PAIRS[char]:
            waiting.pop()
        elif char == '"' and not paragraph[index - 1 : index].isdigit():
            if waiting and waiting[-1][0] == '"':
                waiting.pop()
            else:
                waiting.append((char, index))
    return offset + waiting[-1][1] if waiting else None


@lru_cache(maxsize=1)
def _labels() -> frozenset[tuple[str, ...]]:
    labels = load_disclaimer_frames().labels.values()
    return frozenset(tuple(plain(word) for word in label.split()) for group in labels for label in group)


@lru_cache(maxsize=4)
def _frames(name: str) -> regex.Pattern[str]:
    phrases = [phrase for group in getattr(load_disclaimer_frames(), name).values() for phrase in group]
    folded = {" ".join(word for word, _, _ in words_of(phrase.rstrip("*"))) + phrase[-1:] for phrase in phrases}
    parts = (regex.escape(text[:-1]) + (r"\S*" if text.endswith("*") else "") for text in sorted(folded))
    return regex.compile(rf"(?<!\S)(?:{'|'.join(parts)})(?!\S)")


def _taken_back(sentence: str, offset: int) -> tuple[str, Span] | None:
    words = words_of(sentence)
    said = " ".join(word for word, _, _ in words)
    dismissed = _frames("dismissals").search(said) and not _frames("negations").search(said)
    if not words or not (dismissed or _frames("contradictions").search(said)):
        return None
    return f"is taken back beside it (“{sentence.strip()}”)", (offset + words[0][1], offset + words[-1][2])


def _is_label(line: str) -> bool:
    """Whether the words before a colon only announce that a disclaimer follows."""
    segment = _SENTENCE.split(line)[-1]
    words = tuple(word for part in segment.rstrip(": ").split() if (word := plain(part.strip("*•·:()[]️⚠"))))
    return words in _labels()


def _last_sentence(body: str) -> int:
    """Where the last sentence or line of a text begins."""
    base = max(len(body) - _FARTHEST_CHARS, 0)
    return base + max((match.end() for match in _SENTENCE.finditer(body[base:])), default=0)


def _repeats(body: str, wording: str) -> tuple[str, Span] | None:
    """The last sentence before a wording when it is the wording's own beginning, or one of its longer sentences."""
    last = _last_sentence(body)
    words = words_of(body[last:])
    said = tuple(word for word, _, _ in words)
    if not said:
        return None
    goal = wanted(wording)
    own = said == goal[: len(said)]
    if not own and len(said) >= _FEWEST_OF_PART:
        own = any(said == wanted(sentence) for sentence in _SENTENCE.split(wording) if sentence)
    return (body[last:].strip(), (last + words[0][1], last + words[-1][2])) if own else None
