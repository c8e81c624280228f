"""The word file: what was said is found, and a slip in the file is named with its line."""

from pathlib import Path

import pytest

from knowledge.errors import FileWrong
from knowledge.lexicon import Lexicon

_FILE = """
[[meaning]]
official = ["网上约车"]
said = ["打车", "叫…车"]

[[meaning]]
official = ["约车费"]
said = ["打车"]

[[meaning]]
official = ["军休干部"]
said = ["老军人"]
background = true

[elsewhere]
words = ["天气"]

[plain]
words = ["怎么", "给我"]
"""


def _lexicon(folder: Path, text: str = _FILE) -> Lexicon:
    path = folder / "words.toml"
    path.write_text(text, encoding="utf-8")
    return Lexicon(path)


def test_a_word_with_two_meanings_is_one_topic(tmp_path: Path) -> None:
    reading = _lexicon(tmp_path).read("怎么打车")
    assert [[m.official[0] for m in topic] for topic in reading.topics] == [["网上约车", "约车费"]]
    assert reading.rest == ()


def test_a_gap_stands_for_a_few_characters(tmp_path: Path) -> None:
    lexicon = _lexicon(tmp_path)
    assert lexicon.read("叫一辆车").topics
    assert not lexicon.read("叫我三个儿子来看看车").topics


def test_background_counts_only_alone(tmp_path: Path) -> None:
    lexicon = _lexicon(tmp_path)
    assert len(lexicon.read("老军人打车").topics) == 1
    assert lexicon.read("老军人").topics[0][0].official == ("军休干部",)


def test_other_worlds_and_unknown_words_are_told_apart(tmp_path: Path) -> None:
    reading = _lexicon(tmp_path).read("给我红烧肉,天气")
    assert reading.elsewhere == ("天气",)
    assert reading.rest == ("红烧肉",)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('official = ["约车费"]', "official = []", 6),
        ('said = ["老军人"]', 'said = ["老军人", 3]', 10),
        ("background = true", 'background = "是"', 10),
        ('said = ["打车"]\n', 'sayd = ["打车"]\n', 6),
        ('words = ["天气"]', 'words = ["天气]', 16),
    ],
)
def test_a_slip_is_named_with_its_line(tmp_path: Path, old: str, new: str, line: int) -> None:
    with pytest.raises(FileWrong, match=r"words\.toml") as caught:
        _lexicon(tmp_path, _FILE.replace(old, new))
    assert caught.value.line == line


def test_the_bundled_file_holds() -> None:
    topics = Lexicon().read("外卖").topics
    assert "就餐" in topics[0][0].official
