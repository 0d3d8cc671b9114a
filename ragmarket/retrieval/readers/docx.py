"""DOCX to canonical text: paragraphs, lists and tables in body order, footnotes at the end."""

from __future__ import annotations

import io
import re
from typing import Any

from ragmarket.errors import CorruptDocument, MissingDependency
from ragmarket.retrieval.folding import superscript
from ragmarket.retrieval.readers.canonical import CanonicalText

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def read(data: bytes, name: str) -> str:
    """The canonical text of a DOCX file.

    Raises:
        CorruptDocument: The bytes are no DOCX file.
        MissingDependency: python-docx is not installed.
    """
    try:
        import docx
    except ImportError as error:
        raise MissingDependency("python-docx", "retrieval") from error
    try:
        document = docx.Document(io.BytesIO(data))
    except Exception as error:
        raise CorruptDocument(f"{name}: not a DOCX file: {error}", hint="Save it again as .docx.") from error
    out = CanonicalText()
    _blocks(document, out)
    for mark, text in _footnotes(document):
        out.paragraph(f"{superscript(mark)} {text}")
    return out.text()


def _blocks(container: Any, out: CanonicalText) -> None:
    from docx.table import Table

    items: list[tuple[int, str, str]] = []
    for block in container.iter_inner_content():
        if isinstance(block, Table):
            out.items(items)
            items = []
            _table(block, out)
            continue
        style = (block.style.name or "") if block.style is not None else ""
        text = _text(block)
        properties = _element(block).pPr
        numbering = properties.numPr if properties is not None else None
        if text.strip() and (style.startswith("List") or numbering is not None):
            level = numbering.ilvl.val if numbering is not None and numbering.ilvl is not None else 0
            items.append((int(level), "-", text))
            continue
        out.items(items)
        items = []
        heading = re.fullmatch(r"Heading (\d)", style)
        if style in {"Title", "Subtitle"} or heading:
            out.heading(text, int(heading.group(1)) if heading else 1)
        elif "\t" in text or re.search(r"\S {3,}\S", text):
            out.preformatted(text)
        else:
            out.paragraph(text)
    out.items(items)


def _text(paragraph: Any) -> str:
    parts: list[str] = []
    for element in _element(paragraph).iter():
        if not isinstance(element.tag, str) or _deleted(element):
            continue
        tag = element.tag.removeprefix(_W)
        if tag == "t":
            text = element.text or ""
            parts.append(superscript(text) if text.isascii() and text.isdigit() and _raised(element) else text)
        elif tag == "tab":
            if element.getparent().tag == f"{_W}r":
                parts.append("\t")
        elif tag in {"br", "cr"}:
            parts.append("\n")
        elif tag == "noBreakHyphen":
            parts.append("-")
        elif tag == "footnoteReference":
            parts.append(superscript(element.get(f"{_W}id", "")))
    return "".join(parts)


def _element(part: Any) -> Any:
    """The XML element; python-docx reads neither list levels, hidden runs nor header rows by itself."""
    return part._element  # noqa: SLF001


def _run_property(element: Any, name: str) -> Any:
    run = element.getparent()
    return run.find(f"{_W}rPr/{_W}{name}") if run is not None else None


def _deleted(element: Any) -> bool:
    hidden = _run_property(element, "vanish")
    return hidden is not None and hidden.get(f"{_W}val", "1") not in {"0", "false"}


def _raised(element: Any) -> bool:
    place = _run_property(element, "vertAlign")
    return place is not None and place.get(f"{_W}val") == "superscript"


def _table(table: Any, out: CanonicalText) -> None:
    rows: list[list[str]] = []
    inner: list[Any] = []
    header = 0
    for number, row in enumerate(table.rows):
        marks = _element(row).trPr is not None and _element(row).trPr.find(f"{_W}tblHeader") is not None
        bold = number == 0 and len(table.rows) > 1 and _all_bold(row)
        if (marks or bold) and header == number:
            header = number + 1
        line: list[str] = []
        last: Any = None
        for cell in row.cells:
            if _element(cell) is last:
                line.append(line[-1] if header == number + 1 else "")
                continue
            last = _element(cell)
            line.append(" ".join(_text(paragraph) for paragraph in cell.paragraphs))
            inner += cell.tables
        if len({id(_element(cell)) for cell in row.cells}) == 1 and len(line) > 1:
            line = line[:1]
        if any(cell.strip() for cell in line):
            rows.append(line)
        elif header == number + 1:
            header -= 1
    out.table(rows, header if header < len(rows) else 0)
    for nested in inner:
        _table(nested, out)


def _all_bold(row: Any) -> bool:
    runs = [run for cell in row.cells for paragraph in cell.paragraphs for run in paragraph.runs if run.text.strip()]
    return bool(runs) and all(run.bold for run in runs)


def _footnotes(document: Any) -> list[tuple[str, str]]:
    from lxml import etree

    notes = []
    for relation in document.part.rels.values():
        if not relation.reltype.endswith("/footnotes"):
            continue
        # Entities stay unresolved and nothing is fetched: the file comes from outside.
        root = etree.fromstring(relation.target_part.blob, etree.XMLParser(resolve_entities=False, no_network=True))
        for note in root.iter(f"{_W}footnote"):
            text = "".join(piece.text or "" for piece in note.iter(f"{_W}t"))
            if text.strip() and note.get(f"{_W}type") is None:
                notes.append((note.get(f"{_W}id", ""), text.strip()))
    return notes
