"""Cited quotes as passages for the verifier, and which figures of a claim stand in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from eval.rereading import SCALES, numbers
from ragmarket.retrieval.figures import recognise
from ragmarket.schemas.message import Citation, CitedClaim


def evidence_of(citations: Sequence[Citation], text_of: Callable[[str], str]) -> list[str]:
    """The cited quotes as passages for the verifier, one per document version.

    A table row means nothing without the header that is cited beside it: the row's first cell and the cell in the
    header's column are read together ("12 months; Senior citizens: 7.90"). Everything else stands in the document's
    order, a line each.
    """
    passages = []
    for sha256 in dict.fromkeys(one.sha256 for one in citations):
        own = sorted({(one.start, one.quote) for one in citations if one.sha256 == sha256})
        rows = [quote for _, quote in own if quote.count("|") > 1]
        heads = [(start, quote) for start, quote in own if "|" not in quote]
        columns = _columns(heads, text_of(sha256)) if rows and heads else {}
        lines = [_row(quote, columns) if quote in rows else quote for _, quote in own if quote not in columns]
        passages.append("\n".join(lines))
    return passages


def _columns(heads: Sequence[tuple[int, str]], text: str) -> dict[str, int]:
    """Quotes that are header cells of a table, with their column, counted in bars from the beginning of the line."""
    found = {}
    for start, quote in heads:
        line = text.rfind("\n", 0, start) + 1
        end = text.find("\n", start)
        whole = text[line : end if end >= 0 else len(text)]
        if text[start : start + len(quote)] == quote and whole.count("|") > 1:
            found[quote] = text[line:start].count("|")
    return found


def _row(quote: str, columns: Mapping[str, int]) -> str:
    cells = [cell.strip() for cell in quote.split("|")]
    name = next((cell for cell in cells if cell), "")
    read = [f"{head}: {cells[column]}" for head, column in columns.items() if column < len(cells) and cells[column]]
    return "; ".join([name, *(one for one in read if not one.endswith(f": {name}"))]) if read else quote


def figures_stand(claim: CitedClaim, names: Mapping[str, str] | None = None) -> tuple[bool, ...]:
    """For each figure written in a claim, whether it stands in a cited quote, lakh and crore folded."""
    said = claim.text
    for name in names or ():
        said = said.replace(name, " ")
    stands = {figure.value for one in claim.citations for figure in recognise(one.quote)}
    stands |= {number for one in claim.citations for number in numbers(one.quote)}
    return tuple(any(number * scale in stands for scale in SCALES) for number in numbers(said))
