"""A wrong words file is named with its line."""

import shutil
from pathlib import Path

import pytest

from bot.understanding.words import FOLDER, WordsBroken, load_words


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("words.toml", "danger.toml", "live.toml"):
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
