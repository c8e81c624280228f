"""What someone must not eat: remembered when he says so, and said when it is on the table."""

import pytest
from sqlalchemy import update

from booking.meals.diets import DietWords, diet_of, remember_diet
from booking.models import Opening
from bot.understanding.commands import Command, Intent
from store.database import Database
from store.identity import Person
from tests.bot.talks import CATALOG, TOMORROW, Talk, begin_talk
from tests.conftest import NOW, StandingClock
from tests.houses import House


def remember(database: Database, person_id: int, *avoids: str, usual: str = "") -> None:
    with database.begin() as session:
        remember_diet(
            session,
            person=session.get_one(Person, person_id),
            wanted=DietWords(usual, avoids),
            service=CATALOG.get("meal"),
            by="staff 1",
            permission="staff",
            now=NOW,
        )


def dishes(database: Database, words: str) -> None:
    with database.begin() as session:
        session.execute(
            update(Opening)
            .where(Opening.day == TOMORROW, Opening.period == "lunch")
            .values(details=words)
        )


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("我对花生过敏", ("花生",)),
        ("我不能吃海鲜和花生", ("海鲜", "花生")),
        ("我不吃香菜", ("香菜",)),
        ("我从来不吃羊肉", ("羊肉",)),
        ("我对牛奶过敏。", ("牛奶",)),
    ],
)
def test_it_is_asked_and_remembered(
    zhang: Talk, house: House, database: Database, said: str, words: tuple[str, ...]
) -> None:
    assert "记下来好吗" in zhang.says(said)
    with database.read() as session:
        assert diet_of(session, house.zhang).avoids == ()
    assert "记下了" in zhang.says("好")
    with database.read() as session:
        assert diet_of(session, house.zhang).avoids == words


def test_an_allergy_that_sounds_like_a_complaint_is_remembered(zhang: Talk) -> None:
    complaint = Command(Intent.COMPLAINT)
    assert "记下来好吗" in zhang.means(complaint, words="我对花生过敏")
    zhang.taps("不用记")
    longer = "你们的饭真差，我对花生过敏说了多少遍"
    assert "记下来好吗" not in zhang.means(complaint, words=longer)


def test_not_remembered_without_leave(zhang: Talk, house: House, database: Database) -> None:
    zhang.says("我对花生过敏")
    zhang.taps("不用记")
    zhang.taps_action("diet")
    with database.read() as session:
        assert diet_of(session, house.zhang).avoids == ()


@pytest.mark.parametrize("said", ["我不吃晚饭了", "我吃不下东西", "我不吃药了", "明天不吃了"])
def test_what_is_no_diet(zhang: Talk, said: str) -> None:
    assert "记下来好吗" not in zhang.says(said)


def test_the_card_says_what_is_on_the_table(zhang: Talk, house: House, database: Database) -> None:
    remember(database, house.zhang, "花生", usual="soft")
    dishes(database, "宫保鸡丁、米饭")
    said = zhang.book(service="meal", date=TOMORROW, meal="lunch", portions=1)
    assert "口味：软饭" in said
    assert "宫保鸡丁（花生）" in said
    dishes(database, "清蒸鱼、米饭")
    other = zhang.book(diet="low_salt")
    assert "口味：低盐" in other
    assert "忌口" not in other


def test_whoever_books_for_him_reads_the_dish_only(
    house: House, database: Database, clock: StandingClock
) -> None:
    remember(database, house.zhang, "花生")
    dishes(database, "宫保鸡丁、米饭")
    daughter = begin_talk(database, clock, house.min)
    said = daughter.book(service="meal", date=TOMORROW, meal="lunch", portions=1, diet="soft")
    assert "宫保鸡丁" in said
    assert "花生" not in said
