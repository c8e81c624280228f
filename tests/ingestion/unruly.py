"""Loaders that do what a hostile or broken file can make a parser do."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from ingestion.loaded import LoadedDocument


def loop(_path: Path, _external_id: str) -> Iterator[LoadedDocument]:
    """Never come back."""
    while True:
        pass


def eat_memory(_path: Path, _external_id: str) -> Iterator[LoadedDocument]:
    """Ask for more than there is."""
    hoard = []
    while True:
        hoard.append(bytearray(50_000_000))


def die(_path: Path, _external_id: str) -> Iterator[LoadedDocument]:
    """End the process as a fault in a C library does."""
    os.abort()


def stumble(_path: Path, _external_id: str) -> Iterator[LoadedDocument]:
    """Fail in the middle, after one document."""
    yield LoadedDocument("half", "前一半。")
    raise KeyError("what the parser did not expect")


def chatter(_path: Path, external_id: str) -> Iterator[LoadedDocument]:
    """Print while reading, and read well."""
    print("a parser's own words")
    os.write(1, b"{}")
    yield LoadedDocument(external_id, "读好了。")


def swell(_path: Path, external_id: str) -> Iterator[LoadedDocument]:
    """Give more text than any document has."""
    yield LoadedDocument(external_id, "字" * 5_000_001)


def tell_surroundings(path: Path, external_id: str) -> Iterator[LoadedDocument]:
    """Say what of the parent's environment is seen here, and whether a file can be written."""
    try:
        path.with_suffix(".left").write_text("written")
        written = "wrote"
    except OSError:
        written = "no writing"
    modules = "telegram" in sys.modules or "sqlalchemy" in sys.modules
    yield LoadedDocument(external_id, f"{os.environ.get('JUNXIU_SECRET')} {written} {modules}")
