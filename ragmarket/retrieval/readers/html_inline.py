"""Running text of HTML elements, as a browser shows it."""

from __future__ import annotations

import re
from typing import Any

from ragmarket.retrieval.folding import superscript

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
BLOCKS = frozenset(
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


def hidden(tag: Any) -> bool:
    """Whether a browser shows nothing of an element, or it only navigates."""
    return (
        tag.name in _UNSEEN
        or tag.has_attr("hidden")
        or tag.get("role") in {"navigation", "search", "menu"}
        or bool(_HIDING.search(tag.get("style") or ""))
    )


def string_of(node: Any) -> str:
    """The words of a text node, blanks folded; nothing of a comment."""
    from bs4.element import CData, NavigableString

    # Comments, declarations and processing instructions are strings too.
    return re.sub(r"\s+", " ", str(node)) if type(node) in {NavigableString, CData} else ""


def inline(tag: Any, skip: tuple[str, ...] = ()) -> str:
    """The running text inside an element, without the elements named in ``skip``."""
    return "".join(piece(child, skip) for child in tag.children)


def piece(node: Any, skip: tuple[str, ...] = ()) -> str:
    """The running text of one node, itself included."""
    name = getattr(node, "name", None)
    if name is None:
        return string_of(node)
    if name in skip or hidden(node):
        return ""
    if name == "br":
        return "\n"
    text = inline(node, skip)
    if name == "sup":
        mark = text.strip()
        return superscript(mark) if mark.isascii() and mark.isdigit() else mark
    return f" {text} " if name in BLOCKS or name in {"td", "th", "tr"} else text
