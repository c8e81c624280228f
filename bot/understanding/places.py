"""Where someone wants to go, in his own words: 送我去总医院看病 -> 总医院."""

import re
from dataclasses import dataclass

from bot.understanding.words import PlaceWords

MAX_PLACE = 24

_LEAD = re.compile(r"^(?:爬|逛逛?|一趟|一下|趟|下|个|那个|咱们|咱|我们|我|咱的|一)")
_TAIL = re.compile(r"(?:那里|那儿|那边|去|来|那|一下|里头|里面|这边|车|上|下|的|个|就)$")
_EXTENSION = re.compile(
    r"^(?:东|西|南|北|新|老|本)?(?:院区|分院|院|区|门诊部|门诊楼|门诊|住院部|急诊|正门|东门|西门|南门|北门|门口|大门|大厅"
    r"|航站楼|T\d|[一二三\d]号楼|[一二三\d]号门)(?!看|挂)"
)
_RUN = re.compile(r"[^，。！？；、的:]{0,12}$")
_NOT_NAME = re.compile(
    r".*(?:用车|要车|叫车|派车|订车|约车|出车|坐车|车|我要|我想|我|俺|要|订|定|去|到|往|从|送|接|想|个|辆|趟|先|再|在|"
    r"是|给|帮|回|上|看|不|约|预约|那|这|改|吧|就|还|都|有|叫|也)"
)


@dataclass(frozen=True, slots=True)
class Place:
    """A place and where the words for it stand."""

    start: int
    end: int
    name: str


class PlaceReader:
    """Finds destinations in cleaned text whose days and times are blanked out."""

    def __init__(self, words: PlaceWords) -> None:
        """Keep the words."""
        self._words = words

    def destinations(self, text: str) -> list[Place]:
        """Return the places after 去, 到, 回, ... in order."""
        found: list[Place] = []
        for match in self._words.go.all(text):
            if found and match.start() < found[-1].end:
                continue
            not_before = self._words.not_before.get(match.group()[-1])
            if not_before is not None and not_before.ends(text[: match.start()]):
                continue
            place = self._place_at(text, match.end())
            if place is not None:
                found.append(place)
        return found

    def origin(self, text: str) -> Place | None:
        """Return the place after 从."""
        for match in self._words.origin.all(text):
            place = self._place_at(text, match.end(), until=r"(?:出发|去|到|回|接|送|往|走|来|拉)")
            if place is not None:
                return place
        return None

    def named(self, text: str) -> Place | None:
        """Return a place that is one by its name: 总医院, 高铁站."""
        kind = self._words.kinds.search(text)
        if kind is None:
            return None
        run = _RUN.search(text[: kind.start()])
        before = run.group() if run else ""
        name = _NOT_NAME.sub("", before, count=1)
        start = kind.start() - len(name)
        end = kind.end() + len(self._extension(text[kind.end() :]))
        return Place(start, end, text[start:end])

    def bare(self, text: str) -> Place | None:
        """Return the place where the whole text answers 去哪儿."""
        said = text.strip("，。！？；")
        places = self.destinations(said)
        if places:
            return places[-1]
        place = self._place_at(said, 0)
        return place or self.named(said)

    def _place_at(self, text: str, start: int, until: str | None = None) -> Place | None:
        rest = text[start : start + MAX_PLACE * 2]
        lead = _LEAD.match(rest)
        if lead and len(lead.group()) < len(rest):
            start += lead.end()
            rest = rest[lead.end() :]
        if not rest or self._words.not_places.begins(rest):
            return None
        end = self._end_of(rest, until)
        name = _trimmed(rest[:end])
        if not _is_place(name):
            return None
        return Place(start, start + len(name), name)

    def _end_of(self, rest: str, until: str | None) -> int:
        stop = self._words.ends.search(rest)
        end = stop.start() if stop else len(rest)
        if until and (way := re.search(until, rest)):
            end = min(end, way.start())
        punctuation = re.search(r"[，。！？；、]", rest)
        reach = punctuation.start() if punctuation else len(rest)
        # A name such as 办事处 may hold a word that would end it; 军区总医院 holds two kinds.
        kinds = [each for each in self._words.kinds.all(rest[:reach]) if each.start() <= end]
        if kinds:
            last = kinds[-1].end()
            return last + len(self._extension(rest[last:]))
        return end

    def _extension(self, rest: str) -> str:
        found = _EXTENSION.match(rest)
        return found.group() if found else ""


def _trimmed(name: str) -> str:
    trimmed = _TAIL.sub("", name)
    return trimmed if len(trimmed) >= 2 else name


def _is_place(name: str) -> bool:
    return name in {"家", "所", "所里"} or 2 <= len(name) <= MAX_PLACE
