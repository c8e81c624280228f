"""Web pages: the words a reader sees, a line for each paragraph, tables row by row.

What belongs to the site rather than the page (menus, scripts, forms) is left out.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ingestion import texts
from ingestion.loaded import LoadedDocument, Unreadable
from ingestion.loaders.lines import clean
from ingestion.loaders.rows import Table, lines_of
from ingestion.loaders.txt import decode

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

_LEFT_OUT = (
    "script, style, noscript, template, svg, iframe, object, nav, aside, form button, select, "
    "input, textarea, dialog, [hidden], [aria-hidden=true], body > footer"
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_BLOCKS = frozenset(
    [
        "address",
        "article",
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
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
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
_ROWS = frozenset({"table", "thead", "tbody", "tfoot"})
_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
_MOST_SPANNED = 200


def load(path: Path, external_id: str) -> Iterator[LoadedDocument]:
    """Yield the one document of a page; its heading, or else its title, is its title.

    Raises:
        Unreadable: there is no text in it, or the encoding is unknown.
    """
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(_decoded(path))
    title = _title(tree)
    for node in tree.css(_LEFT_OUT):
        node.decompose()
    for node in tree.css("[style]"):
        if _HIDDEN.search(node.attributes.get("style") or ""):
            node.decompose()
    lines = _Lines()
    if tree.body is not None:
        lines.read(tree.body)
    text = clean("\n".join(lines.done()))
    if not text.strip():
        raise Unreadable(path, texts.NO_TEXT)
    yield LoadedDocument(external_id, text, title)


def _decoded(path: Path) -> str:
    data = path.read_bytes()
    named = _CHARSET.search(data[:4096])
    if named and named[1].lower() not in {b"utf-8", b"utf8"} and not data.startswith(b"\xef\xbb"):
        name = named[1].decode().lower()
        try:
            return data.decode("gb18030" if name in {"gb2312", "gbk"} else name)
        except (LookupError, UnicodeDecodeError):
            pass  # A page may name an encoding it is not in.
    return decode(path, data)


def _title(tree: "LexborHTMLParser") -> str | None:
    headings = [" ".join(node.text().split()) for node in tree.css("h1")]
    if len(headings) == 1 and headings[0]:
        return clean(headings[0])
    named = tree.css_first("head > title")
    return clean(" ".join(named.text().split())) or None if named is not None else None


class _Lines:
    """Gathers the words of a page; a block begins and ends a line."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line = ""

    def done(self) -> list[str]:
        """Return the lines that hold words."""
        self._end_line()
        return self._lines

    def read(self, parent: "LexborNode") -> None:
        """Read what is inside a node, in order."""
        for node in parent.iter(include_text=True):
            tag = node.tag or ""
            if tag == "-text":
                self._line += _one_line(node.text(deep=False))
            elif tag == "br":
                self._end_line()
            elif tag == "table" and _is_data(node):
                self._end_line()
                self._lines += lines_of(_table(node))
            else:
                self._block(node, tag)

    def _block(self, node: "LexborNode", tag: str) -> None:
        is_block = tag in _BLOCKS or tag in {"tr", "td", "th", "caption"}
        if is_block:
            self._end_line()
        if tag == "li":
            self._line = _item_number(node)
        if tag == "pre":
            self._lines += [line.strip() for line in node.text().split("\n") if line.strip()]
        else:
            self.read(node)
        if is_block:
            self._end_line()

    def _end_line(self) -> None:
        line = re.sub(r" {2,}", " ", self._line).strip()
        if line:
            self._lines.append(line)
        self._line = ""


def _one_line(text: str) -> str:
    """Fold white space as a browser does; the source's line ends mean nothing between Chinese."""
    text = re.sub(r"(?<=[^\x00-\xff])[ \t]*[\r\n]\s*(?=[^\x00-\xff])", "", text)
    return re.sub(r"[ \t\r\n]+", " ", text)


def _item_number(item: "LexborNode") -> str:
    """Return the number that a browser draws before an item of a numbered list."""
    parent = item.parent
    if parent is None or parent.tag != "ol":
        return ""
    start = parent.attributes.get("start") or "1"
    number = int(start) if start.isdigit() else 1
    before = item.prev
    while before is not None:
        number += before.tag == "li"
        before = before.prev
    return f"{number}."


def _is_data(table: "LexborNode") -> bool:
    """Tell a table of facts from one that only places things on the page."""
    rows = _rows(table)
    return not table.css("table table") and any(len(_cells(row)) > 1 for row in rows)


def _rows(parent: "LexborNode") -> list["LexborNode"]:
    rows: list[LexborNode] = []
    for child in parent.iter():
        if child.tag == "tr":
            rows.append(child)
        elif child.tag in _ROWS:
            rows += _rows(child)
    return rows


def _cells(row: "LexborNode") -> list["LexborNode"]:
    return [child for child in row.iter() if child.tag in {"td", "th"}]


def _table(table: "LexborNode") -> Table:
    rows = _rows(table)
    filled: dict[tuple[int, int], tuple[str, tuple[int, int]]] = {}
    headers = 0
    for r, row in enumerate(rows):
        column = 0
        cells = _cells(row)
        if r == headers and cells and all(cell.tag == "th" for cell in cells):
            headers += 1
        for cell in cells:
            while (r, column) in filled:
                column += 1
            inside = _Lines()
            inside.read(cell)
            text = "\n".join(inside.done())
            wide, high = _span(cell, "colspan"), min(_span(cell, "rowspan"), len(rows) - r)
            for down in range(high):
                for along in range(wide):
                    filled[r + down, column + along] = (text, (r, column))
            column += wide
    width = max((column + 1 for _, column in filled), default=0)
    grid = [[filled.get((r, c), ("", (r, c))) for c in range(width)] for r in range(len(rows))]
    return Table(
        [[text for text, _ in row] for row in grid],
        [[origin for _, origin in row] for row in grid],
        headers or None,
    )


def _span(cell: "LexborNode", name: str) -> int:
    text = cell.attributes.get(name) or "1"
    return min(max(int(text), 1), _MOST_SPANNED) if text.isdigit() else 1
