"""What a catalog file says about time and skill: until when accepted, until when done, by whom."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from store.clock import SHANGHAI

DAY_BEFORE_OR_TIME = re.compile(r"(前一天\s*)?([01]\d|2[0-3]):([0-5]\d)")


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class When(_Data):
    """A condition on one value of the form: it is this, or it contains one of these."""

    field: str
    equals: str | None = None
    contains: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _says_something(self) -> "When":
        if self.equals is None and not self.contains:
            raise ValueError("要写 equals 或 contains")
        return self

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Tell whether a form fits."""
        said = str(values.get(self.field, ""))
        return said == self.equals or any(part in said for part in self.contains)


class Earlier(When):
    """Such a request must be accepted by a moment counted back from the day of the service."""

    accept_by: str = Field(pattern=DAY_BEFORE_OR_TIME.pattern)


class Need(When):
    """Such a request goes first to someone who can do this."""

    skill: str = Field(min_length=1, max_length=20)


class Deadlines(_Data):
    """Until when a request is to be accepted and done.

    Attributes:
        accept_within_working_minutes: of the house's working time; without it, the service's
            `accept_within_minutes` of any time.
        accept_before_minutes: at the latest so long before the service begins, and then while
            the house works.
        accept_by: at the latest at this time of the service's day, or of 前一天.
        earlier: the same for requests of some kind.
        fulfil_after_start_minutes: when a booked service should be over.
        fulfil_within_working_minutes: until when what has no time of its own should be done.
        remind_before_minutes: how long before it is late the clerk is reminded.
        put_back_after_working_minutes: how long an accepted request may stand still.
    """

    accept_within_working_minutes: int | None = Field(default=None, ge=1)
    accept_before_minutes: int = Field(default=0, ge=0)
    accept_by: str = Field(default="", pattern=f"^({DAY_BEFORE_OR_TIME.pattern})?$")
    earlier: tuple[Earlier, ...] = ()
    fulfil_after_start_minutes: int = Field(default=60, ge=0)
    fulfil_within_working_minutes: int | None = Field(default=None, ge=1)
    remind_before_minutes: int = Field(default=15, ge=1)
    put_back_after_working_minutes: int | None = Field(default=None, ge=1)


class Reminders(_Data):
    """Whether people are reminded before a service, and what they are to bring.

    Who does not look at a reminder that matters is telephoned: `call_if_unseen`.
    """

    evening_before: bool = False
    morning_of: bool = False
    bring: str = Field(default="", max_length=120)
    call_if_unseen: bool = False


def counted_back(words: str, day: date) -> datetime:
    """Return the instant that 前一天 17:00, or 10:00, means for a service on `day`."""
    match = DAY_BEFORE_OR_TIME.fullmatch(words)
    assert match is not None  # noqa: S101 - the pattern was validated when loaded.
    then = day - timedelta(days=1) if match.group(1) else day
    return datetime.combine(then, time(int(match.group(2)), int(match.group(3))), SHANGHAI)
