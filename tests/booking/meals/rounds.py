"""A house whose people have booked tomorrow's lunch, and the link of that round."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from booking import requests
from booking.requests import Submission
from booking.services import Catalog, load_catalog
from booking.work_links import WorkLink, WorkLinkKind, issue
from store.clock import local_date
from store.database import Database
from store.identity import Account, Person
from tests.conftest import NOW
from tests.houses import House, make_account, make_house

TOMORROW = local_date(NOW) + timedelta(days=1)
# Half past eleven of tomorrow, in Shanghai.
AT_THE_DOOR = NOW + timedelta(hours=26, minutes=30)
_keys = count()


@dataclass
class Lunch:
    """A house with its link; `book` makes lunches of tomorrow."""

    database: Database
    house: House
    link: WorkLink
    catalog: Catalog = field(default_factory=load_catalog)

    def book(self, person_id: int, portions: int = 1, diet: str = "soft") -> int:
        """Book tomorrow's lunch for one person; return the request's id."""
        with self.database.begin() as session:
            person = session.get_one(Person, person_id)
            account = session.query(Account).filter_by(person_id=self.house.zhang).one()
            values = {
                "date": TOMORROW.isoformat(),
                "meal": "lunch",
                "diet": diet,
                "portions": str(portions),
            }
            wanted = Submission(
                person, person, self.catalog.get("meal"), values, account.id, f"lunch {next(_keys)}"
            )
            return requests.submit(session, wanted, now=NOW).id


def make_lunch(database: Database, *, now: datetime = NOW) -> Lunch:
    """Make a house of its own and the link of tomorrow's lunch."""
    number = next(_keys)
    with database.begin() as session:
        house = make_house(session, now, name=f"第{number}军休所")
        make_account(session, now, person_id=house.zhang, external_id=f"{number} zhang")
        make_account(session, now, person_id=house.min, external_id=f"{number} min")
        link = issue(
            session,
            institution_id=house.id,
            kind=WorkLinkKind.MEAL_ROUND,
            about="lunch|",
            day=TOMORROW,
            issued_by="小李",
            now=now,
        )
    return Lunch(database, house, link)
