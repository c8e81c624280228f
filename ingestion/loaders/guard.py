"""What is looked at before a file is opened: its size, its first bytes, what a zip unfolds to."""

import zipfile
from pathlib import Path

from ingestion import texts
from ingestion.loaded import Unreadable

_MEGABYTE = 1_000_000
# A .jsonl is a whole collection, brought by whoever runs the system.
_LARGEST = {".pdf": 50, ".jsonl": 500}
_LARGEST_OTHERS = 20
_UNFOLDED_BYTES = 200 * _MEGABYTE
_MOST_PARTS = 5_000

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PDF = b"%PDF-"
# An Office file with a password is an old-style container that holds this name in UTF-16.
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
_KINDS = {".docx": "Word 文档（docx）", ".xlsx": "Excel 表格（xlsx）", ".pdf": "PDF"}
_MAIN_PARTS = {".docx": "word/document.xml", ".xlsx": "xl/workbook.xml"}


def check(path: Path) -> None:
    """Let the file pass to the loader of its ending.

    Raises:
        Unreadable: empty, too large, encrypted, of another kind than its ending says, or a zip
            that unfolds to too much.
    """
    suffix = path.suffix.lower()
    largest = _LARGEST.get(suffix, _LARGEST_OTHERS)
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(1024)
    except PermissionError as error:
        raise Unreadable(path, texts.NOT_ALLOWED) from error
    except OSError as error:
        raise Unreadable(path, texts.BROKEN) from error
    if not size:
        raise Unreadable(path, texts.EMPTY)
    if size > largest * _MEGABYTE:
        raise Unreadable(path, texts.TOO_LARGE.format(megabytes=largest))
    _check_kind(path, suffix, head)


def _check_kind(path: Path, suffix: str, head: bytes) -> None:
    found = ""
    if head.startswith(_OLE):
        raise Unreadable(path, _old_office(path, suffix))
    if head.startswith(_ZIP):
        found = _unfolded_kind(path)
    elif _PDF in head:
        found = ".pdf"
    if found == suffix:
        return
    if found in _KINDS:
        raise Unreadable(path, texts.OTHER_KIND.format(kind=_KINDS[found]))
    if suffix in _KINDS:
        raise Unreadable(path, texts.NOT_THE_KIND.format(kind=_KINDS[suffix]))


def _old_office(path: Path, suffix: str) -> str:
    if _ENCRYPTED_PACKAGE in path.read_bytes():
        return texts.ENCRYPTED
    return texts.OLD_OFFICE.format(suffix=suffix if suffix == ".xlsx" else ".docx")


def _unfolded_kind(path: Path) -> str:
    """Return the ending a zip's parts call for; add up what they unfold to before any is opened."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise Unreadable(path, texts.BROKEN) from error
    if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > _UNFOLDED_BYTES:
        raise Unreadable(path, texts.SWOLLEN)
    names = {part.filename for part in parts}
    return next((suffix for suffix, main in _MAIN_PARTS.items() if main in names), "")
