"""Markdown: the words without their marks, tables row by row.

A line stays a line, as in plain text: official texts are written one paragraph a line.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from ingestion import texts
from ingestion.loaded import LoadedDocument, Unreadable
from ingestion.loaders.lines import clean
from ingestion.loaders.rows import lines_of, plain
from ingestion.loaders.txt import decode

_FRONT_MATTER = re.compile(r"\A---\n.*?\n(?:---|\.\.\.)\n", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_RULE = re.compile(r"\s*(?:[-*_]\s*){3,}$|\s*=+\s*$")
_FENCE = re.compile(r"\s*(?:```|~~~)")
_OPENING = re.compile(r"\s*(?:#{1,6}\s+|(?:>\s?)+|[-*+]\s+(?:\[[ xX]\]\s+)?)")
_CLOSING = re.compile(r"\s+#+\s*$")
_TABLE_RULE = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$")
_CELL_EDGE = re.compile(r"(?<!\\)\|")
_INLINE = (
    (re.compile(r"!\[([^\]]*)\]\([^)]*\)"), r"\1"),
    (re.compile(r"\[([^\]]+)\]\([^)]*\)"), r"\1"),
    (re.compile(r"<(https?://[^>\s]+)>"), r"\1"),
    (re.compile(r"<br\s*/?>", re.IGNORECASE), "\n"),
    (re.compile(r"</?[a-zA-Z][^>]*>"), ""),
    (re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1"), r"\2"),
    (re.compile(r"(?<![\w*])\*(?=[^\s*])([^*]+?)(?<=\S)\*(?!\*)"), r"\1"),
    (re.compile(r"~~(.+?)~~"), r"\1"),
    (re.compile(r"`+([^`]+)`+"), r"\1"),
    (re.compile(r"\\([\\`*_{}\[\]()#+.!|>~-])"), r"\1"),
)


def load(path: Path, external_id: str) -> Iterator[LoadedDocument]:
    """Yield the one document of a Markdown file; its first top heading is its title.

    Raises:
        Unreadable: empty, or in none of the known encodings.
    """
    source = _COMMENT.sub("", _FRONT_MATTER.sub("", decode(path, path.read_bytes())))
    lines = source.split("\n")
    text = clean("\n".join(_read(lines)))
    if not text.strip():
        raise Unreadable(path, texts.EMPTY)
    tops = [line for line in lines if re.match(r"#\s+\S", line)]
    yield LoadedDocument(external_id, text, clean(_words(tops[0])) if len(tops) == 1 else None)


def _read(lines: list[str]) -> Iterator[str]:
    at = 0
    fenced = False
    while at < len(lines):
        line = lines[at]
        if _FENCE.match(line):
            fenced = not fenced
        elif fenced:
            yield line
        elif "|" in line and at + 1 < len(lines) and _is_table_rule(lines[at + 1]):
            until = at + 2
            while until < len(lines) and "|" in lines[until]:
                until += 1
            yield from _table([line, *lines[at + 2 : until]])
            at = until - 1
        elif line.strip() and not _RULE.match(line):
            yield _words(line)
        at += 1


def _is_table_rule(line: str) -> bool:
    return "|" in line and "-" in line and _TABLE_RULE.match(line) is not None


def _table(lines: list[str]) -> list[str]:
    rows = [[_words(cell) for cell in _cells(line)] for line in lines]
    width = len(rows[0])
    rows = [(row + [""] * width)[:width] for row in rows]
    return lines_of(plain(rows, header_rows=1))


def _cells(line: str) -> list[str]:
    return _CELL_EDGE.split(line.strip().removeprefix("|").removesuffix("|"))


def _words(line: str) -> str:
    opened = _OPENING.match(line)
    if opened:
        line = line[opened.end() :]
        if "#" in opened[0]:
            line = _CLOSING.sub("", line)
    for mark, words in _INLINE:
        line = mark.sub(words, line)
    return line.strip()
