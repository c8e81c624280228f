"""Questions of today and now are answered from the tables, with the day, and from no document."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from booking.models import Link, LinkScope, Opening
from booking.requests import accept, complete
from store.clock import local_date
from store.database import Database
from tests.bot.talks import CATALOG, Chat, Talk, begin_talk
from tests.conftest import NOW, StandingClock
from tests.houses import House, make_house

TODAY = local_date(NOW)
A_DAY = timedelta(days=1)


def menu(database: Database, day: date, period: str, **values: object) -> None:
    """Write what the house says of one meal, or one checkup session."""
    with database.begin() as session:
        session.execute(
            update(Opening).where(Opening.day == day, Opening.period == period).values(**values)
        )


def book_checkup(talk: Talk, day: date) -> int:
    talk.book(service="checkup", date=day, session="morning")
    talk.taps("确认")
    return talk.requests()[-1].id


def test_todays_lunch_is_read_from_the_menu(zhang: Talk, database: Database) -> None:
    menu(database, TODAY, "lunch", details="清蒸鱼、炒青菜、米饭", taken=2)
    assert zhang.says("今天中午吃什么") == (
        "今天，11月23日（星期一）的饭：\n"
        "午饭：清蒸鱼、炒青菜、米饭。今天（星期一）上午10点以前说，还能订（还有3份）。"
    )
    assert zhang.labels == ["订餐", "找工作人员"]


def test_a_day_without_a_meal_named_lists_them_as_they_are_eaten(
    zhang: Talk, database: Database, clock: StandingClock
) -> None:
    menu(database, TODAY, "breakfast", details="小米粥")
    menu(database, TODAY, "lunch", details="清蒸鱼")
    menu(database, TODAY, "dinner", details="青菜面条", capacity=5, taken=5)
    clock.go(hours=2)  # Eleven: lunch is closed.
    lines = zhang.says("今天食堂做什么好吃的").split("\n")
    assert [line[:2] for line in lines[1:]] == ["早饭", "午饭", "晚饭"]
    assert "订不上了" in lines[1]
    assert "过了今天（星期一）上午10点，订不上了" in lines[2]
    assert "已经订满了" in lines[3]
    assert zhang.labels == ["找工作人员"]


def test_tomorrows_dinner_says_until_when_it_can_be_ordered(
    zhang: Talk, database: Database
) -> None:
    menu(database, TODAY + A_DAY, "dinner", details="馄饨、拌黄瓜")
    said = zhang.says("明天晚饭有啥菜")
    assert "明天，11月24日（星期二）" in said
    assert "馄饨、拌黄瓜" in said
    assert "明天（星期二）下午4点以前" in said
    assert "午饭" not in said


def test_what_the_house_changes_is_said_the_next_time(zhang: Talk, database: Database) -> None:
    menu(database, TODAY, "lunch", details="红烧豆腐")
    assert "红烧豆腐" in zhang.says("今天中午吃什么")
    menu(database, TODAY, "lunch", details="炖排骨")
    assert "炖排骨" in zhang.says("今天中午吃什么")


def test_a_menu_that_is_not_there_is_said_to_be_missing_and_a_person_offered(
    zhang: Talk, database: Database
) -> None:
    assert "菜还没有写出来" in zhang.says("今天中午吃什么")
    with database.begin() as session:
        for opening in session.scalars(select(Opening).where(Opening.day == TODAY)):
            session.delete(opening)
    said = zhang.says("今天中午吃什么")
    assert "午饭还没有登记出来" in said
    assert said.endswith("要我请工作人员告诉您吗？")
    zhang.taps("找工作人员")
    assert [request.service for request in zhang.requests()] == ["human"]


def test_a_yes_to_that_calls_the_staff_with_the_question(zhang: Talk) -> None:
    said = zhang.says("什么时候轮到我疗养")
    assert "名单在所里工作人员手里" in said
    zhang.says("好")
    [request] = zhang.requests()
    assert (request.service, request.summary) == ("human", "什么时候轮到我疗养")


def test_past_menus_are_not_kept(zhang: Talk) -> None:
    assert "过去的菜单" in zhang.says("昨天中午吃的什么")


def test_days_with_places_in_a_checkup_are_counted(zhang: Talk, database: Database) -> None:
    menu(database, TODAY + 2 * A_DAY, "morning", details="总医院体检中心，空腹", taken=1)
    menu(database, TODAY + 3 * A_DAY, "morning", taken=2)
    lines = zhang.says("体检还有名额吗").split("\n")
    assert lines[0] == "到11月23日（星期一），体检还能约这些天："
    # Today and tomorrow morning are over: one says so the day before until four.
    assert lines[1] == "11月24日（星期二）：上午还有2个名额，下午还有2个名额"
    assert (
        lines[2] == "11月25日（星期三）：上午还有1个名额，下午还有2个名额（总医院体检中心，空腹）"
    )
    assert lines[3] == "11月26日（星期四）：下午还有2个名额"
    assert lines[-1] == "后面还有10天。要哪天，您直接说。"
    assert zhang.labels == ["预约体检", "找工作人员"]


def test_what_holds_for_every_day_of_a_checkup_is_said_once(
    zhang: Talk, database: Database
) -> None:
    with database.begin() as session:
        session.execute(
            update(Opening).where(Opening.service == "checkup").values(details="空腹，带医保卡")
        )
    lines = zhang.says("体检还有名额吗").split("\n")
    assert [line for line in lines if "空腹" in line] == ["说明：空腹，带医保卡。"]


def test_one_day_of_a_checkup_is_answered_by_itself(zhang: Talk, database: Database) -> None:
    assert zhang.says("后天的体检满了没有").count("\n") == 1
    menu(database, TODAY + 2 * A_DAY, "morning", taken=2)
    menu(database, TODAY + 2 * A_DAY, "afternoon", taken=2)
    said = zhang.says("后天的体检满了没有")
    assert said.startswith(
        "后天，11月25日（星期三）的体检约不上了。\n到11月23日（星期一），体检还能约"
    )
    assert "没有安排体检" in zhang.says("元旦的体检还有名额吗")


def test_no_places_at_all_offers_a_person(zhang: Talk, database: Database) -> None:
    with database.begin() as session:
        session.execute(update(Opening).where(Opening.service == "checkup").values(taken=2))
    said = zhang.says("哪天能体检")
    assert "还没有能约的体检日子" in said
    assert zhang.labels == ["找工作人员"]


def test_this_years_checkup_is_followed_from_wish_to_done(
    zhang: Talk, database: Database, house: House, clock: StandingClock
) -> None:
    assert zhang.says("今年我体检过没有") == ("到11月23日（星期一），没有查到您2026年体检的登记。")
    assert zhang.labels == ["预约体检", "找工作人员"]
    request_id = book_checkup(zhang, TODAY + 2 * A_DAY)
    said = zhang.says("我今年的体检做了没")
    assert "您2026年的体检已经报上，等工作人员定：11月25日（星期三）上午" in said
    assert "单号 检1001" in said
    with database.begin() as session:
        accept(
            session,
            catalog=CATALOG,
            request_id=request_id,
            clerk=house.health_clerk,
            now=clock(),
        )
    assert "体检约好了" in zhang.says("今年我体检过没有")
    clock.go(days=3)
    assert "还没有记下做完" in zhang.says("今年我体检过没有")
    with database.begin() as session:
        complete(
            session,
            catalog=CATALOG,
            request_id=request_id,
            clerk=house.health_clerk,
            now=clock(),
        )
    assert "您2026年的体检做过了" in zhang.says("今年我体检过没有")
    assert "没有查到您2025年" in zhang.says("去年我体检了吗")
    assert zhang.labels == ["找工作人员"]


@pytest.mark.parametrize("words", ["我爸今年体检了没有", "今年体检过没有", "张建国今年体检了没有"])
def test_a_daughter_is_told_of_her_father(
    zhang: Talk, database: Database, clock: StandingClock, house: House, words: str
) -> None:
    book_checkup(zhang, TODAY + 2 * A_DAY)
    daughter = begin_talk(database, clock, house.min)
    assert "张建国2026年的体检已经报上" in daughter.says(words)


def test_only_whom_the_link_lets_see_is_told(
    zhang: Talk, database: Database, clock: StandingClock, house: House
) -> None:
    book_checkup(zhang, TODAY + 2 * A_DAY)
    daughter = begin_talk(database, clock, house.min)
    assert "没有查到您可以看母亲的登记" in daughter.says("我妈今年体检了没有")
    with database.begin() as session:
        session.execute(update(Link).values(scopes=[LinkScope.BOOK.value]))
    said = daughter.says("我爸今年体检了没有")
    assert "没有查到您可以看父亲的登记" in said
    assert "11月25日" not in said
    assert "没有查到您可以看老伴的登记" in zhang.says("我老伴今年体检没有")


def test_other_houses_menus_are_not_told(
    zhang: Talk, database: Database, clock: StandingClock
) -> None:
    with database.begin() as session:
        other = make_house(session, NOW, name="西山军休所")
        session.execute(
            update(Opening)
            .where(Opening.institution_id == other.id, Opening.day == TODAY)
            .values(details="西山的饺子")
        )
    neighbour = begin_talk(database, clock, other.zhang)
    assert "饺子" in neighbour.says("今天中午吃什么")
    assert "饺子" not in zhang.says("今天中午吃什么")


def test_a_stranger_is_told_how_to_be_known(database: Database, clock: StandingClock) -> None:
    stranger = begin_talk(database, clock, None, external_id="stranger")
    for words in ("今天中午吃什么", "体检还有名额吗", "今年我体检过没有", "什么时候轮到我疗养"):
        said = stranger.says(words)
        assert "绑定码" in said
        assert "11月" not in said


def test_in_the_middle_of_a_form_the_form_goes_on(zhang: Talk, database: Database) -> None:
    menu(database, TODAY, "lunch", details="清蒸鱼")
    zhang.says("我要订饭")
    said = zhang.says("今天中午吃什么")
    assert "清蒸鱼" in said
    assert "哪一天的饭" in said
    assert zhang.frames.form is not None
    assert zhang.frames.form.values == {}
    assert "找工作人员" not in zhang.labels


def test_a_meal_asked_about_and_wanted_in_one_breath(zhang: Talk, database: Database) -> None:
    menu(database, TODAY, "lunch", details="清蒸鱼")
    said = zhang.says("今天中午吃什么，给我订一份")
    assert said.index("清蒸鱼") < said.index("口味") if "口味" in said else "饭菜要什么样的" in said
    assert zhang.frames.form is not None
    assert zhang.frames.form.values["meal"] == "lunch"


def test_through_the_whole_turn_no_document_is_asked(chat: Chat, database: Database) -> None:
    menu(database, TODAY, "lunch", details="清蒸鱼")
    assert "清蒸鱼" in chat.says("今天中午吃什么")
    assert chat.answers.asked == []
    chat.says("通知里说食堂吃什么了吗")
    assert chat.answers.asked == ["通知里说食堂吃什么了吗"]
