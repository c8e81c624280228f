"""PDF with text: the lines of each page put together into paragraphs again."""

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ingestion import texts
from ingestion.loaded import LoadedDocument, OnlyPictures, Unreadable
from ingestion.loaders.lines import clean, paragraphs

if TYPE_CHECKING:
    from pypdf import PageObject

MOST_PAGES = 500
# A page with a picture and fewer characters than this (a page number, a stamp) is a scan.
_FEW = 12
_NO_CHARACTER = frozenset({"Cc", "Cn", "Co"})
_MOSTLY = 0.3
_CJK_GAP = re.compile(
    r"(?<=[\u2e80-\u9fff，。；：、（）《》“”]) (?=[\u2e80-\u9fff，。；：、（）《》“”\d])"
)


def load(path: Path, external_id: str) -> Iterator[LoadedDocument]:
    """Yield the one document of a PDF.

    Raises:
        Unreadable: encrypted, too many pages, or no text.
        OnlyPictures: there are pages that must be recognised first.
    """
    pages = read_pages(path)
    if any(page is None for page in pages):
        raise OnlyPictures(path, texts.NEEDS_OCR, len(pages))
    yield document(path, external_id, [page for page in pages if page is not None])


def document(path: Path, external_id: str, pages: list[list[str]]) -> LoadedDocument:
    """Return the document of these pages of lines.

    Raises:
        Unreadable: no text in any.
    """
    text = "\n".join(paragraphs(pages))
    if not text.strip():
        raise Unreadable(path, texts.NO_TEXT)
    return LoadedDocument(external_id, text)


def read_pages(path: Path) -> list[list[str] | None]:
    """Return the lines of every page with their indent, None for a scanned page.

    Raises:
        Unreadable: encrypted, or too many pages.
    """
    from pypdf import PdfReader

    reader = PdfReader(path)
    if reader.is_encrypted and not reader.decrypt(""):
        raise Unreadable(path, texts.ENCRYPTED)
    if len(reader.pages) > MOST_PAGES:
        raise Unreadable(
            path, texts.TOO_MANY_PAGES.format(pages=len(reader.pages), most=MOST_PAGES)
        )
    return [_lines(page) for page in reader.pages]


def _lines(page: "PageObject") -> list[str] | None:
    raw = page.extract_text(extraction_mode="layout")
    if _is_garbled(raw):
        return None
    text = clean(raw)
    if len(re.sub(r"\s", "", text)) < _FEW and _has_picture(page):
        return None
    return [_closed(line) for line in text.split("\n")]


def _is_garbled(text: str) -> bool:
    """Tell a text layer whose font does not say which characters it draws."""
    signs = [char for char in text if not char.isspace()]
    unknown = sum(unicodedata.category(char) in _NO_CHARACTER or char == "\ufffd" for char in signs)
    return unknown > len(signs) * _MOSTLY


def _has_picture(page: "PageObject") -> bool:
    """Tell whether the page draws an image, without unpacking it."""
    resources = page.get("/Resources")
    objects = resources.get_object().get("/XObject") if resources is not None else None
    if objects is None:
        return False
    kinds = [drawn.get_object().get("/Subtype") for drawn in objects.get_object().values()]
    return any(kind in {"/Image", "/Form"} for kind in kinds)


def _closed(line: str) -> str:
    """Close the gaps that the placing of glyphs leaves in a line, keep its indent."""
    words = line.lstrip()
    indent = line[: len(line) - len(words)]
    return indent + _CJK_GAP.sub("", re.sub(r"\s{2,}", "  ", words)).replace("  ", " ")
