"""Reading the TOML files that anyone in an institution may correct; errors name the line."""

import re
import tomllib
from pathlib import Path
from typing import Any

from knowledge.errors import FileWrong


class RuleFile:
    """A parsed file that can say on which line its n-th table begins."""

    def __init__(self, path: Path) -> None:
        """Read `path`.

        Raises:
            FileWrong: the file is not TOML.
        """
        self.path = path
        try:
            self._source = path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise FileWrong(path, 1, "请另存为 UTF-8 文本。") from error
        try:
            self.tree: dict[str, Any] = tomllib.loads(self._source)
        except tomllib.TOMLDecodeError as error:
            found = re.search(r"line (\d+)", str(error))
            line = int(found.group(1)) if found else self._source.count("\n") + 1
            raise FileWrong(path, line, f"格式不对（{error}）。") from error

    def tables(self, name: str, allowed: frozenset[str]) -> list[dict[str, Any]]:
        """Return the `[[name]]` tables.

        Raises:
            FileWrong: there is none, or one has a key that means nothing here.
        """
        tables = self.tree.get(name)
        if not isinstance(tables, list) or not tables:
            raise self.wrong(1, f"没有 [[{name}]]。")
        for number, table in enumerate(tables):
            for key in table:
                if key not in allowed:
                    raise self.wrong(self.line_of(name, number), f"不认得“{key}”这一项。")
        return tables

    def line_of(self, name: str, number: int) -> int:
        """Return the line on which the `number`-th `[[name]]` begins, counted from 1."""
        starts = [
            line
            for line, words in enumerate(self._source.split("\n"), start=1)
            if words.strip() == f"[[{name}]]"
        ]
        return starts[number] if number < len(starts) else 1

    def words(self, table: dict[str, Any], key: str, line: int) -> tuple[str, ...]:
        """Return a list of words.

        Raises:
            FileWrong: absent, or something in it is not a word.
        """
        words = table.get(key, [])
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise self.wrong(line, f"“{key}”应当是用引号括起来的词，放在方括号里。")
        if not all(word.strip() for word in words):
            raise self.wrong(line, f"“{key}”里有一个空的词。")
        return tuple(words)

    def flag(self, table: dict[str, Any], key: str, line: int) -> bool:
        """Return a yes or no, no when absent.

        Raises:
            FileWrong: something else stands there.
        """
        value = table.get(key, False)
        if not isinstance(value, bool):
            raise self.wrong(line, f"“{key}”只能写 true 或 false。")
        return value

    def wrong(self, line: int, reason: str) -> FileWrong:
        """Return the error to raise for a line of this file."""
        return FileWrong(self.path, line, reason)
