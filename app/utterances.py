"""Files of utterances in, files of what they are understood to mean out."""

import json
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.understanding.commands import Command, Understood
from bot.understanding.understanding import Understanding


class UtteranceLineWrong(Exception):
    """A line is not an object with an id and a text; names the line."""

    def __init__(self, number: int) -> None:
        """Take the line's number, from 1."""
        super().__init__(f"第{number}行应当是一个带 id 和 text 的 JSON 对象。")
        self.number = number


def understand_file(
    understanding: Understanding, utterances: Path, results: Path, *, now: datetime
) -> None:
    """Write one line for each line read, in order.

    Raises:
        UtteranceLineWrong: a line cannot be read; the lines before it are written.
    """
    with (
        utterances.open(encoding="utf-8", errors="replace", newline="\n") as lines,
        results.open("w", encoding="utf-8", errors="backslashreplace") as out,
    ):
        for number, line in enumerate(lines, 1):
            utterance = _read(number, line)
            started = time.perf_counter()
            understood = understanding.read(utterance["text"], now=now)
            seconds = time.perf_counter() - started
            result = _result(utterance["id"], understood, seconds)
            out.write(json.dumps(result, ensure_ascii=False) + "\n")


def _read(number: int, line: str) -> dict[str, Any]:
    try:
        utterance = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UtteranceLineWrong(number) from error
    if (
        not isinstance(utterance, dict)
        or "id" not in utterance
        or not isinstance(utterance.get("text"), str)
    ):
        raise UtteranceLineWrong(number)
    return utterance


def _result(utterance_id: object, understood: Understood, seconds: float) -> dict[str, Any]:
    first, *more = [_plain(command) for command in understood.commands]
    result = {"id": utterance_id, **first, "seconds": round(seconds, 6)}
    return {**result, "more": more} if more else result


def _plain(command: Command) -> dict[str, Any]:
    return {"intent": command.intent.outside.value, "slots": command.slots.scored()}
