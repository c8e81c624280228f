"""What the catalog says about rides: how long one takes, and in what order cars are given."""

import string

from pydantic import BaseModel, ConfigDict, Field, model_validator

from booking.rides.models import Route


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RouteRule(_Data):
    """One step of the order in which a ride is given out; `told` is said to the person."""

    by: Route
    name: str = Field(min_length=1, max_length=20)
    told: str = ""

    @model_validator(mode="after")
    def _told_can_be_filled(self) -> "RouteRule":
        fields = [field for _, field, _, _ in string.Formatter().parse(self.told) if field]
        if unknown := set(fields) - {"why", "car"}:
            raise ValueError(f"told 里只能写 {{why}} 和 {{car}}，没有 {'、'.join(sorted(unknown))}")
        return self


class RideRules(_Data):
    """The times, the order of routes, and what passes for a hospital."""

    travel_minutes: int = Field(ge=5, le=600)
    waiting_minutes: int = Field(ge=0, le=600)
    hospital_waiting_minutes: int = Field(ge=0, le=600)
    margin_minutes: int = Field(ge=0, le=120)
    wait_at_most_minutes: int = Field(ge=0, le=600)
    hospital_words: tuple[str, ...] = Field(min_length=1)
    routes: tuple[RouteRule, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _each_route_once(self) -> "RideRules":
        kinds = [route.by for route in self.routes]
        if len(set(kinds)) != len(kinds):
            raise ValueError("routes 里同一种只能写一次")
        if kinds[-1] is not Route.PERSON:
            raise ValueError("routes 的最后一步要是 person：都不行的时候由工作人员来办")
        return self

    def rule_of(self, route: Route) -> RouteRule | None:
        """Return the step of a route, None where the house does without it."""
        return next((rule for rule in self.routes if rule.by is route), None)
