"""Canonical text to units: sentences and table cells, each with its exact place and everything it rests on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from ragmarket.retrieval.blocks import Block
from ragmarket.retrieval.folding import Canvas, Folded, join
from ragmarket.retrieval.layout import parse
from ragmarket.retrieval.lines import MONEY_OR_SHARE, NOTE_USE, TERMINAL
from ragmarket.retrieval.sentences import clause_cuts, is_fragment, sentence_ranges
from ragmarket.retrieval.tables import Cell, cells
from ragmarket.retrieval.units import GLUE, Unit
from ragmarket.schemas.evidence import Span

# The encoder reads 256 word pieces, two of which frame the text; one more joins heading and view.
BUDGET = 253
HEADING_BUDGET = 72


def split(text: str, count_tokens: Callable[[str], int]) -> list[Unit]:
    """Cut a canonical text into units, in the order of the text.

    Args:
        text: Canonical text, NFC.
        count_tokens: Word pieces of a string under the embedding model's tokenizer, without framing tokens.

    Returns:
        Units with ``text[unit.start:unit.end] == unit.quote``; none longer than the model reads.
    """
    canvas = Canvas(text)
    blocks = parse(canvas.shadow)
    return _Reader(canvas, count_tokens, _Notes(blocks, canvas)).read(blocks)


class _Notes:
    """Footnotes by mark; a mark means the next footnote after it, else the last before it."""

    def __init__(self, blocks: Iterable[Block], canvas: Canvas) -> None:
        self._notes: dict[str, list[tuple[int, int]]] = {}
        self._canvas = canvas
        for block in blocks:
            if block.form == "note":
                self._notes.setdefault(_plain(block.mark), []).append((block.mark_start, block.ranges[-1][1]))

    def spans(self, view: Folded) -> list[tuple[int, int]]:
        found = []
        for match in NOTE_USE.finditer(view.text + " "):
            places = self._notes.get(_plain(match.group(1)))
            own = [offset for offset in view.origin[match.start(1) : match.end(1)] if offset != GLUE]
            if places and own:
                found.append(next((place for place in places if place[0] > own[0]), places[-1]))
        return found


def _plain(mark: str) -> str:
    return mark.strip("^[]\\").translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")) or mark


@dataclass
class _Reader:
    canvas: Canvas
    count: Callable[[str], int]
    notes: _Notes
    units: list[Unit] = field(default_factory=list)
    headings: list[tuple[int, Folded]] = field(default_factory=list)
    question: Folded | None = None
    answered: int = 0
    intros: list[tuple[int, Folded]] = field(default_factory=list)
    caption: Folded | None = None

    def read(self, blocks: Sequence[Block]) -> list[Unit]:
        for block in blocks:
            view = self.canvas.fold(block.ranges)
            if block.form != "table" and not view:
                continue
            self._take(block, view)
        for unit in self.units:
            if self.canvas.text[unit.start : unit.end] != unit.quote or len(unit.origin) != len(unit.view):
                raise AssertionError(f"the unit at {unit.start} does not stand where it says")
        return self.units

    def _take(self, block: Block, view: Folded) -> None:
        match block.form:
            case "heading":
                self._heading(block.level, view)
            case "question":
                self._question(block.level, view)
            case "paragraph":
                self._paragraph(view)
            case "note":
                self.intros, self.caption = [], None
                self._sentences(view)
            case "item":
                self._item(block.level, view)
            case "table":
                self._table(block)

    def _heading(self, level: int, view: Folded) -> None:
        while self.headings and self.headings[-1][0] >= level:
            self.headings.pop()
        self.question, self.intros, self.caption = None, [], None
        if MONEY_OR_SHARE.search(view.text) and any(char.isdigit() for char in view.text):
            self._sentences(view)
        self.headings.append((level, view))
        if level == 6:
            self.caption = view

    def _question(self, level: int, view: Folded) -> None:
        if level:
            while self.headings and self.headings[-1][0] >= level:
                self.headings.pop()
        self.question, self.answered, self.intros, self.caption = view, 0, [], None

    def _paragraph(self, view: Folded) -> None:
        self.intros, self.caption = [], None
        ranges = sentence_ranges(view.text)
        self._sentences(view)
        if self.question:
            self.answered += 1
            if self.answered >= 3:
                self.question = None
        if ranges and view.text.rstrip().endswith((":", ":-", ":–")):
            self.intros = [(-1, view.cut(*ranges[-1]))]
        if len(ranges) == 1 and len(view.text.split()) <= 14 and not TERMINAL.search(view.text):
            self.caption = view

    def _item(self, indent: int, view: Folded) -> None:
        self.caption = None
        while self.intros and self.intros[-1][0] >= indent:
            self.intros.pop()
        intro = self.intros[-1][1] if self.intros else None
        opens = view.text.endswith((":", ":-", ":–"))
        if opens and is_fragment(view.text):
            self.intros.append((indent, view))
        elif intro and is_fragment(view.text) and len(sentence_ranges(view.text)) == 1:
            opening = intro.cut(0, len(intro.text.rstrip(":-– ")))
            self._emit("sentence", view, join([opening, ": ", view]), [intro.span])
        else:
            self._sentences(view, [intro.span] if intro else [])
            if opens:
                self.intros.append((indent, view))

    def _table(self, block: Block) -> None:
        named = [self.caption.span] if self.caption else [self.intros[-1][1].span] if self.intros else []
        for cell in cells(block, self.canvas):
            if not cell.labels and not cell.headers:
                self._sentences(cell.cell, named)
                continue
            context = [*named, *(part.span for part in cell.context)]
            self._cell(cell, context)
        self.intros, self.caption = [], None

    def _cell(self, cell: Cell, context: list[tuple[int, int]]) -> None:
        pieces = [cell.cell]
        ranges = sentence_ranges(cell.cell.text)
        if len(ranges) > 1 and all(len(cell.cell.text[start:end].split()) >= 3 for start, end in ranges):
            pieces = [cell.cell.cut(start, end) for start, end in ranges]
        row = (cell.row.start, cell.row.end)
        for piece in pieces:
            for part in self._fitting(piece, lambda cut: cell.view(cut).text):
                self._emit("cell", part, cell.view(part), context, row)

    def _sentences(self, view: Folded, context: Sequence[tuple[int, int]] = ()) -> None:
        around = [*context, *([self.question.span] if self.question else [])]
        for start, end in sentence_ranges(view.text):
            sentence = view.cut(start, end)
            if self.question and not self.answered and is_fragment(sentence.text):
                asked = self.question
                self._emit("sentence", sentence, join(["Q: ", asked, " A: ", sentence]), around)
                continue
            for part in self._fitting(sentence, lambda cut: cut.text):
                self._emit("sentence", part, part, around)

    def _fitting(self, view: Folded, read: Callable[[Folded], str]) -> list[Folded]:
        """The view in pieces that the encoder can read whole, cut at clauses where there are any."""
        room = BUDGET - self.count(self._headline())
        if self.count(read(view)) <= room or len(view.text) < 2:
            return [view]
        middle = len(view.text) // 2
        cuts = [cut for cut in clause_cuts(view.text) if 0 < cut < len(view.text)]
        if not cuts:
            cuts = [at + 1 for at, char in enumerate(view.text[:-1]) if char == " " and at] or [middle]
        cut = min(cuts, key=lambda at: abs(at - middle))
        halves = [view.cut(0, cut), view.cut(cut, len(view.text))]
        return [part for half in halves if half and half.text != view.text for part in self._fitting(half, read)]

    def _headline(self) -> str:
        """The headings above, the outermost left out first where they take too much of the encoder's view."""
        texts = [view.text for _, view in self.headings]
        while len(texts) > 1 and self.count(" > ".join(texts)) > HEADING_BUDGET:
            texts = texts[1:]
        headline = " > ".join(texts)
        while headline and self.count(headline) > HEADING_BUDGET:
            headline = headline[: int(len(headline) * 0.8)].rstrip()
        return headline

    def _emit(
        self,
        form: str,
        own: Folded,
        view: Folded,
        context: Sequence[tuple[int, int]],
        place: tuple[int, int] | None = None,
    ) -> None:
        if not any(char.isalnum() for char in own.text):
            return
        start, end = place or own.span
        headline = self._headline()
        if self.count(headline) + self.count(view.text) > BUDGET:
            # The label or question itself is too long; the words of the unit matter more.
            view = own
        spans = list(
            dict.fromkeys(span for span in [*context, *self.notes.spans(view)] if not start <= span[0] < span[1] <= end)
        )
        text = self.canvas.text
        self.units.append(
            Unit(
                form="cell" if form == "cell" else "sentence",
                start=start,
                end=end,
                quote=text[start:end],
                view=view.text,
                origin=view.origin,
                heading=headline,
                context=tuple(Span(start=left, end=right, quote=text[left:right]) for left, right in spans),
            )
        )
