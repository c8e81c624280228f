"""The form, pure: what can be, what is asked, how it reads."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.errors import ValueProblem
from booking.form import (
    Around,
    Places,
    answers_named,
    answers_within,
    card_lines,
    check,
    heard_words,
    next_question,
    open_days,
    places_wanted,
    question_for,
    starts_at,
    summary,
    with_value,
)
from booking.services import load_catalog
from store.clock import SHANGHAI

CATALOG = load_catalog()
MEAL, RIDE, CHECKUP = (CATALOG.get(each) for each in ("meal", "ride", "checkup"))
MONDAY = date(2026, 11, 23)
LUNCH = {"date": "2026-11-24", "meal": "lunch", "diet": "soft", "portions": "1"}
TRIP = {"date": "2026-11-24", "time": "08:00", "destination": "总医院", "return_trip": "yes"}


def _around(
    hour: int = 9, minute: int = 0, *, day: date = MONDAY, left: int = 5, days: int = 7
) -> Around:
    now = datetime(day.year, day.month, day.day, hour, minute, tzinfo=SHANGHAI)
    openings = tuple(
        Places(day + timedelta(days=ahead), period, left, f"{period}的菜")
        for ahead in range(days)
        for period in ("breakfast", "lunch", "dinner")
    )
    return Around(now, openings, ("总医院", "银行"))


def _checkups(*days: date) -> Around:
    now = datetime(2026, 11, 23, 9, tzinfo=SHANGHAI)
    openings = tuple(
        Places(day, period, 1, "总医院，空腹")
        for day in days
        for period in ("morning", "afternoon")
    )
    return Around(now, openings)


def _problem(
    values: Mapping[str, str], name: str, value: str, around: Around, service: str = "meal"
) -> ValueProblem:
    with pytest.raises(ValueProblem) as found:
        with_value(CATALOG.get(service), values, name, value, around)
    return found.value


def test_questions_are_asked_in_order_and_end() -> None:
    values: dict[str, str] = {}
    asked = []
    while (question := next_question(MEAL, values, _around())) is not None:
        asked.append(question.field)
        values = with_value(MEAL, values, question.field, question.answers[0].value, _around())
    assert asked == ["date", "meal", "diet", "portions"]
    assert check(MEAL, values, _around()) == values


def test_what_has_a_default_is_not_asked() -> None:
    assert next_question(RIDE, TRIP, _around()) is None
    assert check(RIDE, TRIP, _around())["passengers"] == "1"


@pytest.mark.parametrize(
    ("hour", "minute", "day", "meal", "is_open"),
    [
        (19, 59, "2026-11-24", "breakfast", True),
        (20, 0, "2026-11-24", "breakfast", False),
        (9, 59, "2026-11-23", "lunch", True),
        (10, 0, "2026-11-23", "lunch", False),
        (15, 59, "2026-11-23", "dinner", True),
        (23, 50, "2026-11-24", "breakfast", False),
        (23, 50, "2026-11-24", "lunch", True),
    ],
)
def test_meals_close_when_they_close(
    hour: int, minute: int, day: str, meal: str, is_open: bool
) -> None:
    around = _around(hour, minute)
    values = {"date": day}
    if is_open:
        assert with_value(MEAL, values, "meal", meal, around)["meal"] == meal
    else:
        assert "来不及" in _problem(values, "meal", meal, around).problem


def test_too_late_says_until_when_and_what_is_left() -> None:
    problem = _problem({"date": "2026-11-24"}, "meal", "breakfast", _around(20, 30))
    assert problem.field == "meal"
    assert problem.problem == (
        "明天（星期二）的早饭来不及了，要在前一天晚上8点以前说。还有午饭、晚饭，您要哪一样？"
    )


def test_when_only_one_is_left_a_yes_is_enough() -> None:
    problem = _problem({"date": "2026-11-23"}, "meal", "lunch", _around(10, 15))
    assert problem.problem.endswith("晚饭还有，行吗？")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("2026-11-22", "已经过去了"),
        ("2025-03-01", "2025年3月1日（星期六）已经过去了"),
        ("2027-02-06", "现在最远能约到11月29日"),
        ("2026-12-07", "现在最远能约到11月29日"),
    ],
)
def test_days_that_cannot_be_say_why(value: str, words: str) -> None:
    assert words in _problem({}, "date", value, _around()).problem


def test_between_few_checkup_days_the_nearest_is_named() -> None:
    around = _checkups(date(2026, 11, 26), date(2026, 12, 5))
    problem = _problem({}, "date", "2026-11-27", around, "checkup")
    assert problem.problem == "11月27日（星期五）约不上了，最近的是11月26日（星期四）。您选哪一天？"
    assert open_days(CHECKUP, {}, around) == [date(2026, 11, 26), date(2026, 12, 5)]


def test_a_last_day_that_is_full_is_not_too_far() -> None:
    around = _checkups(date(2026, 11, 26))
    full = Places(date(2026, 12, 20), "morning", 0, "总医院，空腹")
    around = replace(around, openings=(*around.openings, full))
    problem = _problem({}, "date", "2026-12-20", around, "checkup")
    assert problem.problem.startswith("12月20日（星期日）约不上了")


def test_nothing_open_is_said() -> None:
    assert question_for(CHECKUP, "date", {}, _checkups()).answers == ()
    assert "没有能约的日子" in _problem({}, "date", "2026-11-27", _checkups(), "checkup").problem


@pytest.mark.parametrize("value", ["0", "-3"])
def test_too_few_portions(value: str) -> None:
    assert _problem({}, "portions", value, _around()).problem == "最少要1份。要几份？"


@pytest.mark.parametrize("value", ["11", "999"])
def test_too_many_portions(value: str) -> None:
    assert f"{value}份太多了，一次最多10份" in _problem({}, "portions", value, _around()).problem


def test_more_portions_than_are_left_are_noticed_in_either_order() -> None:
    around = _around(left=2)
    first = _problem({"date": "2026-11-24", "portions": "3"}, "meal", "lunch", around)
    then = _problem({"date": "2026-11-24", "meal": "lunch"}, "portions", "3", around)
    assert first.problem == then.problem
    assert "只剩2份了" in first.problem
    assert first.field == "date"


def test_another_day_keeps_the_meal_only_where_it_can_be_had() -> None:
    values = with_value(MEAL, LUNCH, "date", "2026-11-25", _around())
    assert values["meal"] == "lunch"
    values = with_value(MEAL, LUNCH, "date", "2026-11-23", _around(10, 15))
    assert "meal" not in values
    assert values["diet"] == "soft"


@pytest.mark.parametrize(
    ("hour", "minute", "value", "words"),
    [
        (9, 0, "05:00", "凌晨5点没有车，出车是上午6点到晚上8点"),
        (9, 0, "22:00", "晚上10点没有车"),
        (9, 0, "09:30", "最早今天（星期一）上午10点"),
        (9, 7, "09:30", "最早今天（星期一）上午10点半"),
        (19, 40, "20:00", "最早明天（星期二）上午6点"),
        (3, 0, "06:00", ""),
    ],
)
def test_cars_need_notice_and_have_hours(hour: int, minute: int, value: str, words: str) -> None:
    values, around = {"date": "2026-11-23"}, _around(hour, minute)
    if words:
        assert words in _problem(values, "time", value, around, "ride").problem
    else:
        assert with_value(RIDE, values, "time", value, around)["time"] == value


def test_cars_cannot_be_had_today_late_in_the_evening() -> None:
    assert open_days(RIDE, {}, _around(19, 30))[0] == date(2026, 11, 24)
    assert len(open_days(RIDE, {}, _around(9))) == RIDE.most_days_ahead + 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("date", "明天"),
        ("date", ""),
        ("meal", "tea"),
        ("diet", "LUNCH"),
        ("portions", "two"),
        ("portions", ""),
    ],
)
def test_what_is_no_value_is_asked_again(name: str, value: str) -> None:
    problem = _problem({}, name, value, _around())
    assert problem.field == name
    assert MEAL.field(name).prompt in problem.problem


def test_places_are_one_short_line() -> None:
    assert with_value(RIDE, {}, "destination", " 总\n医院 ", _around())["destination"] == "总 医院"
    assert "60个字以内" in _problem({}, "destination", "远" * 61, _around(), "ride").problem
    assert _problem({}, "destination", " ", _around(), "ride").field == "destination"


def test_missing_values_are_found_at_the_end() -> None:
    with pytest.raises(ValueProblem) as found:
        check(MEAL, {"date": "2026-11-24"}, _around())
    assert found.value.field == "meal"


def test_the_menu_is_read_before_the_meal_and_once_where_it_is_the_same() -> None:
    question = question_for(MEAL, "meal", {"date": "2026-11-24"}, _around())
    assert question.prompt.splitlines()[0] == "早饭：breakfast的菜"
    around = _checkups(date(2026, 11, 26))
    question = question_for(CHECKUP, "session", {"date": "2026-11-26"}, around)
    assert question.prompt == "总医院，空腹。\n上午去还是下午去？"


def test_three_days_then_others() -> None:
    question = question_for(MEAL, "date", {}, _around())
    assert [each.label for each in question.answers] == [
        "今天（星期一）",
        "明天（星期二）",
        "后天（星期三）",
    ]
    assert question.other == "其他日子"
    others = question_for(MEAL, "date", {}, _around(), other_days=True)
    assert [each.value for each in others.answers] == [
        "2026-11-26",
        "2026-11-27",
        "2026-11-28",
        "2026-11-29",
    ]


def test_how_a_booking_reads() -> None:
    assert summary(MEAL, LUNCH, MONDAY) == "11月24日（星期二）午饭，软饭1份，送到家"
    assert summary(RIDE, TRIP, MONDAY) == "11月24日（星期二）上午8点，去总医院，要接回来，1个人"
    assert dict(card_lines(RIDE, {**TRIP, "wheelchair": "yes"}, MONDAY))["轮椅"] == "带轮椅"
    assert heard_words(MEAL, LUNCH, {"date", "portions"}, MONDAY) == "明天（星期二），1份"
    assert starts_at(MEAL, LUNCH).isoformat() == "2026-11-24T11:30:00+08:00"
    assert starts_at(RIDE, TRIP).isoformat() == "2026-11-24T08:00:00+08:00"
    assert places_wanted(MEAL, {"portions": "3"}) == 3
    assert places_wanted(CHECKUP, {}) == 1


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("普通", {"diet": "normal"}),
        ("2份", {"portions": "2"}),
        ("晚饭", {"meal": "dinner"}),
        ("饭", {}),
    ],
)
def test_words_that_are_an_answers_label(words: str, found: dict[str, str]) -> None:
    assert answers_named(MEAL, LUNCH, _around(), words) == found


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("好，要带轮椅", {"wheelchair": "yes"}),
        ("好，不带轮椅", {}),
        ("好的，不用接", {"return_trip": "no"}),
        ("好", {}),
    ],
)
def test_choices_named_beside_a_yes(words: str, found: dict[str, str]) -> None:
    assert answers_within(RIDE, TRIP, words) == found


@given(
    name=st.sampled_from([field.name for field in (*MEAL.fields, *RIDE.fields)]),
    value=st.text(max_size=12) | st.integers().map(str) | st.dates().map(str),
)
def test_any_value_is_taken_or_asked_again(name: str, value: str) -> None:
    service = MEAL if MEAL.has_field(name) else RIDE
    problem = None
    try:
        values = with_value(service, {}, name, value, _around())
    except ValueProblem as found:
        problem = found
    if problem is None:
        assert with_value(service, {}, name, values[name], _around()) == values
    else:
        assert problem.problem
        assert service.has_field(problem.field)
