"""The demonstration home: 示范军休所 with made-up people, menus, vehicles and checkups.

Every name, number and address here is invented; phone numbers use the 199-0000 block.
"""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.models import Link, LinkScope, Opening, StaffRole
from booking.people import phone_hash
from booking.rides.models import Destination, Driver, Route, Vehicle
from booking.staff_access import create_staff
from store.clock import local_date
from store.identity import CareFlag, Institution, Person, PersonKind

NAME = "示范军休所"
DAYS_OF_MENUS = 7
DAYS_TO_STAYS = (20, 45, 75)
DAYS_TO_CHECKUPS = (3, 5, 10, 12, 17, 19)
LOGINS_FILE = "demonstration-logins.txt"


@dataclass(frozen=True, slots=True)
class _Retiree:
    name: str
    salutation: str
    phone: str
    address: str
    flags: tuple[CareFlag, ...] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True)
class _Relative:
    name: str
    salutation: str
    phone: str
    parent: str
    calls: str


@dataclass(frozen=True, slots=True)
class _Clerk:
    name: str
    login: str
    role: StaffRole


@dataclass(frozen=True, slots=True)
class _Destination:
    name: str
    travel_minutes: int
    aliases: tuple[str, ...] = ()
    is_hospital: bool = False


_RETIREES = (
    _Retiree("张建国", "张老", "19900000001", "幸福里1号楼101"),
    _Retiree("李秀英", "李老", "19900000002", "幸福里1号楼302", (CareFlag.ALONE,), "血糖高"),
    _Retiree("王德胜", "王老", "19900000003", "幸福里2号楼201", (CareFlag.DEMENTIA,)),
    _Retiree("赵志远", "赵老", "19900000004", "幸福里2号楼402", (CareFlag.EMPTY_NEST,)),
    _Retiree("陈树林", "陈老", "19900000005", "幸福里3号楼101"),
    _Retiree("周玉兰", "周老", "19900000006", "幸福里3号楼203"),
)
_RELATIVES = (
    _Relative("张敏", "张女士", "19900000011", "张建国", "我爸"),
    _Relative("王强", "王先生", "19900000012", "王德胜", "我爸"),
    _Relative("李雪", "李女士", "19900000013", "李秀英", "我妈"),
)
_CLERKS = (
    _Clerk("小李", "canyin", StaffRole.MEAL),
    _Clerk("小王", "cheliang", StaffRole.RIDE),
    _Clerk("小陈", "jiankang", StaffRole.HEALTH),
    _Clerk("刘所长", "suozhang", StaffRole.HEAD),
)
# Letters that cannot be taken for one another when copied from a screen.
_PASSWORD_LETTERS = "abcdefhkmnprstuvwxy2345678"  # noqa: S105 - an alphabet, not a password.
_DISHES = {
    "breakfast": ("小米粥、馒头、煮鸡蛋", "豆浆、花卷、小菜", "南瓜粥、包子", "牛奶、面包、煮鸡蛋"),
    "lunch": (
        "清蒸鱼、炒青菜、米饭",
        "红烧豆腐、番茄鸡蛋、米饭",
        "冬瓜排骨、西兰花、米饭",
        "土豆烧牛肉、白菜、米饭",
    ),
    "dinner": ("青菜面条", "杂粮粥、蒸蛋", "馄饨、拌黄瓜", "山药粥、发糕"),
}
_PORTIONS = {"breakfast": 40, "lunch": 60, "dinner": 40}
# Price and subsidy of a portion, in cents.
_PRICES = {"breakfast": (600, 200), "lunch": (1500, 500), "dinner": (1200, 400)}
_ROOMS = (("棋牌室", 12), ("书画室", 8))
_DESTINATIONS = (
    _Destination("总医院", 40, ("军区总医院",), is_hospital=True),
    _Destination("火车站", 30),
    _Destination("社区医院", 10, ("社区卫生服务中心",), is_hospital=True),
    _Destination("银行", 15),
)


def make_demonstration(session: Session, *, home_dir: Path, now: datetime) -> bool:
    """Make the demonstration institution; True when it is new.

    Later starts only top its menus and sessions up as days pass.
    """
    house = session.execute(
        select(Institution).where(Institution.name == NAME)
    ).scalar_one_or_none()
    is_new = house is None
    if house is None:
        house = Institution(name=NAME, phone="010-0000-0000", is_demonstration=True, created_at=now)
        session.add(house)
        session.flush()
        _make_people(session, house, now)
        _make_staff(session, house, home_dir, now)
        _make_vehicles(session, house)
    _top_up_openings(session, house, local_date(now))
    return is_new


def read_logins(home_dir: Path) -> list[str]:
    """Return the demonstration log-ins as lines to print; empty in a real home."""
    file = home_dir / LOGINS_FILE
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


