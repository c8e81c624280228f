"""The words file: how people say things, read from TOML that staff can correct."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from booking.services import Catalog, line_of, load_catalog

FOLDER = Path(__file__).parent
_GAP = "[^。！？]{0,8}?"
_GROUP = re.compile(r"(?<!\\)\((?!\?)")


class WordsBroken(Exception):
    """A words file is wrong; the message names file, line and problem."""


class Phrases:
    """A list of ways to say one thing, as one pattern."""

    def __init__(self, phrases: Iterable[str]) -> None:
        """Compile; longer phrases are tried first.

        Raises:
            ValueError: a phrase is not a pattern; the message holds it.
        """
        ordered = sorted(phrases, key=len, reverse=True)
        parts = [_pattern(phrase) for phrase in ordered]
        self.source = "|".join(parts) if parts else "(?!)"
        self.pattern = re.compile(self.source)

    def search(self, text: str, start: int = 0) -> re.Match[str] | None:
        """Return the first place where one of them is said."""
        return self.pattern.search(text, start)

    def all(self, text: str) -> Iterator[re.Match[str]]:
        """Return every place where one of them is said."""
        return self.pattern.finditer(text)

    def said(self, text: str) -> bool:
        """Tell whether one of them is said anywhere."""
        return self.pattern.search(text) is not None

    def ends(self, text: str) -> bool:
        """Tell whether `text` ends with one of them."""
        return self._at_end.search(text) is not None

    def begins(self, text: str) -> re.Match[str] | None:
        """Return the match at the very beginning."""
        return self.pattern.match(text)

    @cached_property
    def _at_end(self) -> re.Pattern[str]:
        return re.compile(rf"(?:{self.source})\Z")

    def is_run_of(self, text: str) -> bool:
        """Tell whether `text` is up to three of them and nothing else: 是的没错."""
        return self._in_a_row.fullmatch(text) is not None

    @cached_property
    def _in_a_row(self) -> re.Pattern[str]:
        return re.compile(rf"(?:{self.source}){{1,3}}")

    def is_all_of(self, text: str) -> bool:
        """Tell whether `text` is one of them and nothing else."""
        return self.pattern.fullmatch(text) is not None


def _pattern(phrase: str) -> str:
    source = _GROUP.sub("(?:", phrase.replace("…", _GAP))
    try:
        found = re.compile(source)
    except re.error as error:
        raise ValueError(f"“{phrase}”的括号或写法不对") from error
    if not phrase or found.fullmatch(""):
        raise ValueError(f"“{phrase}”是空的，什么话都会对上")
    return source


def _phrases(value: object) -> Phrases:
    if not isinstance(value, list) or any(not isinstance(each, str) for each in value):
        raise ValueError("应当是方括号里的几个说法，每个都加引号")
    return Phrases(value)


Said = Annotated[Phrases, BeforeValidator(_phrases)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class ServiceWords(_Table):
    """How one service is named, and the verbs by which it is ordered."""

    names: Said
    not_names: Said
    book: Said


class PlaceWords(_Table):
    """How a destination is said."""

    go: Said
    ends: Said
    not_places: Said
    not_before: Mapping[str, Said]
    kinds: Said
    origin: Said


class RideWords(_Table):
    """What else a ride can need."""

    wheelchair: Said
    no_wheelchair: Said
    return_trip: Said
    no_return_trip: Said


class DayWords(_Table):
    """Days that are not days yet."""

    vague: Said
    repeating: Said


class TimeWords(_Table):
    """What keeps an hour from being one."""

    vague: Said
    not_after: Said
    not_before: Said


class PartWords(_Table):
    """The parts of a day."""

    early: Said
    morning: Said
    noon: Said
    afternoon: Said
    evening: Said
    night: Said
    not_parts: Said


class ActWords(_Table):
    """How one intent is said: anywhere, or as a whole answer."""

    says: Said = Phrases(())
    alone: Said = Phrases(())
    not_says: Said = Phrases(())
    corrections: Said = Phrases(())
    asks: Said = Phrases(())


class FraudWords(_Table):
    """Someone asks for money, codes or papers in a name that is not his.

    `says` is enough by itself. What is wanted counts together with who came (`tellers`), with
    `doubts`, and with the question whether it is us (`yours`), which counts with who came, too.
    `lost` tells that it has been given already.
    """

    says: Said
    tellers: Said
    wants: Said
    doubts: Said
    yours: Said
    lost: Said
    not_says: Said


class AskWords(_Table):
    """What tells a question from a wish."""

    marks: Said
    policy: Said
    favours: Said
    others: Said
    wants: Said


class AnswerWords(_Table):
    """Yes, no, and what people say around an answer."""

    yes: Said
    no: Said
    fillers: Said


class Words(_Table):
    """Everything in words.toml."""

    services: Mapping[str, ServiceWords]
    # Of these, the ones whose words stand in their catalog file.
    own: frozenset[str] = frozenset()
    meals: Mapping[str, Said]
    diets: Mapping[str, Said]
    relations: Mapping[str, Said]
    parts: PartWords
    days: Mapping[int, Said]
    day_words: DayWords
    festivals: Mapping[str, str]
    time_words: TimeWords
    places: PlaceWords
    ride: RideWords
    asks: AskWords
    status: ActWords
    cancel: ActWords
    change: ActWords
    confirm: ActWords
    repeat: ActWords
    human: ActWords
    greeting: ActWords
    complaint: ActWords
    praise: ActWords
    fraud: FraudWords
    again: ActWords
    all_meals: ActWords
    vocatives: ActWords
    back: ActWords
    restart: ActWords
    modify: ActWords
    answers: AnswerWords
    danger: "DangerWords"
    live: "LiveWords"


class Sign(_Table):
    """One kind of danger."""

    kind: str
    says: Said


class MildWords(_Table):
    """Ordinary complaints of the body, dangerous only when said strongly."""

    says: Said
    severe: Said


class HarmlessWords(_Table):
    """What takes the danger out of a sentence."""

    idioms: Said
    past: Said
    over: Said
    story: Said
    topic: Said
    now: Said
    strong: Said
    not_before: Said


class DangerWords(_Table):
    """Everything in danger.toml."""

    signs: tuple[Sign, ...]
    mild: MildWords
    harmless: HarmlessWords


class SayingWords(_Table):
    """Ways to say one thing."""

    says: Said


class LiveTopicWords(SayingWords):
    """How one live topic is asked about, and what makes it another question."""

    unless: Said


class LiveWords(_Table):
    """Everything in live.toml."""

    documents: SayingWords
    menu: LiveTopicWords
    places: LiveTopicWords
    done: LiveTopicWords
    turn: LiveTopicWords


Words.model_rebuild()


def load_words(folder: Path = FOLDER, *, catalog: Catalog | None = None) -> Words:
    """Read words.toml, danger.toml and live.toml of `folder`, and the services' own words.

    A service of the catalog that words.toml does not know brings its words with its file.

    Raises:
        WordsBroken: a file is wrong; the message names file, line and problem in Chinese.
    """
    danger = read_table(folder / "danger.toml", DangerWords)
    live = read_table(folder / "live.toml", LiveWords)
    words = read_table(folder / "words.toml", Words, {"danger": danger, "live": live})
    own = {
        service.id: ServiceWords.model_validate(
            {name: list(said) for name, said in service.words.model_dump().items()}
        )
        for service in (catalog or load_catalog()).services
        if service.words is not None and service.id not in words.services
    }
    return words.model_copy(update={"services": {**words.services, **own}, "own": frozenset(own)})


@cache
def bundled_words() -> Words:
    """Return the words that ship with the program, read once: that takes most of a second."""
    return load_words()


_Kind = TypeVar("_Kind", bound=BaseModel)


def read_table(path: Path, kind: type[_Kind], extra: Mapping[str, Any] | None = None) -> _Kind:
    """Read one TOML file as `kind`, with `extra` values beside what the file says.

    Raises:
        WordsBroken: the file is wrong; the message names file, line and problem in Chinese.
    """
    try:
        text = path.read_text(encoding="utf-8")
        return kind.model_validate({**tomllib.loads(text), **(extra or {})})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WordsBroken(f"{path}：写法不对（{error}）") from error
    except ValidationError as error:
        first = error.errors()[0]
        line = line_of(text, first["loc"])
        where = "、".join(str(part) for part in first["loc"]) or "整个文件"
        raise WordsBroken(f"{path} 第{line}行（{where}）：{first['msg']}") from error
