"""The picture is really drawn, and one sentence says what is missing where it cannot be."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from knowledge.errors import ExtraMissing
from knowledge.evaluation.chart import draw_curve
from knowledge.evaluation.evaluating import Report
from knowledge.evaluation.risk_coverage import Judged, Point, risk_coverage


def report(name: str, *judged: Judged) -> Report:
    """Return a report with a curve."""
    return Report(name, (), (), {}, risk_coverage(judged), Point(0.5, 0.25), (), 0.01)


MARKS = [Judged(1 - n / 40, n % 4 != 3) for n in range(40)]


# A name in Chinese must not ask for a font with it: the missing glyph would be a warning.
@pytest.mark.parametrize("name", ["qa.jsonl", "题目.jsonl"])
def test_a_curve_is_drawn_in_black_on_white(tmp_path: Path, name: str) -> None:
    file = tmp_path / "曲线.png"
    draw_curve(report(name, *MARKS), file)
    with Image.open(file) as picture:
        assert picture.format == "PNG"
        pixels = np.asarray(picture.convert("RGB"), dtype=np.int16)
    assert (pixels.max(axis=2) - pixels.min(axis=2)).max() == 0
    dark = (pixels < 64).all(axis=2).mean()
    assert 0.01 < dark < 0.2


def test_a_curve_of_nothing_is_drawn_too(tmp_path: Path) -> None:
    draw_curve(report("empty.jsonl"), tmp_path / "empty.png")
    assert (tmp_path / "empty.png").stat().st_size > 1000


def test_without_the_library_one_sentence_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(ExtraMissing, match=r"--chart .*pip install 'junxiu\[evaluation\]'"):
        draw_curve(report("qa.jsonl", *MARKS), tmp_path / "qa.png")
    assert not (tmp_path / "qa.png").exists()
