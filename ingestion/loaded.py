"""What every loader gives: a text with the name it is known by, or why it cannot be read.

IngestionError
├── Unreadable          a file that cannot be read as a document
│   └── OnlyPictures    pages without text: they must be recognised first
├── NothingToRead       a path that leads to no document
├── NotConserved        cutting lost or changed a character: a mistake of ours
├── NotThere            no such document or draft in this house
└── Refused             what is asked of a document cannot be
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

    def __init__(self, path: Path, reason: str) -> None:
        """Name the path and the reason."""
        super().__init__(f"{path}：{reason}")
        self.reason = reason


class NotConserved(IngestionError):
    """The passages put together are not the document; nothing of it was kept."""


class NotThere(IngestionError):
    """There is no such document or draft here."""


class Refused(IngestionError):
    """What is asked of a document cannot be; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class LoadedDocument:
    """A text as it was found; without a title it gives itself one."""

    external_id: str
    text: str
    title: str | None = None
