"""A service is a file: one that nobody has heard of is understood, booked, accepted and told."""

import shutil
from pathlib import Path

import pytest

from booking import queues, requests
from booking.models import Opening, RequestStatus
from booking.services import CATALOG, CatalogBroken, load_catalog
from bot.dialogue import Dialogue, Thought
from bot.incoming import typed
from bot.understanding.understanding import Understanding
from bot.understanding.words import load_words
from store.database import Database
from tests.bot.talks import TOMORROW, Talk, begin_talk
from tests.conftest import StandingClock
from tests.houses import House

BARBER = """
id = "barber"
name = "约理发"
number_prefix = "发"
position = 7
topics = ["理发"]
capacity = "places"
period_field = "part"
accept_within_minutes = 120
summary = "{date}{part}，理发，{how}"

[words]
names = ["理发", "剪头", "剃头"]
book = ["(约|想|要|帮我|给我)"]

[turn.care]
"失能" = 3

[periods.forenoon]
starts = "09:00"
closes = "前一天 18:00"
[periods.later]
starts = "14:00"
closes = "12:00"

[[fields]]
name = "date"
kind = "day"
label = "日子"
prompt = "哪一天理发？"

[[fields]]
name = "part"
kind = "period"
label = "时间"
prompt = "什么时候？"
options = [
  { value = "forenoon", label = "上午" },
  { value = "later", label = "下午" },
]

[[fields]]
name = "how"
kind = "choice"
label = "怎么理"
prompt = "怎么理？"
options = [
  { value = "short", label = "推短" },
  { value = "shave", label = "光头" },
]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    target = tmp_path / "catalog"
    shutil.copytree(CATALOG, target)
    (target / "barber.toml").write_text(BARBER, encoding="utf-8")
    return target


class Barber(Talk):
    """A conversation in a house whose catalog has the invented service."""

    understanding: Understanding

    def says(self, words: str) -> str:
        understood = self.understanding.read(
            words, now=self.clock(), expecting=self.frames.expecting
        )
        return self.send(typed(words), Thought(understood=understood))


@pytest.fixture
def talk(database: Database, clock: StandingClock, house: House, folder: Path) -> Barber:
    catalog = load_catalog(folder)
    understanding = Understanding(words=load_words(catalog=catalog))
    plain = begin_talk(database, clock, house.zhang)
    dialogue = Dialogue(catalog=catalog, relation_of=understanding.relation_of)
    talk = Barber(plain.database, plain.clock, plain.account_id, dialogue)
    talk.understanding = understanding
    with database.begin() as session:
        for period in ("forenoon", "later"):
            session.add(
                Opening(
                    institution_id=house.id,
                    service="barber",
                    day=TOMORROW,
                    period=period,
                    capacity=1,
                    taken=0,
                    details="",
                )
            )
    return talk


def test_it_is_booked_in_words_and_worked_at_the_desk(
    talk: Barber, database: Database, clock: StandingClock, house: House, folder: Path
) -> None:
    card = talk.says("帮我约明天下午理发，推短")
    assert "时间：下午" in card
    assert "怎么理：推短" in card
    assert "单号 发1001" in talk.taps("确认")
    catalog = load_catalog(folder)
    with database.begin() as session:
        rows = queues.queue(
            session, catalog=catalog, clerk=house.head, service="barber", now=clock()
        )
        assert [row.summary for row in rows] == ["11月24日（星期二）下午，理发，推短"]
        requests.accept(
            session, catalog=catalog, request_id=rows[0].id, clerk=house.head, now=clock()
        )
    assert talk.requests()[0].status is RequestStatus.ACCEPTED


def test_it_is_changed_and_waited_for_like_any_other(talk: Barber) -> None:
    talk.says("想明天下午剃头，光头")
    talk.taps("确认")
    talk.says("改成上午")
    talk.taps("确认")
    assert talk.requests()[0].values["part"] == "forenoon"


def test_words_that_are_no_pattern_are_refused_with_file_and_line(folder: Path) -> None:
    file = folder / "barber.toml"
    file.write_text(BARBER.replace('"剃头"', '"剃头("'), encoding="utf-8")
    with pytest.raises(CatalogBroken, match=r"barber\.toml 第13行.*剃头\("):
        load_catalog(folder)


def test_points_that_are_too_many_are_refused_with_file_and_line(folder: Path) -> None:
    file = folder / "barber.toml"
    file.write_text(BARBER.replace('"失能" = 3', '"失能" = 300'), encoding="utf-8")
    with pytest.raises(CatalogBroken, match=r"barber\.toml 第1[67]行"):
        load_catalog(folder)
