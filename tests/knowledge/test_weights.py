"""The file of weights: read, checked, and fitting the evidence there is."""

from pathlib import Path

import numpy as np
import pytest

from knowledge.errors import FileWrong
from knowledge.weights import WEIGHTS_FILE, Weights, read_weights

_BARS = "[bars]\nknown_to_answer = 1\nanswers_from = 0\nshown_from = -1\n"
_GOOD = f"[ranking]\nmeaning = 2\n[explained]\nranking = 1\n[answering]\nconstant = 3\nabout = 1\n{_BARS}"


def test_a_sum_of_weighed_columns() -> None:
    weights = Weights({"meaning": 2.0, "words": -1.0}, constant=0.5)
    columns = {"meaning": np.array([1.0, 2.0]), "words": np.array([0.0, 1.0]), "more": np.ones(2)}
    assert weights.of(columns).tolist() == [2.5, 3.5]
    assert weights.of_one({"meaning": 1.0, "words": 1.0}) == 1.5


def test_a_weight_without_its_evidence_is_an_error() -> None:
    with pytest.raises(KeyError):
        Weights({"meaning": 2.0}).of({"words": np.ones(1)})


def test_the_file_of_the_project_is_whole() -> None:
    weights = read_weights(WEIGHTS_FILE)
    assert weights.ranking.by_name
    assert "ranking" in weights.explained.by_name
    assert weights.answers_from > weights.shown_from


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "weights.toml"
    path.write_text(_GOOD, encoding="utf-8")
    weights = read_weights(path)
    assert weights.ranking == Weights({"meaning": 2.0})
    assert weights.answering == Weights({"about": 1.0}, constant=3.0)
    assert weights.shown_from == -1.0


@pytest.mark.parametrize(
    "broken",
    [
        _GOOD.replace("[ranking]\nmeaning = 2\n", ""),
        _GOOD.replace("meaning = 2", 'meaning = "2"'),
        _GOOD.replace("meaning = 2", "meaning = true"),
        _GOOD.replace("shown_from = -1\n", ""),
    ],
)
def test_a_broken_file_is_named(broken: str, tmp_path: Path) -> None:
    path = tmp_path / "weights.toml"
    path.write_text(broken, encoding="utf-8")
    with pytest.raises(FileWrong, match=r"weights\.toml"):
        read_weights(path)
