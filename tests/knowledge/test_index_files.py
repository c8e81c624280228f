"""What lies on disk is used exactly as it was written, or not at all."""

import json
from pathlib import Path

import numpy as np
import pytest

from knowledge.index_files import MANIFEST, NotUsable, read_arrays, write_arrays
from knowledge.postings import count_pairs
from knowledge.scope_arrays import ScopeArrays, nothing
from tests.knowledge.test_scope_arrays import DIMENSIONS, followed

_SAID = {1: [("一、体检", "每年体检1次。"), ("", "免费。")], 2: [("", "食堂")]}


@pytest.fixture
def arrays() -> ScopeArrays:
    return followed(nothing(DIMENSIONS), _SAID)


def _write(folder: Path, arrays: ScopeArrays, generation: int = 7) -> Path:
    write_arrays(folder, arrays, scope="national", generation=generation, embedder="one")
    return folder / f"passages-{generation}"


def _read(folder: Path, *, scope: str = "national", embedder: str = "one") -> ScopeArrays | None:
    return read_arrays(folder, scope=scope, embedder=embedder, dimensions=DIMENSIONS)


def test_arrays_come_back_as_they_were(tmp_path: Path, arrays: ScopeArrays) -> None:
    assert _read(tmp_path) is None
    _write(tmp_path, arrays)
    kept = _read(tmp_path)
    assert kept is not None
    assert kept.passages.tobytes() == arrays.passages.tobytes()
    assert kept.pairs.entries.tolist() == arrays.pairs.entries.tolist()
    assert kept.strings == arrays.strings
    assert kept.vectors.tolist() == arrays.vectors.tolist()
    # Mapped, not read: the last of them would be too many.
    assert isinstance(kept.vectors.base, np.memmap)


def test_an_empty_scope_is_kept_too(tmp_path: Path) -> None:
    _write(tmp_path, nothing(DIMENSIONS))
    kept = _read(tmp_path)
    assert kept is not None
    assert not len(kept.passages)


def test_only_the_last_generation_stays(tmp_path: Path, arrays: ScopeArrays) -> None:
    (tmp_path / ".new").mkdir()
    (tmp_path / ".new" / "half.npy").write_bytes(b"half")
    _write(tmp_path, arrays, 7)
    _write(tmp_path, arrays, 8)
    assert [folder.name for folder in tmp_path.iterdir()] == ["passages-8"]
    _write(tmp_path, arrays, 8)
    assert _read(tmp_path) is not None


@pytest.mark.parametrize("damage", ["cut", "turned", "gone"])
def test_damage_to_any_file_is_noticed(tmp_path: Path, arrays: ScopeArrays, damage: str) -> None:
    names = sorted(file.name for file in _write(tmp_path, arrays).iterdir())
    assert len(names) == 10
    for name in names:
        file = _write(tmp_path, arrays) / name
        content = file.read_bytes()
        if damage == "gone":
            file.unlink()
        elif damage == "cut":
            file.write_bytes(content[:-1])
        else:
            file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        with pytest.raises(NotUsable):
            _read(tmp_path)


def test_another_scopes_or_models_arrays_are_not_used(tmp_path: Path, arrays: ScopeArrays) -> None:
    _write(tmp_path, arrays)
    with pytest.raises(NotUsable, match="scope"):
        _read(tmp_path, scope="institution-1")
    with pytest.raises(NotUsable, match="embedder"):
        _read(tmp_path, embedder="other")


@pytest.mark.parametrize("head", ["format", "words"])
def test_another_programs_arrays_are_not_used(
    tmp_path: Path, arrays: ScopeArrays, head: str
) -> None:
    file = _write(tmp_path, arrays) / MANIFEST
    manifest = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(manifest | {head: 0}), encoding="utf-8")
    with pytest.raises(NotUsable, match=head):
        _read(tmp_path)
    file.write_text("[]", encoding="utf-8")
    with pytest.raises(NotUsable):
        _read(tmp_path)


def test_arrays_that_do_not_belong_together_are_not_used(
    tmp_path: Path, arrays: ScopeArrays
) -> None:
    torn = ScopeArrays(
        arrays.documents,
        arrays.marks,
        arrays.passages,
        arrays.tiles,
        arrays.strings,
        count_pairs(["一"]),
        arrays.vectors,
    )
    _write(tmp_path, torn)
    with pytest.raises(NotUsable):
        _read(tmp_path)
