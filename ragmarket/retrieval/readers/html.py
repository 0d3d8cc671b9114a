"""HTML to canonical text: what a browser shows, block by block."""

from __future__ import annotations

import re
from typing import Any

from ragmarket.errors import MissingDependency
from ragmarket.retrieval.folding import superscript
from ragmarket.retrieval.readers.canonical import CanonicalText

_UNSEEN = frozenset(
    [
        "script",
        "style",
        "nav",
        "noscript",
        "template",
        "svg",
        "canvas",
        "head",
        "iframe",
        "object",
        "button",
        "input",
        "select",
        "textarea",
        "dialog",
        "form",
    ]
)
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "center",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "html",
        "li",
        "main",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "ul",
    ]
)
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|font-size\s*:\s*0(?:\D|$)|opacity\s*:\s*0(?:\.0+)?\s*(?:;|$)",
    re.IGNORECASE,
)


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


def _hidden(tag: Any) -> bool:
    return (
        tag.name in _UNSEEN
        or tag.has_attr("hidden")
        or tag.get("role") in {"navigation", "search", "menu"}
        or bool(_HIDING.search(tag.get("style") or ""))
    )


class _Page:
    def __init__(self) -> None:
        self.out = CanonicalText()

    def walk(self, tag: Any) -> None:
        """Emit the blocks of a container; inline content between blocks is a paragraph."""
        inline: list[str] = []
        for child in tag.children:
            name = getattr(child, "name", None)
            if name is None:
                inline.append(_string(child))
            elif _hidden(child):
                continue
            elif name in _BLOCKS or child.find(list(_BLOCKS)):
                self.out.paragraph("".join(inline))
                inline = []
                self._block(child)
            else:
                inline.append(_inline(child))
        self.out.paragraph("".join(inline))

    def _block(self, tag: Any) -> None:
        name = tag.name
        if re.fullmatch(r"h[1-6]", name):
            self.out.heading(_inline(tag), int(name[1]))
        elif name == "summary":
            self.out.heading(_inline(tag), 6)
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
            if _hidden(child):
                continue
            number += 1
            nested = [inner for inner in child.find_all(["ul", "ol"]) if inner.find_parent("li") is child]
            later += [table for table in child.find_all("table") if table.find_parent("table") is None]
            items.append((depth, f"{number}." if tag.name == "ol" else "-", _inline(child, skip=("ul", "ol", "table"))))
            for inner in nested:
                self._items(inner, depth + 1, items, later)

    def _definitions(self, tag: Any) -> None:
        terms: list[str] = []
        for child in tag.find_all(["dt", "dd"]):
            if child.find_parent("dl") is not tag or _hidden(child):
                continue
            text = " ".join(_inline(child, skip=("table",)).split())
            if child.name == "dt":
                terms = [*terms, text] if terms and terms[-1] == text else [text]
            elif text.endswith("?") or (terms and terms[-1].endswith("?")):
                self.out.paragraph(terms[-1] if terms else "")
                self.out.paragraph(text)
            else:
                self.out.paragraph(f"{' / '.join(terms)}: {text}" if terms else text)

    def _table(self, table: Any) -> None:
        if _hidden(table):
            return
        caption = table.find("caption", recursive=False)
        rows = [row for row in table.find_all("tr") if row.find_parent("table") is table and not _hidden(row)]
        if not rows:
            self.walk(table)
            return
        inner = [nested for nested in table.find_all("table") if nested.find_parent("table") is table]
        # A table of one cell, or one that holds tables and little else, only lays out the page.
        cells = [cell for row in rows for cell in row.find_all(["td", "th"], recursive=False)]
        if (
            len(cells) == 1
            or table.get("role") == "presentation"
            or (inner and not table.find("th") and _is_layout(cells))
        ):
            for cell in cells:
                self.walk(cell)
            return
        if caption is not None:
            self.out.paragraph(_inline(caption))
        grid, header = _grid(rows)
        self.out.table(grid, header)
        for nested in inner:
            self._table(nested)


def _is_layout(cells: list[Any]) -> bool:
    own = sum(len(_inline(cell, skip=("table",)).split()) for cell in cells)
    return own <= 4 * len(cells) and sum(1 for cell in cells if cell.find("table")) * 2 >= len(cells)


def _grid(rows: list[Any]) -> tuple[list[list[str]], int]:
    """Cells with row spans repeated, and column spans repeated in header rows; and how many rows are headers."""
    grid: list[list[str]] = []
    held: dict[int, tuple[int, str]] = {}
    header = 0
    for number, row in enumerate(rows):
        cells = [cell for cell in row.find_all(["td", "th"], recursive=False) if not _hidden(cell)]
        heads = bool(cells) and (row.find_parent("thead") is not None or all(cell.name == "th" for cell in cells))
        whole = len(cells) == 1 and len(rows) > 1 and not held
        if heads and header == number and not whole:
            header = number + 1
        line: list[str] = []
        for cell in cells:
            while len(line) in held:
                line.append(_carry(held, len(line)))
            text = " ".join(_inline(cell, skip=("table",)).split())
            across, down = _number(cell.get("colspan")), _number(cell.get("rowspan"))
            for step in range(1 if whole else across):
                if down > 1:
                    held[len(line)] = (down - 1, text)
                line.append(text if step == 0 or heads else "")
        while len(line) in held:
            line.append(_carry(held, len(line)))
        if any(line):
            grid.append(line)
        elif heads:
            header -= 1
    return grid, header if header < len(grid) else 0


def _carry(held: dict[int, tuple[int, str]], column: int) -> str:
    left, text = held.pop(column)
    if left > 1:
        held[column] = (left - 1, text)
    return text


def _number(value: Any) -> int:
    return min(int(value), 50) if str(value or "").isdigit() and int(value) > 0 else 1


def _string(node: Any) -> str:
    from bs4.element import CData, NavigableString

    # Comments, declarations and processing instructions are strings too.
    return re.sub(r"\s+", " ", str(node)) if type(node) in {NavigableString, CData} else ""


def _inline(tag: Any, skip: tuple[str, ...] = ()) -> str:
    parts: list[str] = []
    for child in tag.children:
        name = getattr(child, "name", None)
        if name is None:
            parts.append(_string(child))
        elif name in skip or _hidden(child):
            continue
        elif name == "br":
            parts.append("\n")
        elif name == "sup":
            mark = _inline(child, skip).strip()
            parts.append(superscript(mark) if mark.isascii() and mark.isdigit() else mark)
        else:
            text = _inline(child, skip)
            parts.append(f" {text} " if name in _BLOCKS or name in {"td", "th", "tr"} else text)
    return "".join(parts)
