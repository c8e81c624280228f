"""One day of a kitchen, on both databases: ordered for good, cooked, driven, a door that stays shut."""

from datetime import timedelta

from sqlalchemy import select, update

from app.rounds import standing_orders
from booking import requests
from booking.meals.accepting import accept_round
from booking.meals.diets import DietWords, remember_diet
from booking.meals.door import Mark, checks_of, mark
from booking.meals.menus import MenuLine, put_menu
from booking.meals.sheets import Round, kitchen_lines, stops_of
from booking.meals.statement import statement
from booking.models import Opening, Request, RequestStatus
from booking.queues import unseen_emergencies
from booking.work_links import WorkLinkKind, issue
from store.clock import local_date
from store.database import Database
from store.identity import Person
from store.outbox import OutboxRow
from tests.bot.talks import CATALOG, begin_talk
from tests.conftest import NOW, StandingClock
from tests.houses import House, make_house

TOMORROW = local_date(NOW) + timedelta(days=1)
MEAL = CATALOG.get("meal")


def _house(database: Database) -> House:
    with database.begin() as session:
        house = make_house(session, NOW)
        session.execute(
            update(Opening)
            .where(Opening.service == "meal")
            .values(details="清蒸鱼、米饭", price_cents=1500, subsidy_cents=500)
        )
        remember_diet(
            session,
            person=session.get_one(Person, house.zhang),
            wanted=DietWords("soft", ("花生",)),
            service=MEAL,
            by="staff 1",
            permission="staff",
            now=NOW,
        )
    return house


def test_a_day_of_the_kitchen(either_database: Database, clock: StandingClock) -> None:
    database = either_database
    house = _house(database)
    zhang = begin_talk(database, clock, house.zhang)
    zhang.says("从明天起每天中午送饭，送一个月")
    zhang.says("好")
    li = begin_talk(database, clock, house.li)
    li.says("明天中午送一份低盐的饭")
    li.says("一份")
    li.taps("确认")
    standing_orders(database, CATALOG).make(clock())

    # The kitchen cooks something else: only he who must not eat it hears of it.
    with database.begin() as session:
        told = put_menu(
            session,
            [MenuLine(TOMORROW, "lunch", "宫保鸡丁、米饭", 10, "", 1500, 500)],
            catalog=CATALOG,
            institution_id=house.id,
            by="staff 1",
            permission="staff",
            now=clock(),
        ).told
        assert told == 1

    round_ = Round(TOMORROW, "lunch", "")
    with database.begin() as session:
        stops = stops_of(session, MEAL, institution_id=house.id, round_=round_)
        opening = session.execute(
            select(Opening).where(Opening.day == TOMORROW, Opening.period == "lunch")
        ).scalar_one()
        assert sum(line.portions for line in kitchen_lines(stops)) == opening.taken == 2
        assert {stop.avoids for stop in stops} == {("花生",), ()}
        accepted = accept_round(
            session, catalog=CATALOG, opening=opening, clerk=house.meal_clerk, now=clock()
        )
        assert accepted == 2
        link = issue(
            session,
            institution_id=house.id,
            kind=WorkLinkKind.MEAL_ROUND,
            about=round_.about,
            day=TOMORROW,
            issued_by="小李",
            now=clock(),
        )

    clock.go(hours=26, minutes=30)
    stop_of = {stop.person_id: stop.request_id for stop in stops}
    for person_id, what in ((house.zhang, Mark.DELIVERED), (house.li, Mark.NO_ANSWER)):
        for _ in range(2):
            with database.begin() as session:
                mark(
                    session,
                    catalog=CATALOG,
                    link=link,
                    request_id=stop_of[person_id],
                    what=what,
                    now=clock(),
                )

    # The door that stayed shut rings, is taken, and closed once she was seen.
    with database.begin() as session:
        (ringing,) = unseen_emergencies(session, house.head, now=clock())
        (check,) = checks_of(session, stop_of[house.li])
        assert ringing.id == check.id
        for verb in (requests.accept, requests.start, requests.complete):
            verb(
                session,
                catalog=CATALOG,
                request_id=check.id,
                clerk=house.head,
                now=clock.go(minutes=4),
            )
        assert check.status is RequestStatus.COMPLETED
        assert session.get_one(Request, stop_of[house.zhang]).status is RequestStatus.COMPLETED
        texts = [row.body["text"] for row in session.scalars(select(OutboxRow))]
        assert any("宫保鸡丁（花生）" in text for text in texts)
        assert any("敲门没有人应" in text for text in texts)
        months = statement(
            session, MEAL, institution_id=house.id, year=TOMORROW.year, month=TOMORROW.month
        )
    by_name = {each.name: each for each in months}
    assert (by_name["张建国"].portions, by_name["张建国"].own_cents) == (1, 1000)
    assert (by_name["李秀英"].portions, by_name["李秀英"].missed) == (0, 1)
