"""Plain text: UTF-8 (with or without its mark), UTF-16 with its mark, or GB18030."""

from collections.abc import Iterator
from pathlib import Path

from ingestion.loaded import LoadedDocument, Unreadable


def load(path: Path, external_id: str) -> Iterator[LoadedDocument]:
    """Yield the one document of a text file.

    Raises:
        Unreadable: empty, or in none of the known encodings.
    """
    text = decode(path, path.read_bytes())
    if not text.strip():
        raise Unreadable(path, "文件是空的。")
    yield LoadedDocument(external_id, text)


def decode(path: Path, data: bytes) -> str:
    """Return the text with one kind of line end; NUL is no character of a document.

    Raises:
        Unreadable: in none of the known encodings.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    raise Unreadable(path, "看不出文字的编码，请另存为 UTF-8 文本。")
