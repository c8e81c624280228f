"""The arrays of a scope on disk: one folder for each generation, memory-mapped when opened.

The folder is written beside its place and moved there whole, its manifest last; whatever is
not exactly what the manifest says is not used.
"""

import json
import os
import shutil
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from knowledge.postings import PairCounts
from knowledge.scope_arrays import PASSAGE, ScopeArrays
from knowledge.words import bigrams

FORMAT = 1
MANIFEST = "manifest.json"
_PREFIX = "passages-"
_STRINGS = "strings.json"
_BLOCK = 1 << 22
# Whoever changes how words are folded or parted changes what this gives, and with it the
# files that were made the old way are no longer used.
_HOW_WORDS_ARE_READ = "ＡＢ１２ 軍休幹部 军休-干部\u3000每年，1次Ⅷ㈠ß"


class NotUsable(Exception):
    """What lies on disk must not be answered from; the message says why."""


def write_arrays(
    folder: Path, arrays: ScopeArrays, *, scope: str, generation: int, embedder: str
) -> ScopeArrays:
    """Write the arrays of a scope below `folder`, drop older ones, and return them mapped."""
    folder.mkdir(parents=True, exist_ok=True)
    new, place = folder / ".new", folder / f"{_PREFIX}{generation}"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    for name, array in _named(arrays).items():
        np.save(new / f"{name}.npy", array, allow_pickle=False)
    (new / _STRINGS).write_text(json.dumps(arrays.strings), encoding="utf-8")
    manifest = _heads(scope, embedder) | {
        "generation": generation,
        "files": {file.name: list(summed(file)) for file in sorted(new.iterdir())},
    }
    (new / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    shutil.rmtree(place, ignore_errors=True)
    new.rename(place)
    for older in folder.glob(f"{_PREFIX}*"):
        if older != place:
            # Whoever still answers from it has it mapped, and keeps it until then.
            shutil.rmtree(older, ignore_errors=True)
    return _mapped(place)


def read_arrays(folder: Path, *, scope: str, embedder: str, dimensions: int) -> ScopeArrays | None:
    """Map the arrays that lie below `folder`; None where there never were any.

    Raises:
        NotUsable: damaged, half-written, another scope's, embedder's or program's.
    """
    try:
        places = sorted(folder.glob(f"{_PREFIX}*"), key=lambda place: place.stat().st_mtime)
        if not places:
            return None
        place = places[-1]
        manifest = json.loads((place / MANIFEST).read_text(encoding="utf-8"))
        _check(place, manifest, _heads(scope, embedder))
        arrays = _mapped(place)
    except NotUsable:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotUsable(f"it cannot be read ({type(error).__name__})") from error
    _check_shapes(arrays, dimensions)
    return arrays


def summed(file: Path) -> tuple[int, int]:
    """Return the size and the checksum of a file."""
    size = checksum = 0
    with file.open("rb") as data:
        while block := data.read(_BLOCK):
            size += len(block)
            checksum = zlib.crc32(block, checksum)
    return size, checksum


def write_whole(file: Path, content: dict[str, Any]) -> None:
    """Write a small file so that it is there whole or not at all."""
    new = file.with_suffix(".new")
    new.write_text(json.dumps(content), encoding="utf-8")
    os.replace(new, file)  # noqa: PTH105 - Path.replace returns a path nobody wants.


def _heads(scope: str, embedder: str) -> dict[str, object]:
    return {
        "format": FORMAT,
        "scope": scope,
        "embedder": embedder,
        "words": zlib.crc32(" ".join(bigrams(_HOW_WORDS_ARE_READ)).encode()),
    }


def _check(place: Path, manifest: dict[str, Any], heads: dict[str, object]) -> None:
    for name, wanted in heads.items():
        if manifest.get(name) != wanted:
            raise NotUsable(f"{name} is {manifest.get(name)!r}, not {wanted!r}")
    for name, known in manifest["files"].items():
        if tuple(known) != summed(place / name):
            raise NotUsable(f"{place.name}/{name} is not what was written")


def _check_shapes(arrays: ScopeArrays, dimensions: int) -> None:
    many = len(arrays.passages)
    agree = (
        arrays.vectors.shape == (many, dimensions)
        and arrays.passages.dtype == PASSAGE
        and len(arrays.pairs.lengths) == many
        and len(arrays.pairs.entries) == len(arrays.pairs.counts)
        and len(arrays.documents) == len(arrays.marks)
    )
    if not agree:
        raise NotUsable("the arrays do not belong together")


def _named(arrays: ScopeArrays) -> dict[str, NDArray[Any]]:
    return {
        "documents": arrays.documents,
        "marks": arrays.marks,
        "passages": arrays.passages,
        "tiles": arrays.tiles,
        "pair-entries": arrays.pairs.entries,
        "pair-counts": arrays.pairs.counts,
        "lengths": arrays.pairs.lengths,
        "vectors": arrays.vectors,
    }


def _mapped(place: Path) -> ScopeArrays:
    def read(name: str) -> NDArray[Any]:
        file = place / f"{name}.npy"
        array = np.load(file, mmap_mode="r", allow_pickle=False)
        # A plain array over the mapped memory: each step on a memmap costs more.
        return np.asarray(array)

    return ScopeArrays(
        documents=read("documents"),
        marks=read("marks"),
        passages=read("passages"),
        tiles=read("tiles"),
        strings=tuple(json.loads((place / _STRINGS).read_text(encoding="utf-8"))),
        pairs=PairCounts(read("pair-entries"), read("pair-counts"), read("lengths")),
        vectors=read("vectors"),
    )
