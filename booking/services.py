"""Services as data: every file in booking/catalog describes one queue, most of them bookable."""

import enum
import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from booking.rides.rules import RideRules
from booking.service_rules import Deadlines, Need, Reminders
from store.clock import SHANGHAI
from store.identity import CareFlag

CATALOG = Path(__file__).parent / "catalog"
EMERGENCY = "emergency"
HUMAN = "human"
FACT_UPKEEP = "fact_upkeep"
POLICY = "policy"
FRAUD_REPORT = "fraud_report"
DOOR_CHECK = "door_check"
# Queues of calls: nothing is booked there, someone is to get in touch.
CALLS = frozenset({EMERGENCY, HUMAN, POLICY, FRAUD_REPORT, DOOR_CHECK})
# What rings on every desk until someone has taken it.
RINGING = frozenset({EMERGENCY, DOOR_CHECK})
MOST_POINTS = 100
_CLOSES = re.compile(r"(?:前(一|[1-9]\d?)天\s*)?([01]\d|2[0-3]):([0-5]\d)")


class CatalogBroken(Exception):
    """A catalog file cannot be used; names the file, the line and what is wrong."""


class FieldKind(enum.StrEnum):
    """What a form field takes."""

    DAY = "day"
    PERIOD = "period"
    CHOICE = "choice"
    NUMBER = "number"
    TIME = "time"
    PLACE = "place"
    YES_NO = "yes_no"
    PROVIDER = "provider"


class CapacityKind(enum.StrEnum):
    """What a booking takes up."""

    NONE = "none"
    PLACES = "places"
    VEHICLE = "vehicle"


class StarsAsked(enum.StrEnum):
    """How often a person is asked for stars after the service."""

    EACH_TIME = "each_time"
    WEEKLY = "weekly"


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Option(_Data):
    """One answer of a choice."""

    value: str = Field(pattern=r"^[a-z_0-9]{1,20}$")
    label: str = Field(min_length=1, max_length=20)


class FormField(_Data):
    """One question of a form."""

    name: str = Field(pattern=r"^[a-z_]{1,30}$")
    kind: FieldKind
    label: str
    prompt: str
    options: tuple[Option, ...] = ()
    unit: str = ""
    least: int = 1
    most: int = 1
    offered: tuple[int | str, ...] = ()
    default: str | int | bool | None = None
    most_length: int = 60
    earliest: time = time(0, 0)
    latest: time = time(23, 59)
    yes: str = "是"
    no: str = "不"
    yes_button: str = ""
    no_button: str = ""
    # Whether a change of it sends an accepted request back to be accepted again.
    accept_again: bool = True

    @model_validator(mode="after")
    def _choices_have_options(self) -> "FormField":
        if self.kind in {FieldKind.CHOICE, FieldKind.PERIOD} and not self.options:
            raise ValueError("这一项要有 options")
        return self

    def default_value(self) -> str | None:
        """Return the default in canonical form, None where the question must be asked."""
        if self.default is None:
            return None
        if isinstance(self.default, bool):
            return "yes" if self.default else "no"
        return str(self.default)


class Period(_Data):
    """A time of the day that can be booked: when it starts and when booking closes."""

    starts: time
    closes: str = Field(pattern=f"^{_CLOSES.pattern}$")

    def starts_at(self, day: date) -> datetime:
        """Return the instant (Shanghai time, aware) at which it starts on `day`."""
        return datetime.combine(day, self.starts, SHANGHAI)

    def closes_at(self, day: date) -> datetime:
        """Return the instant (Shanghai time, aware) until which `day` can be booked."""
        match = _CLOSES.fullmatch(self.closes)
        assert match is not None  # noqa: S101 - the pattern was validated when loaded.
        before = (match.group(1) or "0").replace("一", "1")
        closing_day = day - timedelta(days=int(before))
        closing = time(int(match.group(2)), int(match.group(3)))
        return datetime.combine(closing_day, closing, SHANGHAI)


