"""Scanned PDF: pages drawn as pictures, their characters recognised (extra `ocr`).

A page that has text keeps it; only the others are recognised.
"""

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingestion import texts
from ingestion.loaded import LoadedDocument, Unreadable
from ingestion.loaders import pdf
from ingestion.loaders.lines import clean

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument

MOST_PAGES = 60
SECONDS_A_PAGE = 20
_DOTS_PER_INCH = 200
_MOST_PIXELS = 3_000
_SURE_ENOUGH = 0.5


@dataclass(frozen=True, slots=True)
class _Word:
    """A stretch of recognised text and where it stands, in pixels."""

    left: float
    middle: float
    height: float
    text: str


def is_installed() -> bool:
    """Tell whether the extra `ocr` is there, without importing it."""
    return all(importlib.util.find_spec(name) for name in ("rapidocr", "pypdfium2"))


def load(path: Path, external_id: str) -> Iterator[LoadedDocument]:
    """Yield the one document of a PDF, scanned pages recognised.

    Raises:
        Unreadable: encrypted, too many pages, or nothing was recognised.
    """
    import pypdfium2

    pages = pdf.read_pages(path)
    if len(pages) > MOST_PAGES:
        raise Unreadable(path, texts.TOO_MANY_PAGES.format(pages=len(pages), most=MOST_PAGES))
    engine = _engine()
    with pypdfium2.PdfDocument(path) as drawn:
        read = [_recognised(engine, drawn, n) if p is None else p for n, p in enumerate(pages)]
    if not any(line.strip() for page in read for line in page):
        raise Unreadable(path, texts.NO_TEXT_FOUND)
    yield pdf.document(path, external_id, read)


def _engine() -> Any:
    from rapidocr import RapidOCR

    return RapidOCR()


def _recognised(engine: Any, drawn: "PdfDocument", number: int) -> list[str]:
    page = drawn[number]
    # A page of unusual size is drawn smaller rather than in too many pixels.
    scale = min(_DOTS_PER_INCH / 72, _MOST_PIXELS / max(*page.get_size(), 1))
    return [clean(line) for line in _lines(engine(page.render(scale=scale).to_numpy()))]


def _lines(found: Any) -> list[str]:
    """Return the recognised lines from top to bottom, each with its indent in characters."""
    if found.boxes is None:
        return []
    words = [
        _Word(float(box[0][0]), float(box[:, 1].mean()), float(box[3][1] - box[0][1]), text)
        for box, text, score in zip(found.boxes, found.txts, found.scores, strict=True)
        if score >= _SURE_ENOUGH and text.strip()
    ]
    if not words:
        return []
    height = sorted(word.height for word in words)[len(words) // 2]
    rows: list[list[_Word]] = []
    for word in sorted(words, key=lambda word: word.middle):
        # A page never lies quite straight: what is less than half a line lower is beside it.
        if rows and word.middle - rows[-1][0].middle < height / 2:
            rows[-1].append(word)
        else:
            rows.append([word])
    margin = min(word.left for word in words)
    lines: list[str] = []
    for row in rows:
        row.sort(key=lambda word: word.left)
        indent = round((row[0].left - margin) / max(height, 1))
        lines.append(" " * indent + " ".join(word.text.strip() for word in row))
    return lines
