"""PDF to canonical text: ruled tables as tables, other text line by line as it is set on the page."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Sequence
from statistics import median

from ragmarket.errors import CorruptDocument, MissingDependency
from ragmarket.retrieval.readers.canonical import CanonicalText
from ragmarket.retrieval.readers.pdf_page import PageLine, PageTable, page_pieces
from ragmarket.retrieval.readers.pdf_sight import Sight, Unseen

_PAGE_NUMBER = re.compile(
    r"(?:\S+\s+){0,12}(?:\||[-–—])?\s*page\s*\d{1,4}(?:\s*(?:of|/)\s*\d{1,4})?|\d{1,4}(?:\s*(?:of|/)\s*\d{1,4})?",
    re.IGNORECASE,
)


def read(data: bytes, name: str) -> tuple[str, tuple[Unseen, ...]]:
    """The canonical text of a PDF file, and what was left out because nobody who looks at a page sees it.

    Raises:
        CorruptDocument: The bytes are no PDF, are locked, or hold no text (a scan).
        MissingDependency: pdfplumber is not installed.
    """
    try:
        import pdfplumber
    except ImportError as error:
        raise MissingDependency("pdfplumber", "retrieval") from error
    pieces: list[PageLine | PageTable] = []
    unseen: list[Unseen] = []
    try:
        with pdfplumber.open(io.BytesIO(data)) as document:
            pages = len(document.pages)
            for number, page in enumerate(document.pages):
                sight = Sight(page)
                pieces += page_pieces(page, number, sight.shows)
                if words := sight.unseen():
                    unseen.append(Unseen(number + 1, words))
                page.close()
    except Exception as error:
        raise CorruptDocument(
            f"{name}: not a readable PDF: {error}", hint="Save it again without a password."
        ) from error
    if not any(isinstance(piece, PageTable) or any(char.isalpha() for char in piece.text) for piece in pieces):
        raise CorruptDocument(f"{name}: holds no text, only pictures", hint="Run text recognition on the scan first.")
    return _write(_without_running_titles(pieces, pages)).text(), tuple(unseen)


def _without_running_titles(pieces: list[PageLine | PageTable], pages: int) -> list[PageLine | PageTable]:
    def key(line: PageLine) -> str:
        return re.sub(r"\d+", "0", line.text.strip().lower())

    edges: Counter[str] = Counter()
    outer: set[int] = set()
    for page in range(pages):
        lines = [piece for piece in pieces if isinstance(piece, PageLine) and piece.page == page]
        for line in {id(line): line for line in [*lines[:2], *lines[-2:]]}.values():
            outer.add(id(line))
            edges[key(line)] += 1
    kept: list[PageLine | PageTable] = []
    seen: set[str] = set()
    for piece in pieces:
        if isinstance(piece, PageLine) and id(piece) in outer:
            if _PAGE_NUMBER.fullmatch(piece.text.strip()):
                continue
            running = pages >= 3 and edges[key(piece)] >= 0.6 * pages
            if running and key(piece) in seen:
                continue
            seen.add(key(piece))
        kept.append(piece)
    return kept


def _write(pieces: Sequence[PageLine | PageTable]) -> CanonicalText:
    out = CanonicalText()
    lines = [piece for piece in pieces if isinstance(piece, PageLine)]
    sizes = [line.size for line in lines for _ in range(len(line.text))]
    body = median(sizes) if sizes else 10.0
    larger = sorted({round(line.size, 1) for line in lines if line.size > 1.12 * body}, reverse=True)
    held: list[PageLine] = []

    def flush() -> None:
        if held:
            out.preformatted("\n".join(_escaped(line.text) for line in held))
            held.clear()

    for number, piece in enumerate(pieces):
        if isinstance(piece, PageTable):
            flush()
            out.table(piece.rows)
            continue
        if _is_heading(piece, body, pieces, number):
            flush()
            size = round(piece.size, 1)
            out.heading(piece.text, larger.index(size) + 1 if size in larger else len(larger) + 1)
            continue
        # A sentence may run over the page's end.
        turned = bool(held) and piece.page != held[-1].page and not piece.text[:1].islower()
        if turned or (held and piece.page == held[-1].page and piece.top - held[-1].bottom > 0.75 * body):
            flush()
        held.append(piece)
    flush()
    return out


def _escaped(text: str) -> str:
    return "\\" + text if re.match(r"[#|>]|[*+](?=\s)", text) else text


def _is_heading(line: PageLine, body: float, pieces: Sequence[PageLine | PageTable], number: int) -> bool:
    text = line.text.strip()
    if (
        "   " in text
        or len(text.split()) > 16
        or text.endswith((".", ",", ";", ":"))
        or not any(char.isalpha() for char in text)
    ):
        return False
    if line.size > 1.12 * body:
        return True
    following = pieces[number + 1] if number + 1 < len(pieces) else None
    return line.bold and not (isinstance(following, PageLine) and following.bold and following.text[:1].islower())
