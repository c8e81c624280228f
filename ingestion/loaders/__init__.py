"""One loader per file format, chosen by the end of the file's name."""

from collections.abc import Callable, Iterator
from pathlib import Path

from ingestion.loaded import LoadedDocument, NothingToRead
from ingestion.loaders import jsonl, txt

Loader = Callable[[Path, str], Iterator[LoadedDocument]]

LOADERS: dict[str, Loader] = {".txt": txt.load, ".jsonl": jsonl.load}


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
        raise NothingToRead(f"{path}：这里没有能读的文件（现在认得 txt 和 jsonl）。")
    for file in files:
        yield from LOADERS[file.suffix.lower()](file, file.relative_to(below).as_posix())


def _is_known(file: Path) -> bool:
    hidden = any(part.startswith(".") for part in file.parts)
    return file.is_file() and not hidden and file.suffix.lower() in LOADERS