class Turn(_Data):
    """Who goes first on a waiting list: points by care flag, and for whoever had none last year.

    The highest sum goes first, then whoever waits longest.
    """

    care: dict[CareFlag, int] = {}
    not_last_year: int = Field(default=0, ge=0, le=1000)
    # Until so many days before it begins everybody only lines up; then places go round in turn.
    gathers_until_days_before: int | None = Field(default=None, ge=1, le=365)

    @field_validator("care")
    @classmethod
    def _points_fit(cls, care: dict[CareFlag, int]) -> dict[CareFlag, int]:
        if any(not 0 <= points <= MOST_POINTS for points in care.values()):
            raise ValueError(f"每一种重点人员加 0 到 {MOST_POINTS} 分")
        return care

    def opens_at(self, starts: datetime) -> datetime | None:
        """Return from when places of an opening go round; None where first come is first served."""
        if self.gathers_until_days_before is None:
            return None
        return starts - timedelta(days=self.gathers_until_days_before)

    def of_flags(self, flags: Iterable[str]) -> int:
        """Return the points of someone's care flags together."""
        return sum(self.care.get(CareFlag(flag), 0) for flag in flags)


class Spoken(_Data):
    """How people name the service, and by which verbs they order it; see `bot.understanding`."""

    names: tuple[str, ...] = Field(min_length=1)
    not_names: tuple[str, ...] = ()
    book: tuple[str, ...] = Field(min_length=1)

    @field_validator("names", "not_names", "book")
    @classmethod
    def _are_patterns(cls, phrases: tuple[str, ...]) -> tuple[str, ...]:
        for phrase in phrases:
            try:
                found = re.compile(phrase.replace("…", "."))
            except re.error as error:
                raise ValueError(f"“{phrase}”的括号或写法不对") from error
            if found.fullmatch(""):
                raise ValueError(f"“{phrase}”是空的，什么话都会对上")
        return phrases


class Service(_Data):
    """One queue of an institution; `bookable` ones have a form."""

    id: str = Field(pattern=r"^[a-z_]{1,30}$")
    name: str
    number_prefix: str = Field(min_length=1, max_length=4)
    queue_role: str | None = None
    position: int
    bookable: bool = True
    grant: str = ""
    topics: tuple[str, ...] = ()
    capacity: CapacityKind = CapacityKind.NONE
    period_field: str = ""
    places_field: str = ""
    accept_within_minutes: int = Field(default=60, ge=1)
    fulfil_within_minutes: int | None = Field(default=None, ge=1)
    answer_within_working_minutes: int = Field(default=240, ge=1)
    most_days_ahead: int = Field(default=30, ge=1, le=400)
    notice_minutes: int = 0
    ride: RideRules | None = None
    once_a_year: bool = False
    stars_asked: StarsAsked = StarsAsked.EACH_TIME
    turn: Turn = Turn()
    words: Spoken | None = None
    # 0: a freed place is booked for whoever is first; else it is offered to him for so long.
    offer_hours: int = Field(default=0, ge=0, le=24 * 14)
    summary: str = ""
    deadlines: Deadlines = Deadlines()
    needs: tuple[Need, ...] = ()
    reminders: Reminders = Reminders()
    periods: dict[str, Period] = {}
    fields: tuple[FormField, ...] = ()

    @model_validator(mode="after")
    def _parts_fit(self) -> "Service":
        names = [field.name for field in self.fields]
        if len(set(names)) != len(names):
            raise ValueError("fields 里有两项同名")
        if self.capacity is CapacityKind.PLACES:
            field = next((each for each in self.fields if each.name == self.period_field), None)
            if field is None:
                raise ValueError("period_field 要写 fields 里的一项")
            missing = {option.value for option in field.options} - set(self.periods)
            if missing:
                raise ValueError(f"periods 里缺少 {'、'.join(sorted(missing))}")
        elif self.provider_field:
            raise ValueError('只有 capacity = "places" 的服务能有 kind = "provider" 的一项')
        if (self.capacity is CapacityKind.VEHICLE) != (self.ride is not None):
            raise ValueError("占用车辆的服务要有 [ride]，别的服务不要写")
        if self.bookable and not self.fields:
            raise ValueError("能预约的服务要有 fields")
        unknown = {each.field for each in (*self.deadlines.earlier, *self.needs)} - set(names)
        if unknown:
            raise ValueError(f"fields 里没有 {'、'.join(sorted(unknown))}")
        return self

    @property
    def provider_field(self) -> str:
        """The field that tells apart who gives the places; empty where there is none."""
        kinds = (each.name for each in self.fields if each.kind is FieldKind.PROVIDER)
        return next(kinds, "")

    @property
    def opening_fields(self) -> tuple[str, ...]:
        """The fields that, with the day, say which opening a booking takes places of."""
        return tuple(name for name in (self.period_field, self.provider_field) if name)

    def field(self, name: str) -> FormField:
        """Return the field called `name`.

        Raises:
            KeyError: there is none.
        """
        for each in self.fields:
            if each.name == name:
                return each
        raise KeyError(name)

    def has_field(self, name: str) -> bool:
        """Tell whether the form asks for `name`."""
        return any(each.name == name for each in self.fields)


