"""Taking personal data out of what a language model is shown, and putting it back.

Whatever may point to a person is replaced by a mark such as 【号码1】 before it leaves: in the
question anything that could be a number, an address or a name of somebody; in the clauses, which
are published texts, telephone and card numbers and the names of people of the house. Too much
masked costs a little sense, too little cannot be taken back.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from knowledge.rule_files import RuleFile
from knowledge.words import comparable, spoken

HIDDEN_NUMBER = "〔号码〕"
MASKING_FILE = Path(__file__).with_name("masking.toml")
SURNAMES = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏窦章苏潘葛范彭"
    "郎鲁韦马苗凤方俞任袁柳鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于傅皮卞齐康伍余顾孟黄穆萧"
    "尹姚邵汪祁毛禹狄米贝臧戴宋庞熊纪舒屈项祝董梁杜阮蓝季麻贾路江童颜郭梅盛林刁钟徐邱骆高夏蔡"
    "田樊胡凌霍虞万柯管卢莫房解应丁邓洪包左石崔龚程邢裴陆荣翁荀甄曲段焦巴侯全班秋仲伊宁仇栾武"
    "符刘景龙叶司黎薄印白怀蒲邰赖卓屠池乔向申翟谭姬冉桑牛尚温庄晏柴瞿阎连习容古易廖耿匡寇广欧"
    "沃师聂晁敖冷辛简饶曾关查游权盖岳帅肖闫付"
)
_COMPOUND = "欧阳|司马|上官|诸葛|慕容|令狐|司徒|东方|皇甫|尉迟|端木|夏侯|公孙|西门"
_HAN = "[\u4e00-\u9fff]"
# Also as soldiers say digits (洞幺两拐勾), and as cheques write them.
_DIGIT = r"[\d零〇一二三四五六七八九两幺洞拐勾壹贰叁肆伍陆柒捌玖]"
_GAP = r"[\s\-‐-―.,，、·/()_]*"

_WEB = re.compile(
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|https?://[^\s\u4e00-\u9fff]+|www\.[^\s\u4e00-\u9fff]+"
    r"|(?:微信|qq|vx|v信)号?(?:是|叫|为|[:：])?\s*[a-z0-9_\-]{4,}",
    re.IGNORECASE,
)
_DAY_LONG_AGO = re.compile(
    r"(?:19\d{2}|[一]九[零〇一二三四五六七八九]{2})\s*[年.\-/]\s*[\d一二三四五六七八九十]{1,3}"
    r"(?:\s*[月.\-/]\s*[\d一二三四五六七八九十]{1,3})?\s*[月日号]?"
)
_CERTIFICATE = re.compile(
    rf"{_HAN}{{0,4}}字\s*第?\s*{_DIGIT}{{2,}}\s*号?"
    rf"|(?<=[证卡照])(?:的?号码?|编号)?(?:是|为|[:：])?\s*第?\s*[a-z]{{0,3}}{_DIGIT}[a-z\d\-]{{2,}}\s*号?",
    re.IGNORECASE,
)
# Five digits already: a short number, a postcode, a part of a card.
_NUMBER = re.compile(
    rf"\+?{_DIGIT}(?:{_GAP}{_DIGIT}){{6,}}x?(?:转\d+)?"
    r"|(?<!\d)\d(?:[\s\-‐-―()]{0,3}\d){4,}x?",
    re.IGNORECASE,
)
_DATE = r"(?:19|20)\d{2}[-./]\d{1,2}[-./]\d{1,2}"
_PUBLISHED_NUMBER = re.compile(
    rf"(?<!\d)(?<!\d\.)(?!{_DATE}(?!\d))\+?\d(?:[\s\-‐-―()]{{0,3}}\d){{6,}}x?(?!\d|\.\d)",
    re.IGNORECASE,
)

_COUNT = r"[\d一二三四五六七八九十百零〇两甲乙丙丁a-z]{1,5}"
_PART = rf"{_COUNT}\s*(?:号院|号楼|号门|单元|门洞|栋|幢|座|号|楼|层|室|户|房)"
_SURE_PART = rf"{_COUNT}\s*(?:号院|号楼|号门|单元|栋|幢|座|室)"
_AREA = rf"(?:{_HAN}{{2,8}}(?:省|市|区|县|镇|乡|街道|村))?"
_ROAD = rf"{_HAN}{{1,6}}(?:路|街|巷|弄|道|胡同|里|村|屯|庄)\s*{_COUNT}\s*(?:号|弄|院|组|队|-)"
_ESTATE = rf"{_HAN}{{1,5}}(?:小区|家园|花园|新村|公寓|胡同|大院|家属院|宿舍)"
_DOOR = (
    r"(?:[\s\-]*(?:\d{2,4}|[零〇一二三四五六七八九洞幺两]{3,4})(?![\d点时分月日号年次元个份位%]))?"
)
_ADDRESS = re.compile(
    rf"{_AREA}(?:(?:{_ROAD}|{_ESTATE})(?:\s*{_PART})*{_DOOR}"
    rf"|{_PART}(?:\s*{_PART})+{_DOOR}|{_SURE_PART}{_DOOR}|(?<!\d)\d{{1,3}}(?:-\d{{1,4}}){{2,}})",
    re.IGNORECASE,
)
_INTRODUCED = re.compile(
    rf"(?:(?:我|本人|名字|姓名|他|她|老伴|爱人|老头|父亲|母亲|爸|妈|爷爷|奶奶|儿子|女儿)(?:叫|是|名叫|[:：])"
    rf"|名叫|姓名)\s*(?P<name>(?:{_COMPOUND}|[{SURNAMES}]){_HAN}{{1,2}})"
)
_OWN_MARKS = str.maketrans({"【": "〖", "】": "〗", "<": "‹", ">": "›"})


def without_numbers(text: str) -> str:
    """Return a text without telephone and card numbers, for those who may read the rest."""
    return _PUBLISHED_NUMBER.sub(HIDDEN_NUMBER, text)


@dataclass(frozen=True, slots=True)
class Masked:
    """A question and clauses fit to be shown, and what the marks in them stand for."""

    question: str
    clauses: tuple[str, ...]
    originals: Mapping[str, str]

    def put_back(self, text: str) -> str:
        """Return a text with what its marks stand for; an unknown mark stays."""
        for mark, original in self.originals.items():
            text = text.replace(mark, original)
        return text


class Masking:
    """Masks one question and its clauses at a time."""

    def __init__(self, path: Path = MASKING_FILE) -> None:
        """Read and check the words of health.

        Raises:
            FileWrong: names the file and the line.
        """
        file = RuleFile(path)
        tables = file.tables("health", frozenset({"instead", "words"}))
        self._health = tuple(_health(file, number, table) for number, table in enumerate(tables))

    def mask(self, question: str, clauses: Sequence[str], *, names: Collection[str]) -> Masked:
        """Return what may be shown of a question and of the clauses that answer it.

        Args:
            names: the people who may be meant, as they are called in full.
        """
        marks = _Marks()
        asked = spoken(question).translate(_OWN_MARKS)
        asked = self._without_illnesses(asked, " ".join(map(comparable, clauses)))
        asked = _WEB.sub(marks.hiding("网址"), asked)
        asked = _DAY_LONG_AGO.sub(marks.hiding("日期"), asked)
        asked = _CERTIFICATE.sub(marks.hiding("号码"), asked)
        asked = _NUMBER.sub(marks.hiding("号码"), asked)
        asked = _ADDRESS.sub(marks.hiding("住址"), asked)
        asked = _INTRODUCED.sub(lambda found: _mark_name(found, marks), asked)
        called = _any_of(names, where=comparable("\n".join((asked, *clauses))))
        shown = [clause.translate(_OWN_MARKS) for clause in clauses]
        for pattern, label in ((_WEB, "网址"), (_PUBLISHED_NUMBER, "号码")):
            shown = [pattern.sub(marks.hiding(label), clause) for clause in shown]
        asked, *shown = (called.sub(marks.hiding("姓名"), each) for each in (asked, *shown))
        return Masked(asked, tuple(shown), marks.originals)

    def _without_illnesses(self, question: str, clauses: str) -> str:
        for pattern, instead in self._health:
            question = pattern.sub(
                lambda found, instead=instead: (  # type: ignore[misc] # The default binds it.
                    found.group() if found.group() in clauses else instead
                ),
                question,
            )
        return question


@dataclass(slots=True)
class _Marks:
    """The marks given so far: the same words get the same mark."""

    originals: dict[str, str] = field(default_factory=dict)

    def hiding(self, label: str) -> Callable[[re.Match[str]], str]:
        """Return what replaces a match by its mark."""
        return lambda found: self.mark(label, found.group())

    def mark(self, label: str, words: str) -> str:
        """Return the mark that stands for `words`."""
        known = next((mark for mark, original in self.originals.items() if original == words), None)
        if known is not None:
            return known
        mark = f"【{label}{len(self.originals) + 1}】"
        self.originals[mark] = words
        return mark


def _mark_name(found: re.Match[str], marks: _Marks) -> str:
    before = found.group()[: found.start("name") - found.start()]
    return before + marks.mark("姓名", found.group("name"))


def _any_of(names: Collection[str], *, where: str) -> re.Pattern[str]:
    """Return what finds any of the names, in full or, where it is long enough, the given name."""
    full = [comparable(name) for name in names]
    called = {*full, *(name[-2:] for name in full if len(name) > 2)}
    # A house has many names, and a question few of them.
    found = [re.escape(name) for name in called if len(name) > 1 and name in where]
    words = sorted(found, key=len, reverse=True)
    return re.compile("|".join(words) or r"(?!)", re.IGNORECASE)


def _health(file: RuleFile, number: int, table: dict[str, object]) -> tuple[re.Pattern[str], str]:
    line = file.line_of("health", number)
    instead, words = table.get("instead"), file.words(table, "words", line)
    if not isinstance(instead, str) or not instead or not words:
        raise file.wrong(line, "要有“instead”（换成什么）和“words”（哪些词）。")
    for word in words:
        try:
            re.compile(word)
        except re.error as error:
            raise file.wrong(line, f"“{word}”不是能用的写法（{error}）。") from error
    return re.compile("|".join(words), re.IGNORECASE), instead
