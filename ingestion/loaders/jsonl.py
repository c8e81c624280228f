"""One document a line: {"id", "text"[, "title"]}."""

import json
from collections.abc import Iterator
from pathlib import Path

from ingestion.loaded import LoadedDocument, Unreadable
from ingestion.loaders.txt import decode


def load(path: Path, _external_id: str) -> Iterator[LoadedDocument]:
    """Yield a document for every line that is not blank.

    Raises:
        Unreadable: a line is not such an object, or nothing is there; names the line.
    """
    found = False
    for number, line in enumerate(decode(path, path.read_bytes()).split("\n"), start=1):
        if line.strip():
            found = True
            yield _document(path, number, line)
    if not found:
        raise Unreadable(path, "文件是空的。")


def _document(path: Path, number: int, line: str) -> LoadedDocument:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise Unreadable(path, "这一行不是 JSON。", number) from error
    if not isinstance(row, dict):
        raise Unreadable(path, "这一行应当是一个对象 {…}。", number)
    external_id, text, title = row.get("id"), row.get("text"), row.get("title")
    if not isinstance(external_id, str) or not external_id.strip():
        raise Unreadable(path, "缺少“id”（文字）。", number)
    if not isinstance(text, str) or not text.strip():
        raise Unreadable(path, "缺少“text”（文字）。", number)
    if title is not None and not isinstance(title, str):
        raise Unreadable(path, "“title”应当是文字。", number)
    # A lone surrogate can stand in JSON but in no text that can be stored.
    clean = text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
    return LoadedDocument(external_id, clean, title)
