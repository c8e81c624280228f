"""Taking out of a question what points to a person, before others read it."""

import re
from collections.abc import Collection

HIDDEN_NUMBER = "〔号码〕"
HIDDEN_NAME = "〔姓名〕"
HIDDEN_ADDRESS = "〔住址〕"

# Telephone, identity card, bank card: seven digits and more, however they are parted; but no day.
_DAY = r"(?:19|20)\d{2}[-./]\d{1,2}[-./]\d{1,2}(?!\d)"
_NUMBER = re.compile(rf"(?<!\d)(?!{_DAY})\+?\d(?:[\s\-‐-―()（）.]{{0,2}}\d){{6,}}[xX]?(?!\d)")
_COUNT = r"[\d一二三四五六七八九十百零〇两]{1,5}"
_PART = rf"{_COUNT}\s*(?:号院|号楼|单元|栋|幢|座|室|号门)"
_ADDRESS = re.compile(rf"{_PART}(?:\s*{_PART})*(?:\s*\d{{2,4}}(?![\d点时分月日号年次元个份位%]))?")
_SHORTEST_NAME = 2


def without_numbers(text: str) -> str:
    """Return a text without numbers that are somebody's: of a telephone, a card, a paper."""
    return _NUMBER.sub(HIDDEN_NUMBER, text)


def without_personal_data(text: str, names: Collection[str] = ()) -> str:
    """Return a text without somebody's numbers, doors of houses, and the given names.

    Args:
        text: what was asked.
        names: people as they are called in full; of three characters and more, what they are
            called without the family name is hidden too.
    """
    hidden = _ADDRESS.sub(HIDDEN_ADDRESS, without_numbers(text))
    called = {name for name in names if len(name) >= _SHORTEST_NAME}
    called |= {name[1:] for name in called if len(name) > _SHORTEST_NAME}
    for name in sorted(called, key=len, reverse=True):
        hidden = re.sub(re.escape(name), HIDDEN_NAME, hidden, flags=re.IGNORECASE)
    return hidden
