"""Who writes from the telephone of someone who has died hears nothing cheerful and books nothing."""

import pytest

from booking.duty.models import Stay, StayKind
from bot.understanding.commands import Command, Intent
from store.database import Database
from tests.bot.talks import TOMORROW, Talk
from tests.conftest import NOW
from tests.houses import House


@pytest.fixture
def gone(zhang: Talk, house: House, database: Database) -> Talk:
    zhang.book(service="meal", date=TOMORROW, meal="lunch", diet="soft", portions=1)
    with database.begin() as session:
        session.add(
            Stay(
                institution_id=house.id,
                person_id=house.zhang,
                kind=StayKind.DIED,
                began_at=NOW,
                noted_by="小李",
            )
        )
    return zhang


def test_nothing_is_booked_and_nothing_cheerful_is_said(gone: Talk) -> None:
    older = gone.taps("确认")
    assert "预约已经停了" in older
    for said in (gone.means(Command(Intent.GREETING), words="您好"), gone.book(service="ride")):
        assert said == older
    assert "预约已经停了" in gone.taps_action("book:meal")
    assert gone.frames.form is None


def test_a_person_is_still_fetched_and_danger_still_rings(gone: Talk) -> None:
    gone.means(Command(Intent.GREETING), words="您好")
    assert "单号" in gone.taps("找工作人员")
    assert "120" in gone.means(Command(Intent.EMERGENCY), words="救命，我胸口疼")
