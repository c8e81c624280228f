"""What every loader gives: a text with the name it is known by, or why it cannot be read.

IngestionError
├── Unreadable          a file that cannot be read as a document
│   └── OnlyPictures    pages without text: they must be recognised first
└── NothingToRead       a path that leads to no document
"""

from dataclasses import dataclass
from pathlib import Path


class IngestionError(Exception):
    """A document that could not be taken in; the message is a Chinese sentence."""


class Unreadable(IngestionError):
    """The file is broken, empty, too large or of another kind; nothing of it was kept."""

    def __init__(self, path: Path, reason: str, line: int | None = None) -> None:
        """Name the file, the line where there is one, and the reason."""
        where = f"{path}" if line is None else f"{path} 第{line}行"
        super().__init__(f"{where}：{reason}")
        self.path = path
        self.reason = reason
        self.line = line


class OnlyPictures(Unreadable):
    """Some pages are scanned; `pages` is how many the file has."""

    def __init__(self, path: Path, reason: str, pages: int) -> None:
        """Name the file, the reason, and its number of pages."""
        super().__init__(path, reason)
        self.pages = pages


class NothingToRead(IngestionError):
    """The path does not exist or holds no file of a known kind."""


@dataclass(frozen=True, slots=True)
class LoadedDocument:
    """A text as it was found; without a title it gives itself one."""

    external_id: str
    text: str
    title: str | None = None
