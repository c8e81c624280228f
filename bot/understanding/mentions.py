"""What is said in a stretch of text, slot by slot, before it is known what is wanted."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.understanding.numbers import NUMBER, read_number
from bot.understanding.words import Phrases, Words

MOST_PEOPLE = 999

_PEOPLE_WORDS = r"(?:个?人|位|口人?|名|个(?:老战友|老同志|老伙计|战友|同志|老头|老太太|孩子|老人|大人|孙子|孙女|朋友|家属|老乡))"
_SHARES = re.compile(rf"(?<![第\d.点])({NUMBER})(?:份|客|盒|套|碗|个?人份|人的?量)(?!钟)")
_SHARES_OF = re.compile(
    rf"(?<![第\d.])({NUMBER})(?:碗|个)(?=饭|餐|早饭|午饭|晚饭|盒饭|软饭|套餐|素餐|病号饭)"
)
_IN_ALL = re.compile(
    rf"(?:一共|总共|合计|拢共|统共|加起来|共)(?:要|是|订|来|送)?({NUMBER})(?:份|客|盒|套|个?人份)"
)
# 老王家也要一份，我家两份: shares of several houses.
_EACH_ITS_OWN = re.compile(
    r"(?:[家里爸妈王李张刘陈杨赵周吴孙马]|老伴|护工|保姆)(?:也)?(?:要|来|订|送)?[一两二三四五六七八九\d](?:份|客|盒)"
)
_PEOPLE = re.compile(rf"(?<![第\d.每这那哪半几])({NUMBER}){_PEOPLE_WORDS}(?!回|的话)")
_PAIR = re.compile(
    r"老两口|老俩口|(?:我|俺|咱|他|她)(?:们)?(?:老)?(?:俩|两口子|两口|两个)|俩人|两口子|夫妻俩|二老|(?:和|跟|同|带)[^，。]{1,4}俩"
)
_TRIPLE = re.compile(r"(?:我|俺|咱|他)(?:们)?仨|仨人")
_WITH = re.compile(
    r"(?:我)?(?:和|跟|同|带着|带上|带|连同|还有|陪着?)(?:我|俺)?(?:老伴儿?|爱人|儿子|女儿|闺女|孙子|孙女|保姆|老婆|老公|媳妇|护工|阿姨|爸|妈|老头子|老太婆|家属|女婿|儿媳)"
    r"|(?:老伴儿?|爱人|儿子|女儿|闺女|孙子|保姆|护工|家属|媳妇)(?:也|陪|跟)(?:着|我|一起|一块|去|要)"
)
_ME_AND = re.compile(r"(?:我|俺)(?:和|跟|同|带着?|还带着?|再加|陪着?)$")
# 再加一份, 多来两个人: added to what stands there already.
_ADDS = re.compile(
    rf"(?:(?:再|多|又|另外|还要)(?:给我|给)?(?:加|添|来|要|订|送|带|坐)?(?:上|个)?|(?:加|添)(?:上|个)?)(?:{NUMBER})(?:份|客|盒|套|个人|位|个(?=$|，|吧|座|人))"
)
MYSELF = "自己"
_MYSELF = re.compile(
    r"(?:给|帮|替|为)(?:我|俺|咱)?(?:自己|本人)|(?:我|俺)(?:自己|本人)(?:也)?(?:要|想|订|吃|坐|体检)"
)
_FOR = r"(?:给|帮|替|为|代|照顾)(?:我|俺|咱)?(?:家)?"
_NAMED = re.compile(
    r"(?:给|帮|替|为|代)((?:\d{1,4}(?:号|室|房)?的?)?(?:老首长|首长|老[王李张刘陈杨赵周吴孙马徐朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤]|[王李张刘陈杨赵周吴孙马徐朱胡郭何高林罗][老总工])(?:首长|同志)?)"
)
_SUBJECT = re.compile(
    r"(?:[要想得需也吃的]|今年|明天|后天|今天|下周|腿脚|身体|坐|有|牙|年纪|岁数|八十|九十|行动|，)"
)
_NOT_SUBJECT = re.compile(r"(?:陪|送|带|接|跟|和|不在|没|说|给|帮|替|来|开车|打|回|让|叫|家)")


@dataclass(frozen=True, slots=True)
class Mention:
    """A value and the stretch of text that says it."""

    start: int
    end: int
    value: str


class MentionReader:
    """Finds services, meals, diets, numbers of people and relatives in cleaned text."""

    def __init__(self, words: Words) -> None:
        """Keep the words."""
        self._words = words

    def services(self, text: str) -> list[Mention]:
        """Return the services named, in order."""
        found: list[Mention] = []
        for service_id, words in self._words.services.items():
            plain = words.not_names.pattern.sub(lambda match: "□" * len(match.group()), text)
            found += [Mention(*match.span(), service_id) for match in words.names.all(plain)]
        return sorted(found, key=lambda each: each.start)

    def meals(self, text: str) -> list[Mention]:
        """Return the meals named by a word of their own, in order."""
        return _all_of(self._words.meals, text)

    def diets(self, text: str) -> list[str]:
        """Return the diets said, in order, each once."""
        return list(dict.fromkeys(each.value for each in _all_of(self._words.diets, text)))

    def all_meals(self, text: str) -> bool:
        """Tell 三餐 and 早中晚."""
        return self._words.all_meals.says.said(text)

    def wheelchair(self, text: str) -> bool | None:
        """Return whether a wheelchair comes along."""
        if self._words.ride.no_wheelchair.said(text):
            return False
        return True if self._words.ride.wheelchair.said(text) else None

    def return_trip(self, text: str) -> bool | None:
        """Return whether the way back is wanted too."""
        if self._words.ride.no_return_trip.said(text):
            return False
        return True if self._words.ride.return_trip.said(text) else None

    def has_shares(self, text: str) -> bool:
        """Tell 两份 and 三客."""
        return _SHARES.search(text) is not None

    def portions(self, text: str) -> int | None:
        """Return the number of shares; the last one said counts."""
        in_all = _IN_ALL.search(text)
        if in_all is not None and (total := _number(in_all.group(1))) is not None:
            return total
        said = [_number(match.group(1)) for match in _SHARES.finditer(text)]
        said += [_number(match.group(1)) for match in _SHARES_OF.finditer(text)]
        numbers = [number for number in said if number is not None]
        if not numbers:
            return None
        if len(numbers) > 1 and _EACH_ITS_OWN.search(text) and numbers[0] != sum(numbers[1:]):
            return sum(numbers)
        # 两份，一份普通的一份软的: the first is the sum of the others, or more than they are.
        return numbers[0] if numbers[0] >= sum(numbers[1:]) else numbers[-1]

    def people(self, text: str) -> int | None:
        """Return the number of people, the one who speaks included."""
        counted = [
            (number + (1 if _ME_AND.search(text[: match.start()]) else 0))
            for match in _PEOPLE.finditer(text)
            if (number := _number(match.group(1))) is not None
        ]
        if counted:
            return counted[-1]
        if _TRIPLE.search(text):
            return 3
        return 2 if _PAIR.search(text) or _WITH.search(text) else None

    def adds(self, text: str) -> bool:
        """Tell 再加一份 and 多坐一个人, which add to what was said before."""
        return _ADDS.search(text) is not None and _IN_ALL.search(text) is None

    def relative(self, text: str) -> str | None:
        """Return the first relative who is mentioned at all."""
        found = [
            (match.start(), relation)
            for relation, words in self._words.relations.items()
            for match in words.all(text)
        ]
        return min(found)[1] if found else None

    def whom(self, text: str) -> str | None:
        """Return for whom it is: 帮我爸订 -> 父亲, 给老伴 -> 老伴, 给我自己 -> 自己."""
        if _MYSELF.search(text):
            return MYSELF
        for relation, words in self._words.relations.items():
            for match in words.all(text):
                before, after = text[: match.start()], text[match.end() :]
                if re.search(rf"{_FOR}$", before):
                    return relation
                opens = not before or before[-1] in "，。！？；"
                if opens and _SUBJECT.match(after) and not _NOT_SUBJECT.match(after):
                    return relation
        named = _NAMED.search(text)
        return named.group(1) if named else None


def _all_of(words: Mapping[str, Phrases], text: str) -> list[Mention]:
    found = [
        Mention(*match.span(), value)
        for value, phrases in words.items()
        for match in phrases.all(text)
    ]
    return sorted(found, key=lambda each: (each.start, -each.end))


def _number(words: str) -> int | None:
    number = read_number(words)
    return number if number is not None and 0 <= number <= MOST_PEOPLE else None