def _make_people(session: Session, house: Institution, now: datetime) -> None:
    by_name: dict[str, Person] = {}
    for retiree in _RETIREES:
        by_name[retiree.name] = _person(
            session, house, PersonKind.RETIREE, retiree.name, retiree.salutation, retiree.phone, now
        )
        by_name[retiree.name].address = retiree.address
        by_name[retiree.name].care_flags = [flag.value for flag in retiree.flags]
        by_name[retiree.name].health_note = retiree.note
    for relative in _RELATIVES:
        person = _person(
            session,
            house,
            PersonKind.FAMILY,
            relative.name,
            relative.salutation,
            relative.phone,
            now,
        )
        session.add(
            Link(
                institution_id=house.id,
                family_id=person.id,
                retiree_id=by_name[relative.parent].id,
                calls=relative.calls,
                scopes=[scope.value for scope in LinkScope],
                granted_by="示范数据",
                created_at=now,
            )
        )


def _make_staff(session: Session, house: Institution, home_dir: Path, now: datetime) -> None:
    lines = []
    for clerk in _CLERKS:
        person = _person(session, house, PersonKind.STAFF, clerk.name, clerk.name, None, now)
        password = "".join(secrets.choice(_PASSWORD_LETTERS) for _ in range(8))
        create_staff(
            session,
            person=person,
            login=clerk.login,
            password=password,
            roles=[clerk.role],
            now=now,
        )
        lines.append(f"{clerk.name}　登录名 {clerk.login}　密码 {password}")
    file = home_dir / LOGINS_FILE
    file.touch(mode=0o600)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _make_vehicles(session: Session, house: Institution) -> None:
    cars = [
        Vehicle(institution_id=house.id, name="一号车", seats=4, takes_wheelchair=False),
        Vehicle(institution_id=house.id, name="二号车", seats=6, takes_wheelchair=True),
        Vehicle(
            institution_id=house.id,
            name="合作车队七座车",
            kind=Route.PARTNER,
            seats=6,
            takes_wheelchair=False,
            phone="19900000031",
        ),
    ]
    session.add_all(cars)
    session.flush()
    session.add_all(
        Driver(institution_id=house.id, name=name, phone=phone, usual_vehicle_id=car.id)
        for name, phone, car in (
            ("老马", "19900000021", cars[0]),
            ("老牛", "19900000022", cars[1]),
        )
    )
    session.add_all(
        Destination(
            institution_id=house.id,
            name=place.name,
            aliases=list(place.aliases),
            travel_minutes=place.travel_minutes,
            is_hospital=place.is_hospital,
            position=position,
        )
        for position, place in enumerate(_DESTINATIONS)
    )


def _top_up_openings(session: Session, house: Institution, today: date) -> None:
    standing = {
        (opening.service, opening.day, opening.period, opening.provider)
        for opening in session.execute(
            select(Opening).where(Opening.institution_id == house.id, Opening.day >= today)
        ).scalars()
    }
    wanted = [
        (
            "meal",
            today + timedelta(days=ahead),
            period,
            _PORTIONS[period],
            dishes[(today + timedelta(days=ahead)).toordinal() % len(dishes)],
        )
        for ahead in range(DAYS_OF_MENUS)
        for period, dishes in _DISHES.items()
    ]
    wanted += [
        ("medical_point", today + timedelta(days=ahead), part, 12, "1号楼一层医疗点，带医保卡")
        for ahead in range(DAYS_OF_MENUS)
        for part in ("morning", "afternoon")
    ]
    planned = {service for service, _, _, _ in standing}
    if "checkup" not in planned:
        wanted += [
            (
                "checkup",
                today + timedelta(days=ahead),
                session_name,
                8,
                "总医院体检中心，空腹，带医保卡",
            )
            for ahead in DAYS_TO_CHECKUPS
            for session_name in ("morning", "afternoon")
        ]
    if "recuperation" not in planned:
        wanted += [
            ("recuperation", today + timedelta(days=ahead), "week", 10, "海滨疗养院，统一坐车去")
            for ahead in DAYS_TO_STAYS
        ]
    rooms = [
        ("venue", today + timedelta(days=ahead), part, places, "军地共享，凭军休证进", room)
        for ahead in range(DAYS_OF_MENUS)
        for part in ("morning", "afternoon")
        for room, places in _ROOMS
    ]
    session.add_all(
        Opening(
            institution_id=house.id,
            service=service,
            day=day,
            period=period,
            capacity=capacity,
            taken=0,
            details=details,
            provider=provider,
            price_cents=_PRICES[period][0] if service == "meal" else None,
            subsidy_cents=_PRICES[period][1] if service == "meal" else 0,
        )
        for service, day, period, capacity, details, provider in (
            *((*each, "") for each in wanted),
            *rooms,
        )
        if (service, day, period, provider) not in standing
    )


def _person(
    session: Session,
    house: Institution,
    kind: PersonKind,
    name: str,
    salutation: str,
    phone: str | None,
    now: datetime,
) -> Person:
    person = Person(
        institution_id=house.id,
        kind=kind,
        name=name,
        salutation=salutation,
        phone=phone,
        phone_hash=phone_hash(session, phone) if phone else None,
        created_at=now,
    )
    session.add(person)
    session.flush()
    return person
