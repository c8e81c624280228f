"""One loader per file format, chosen by the end of the file's name.

Text formats are read here; whatever needs a parser is read in a process of its own.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from ingestion import texts
from ingestion.isolation import Limits, load_apart
from ingestion.loaded import LoadedDocument, NothingToRead, OnlyPictures
from ingestion.loaders import guard, jsonl, md, scan, txt

Loader = Callable[[Path, str], Iterator[LoadedDocument]]

_MEGABYTE = 1_000_000
_LIMITS = Limits(seconds=60, memory_bytes=1_000 * _MEGABYTE)
_RECOGNISING_BYTES = 4_000 * _MEGABYTE


def _apart(module: str) -> Loader:
    return partial(load_apart, f"ingestion.loaders.{module}:load", limits=_LIMITS)


def _load_pdf(path: Path, external_id: str) -> Iterator[LoadedDocument]:
    """Read a PDF's text; recognise the pages that have none where that is installed."""
    try:
        yield from load_apart("ingestion.loaders.pdf:load", path, external_id, _LIMITS)
    except OnlyPictures as error:
        if not scan.is_installed():
            raise
        seconds = _LIMITS.seconds + min(error.pages, scan.MOST_PAGES) * scan.SECONDS_A_PAGE
        limits = Limits(seconds=seconds, memory_bytes=_RECOGNISING_BYTES)
        yield from load_apart("ingestion.loaders.scan:load", path, external_id, limits)


LOADERS: dict[str, Loader] = {
    ".txt": txt.load,
    ".md": md.load,
    ".html": _apart("html"),
    ".htm": _apart("html"),
    ".docx": _apart("docx"),
    ".pdf": _load_pdf,
    ".xlsx": _apart("xlsx"),
    ".jsonl": jsonl.load,
}
# What an office's software saves by default, and what it can save instead.
SAVE_AS = {".doc": ".docx", ".wps": ".docx", ".rtf": ".docx", ".xls": ".xlsx", ".et": ".xlsx"}


def load(path: Path) -> Iterator[LoadedDocument]:
    """Yield the documents of a file, or of every known file below a folder, in name order.

    A document's id is the jsonl id, or the file's path below the named folder (a single file:
    its name).

    Raises:
        NothingToRead: no such path, or no file of a known kind there.
        Unreadable: a file that cannot be read.
    """
    if path.is_file():
        files = [path] if path.suffix.lower() in LOADERS else []
        below = path.parent
    else:
        files = sorted(file for file in path.rglob("*") if _is_known(file))
        below = path
    if not files:
        raise NothingToRead(path, _nothing(path))
    for file in files:
        guard.check(file)
        yield from LOADERS[file.suffix.lower()](file, file.relative_to(below).as_posix())


def _nothing(path: Path) -> str:
    better = SAVE_AS.get(path.suffix.lower())
    if better and path.is_file():
        return texts.SAVE_AS.format(suffix=better)
    kinds = "、".join(suffix.removeprefix(".") for suffix in LOADERS)
    return texts.NOTHING_HERE.format(kinds=kinds)


def _is_known(file: Path) -> bool:
    # "~$" begins the lock that Word and Excel put beside an open file.
    hidden = any(part.startswith((".", "~$")) for part in file.parts)
    return file.is_file() and not hidden and file.suffix.lower() in LOADERS
