"""Tests of bot.pacing."""

from bot.pacing import CHAT_REST_SECONDS, MESSAGES_A_SECOND, Pace


def test_a_chat_rests_after_a_message_and_then_no_longer() -> None:
    pace = Pace()
    pace.begin(10.0)
    pace.end(7, 10.2)
    assert pace.resting(10.3) == {7}
    assert pace.resting(10.2 + CHAT_REST_SECONDS) == frozenset()


def test_no_more_than_thirty_leave_in_one_second() -> None:
    pace = Pace()
    for number in range(MESSAGES_A_SECOND):
        pace.begin(5.0 + number / 100)
    assert pace.room(5.5) == 0
    assert pace.room(6.0) == 1
    assert pace.room(7.0) == MESSAGES_A_SECOND


def test_it_says_when_to_look_again() -> None:
    pace = Pace()
    assert pace.seconds_to_change(1.0, at_most=0.5) == 0.5
    pace.begin(1.0)
    pace.end(7, 1.0)
    assert pace.seconds_to_change(1.75, at_most=0.5) == 0.25
    full = Pace()
    for _ in range(MESSAGES_A_SECOND):
        full.begin(3.0)
    assert full.seconds_to_change(3.875, at_most=0.5) == 0.125
