"""The README's table of settings is the settings: every name, and what it is by default."""

import re
from pathlib import Path

from app.settings import PREFIX, Settings

README = Path(__file__).parents[2] / "README.md"
_ROW = re.compile(rf"^\|\s*`({PREFIX}[A-Z_]+)`\s*\|([^|]*)\|([^|]+)\|\s*$", re.MULTILINE)


def test_every_setting_is_in_the_table_with_its_default() -> None:
    rows = {
        name: (default.strip().strip("`"), words.strip())
        for name, default, words in _ROW.findall(README.read_text(encoding="utf-8"))
    }
    wanted = {
        f"{PREFIX}{name.upper()}": "" if field.default is None else str(field.default)
        for name, field in Settings.model_fields.items()
    }
    assert rows.keys() == wanted.keys()
    # An absent default may be left empty or drawn as a dash.
    assert {name: default.strip("—–- ") for name, (default, _) in rows.items()} == wanted
    assert all(words for _, words in rows.values())
