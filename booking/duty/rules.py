"""The rules of duty as data: hours, the night, and what raises a request in its queue."""

import tomllib
from datetime import datetime, time, timedelta
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from store.clock import local

FILE = Path(__file__).parent / "rules.toml"


class RulesBroken(Exception):
    """The rules of duty cannot be used; names the file, the place and what is wrong."""


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Hours(_Data):
    """When a house works that has not said otherwise."""

    opens: time
    closes: time


class Night(_Data):
    """When staff are left in peace."""

    begins: time = Field(alias="from")
    until: time

    def over_at(self, at: datetime) -> datetime | None:
        """Return when the night around `at` is over; None by day."""
        there = local(at)
        if self.until <= there.time() < self.begins:
            return None
        morning = there.date() + timedelta(days=int(there.time() >= self.begins))
        return datetime.combine(morning, self.until, there.tzinfo)


class Soon(_Data):
    """What a near service time is worth."""

    within_minutes: int = Field(ge=1)
    points: int


class Priority(_Data):
    """What raises a request, in points."""

    emergency: int
    door_check: int
    care: dict[str, int]
    soon: tuple[Soon, ...]

    def care_points(self, flags: list[str]) -> int:
        """Return the points of the weightiest flag."""
        return max((self.care.get(flag, 0) for flag in flags), default=0)

    def soon_rule(self, left: timedelta) -> Soon | None:
        """Return the narrowest rule that holds when so much time is left."""
        fitting = [each for each in self.soon if left <= timedelta(minutes=each.within_minutes)]
        return min(fitting, key=lambda each: each.within_minutes, default=None)


class Told(_Data):
    """Which steps are everyday ones, which matter, and when a message counts as not seen."""

    everyday: frozenset[str]
    matters: frozenset[str]
    see_within_minutes: int = Field(ge=1)
    see_before_minutes: int = Field(ge=0)
    see_at_least_minutes: int = Field(ge=1)
    digest_at: time


class DutyRules(_Data):
    """All of it."""

    hours: Hours
    night: Night
    priority: Priority
    told: Told


def load_rules(file: Path = FILE) -> DutyRules:
    """Read the rules.

    Raises:
        RulesBroken: the file is wrong.
    """
    try:
        return DutyRules.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RulesBroken(f"{file}：写法不对（{error}）") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = "、".join(str(part) for part in first["loc"]) or "整个文件"
        raise RulesBroken(f"{file}（{where}）：{first['msg']}") from error


RULES = load_rules()
