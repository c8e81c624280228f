"""A house to test with: people, a clerk of each kind, menus, vehicles, checkup sessions."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from booking.models import Link, LinkScope, Opening, StaffRole
from booking.people import phone_hash
from booking.rides.models import Destination, Driver, Vehicle
from booking.staff_access import Clerk
from store.clock import local_date
from store.identity import Account, CareFlag, Conversation, Institution, Person, PersonKind


@dataclass(frozen=True, slots=True)
class House:
    """Ids of what was made."""

    id: int
    zhang: int  # a retiree
    li: int  # a retiree who lives alone
    min: int  # Zhang's daughter, with every scope
    meal_clerk: Clerk
    ride_clerk: Clerk
    health_clerk: Clerk
    head: Clerk


def make_house(
    session: Session, now: datetime, *, name: str = "东山军休所", portions: int = 10
) -> House:
    """Make a house with openings from today on for two weeks."""
    house = Institution(name=name, phone="010-00000000", created_at=now)
    session.add(house)
    session.flush()
    zhang = make_person(session, house.id, PersonKind.RETIREE, "张建国", "张老", now)
    zhang.phone, zhang.phone_hash = "13900000001", phone_hash(session, "13900000001")
    zhang.address = "幸福里1号楼101"
    li = make_person(session, house.id, PersonKind.RETIREE, "李秀英", "李老", now)
    li.care_flags = [CareFlag.ALONE.value]
    daughter = make_person(session, house.id, PersonKind.FAMILY, "张敏", "张女士", now)
    session.add(
        Link(
            institution_id=house.id,
            family_id=daughter.id,
            retiree_id=zhang.id,
            calls="我爸",
            scopes=[scope.value for scope in LinkScope],
            granted_by="本人同意",
            created_at=now,
        )
    )
    clerks = [
        _clerk(session, house.id, name, role, now)
        for name, role in (
            ("小李", StaffRole.MEAL),
            ("小王", StaffRole.RIDE),
            ("小陈", StaffRole.HEALTH),
            ("刘所长", StaffRole.HEAD),
        )
    ]
    _make_openings(session, house.id, local_date(now), portions)
    cars = [
        Vehicle(institution_id=house.id, name="一号车", seats=4, takes_wheelchair=False),
        Vehicle(institution_id=house.id, name="二号车", seats=6, takes_wheelchair=True),
    ]
    session.add_all([*cars, Destination(institution_id=house.id, name="总医院", position=0)])
    session.flush()
    session.add_all(
        Driver(institution_id=house.id, name=name, usual_vehicle_id=car.id)
        for name, car in zip(("老马", "老牛"), cars, strict=True)
    )
    session.flush()
    return House(house.id, zhang.id, li.id, daughter.id, *clerks)


def make_person(
    session: Session, house_id: int, kind: PersonKind, name: str, salutation: str, now: datetime
) -> Person:
    """Make a person of a house."""
    person = Person(
        institution_id=house_id, kind=kind, name=name, salutation=salutation, created_at=now
    )
    session.add(person)
    session.flush()
    return person


def make_account(
    session: Session,
    now: datetime,
    *,
    person_id: int | None = None,
    external_id: str = "1",
    channel: str = "web",
) -> Account:
    """Make an account with its conversation, bound or not."""
    conversation = Conversation(person_id=person_id, fence=0, updated_at=now)
    session.add(conversation)
    session.flush()
    account = Account(
        channel=channel,
        bot="",
        external_id=external_id,
        person_id=person_id,
        conversation_id=conversation.id,
        created_at=now,
        last_used_at=now,
    )
    session.add(account)
    session.flush()
    return account


def _clerk(session: Session, house_id: int, name: str, role: StaffRole, now: datetime) -> Clerk:
    person = make_person(session, house_id, PersonKind.STAFF, name, name, now)
    return Clerk(
        staff_id=person.id,
        person_id=person.id,
        institution_id=house_id,
        name=name,
        roles=frozenset({role}),
    )


def _make_openings(session: Session, house_id: int, today: date, portions: int) -> None:
    for ahead in range(14):
        for service, periods, capacity in (
            ("meal", ("breakfast", "lunch", "dinner"), portions),
            ("checkup", ("morning", "afternoon"), 2),
        ):
            session.add_all(
                Opening(
                    institution_id=house_id,
                    service=service,
                    day=today + timedelta(days=ahead),
                    period=period,
                    capacity=capacity,
                    taken=0,
                    details="",
                )
                for period in periods
            )
