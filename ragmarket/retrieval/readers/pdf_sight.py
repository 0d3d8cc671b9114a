"""Whether somebody who looks at a page sees a character: by its size, its place, and its colour on what lies behind.

Text that nobody sees is a place to hide instructions. Only what is certain counts: where the page's colour behind a
character cannot be told (pictures, shadings, patterns, transparent or curved shapes), the character is taken as seen.
Text in rendering mode 3 is taken as seen, too: recognised text behind a scan is set so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

# Points; smaller letters are read by no eye.
_LEAST_SIZE = 2.0
# Of a channel's range; two colours nearer than this in every channel look alike on screen and paper.
_ALIKE = 0.06
_PLAIN = frozenset({"DeviceGray", "DeviceRGB", "DeviceCMYK", "CalGray", "CalRGB", "ICCBased"})
_WHITE = (1.0, 1.0, 1.0)
_MOST_FORMS = 300

Rgb = tuple[float, float, float]
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Unseen:
    """Text on a page (counted from 1) that nobody who looks at it sees."""

    page: int
    text: str


class Sight:
    """What can be seen on one page of pdfplumber's.

    Args:
        page: The page as it was opened.
    """

    def __init__(self, page: Any) -> None:
        self._page = page
        self._box: Box = page.bbox
        shaded, transparent, inks = _resources(page.page_obj.resources)
        self._shaded = shaded
        self._behind: list[tuple[Box, Rgb | None]] = []
        for shape in page.rects:
            if shape.get("fill"):
                colour = shape.get("non_stroking_color")
                known = None if transparent or (inks and _components(colour) == 1) else _rgb(colour)
                self._behind.append((_box(shape), known))
        others = [*page.images, *(one for one in page.curves if one.get("fill"))]
        self._behind += [(_box(one), None) for one in others]
        for line in page.lines:
            half = float(line.get("linewidth") or 0) / 2
            x0, top, x1, bottom = _box(line)
            self._behind.append(((x0 - half, top - half, x1 + half, bottom + half), None))
        # A rule is too thin to lie behind a letter.
        self._behind = [(box, colour) for box, colour in self._behind if box[3] - box[1] >= _LEAST_SIZE / 2]
        self._colours = {_WHITE, *(colour for _, colour in self._behind if colour is not None)}

    def shows(self, item: dict[str, Any]) -> bool:
        """Whether a character is seen; everything that is no character is."""
        if item.get("object_type") != "char":
            return True
        across, down = (item["x0"] + item["x1"]) / 2, (item["top"] + item["bottom"]) / 2
        inside = self._box[0] <= across <= self._box[2] and self._box[1] <= down <= self._box[3]
        if not inside or float(item.get("size", 10)) < _LEAST_SIZE:
            return False
        own = _rgb(item.get("non_stroking_color")) if item.get("ncs") in _PLAIN else None
        if own is None or self._shaded:
            return True
        if not any(_alike(own, colour) for colour in self._colours):
            return True
        behind = self._colour_behind(item)
        return behind is None or not _alike(own, behind)

    def _colour_behind(self, char: dict[str, Any]) -> Rgb | None:
        """What lies behind a character; None where it cannot be told."""
        across, quarter = (char["x0"] + char["x1"]) / 2, (char["bottom"] - char["top"]) / 4
        top, bottom = char["top"] + quarter, char["bottom"] - quarter
        found: Rgb | None = _WHITE
        for (x0, above, x1, below), colour in self._behind:
            # A rule through the letters lies behind none of them.
            if x0 <= across <= x1 and above <= top and bottom <= below:
                if colour is None:
                    return None
                found = colour
        return found

    def unseen(self) -> str:
        """The words that are not seen; a halo, the same letter seen in the same place, is no hidden word."""
        if all(self.shows(char) for char in self._page.chars):
            return ""
        seen = {
            (char["text"], round(char["x0"] / 2) + step, round(char["top"] / 2) + down)
            for char in self._page.chars
            if self.shows(char)
            for step in (-1, 0, 1)
            for down in (-1, 0, 1)
        }

        def hidden(item: dict[str, Any]) -> bool:
            if self.shows(item):
                return False
            return (item["text"], round(item["x0"] / 2), round(item["top"] / 2)) not in seen

        words = " ".join(word["text"] for word in self._page.filter(hidden).extract_words(x_tolerance_ratio=0.3))
        return words if any(char.isalnum() for char in words) else ""


def _alike(one: Rgb, two: Rgb) -> bool:
    return max(abs(a - b) for a, b in zip(one, two, strict=True)) < _ALIKE


def _box(item: dict[str, Any]) -> Box:
    return item["x0"], item["top"], item["x1"], item["bottom"]


def _components(colour: object) -> int:
    return len(colour) if isinstance(colour, Sequence) and not isinstance(colour, str | bytes) else 1


def _rgb(colour: object) -> Rgb | None:
    """A grey, RGB or CMYK colour as red, green and blue between 0 and 1; None for any other."""
    parts = [colour] if isinstance(colour, int | float) else colour
    if not isinstance(parts, Sequence) or isinstance(parts, str | bytes):
        return None
    values = [float(one) for one in parts if isinstance(one, int | float)]
    if len(values) != len(parts) or not all(0 <= one <= 1 for one in values):
        return None
    match values:
        case [grey]:
            return grey, grey, grey
        case [red, green, blue]:
            return red, green, blue
        case [cyan, magenta, yellow, black]:
            return (1 - cyan) * (1 - black), (1 - magenta) * (1 - black), (1 - yellow) * (1 - black)
    return None


def _resources(resources: Any) -> tuple[bool, bool, bool]:
    """Whether a page or a form on it has shadings, transparent paint, and colour spaces of single inks."""
    from pdfminer.pdftypes import resolve1

    shaded = transparent = inks = False
    for own in _nested(resources):
        if own is None:
            return True, True, True
        shaded = shaded or bool(_entries(own, "Shading"))
        for state in _entries(own, "ExtGState"):
            opaque = resolve1(state.get("ca", 1)) if isinstance(state, dict) else 1
            transparent = transparent or (isinstance(opaque, int | float) and opaque < 1)
        for space in _entries(own, "ColorSpace"):
            name = resolve1(space[0]) if isinstance(space, list) and space else space
            inks = inks or getattr(name, "name", name) not in _PLAIN
    return shaded, transparent, inks


def _nested(resources: Any) -> Iterator[dict[str, Any] | None]:
    """A resource dictionary and those of the forms in it, each once; None where there are too many to tell."""
    from pdfminer.pdftypes import resolve1

    waiting, known = [resolve1(resources)], set[int]()
    while waiting:
        own = waiting.pop()
        if not isinstance(own, dict) or id(own) in known:
            continue
        if len(known) >= _MOST_FORMS:
            yield None
            return
        known.add(id(own))
        yield own
        waiting += [
            resolve1(form.attrs.get("Resources")) for form in _entries(own, "XObject") if hasattr(form, "attrs")
        ]


def _entries(resources: dict[str, Any], name: str) -> list[Any]:
    """What a resource dictionary holds under a category; nothing where the file is wrong there."""
    from pdfminer.pdftypes import resolve1

    found = resolve1(resources.get(name))
    return [resolve1(one) for one in found.values()] if isinstance(found, dict) else []
