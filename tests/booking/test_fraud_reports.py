"""A warning to the staff: once for each message, in a queue that everybody works."""

from booking.fraud_reports import report_fraud
from booking.requests import accept, complete
from booking.services import load_catalog
from store import outbox
from store.database import Database
from store.identity import Person
from tests.conftest import StandingClock
from tests.houses import make_account, make_house

CATALOG = load_catalog()


def test_one_message_warns_once_and_the_person_hears_of_it(
    either_database: Database, clock: StandingClock
) -> None:
    with either_database.begin() as session:
        house = make_house(session, clock())
        account = make_account(session, clock(), person_id=house.zhang)
        made = [
            report_fraud(
                session,
                catalog=CATALOG,
                actor=session.get_one(Person, house.zhang),
                words="让我交三百办军休卡",
                account_id=account.id,
                message_id=message_id,
                now=clock(),
            )
            for message_id in (5, 5, 6)
        ]
        for verb in (accept, complete):
            verb(
                session,
                catalog=CATALOG,
                request_id=made[0][0].id,
                clerk=house.ride_clerk,
                now=clock(),
            )
        told = outbox.mailbox(session, account_id=account.id, after_id=0)
    assert [(request.number, is_new) for request, is_new in made] == [
        ("骗1001", True),
        ("骗1001", False),
        ("骗1002", True),
    ]
    assert "会给您打电话" in told[0].body["text"]
    assert "提醒大家" in told[1].body["text"]
    assert told[1].body["buttons"] == []
