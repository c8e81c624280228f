"""Word documents: paragraphs, lists with their numbers, and tables, in the order they are read.

Left out is what a reader does not see (deleted and hidden text) and what only repeats (tables
of contents, the page's header and footer).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ingestion import texts
from ingestion.loaded import LoadedDocument, Unreadable
from ingestion.loaders.docx_numbering import Numbering
from ingestion.loaders.lines import clean
from ingestion.loaders.rows import Table, lines_of

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_UNSEEN = {f"{_W}del", f"{_W}moveFrom", f"{_W}pPr", f"{_W}rPr", _FALLBACK}
_BOXES = {f"{_W}sdt", f"{_W}sdtContent", f"{_W}customXml", f"{_W}ins", f"{_W}moveTo"}
_FOOTNOTES = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"


def load(path: Path, external_id: str) -> Iterator[LoadedDocument]:
    """Yield the one document of a Word file.

    Raises:
        Unreadable: there is no text in it.
    """
    import docx

    with path.open("rb") as file:
        document = docx.Document(file)
    reader = _Reader(Numbering(document), _footnotes(document))
    text = clean("\n".join(reader.blocks(document.element.body)))
    if not text.strip():
        raise Unreadable(path, texts.NO_TEXT)
    yield LoadedDocument(external_id, text)


def _footnotes(document: Any) -> dict[str, Any]:
    from docx.oxml import parse_xml

    for part in document.part.package.iter_parts():
        if part.content_type == _FOOTNOTES:
            notes = parse_xml(part.blob).iter(f"{_W}footnote")
            return {note.get(f"{_W}id", ""): note for note in notes}
    return {}


class _Reader:
    """Walks the XML once, in order; lists go on counting from paragraph to paragraph."""

    def __init__(self, numbering: Numbering, footnotes: dict[str, Any]) -> None:
        self._numbering = numbering
        self._footnotes = footnotes
        self._notes = 0

    def blocks(self, parent: Any) -> Iterator[str]:
        """Yield the lines of the paragraphs and tables below an element."""
        for child in parent.iterchildren():
            if child.tag == f"{_W}p":
                yield from self._paragraph(child)
            elif child.tag == f"{_W}tbl":
                yield from self._table(child)
            elif child.tag in _BOXES:
                yield from self.blocks(child)

    def _paragraph(self, paragraph: Any) -> Iterator[str]:
        style = self._numbering.style_of(paragraph)
        if style.lower().startswith("toc "):
            return
        pieces: list[str] = []
        aside: list[tuple[str, Any]] = []
        self._inline(paragraph, pieces, aside)
        lines = [line.strip() for line in "".join(pieces).split("\n")]
        lines = [line for line in lines if line]
        if lines:
            lines[0] = self._numbering.label(paragraph) + lines[0]
        yield from lines
        for label, beside in aside:
            yield from (label + line for line in self.blocks(beside))

    def _inline(self, element: Any, pieces: list[str], aside: list[tuple[str, Any]]) -> None:
        """Gather the text of runs; what stands beside the line is left for after it."""
        for child in element.iterchildren():
            if child.tag in _UNSEEN or (child.tag == f"{_W}r" and _is_hidden(child)):
                continue
            if child.tag == f"{_W}t":
                pieces.append((child.text or "").replace("\n", " "))
            elif child.tag in {f"{_W}tab", f"{_W}ptab"}:
                pieces.append(" ")
            elif child.tag in {f"{_W}br", f"{_W}cr"}:
                pieces.append("\n")
            elif child.tag == f"{_W}noBreakHyphen":
                pieces.append("-")
            elif child.tag == f"{_W}txbxContent":
                aside.append(("", child))
            elif child.tag == f"{_W}footnoteReference":
                self._footnote(child.get(f"{_W}id", ""), pieces, aside)
            else:
                self._inline(child, pieces, aside)

    def _footnote(self, key: str, pieces: list[str], aside: list[tuple[str, Any]]) -> None:
        note = self._footnotes.get(key)
        if note is not None:
            self._notes += 1
            label = f"[{self._notes}]"
            pieces.append(label)
            aside.append((label, note))

    def _table(self, table: Any) -> Iterator[str]:
        cells: list[list[str]] = []
        origins: list[list[tuple[int, int]]] = []
        headers = 0
        for number, row in enumerate(_rows(table)):
            texts_of_row: list[str] = []
            origins_of_row: list[tuple[int, int]] = []
            before = row.find(f"{_W}trPr/{_W}gridBefore")
            for _ in range(_value(before, 0)):
                origins_of_row.append((number, len(origins_of_row)))
                texts_of_row.append("")
            for cell in _cells(row):
                at = len(texts_of_row)
                origin, text = (number, at), ""
                if _continues(cell) and number and at < len(cells[-1]):
                    origin, text = origins[-1][at], cells[-1][at]
                else:
                    text = "\n".join(self.blocks(cell))
                span = max(1, min(_value(cell.find(f"{_W}tcPr/{_W}gridSpan"), 1), 200))
                texts_of_row += [text] * span
                origins_of_row += [origin] * span
            cells.append(texts_of_row)
            origins.append(origins_of_row)
            if number == headers and row.find(f"{_W}trPr/{_W}tblHeader") is not None:
                headers += 1
        yield from lines_of(_squared(cells, origins, headers or None))


def _squared(
    cells: list[list[str]], origins: list[list[tuple[int, int]]], headers: int | None
) -> Table:
    width = max((len(row) for row in cells), default=0)
    for number, row in enumerate(cells):
        for column in range(len(row), width):
            row.append("")
            origins[number].append((number, column))
    return Table(cells, origins, headers)


def _rows(parent: Any) -> Iterator[Any]:
    for child in parent.iterchildren():
        if child.tag == f"{_W}tr":
            if child.find(f"{_W}trPr/{_W}del") is None:
                yield child
        elif child.tag in _BOXES:
            yield from _rows(child)


def _cells(parent: Any) -> Iterator[Any]:
    for child in parent.iterchildren():
        if child.tag == f"{_W}tc":
            yield child
        elif child.tag in _BOXES:
            yield from _cells(child)


def _continues(cell: Any) -> bool:
    merge = cell.find(f"{_W}tcPr/{_W}vMerge")
    return merge is not None and merge.get(f"{_W}val", "continue") == "continue"


def _value(element: Any, default: int) -> int:
    text = None if element is None else element.get(f"{_W}val")
    return int(text) if text and text.isdigit() else default


def _is_hidden(run: Any) -> bool:
    mark = run.find(f"{_W}rPr/{_W}vanish")
    return mark is not None and mark.get(f"{_W}val", "1") not in {"0", "false"}
