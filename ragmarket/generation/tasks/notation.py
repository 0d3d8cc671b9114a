"""The few lines of GBNF that the tasks' grammars share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

WORDS = "[a-zA-Z ,.;:?'\\u2019\\u2013-]"


def literal(text: str) -> str:
    """A text as GBNF writes it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def one_of(texts: Iterable[str]) -> str:
    """Any of these texts."""
    return " | ".join(literal(text) for text in dict.fromkeys(texts))


def ordered_list(name: str, items: Sequence[str], least: int, most: int) -> list[str]:
    """Rules for a JSON list of ``least`` to ``most`` of these items, in their own order, none twice.

    Args:
        name: Name of the list's rule.
        items: Expressions, one per item.
        least: Fewest items; must not exceed their number.
        most: Most items.
    """
    lines = [f'{name} ::= "[" {name}-0-0 "]"']
    for start in range(len(items) + 1):
        for told in range(min(start, most) + 1):
            options = ['""'] if told >= least else []
            if told < most:
                places = [place for place in range(start, len(items)) if told + len(items) - place >= least]
                lead = literal(",") + " " if told else ""
                options += [f"{lead}{items[place]} {name}-{place + 1}-{told + 1}" for place in places]
            if options:
                lines.append(f"{name}-{start}-{told} ::= {' | '.join(options)}")
    return lines
