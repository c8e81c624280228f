"""The sayings are read with file and line; what was learnt from them is no older than they are."""

import json
from pathlib import Path

import pytest

from bot.understanding.clean import clean
from bot.understanding.commands import Intent
from bot.understanding.ear import EarBroken, load_ear
from bot.understanding.sayings import load_sayings, mark_of
from bot.understanding.words import WordsBroken

DATA = Path(__file__).parent / "data"


def test_each_sentence_stands_once_with_what_is_heard_in_it(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(
        '[book]\nsays = ["送份饭来！"]\n[told]\nsays = ["天凉了"]\n', "utf-8"
    )
    (tmp_path / "b.toml").write_text('[emergency]\nsays = ["送份饭来", "摔倒了"]\n', "utf-8")

    sayings = load_sayings(tmp_path)

    assert [(each.text, each.heard, each.set) for each in sayings] == [
        ("天凉了", None, "a"),
        ("送份饭来！", Intent.BOOK, "a"),
        ("送份饭来", Intent.EMERGENCY, "b"),
        ("摔倒了", Intent.EMERGENCY, "b"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        '[book]\nsays = ["送饭", 5]\n',
        "[book]\nsays = []\n",
        '[boook]\nsays = ["送饭"]\n',
        "[book\n",
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "said.toml").write_text(text, "utf-8")

    with pytest.raises(WordsBroken, match=r"said.toml.*(第\d+行|line \d+)"):
        load_sayings(tmp_path)


def test_the_ear_was_fitted_to_these_sayings() -> None:
    """Where this fails, `python -m benchmarks.sayings --fit` is due."""
    assert load_ear().mark == mark_of(load_sayings())


def test_a_broken_ear_says_so(tmp_path: Path) -> None:
    (tmp_path / "ear.npz").write_bytes(b"nothing")

    with pytest.raises(EarBroken, match="重新拟合"):
        load_ear(tmp_path / "ear.npz")


def test_no_sentence_it_is_judged_by_is_a_saying() -> None:
    known = {each.text for each in load_sayings()}
    lines = (DATA / "utterances_sixth.jsonl").read_text("utf-8").splitlines()
    judged = [json.loads(line)["text"] for line in lines]
    lines = (DATA / "alarms_last.tsv").read_text("utf-8").splitlines()
    judged += [line.split("\t")[1] for line in lines]

    assert [text for text in judged if clean(text) in known] == []
