"""Sentences said to people live in TOML files that anyone in an institution can correct.

A file is a table of tables: `[form] past = "…{day}…"` is said as `say("form.past", day=…)`.
"""

import string
import tomllib
from pathlib import Path
from typing import Any


class TextsBroken(Exception):
    """A texts file cannot be read; names the file and the line or key."""


class Texts:
    """The sentences of one file, by dotted key."""

    def __init__(self, path: Path) -> None:
        """Read and check the file.

        Raises:
            TextsBroken: not TOML, a value that is not text, or a broken placeholder.
        """
        self._path = path
        try:
            tree = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise TextsBroken(f"{path}：{error}") from error
        self._sentences = dict(self._flatten(tree, ""))
        for key, sentence in self._sentences.items():
            self._check(key, sentence)

    def say(self, key: str, **values: object) -> str:
        """Return the sentence with its placeholders filled.

        Raises:
            KeyError: no such sentence, or a placeholder without a value.
        """
        return self._sentences[key].format(**values)

    def keys(self) -> frozenset[str]:
        """Return every key, for checks."""
        return frozenset(self._sentences)

    def _flatten(self, tree: dict[str, Any], prefix: str) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        for key, value in tree.items():
            if isinstance(value, dict):
                found += self._flatten(value, f"{prefix}{key}.")
            elif isinstance(value, str):
                found.append((f"{prefix}{key}", value))
            else:
                raise TextsBroken(f"{self._path}：“{prefix}{key}”应当是一句话（用引号括起来）。")
        return found

    def _check(self, key: str, sentence: str) -> None:
        try:
            list(string.Formatter().parse(sentence))
        except ValueError as error:
            raise TextsBroken(f"{self._path}：“{key}”里的花括号没有成对。") from error
