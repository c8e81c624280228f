"""A wrong words file is named with its line; examples and their kept vectors belong together."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from bot.understanding.commands import Vector
from bot.understanding.examples import (
    VECTORS,
    Examples,
    NearestExamples,
    keep_vectors,
    load_examples,
)
from bot.understanding.words import FOLDER, WordsBroken, load_words
from knowledge.kept_vectors import missing


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("words.toml", "danger.toml", "live.toml", "examples.toml"):
        shutil.copy(FOLDER / name, tmp_path / name)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("words.toml", '"订餐", "送餐"', '"订餐", 5'),
        ("words.toml", '"订餐", "送餐"', '"订(餐", "送餐"'),
        ("words.toml", '"订餐", "送餐"', '"", "送餐"'),
        ("words.toml", '"订餐", "送餐"', '"订餐" "送餐"'),
        ("danger.toml", '"心绞痛"', '"心(绞痛"'),
        ("live.toml", '"菜单", "菜谱"', '"菜单", "菜(谱"'),
    ],
)
def test_a_wrong_line_is_named(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / name).read_text("utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), "utf-8")

    with pytest.raises(WordsBroken, match=rf"{name}.*(第\d+行|line \d+)"):
        load_words(folder)


def test_a_missing_table_is_named(folder: Path) -> None:
    text = (folder / "words.toml").read_text("utf-8")
    (folder / "words.toml").write_text(text.replace("[status]", "[statu]"), "utf-8")

    with pytest.raises(WordsBroken, match="status"):
        load_words(folder)


def test_every_example_has_its_vector() -> None:
    examples = load_examples()

    assert missing(FOLDER / VECTORS, (*examples.danger, *examples.harmless)) == []


def test_kept_vectors_spare_embedding_and_give_way_to_another_embedder(tmp_path: Path) -> None:
    examples = Examples(("救命", "着火了", "摔倒了"), ("你好", "订餐", "谢谢"))
    embedder = _LetterEmbedder(shift=0)
    keep_vectors(examples, embedder, tmp_path)
    embedder.calls = 0
    nearest = NearestExamples(examples, embedder, tmp_path)
    other = _LetterEmbedder(shift=7)
    NearestExamples(examples, other, tmp_path)

    assert embedder.calls == 1
    assert other.calls == 7
    assert nearest.is_danger(embedder("摔倒了"))
    assert not nearest.is_danger(embedder("谢谢"))


class _LetterEmbedder:
    """A stand-in for the embedding model: a direction for each character."""

    def __init__(self, shift: int) -> None:
        self._shift = shift
        self.calls = 0

    def __call__(self, text: str) -> Vector:
        self.calls += 1
        vector = np.zeros(64, dtype=np.float32)
        for character in text:
            vector[(ord(character) * 31 + self._shift) % 64] += 1
        return (vector / np.linalg.norm(vector)).astype(np.float32)