@dataclass(frozen=True, slots=True)
class Catalog:
    """Every service, in the order in which people see them."""

    services: tuple[Service, ...]

    def get(self, service_id: str) -> Service:
        """Return a service.

        Raises:
            KeyError: there is none of that id.
        """
        for service in self.services:
            if service.id == service_id:
                return service
        raise KeyError(service_id)

    @property
    def bookable(self) -> tuple[Service, ...]:
        """The services that have a form."""
        return tuple(service for service in self.services if service.bookable)


def load_catalog(folder: Path = CATALOG) -> Catalog:
    """Read every service file of `folder`.

    Raises:
        CatalogBroken: a file is wrong; the message names file, line and problem in Chinese.
    """
    services = [_load(path) for path in sorted(folder.glob("*.toml"))]
    ids = [service.id for service in services]
    prefixes = [service.number_prefix for service in services]
    if len(set(ids)) != len(ids) or len(set(prefixes)) != len(prefixes):
        raise CatalogBroken(f"{folder}：有两个文件的 id 或 number_prefix 一样。")
    return Catalog(tuple(sorted(services, key=lambda service: service.position)))


def _load(path: Path) -> Service:
    try:
        text = path.read_text(encoding="utf-8")
        return Service.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalogBroken(f"{path}：写法不对（{error}）") from error
    except ValidationError as error:
        first = error.errors()[0]
        line = line_of(text, first["loc"])
        where = "、".join(str(part) for part in first["loc"]) or "整个文件"
        raise CatalogBroken(f"{path} 第{line}行（{where}）：{first['msg']}") from error


def line_of(text: str, path: Sequence[int | str]) -> int:
    """Return the line (from 1) where the value at `path` stands in TOML `text`, or begins."""
    lines = text.splitlines()
    at = 0
    for index, part in enumerate(path):
        following = path[index + 1] if index + 1 < len(path) else None
        if isinstance(part, int):
            continue
        header = re.compile(rf"\s*\[+\s*([\w.]+\.)?{re.escape(part)}\s*\]+")
        key = re.compile(rf"\s*{re.escape(part)}\s*=")
        skip = following if isinstance(following, int) else 0
        is_in_block = index > 0 and isinstance(path[index - 1], int)
        for number in range(at, len(lines)):
            if is_in_block and number > at and lines[number].startswith("["):
                # The next block begins: what is missing in this one stands nowhere.
                break
            if key.match(lines[number]):
                at = number
                break
            if header.match(lines[number]):
                if skip == 0:
                    at = number
                    break
                skip -= 1
    return at + 1
