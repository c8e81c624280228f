"""How houses are scored, read from evaluation.toml: weights, pull, stars, what to watch."""

import enum
import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from booking.services import CatalogBroken, line_of

RULES_FILE = Path(__file__).with_name("evaluation.toml")


class FigureName(enum.StrEnum):
    """What a house is measured by."""

    SATISFACTION = "satisfaction"
    ON_TIME = "on_time"
    FULFILLED = "fulfilled"
    COMPLAINTS = "complaints"
    QUESTIONS = "questions"


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FigureRule(_Data):
    """One figure: its weight among the others, and how it is reckoned in words for people."""

    name: FigureName
    label: str = Field(min_length=1, max_length=20)
    weight: int = Field(ge=1, le=100)
    how: str = Field(min_length=1)


class StarsRule(_Data):
    """From which score on a house has so many stars."""

    stars: int = Field(ge=1, le=5)
    from_score: float = Field(ge=0, le=100)


class Watch(_Data):
    """From where on ratings look made rather than given."""

    burst_ratings: int = Field(ge=2)
    burst_minutes: int = Field(ge=1)
    one_account_people: int = Field(ge=2)
    least_rated_share: float = Field(ge=0, le=1)


class Rules(_Data):
    """All of it. Weights are shares of 100; whoever has no figure leaves his to the others."""

    least_ratings: int = Field(ge=1)
    pull_ratings: int = Field(ge=0)
    pull_stars: float = Field(ge=1, le=5)
    figures: tuple[FigureRule, ...]
    stars: tuple[StarsRule, ...]
    watch: Watch

    @model_validator(mode="after")
    def _add_up(self) -> "Rules":
        if sorted(each.name for each in self.figures) != sorted(FigureName):
            raise ValueError(f"figures 要写全这几项，每项一次：{'、'.join(FigureName)}")
        if sum(each.weight for each in self.figures) != 100:
            raise ValueError("figures 的 weight 加起来要等于100")
        scores = [each.from_score for each in self.stars]
        if scores != sorted(scores, reverse=True) or scores[-1:] != [0]:
            raise ValueError("stars 要从高分写到0分")
        return self

    def figure(self, name: FigureName) -> FigureRule:
        """Return the rule of one figure."""
        return next(each for each in self.figures if each.name is name)

    def stars_for(self, score: float) -> int:
        """Return the stars of a score from 0 to 100."""
        return next(each.stars for each in self.stars if score >= each.from_score)


def load_rules(path: Path = RULES_FILE) -> Rules:
    """Read the rules.

    Raises:
        CatalogBroken: the file is wrong; the message names file, line and problem in Chinese.
    """
    try:
        text = path.read_text(encoding="utf-8")
        return Rules.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalogBroken(f"{path}：写法不对（{error}）") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = "、".join(str(part) for part in first["loc"]) or "整个文件"
        line = line_of(text, first["loc"])
        raise CatalogBroken(f"{path} 第{line}行（{where}）：{first['msg']}") from error
