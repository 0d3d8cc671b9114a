"""HTML to canonical text: what a browser shows, block by block."""

from __future__ import annotations

import re
from typing import Any

from ragmarket.errors import MissingDependency
from ragmarket.retrieval.readers.canonical import CanonicalText
from ragmarket.retrieval.readers.html_inline import BLOCKS, hidden, inline, piece, string_of
from ragmarket.retrieval.readers.html_table import grid_of, is_layout


def soup_of(markup: str) -> Any:
    """The parsed document.

    Raises:
        MissingDependency: BeautifulSoup or lxml is not installed.
    """
    try:
        import lxml  # noqa: F401
        from bs4 import BeautifulSoup
    except ImportError as error:
        raise MissingDependency("beautifulsoup4", "retrieval") from error
    return BeautifulSoup(markup, "lxml")


def read(markup: str) -> str:
    """The canonical text of an HTML document."""
    soup = soup_of(markup)
    page = _Page()
    page.walk(soup.body or soup)
    return page.out.text()


class _Page:
    def __init__(self) -> None:
        self.out = CanonicalText()

    def walk(self, tag: Any) -> None:
        """Emit the blocks of a container; inline content between blocks is a paragraph."""
        running: list[str] = []
        for child in tag.children:
            name = getattr(child, "name", None)
            if name is None:
                running.append(string_of(child))
            elif hidden(child):
                continue
            elif name in BLOCKS or child.find(list(BLOCKS)):
                self.out.paragraph("".join(running))
                running = []
                self._block(child)
            else:
                running.append(piece(child))
        self.out.paragraph("".join(running))

    def _block(self, tag: Any) -> None:
        name = tag.name
        if re.fullmatch(r"h[1-6]", name):
            self.out.heading(inline(tag), int(name[1]))
        elif name == "summary":
            self.out.heading(inline(tag), 6)
        elif name == "table":
            self._table(tag)
        elif name in {"ul", "ol"}:
            self._list(tag)
        elif name == "dl":
            self._definitions(tag)
        elif name == "pre":
            self.out.preformatted(tag.get_text())
        elif name != "hr":
            self.walk(tag)

    def _list(self, tag: Any) -> None:
        items: list[tuple[int, str, str]] = []
        later: list[Any] = []
        self._items(tag, 0, items, later)
        self.out.items(items)
        for table in later:
            self._table(table)

    def _items(self, tag: Any, depth: int, items: list[tuple[int, str, str]], later: list[Any]) -> None:
        number = 0
        for child in tag.find_all("li", recursive=False):
            if hidden(child):
                continue
            number += 1
            nested = [inner for inner in child.find_all(["ul", "ol"]) if inner.find_parent("li") is child]
            later += [table for table in child.find_all("table") if table.find_parent("table") is None]
            items.append((depth, f"{number}." if tag.name == "ol" else "-", inline(child, skip=("ul", "ol", "table"))))
            for inner in nested:
                self._items(inner, depth + 1, items, later)

    def _definitions(self, tag: Any) -> None:
        terms: list[str] = []
        for child in tag.find_all(["dt", "dd"]):
            if child.find_parent("dl") is not tag or hidden(child):
                continue
            text = " ".join(inline(child, skip=("table",)).split())
            if child.name == "dt":
                terms = [*terms, text] if terms and terms[-1] == text else [text]
            elif text.endswith("?") or (terms and terms[-1].endswith("?")):
                self.out.paragraph(terms[-1] if terms else "")
                self.out.paragraph(text)
            else:
                self.out.paragraph(f"{' / '.join(terms)}: {text}" if terms else text)

    def _table(self, table: Any) -> None:
        if hidden(table):
            return
        caption = table.find("caption", recursive=False)
        rows = [row for row in table.find_all("tr") if row.find_parent("table") is table and not hidden(row)]
        if not rows:
            self.walk(table)
            return
        inner = [nested for nested in table.find_all("table") if nested.find_parent("table") is table]
        # A table of one cell, or one that holds tables and little else, only lays out the page.
        cells = [cell for row in rows for cell in row.find_all(["td", "th"], recursive=False)]
        if (
            len(cells) == 1
            or table.get("role") == "presentation"
            or (inner and not table.find("th") and is_layout(cells))
        ):
            for cell in cells:
                self.walk(cell)
            return
        if caption is not None:
            self.out.paragraph(inline(caption))
        grid, header = grid_of(rows)
        self.out.table(grid, header)
        for nested in inner:
            self._table(nested)
