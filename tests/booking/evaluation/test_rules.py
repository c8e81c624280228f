"""The rules of scoring are data: what is wrong in them is named with file and line."""

from pathlib import Path

import pytest

from booking.evaluation.rules import RULES_FILE, load_rules
from booking.services import CatalogBroken


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("weight = 60", "weight = 61", "加起来要等于100"),
        ('name = "on_time"', 'name = "in_time"', r"第\d+行"),
        ("from_score = 90", "from_score = 10", "从高分写到0分"),
        ("least_ratings = 10", "least_ratings = 0", r"第\d+行（least_ratings）"),
        ("[watch]", "[watch", "写法不对"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, right: str, wrong: str, said: str) -> None:
    broken = tmp_path / "evaluation.toml"
    whole = RULES_FILE.read_text(encoding="utf-8")
    assert right in whole
    broken.write_text(whole.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(CatalogBroken, match=said) as raised:
        load_rules(broken)
    assert str(broken) in str(raised.value)
