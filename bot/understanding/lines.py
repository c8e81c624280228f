"""Many utterances at once, one JSON object a line in and out, in order and independent."""

import json
import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from bot.understanding.commands import Command
from bot.understanding.understanding import Understanding


class LineBroken(Exception):
    """A line is not an object with "id" and "text"; `number` counts from 1."""

    def __init__(self, number: int) -> None:
        """Say which line it is."""
        super().__init__(f"第{number}行不是带有 id 和 text 的 JSON 对象。")
        self.number = number


def understand_lines(
    lines: Iterable[str], understanding: Understanding, *, now: datetime
) -> Iterator[str]:
    """Return one result line for each line read.

    Raises:
        LineBroken: a line is not such an object; the lines before it have been answered.
    """
    for number, line in enumerate(lines, start=1):
        row = _row(line, number)
        began = time.perf_counter()
        understood = understanding.read(row["text"], now=now)
        seconds = time.perf_counter() - began
        first, *more = (_plain(command) for command in understood.commands)
        result = {"id": row["id"], **first, "seconds": round(seconds, 6), "more": more}
        yield json.dumps(result, ensure_ascii=False)


def _row(line: str, number: int) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise LineBroken(number) from error
    if not isinstance(row, dict) or "id" not in row or not isinstance(row.get("text"), str):
        raise LineBroken(number)
    return row


def _plain(command: Command) -> dict[str, Any]:
    return {"intent": command.intent.outside.value, "slots": command.slots.scored()}
