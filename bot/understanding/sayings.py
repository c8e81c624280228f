"""Sayings: sentences people say, each with what a careful person heard in it.

One file of the folder `sayings` for those that were written together; a table for each kind.
`told` are sentences that are no danger and of which nothing else is said. A sentence more is the
easiest way to teach: `python -m benchmarks.sayings --fit` learns from all of them.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from bot.understanding.clean import clean
from bot.understanding.commands import Intent
from bot.understanding.words import read_table

FOLDER = Path(__file__).with_name("sayings")
TOLD = "told"
# Intents that only make sense inside a dialogue have no sayings of their own.
HEARD = (
    Intent.BOOK,
    Intent.QUESTION,
    Intent.STATUS,
    Intent.CANCEL,
    Intent.CHANGE,
    Intent.CONFIRM,
    Intent.REPEAT,
    Intent.HUMAN,
    Intent.EMERGENCY,
    Intent.FRAUD,
    Intent.GREETING,
    Intent.COMPLAINT,
    Intent.PRAISE,
)


class _List(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    says: tuple[str, ...] = Field(min_length=1)


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    rules_were_made_on: bool = False
    told: _List | None = None
    book: _List | None = None
    question: _List | None = None
    status: _List | None = None
    cancel: _List | None = None
    change: _List | None = None
    confirm: _List | None = None
    repeat: _List | None = None
    human: _List | None = None
    emergency: _List | None = None
    fraud: _List | None = None
    greeting: _List | None = None
    complaint: _List | None = None
    praise: _List | None = None


@dataclass(frozen=True, slots=True)
class Saying:
    """One sentence, cleaned.

    Attributes:
        heard: what is wanted, None for `told`.
        set: the file it stands in.
        taught_rules: the rules were written while looking at it, so they look better on it than
            they are.
    """

    text: str
    heard: Intent | None
    set: str
    taught_rules: bool


def load_sayings(folder: Path = FOLDER) -> list[Saying]:
    """Read every file of `folder`; of a sentence that stands twice the first counts.

    Raises:
        WordsBroken: a file is wrong; the message names file, line and problem in Chinese.
    """
    found: dict[str, Saying] = {}
    for path in sorted(folder.glob("*.toml")):
        table = read_table(path, _File)
        for kind in (TOLD, *HEARD):
            heard = None if kind == TOLD else Intent(kind)
            sentences: _List | None = getattr(table, kind)
            for sentence in sentences.says if sentences else ():
                text = clean(sentence)
                found.setdefault(text, Saying(text, heard, path.stem, table.rules_were_made_on))
    return list(found.values())


def mark_of(sayings: Sequence[Saying]) -> str:
    """Return what tells whether the fitted numbers were learnt from these sayings."""
    lines = sorted(f"{each.heard}\t{each.text}" for each in sayings)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
