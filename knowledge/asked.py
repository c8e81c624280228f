"""The kind of thing a question asks for, and whether a quote holds it: `asked.toml`."""

import re
from dataclasses import dataclass
from pathlib import Path

from knowledge.rule_files import RuleFile

ASKED_FILE = Path(__file__).with_name("asked.toml")

_NUMBER = r"(?:\d[\d,.]*|[一二两三四五六七八九十百千]+)"
_UNIT = "{unit}"
# Units that people and documents use for one another.
_SAME_UNITS = ("个项条种类点", "名人位", "家所个户", "部单部门", "床张")
# A thing that is counted is not always named again: 多少单位, 986户.
_COUNTED_BY = "个家户所"
# A sentence that says only that something is regulated holds none of what it regulates.
_ONLY_MENTIONS = re.compile(r"作出.{0,6}规定|提出.{0,4}要求")
# Folded text has half-width commas; the patterns are written as documents are.
_FOLDED = str.maketrans("，；：？！", ",;:?!")
_CLAUSE = re.compile(r"[^,。;!?\n]+")
# A row of a table, each cell after its header, speaks of one thing all along.
_ROW = re.compile(r"[^:;。]{1,20}:[^;。]+(?:;[^:;。]{1,20}:[^;。]+)+。?")
_A_NUMBER = re.compile(_NUMBER)
# A clause that begins so goes on about what the clause before it named: 外地用车，每公里0.8元.
_GOES_ON = re.compile(
    r"\s*(?:每|按|凡|不(?:超过|少于|低于|高于|得)|最[多高低少迟晚]|至[多少]|应当?|须|需|必须|免费|收费|收取|为"
    r"|由|于|自|共|可|不得|均|一律|一般|原则上|标准|价格|金额|费用|时间|期限|时长|总额|限额|总共|合计|其|人均"
    r"|约|近|超过|并|且|\d|[一二两三四五六七八九十百千万]+[个元次天名年])"
)
_LIST_COMMA = "、"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of thing asked for."""

    name: str
    asks: re.Pattern[str]
    unless: re.Pattern[str] | None
    evidence: tuple[str, ...]
    loose: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """A kind found in a question, with the pattern its answer must match."""

    name: str
    words: str
    answer: re.Pattern[str] | None

    def held_by(self, text: str, above: str = "") -> list[str]:
        """Return the clauses of a folded text that hold such a thing; [] when none does.

        A clause that has no subject of its own comes with the one whose subject it has, which
        at the beginning is the heading and title `above` the text.
        """
        if self.answer is None:
            return [text]
        if _ROW.fullmatch(text.strip()):
            return [text] if self.answer.search(text) else []
        held: list[str] = []
        told, end = above, 0
        for found in _CLAUSE.finditer(text):
            clause = found.group()
            if text[end : found.start()].strip(", ") or not _GOES_ON.match(clause):
                told = ""
            match, end = self.answer.search(clause), found.end()
            if match and not _ONLY_MENTIONS.search(clause):
                item = _item(clause, match) if _A_NUMBER.search(match.group()) else clause
                held.append(f"{told},{item}" if told and clause.startswith(item) else item)
            told = f"{told},{clause}" if told else clause
        return held


def _item(clause: str, match: re.Match[str]) -> str:
    """Return the item of a list that a number stands in: it counts nothing beside it."""
    start = clause.rfind(_LIST_COMMA, 0, match.start()) + 1
    end = clause.find(_LIST_COMMA, match.end())
    return clause[start:] if end < 0 else clause[start:end]


class AskedKinds:
    """The loaded file."""

    def __init__(self, path: Path = ASKED_FILE) -> None:
        """Read and check `path`.

        Raises:
            FileWrong: names the file and the line.
        """
        file = RuleFile(path)
        allowed = frozenset({"name", "asks", "unless", "evidence", "loose"})
        self._kinds = tuple(
            self._kind(file, number, table)
            for number, table in enumerate(file.tables("asked", allowed))
        )

    def read(self, question: str) -> tuple[Asked, ...]:
        """Return what a folded question asks for.

        The kinds of the file come in order: words that were taken by one are not taken again,
        and a loose kind counts only when no strict one does.
        """
        found: list[Asked] = []
        taken: list[re.Match[str]] = []
        for kind in self._kinds:
            match = kind.asks.search(question)
            if not match or (kind.unless and kind.unless.search(question)):
                continue
            if kind.loose and found:
                break
            if not any(_overlap(match, earlier) for earlier in taken):
                found.append(self._asked(kind, match))
                taken.append(match)
        return tuple(found)

    @staticmethod
    def _asked(kind: Kind, match: re.Match[str]) -> Asked:
        if kind.loose:
            return Asked(kind.name, match.group(), None)
        unit = match.groupdict().get("unit")
        units = _interchangeable(unit) if unit else r"[\u4e00-\u9fff]?"
        pattern = "|".join(kind.evidence).replace(_UNIT, units)
        name = kind.name.replace(_UNIT, unit or "")
        return Asked(name, match.group(), re.compile(pattern))

    @staticmethod
    def _kind(file: RuleFile, number: int, table: dict[str, object]) -> Kind:
        line = file.line_of("asked", number)
        name = table.get("name")
        if not isinstance(name, str) or not name:
            raise file.wrong(line, "缺少“name”。")
        asks = [word.translate(_FOLDED) for word in file.words(table, "asks", line)]
        unless = [word.translate(_FOLDED) for word in file.words(table, "unless", line)]
        evidence = tuple(
            word.translate(_FOLDED).replace("{n}", _NUMBER)
            for word in file.words(table, "evidence", line)
        )
        loose = file.flag(table, "loose", line)
        if not asks or not (evidence or loose):
            raise file.wrong(line, f"“{name}”要有“asks”，还要有“evidence”或者 loose = true。")
        for word in (*asks, *unless, *evidence):
            try:
                re.compile(word.replace(_UNIT, "个"))
            except re.error as error:
                raise file.wrong(line, f"“{word}”不是能用的写法（{error}）。") from error
        return Kind(
            name=name,
            asks=re.compile("|".join(asks), re.IGNORECASE),
            unless=re.compile("|".join(unless)) if unless else None,
            evidence=evidence,
            loose=loose,
        )


def _overlap(one: re.Match[str], other: re.Match[str]) -> bool:
    return one.start() < other.end() and other.start() < one.end()


def _interchangeable(unit: str) -> str:
    same = {letter for group in _SAME_UNITS if unit in group for letter in group}
    if len(unit) > 1:
        return f"(?:[{_COUNTED_BY}]?{re.escape(unit)}|[{_COUNTED_BY}])"
    return "[" + "".join(sorted(same | {unit})) + "]"
