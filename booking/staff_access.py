"""Who is at the desk: staff accounts, log-in, sessions, and what a clerk's roles allow.

`recognise` only reads and takes its time (a password hash is slow on purpose), so call it
outside a writing transaction; `start_session` then writes in one short step.
"""

import functools
import secrets
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from booking.audit import note
from booking.duty.models import StaffAbsence
from booking.errors import LogInRefused, ValueProblem
from booking.models import DeskSession, Staff, StaffRole
from store.clock import local_date
from store.identity import Person, PersonKind
from store.types import keyring_of

SESSION_LIFE = timedelta(hours=12)
SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 128
LONGEST_LOGIN = 60
_TOKEN_BYTES = 32

# OWASP's argon2id setting for little memory: 19 MiB, two passes, one lane. A desk of a house
# runs beside everything else in one small process, and log-ins are limited besides.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


@dataclass(frozen=True, slots=True)
class Clerk:
    """A logged-in member of staff."""

    staff_id: int
    person_id: int
    institution_id: int
    name: str
    roles: frozenset[StaffRole]

    def may_work(self, queue_role: str | None) -> bool:
        """Tell whether this clerk works the queue of `queue_role`; None is everybody's queue."""
        if queue_role is None or StaffRole.HEAD in self.roles:
            return True
        return queue_role in {role.value for role in self.roles}


@dataclass(frozen=True, slots=True)
class DeskVisit:
    """An open session: who, the secret every change must carry, and when it ends."""

    session_id: int
    clerk: Clerk
    csrf_token: str
    expires_at: datetime


def create_staff(
    session: Session,
    *,
    person: Person,
    login: str,
    password: str,
    roles: Collection[StaffRole],
    now: datetime,
) -> Staff:
    """Give a person of the staff a log-in.

    Raises:
        ValueProblem: the person is not staff, the name is empty or taken, the password too short.
    """
    name = normal_login(login)
    if person.kind is not PersonKind.STAFF:
        raise ValueProblem("person", "只有工作人员才能有登录名。")
    if not name or len(name) > LONGEST_LOGIN:
        raise ValueProblem("login", f"登录名要有1到{LONGEST_LOGIN}个字。")
    if session.execute(select(Staff.id).where(Staff.login == name)).first() is not None:
        raise ValueProblem("login", "这个登录名已经有人用了，请换一个。")
    row = Staff(
        institution_id=person.institution_id,
        person_id=person.id,
        login=name,
        password_hash=hash_password(password),
        roles=sorted({role.value for role in roles}),
        active=True,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row


def hash_password(password: str) -> str:
    """Return the argon2id hash to store.

    Raises:
        ValueProblem: fewer than 8 characters, or more than 128.
    """
    normal = _normal_password(password)
    if not SHORTEST_PASSWORD <= len(normal) <= LONGEST_PASSWORD:
        raise ValueProblem("password", f"密码要有{SHORTEST_PASSWORD}到{LONGEST_PASSWORD}个字符。")
    return _HASHER.hash(normal.encode("utf-8", "surrogatepass"))


def recognise(session: Session, *, login: str, password: str) -> Clerk:
    """Return whose log-in this is. An unknown name takes as long as a wrong password.

    Raises:
        LogInRefused: unknown name, wrong password, or no longer active.
    """
    row = session.execute(
        select(Staff, Person)
        .join(Person, Person.id == Staff.person_id)
        .where(Staff.login == normal_login(login))
    ).first()
    stored = row[0].password_hash if row else _nobodys_hash()
    fits = _fits(stored, _normal_password(password)[: LONGEST_PASSWORD + 1])
    if row is None or not fits or not (row[0].active and row[1].active):
        raise LogInRefused(normal_login(login))
    return _clerk(row[0], row[1])


def start_session(session: Session, *, clerk: Clerk, now: datetime) -> str:
    """Open a session of 12 hours and return its token; ended sessions are swept away."""
    session.execute(delete(DeskSession).where(DeskSession.expires_at <= now))
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    session.add(
        DeskSession(
            institution_id=clerk.institution_id,
            staff_id=clerk.staff_id,
            token_hash=_token_hash(session, token),
            csrf_token=secrets.token_urlsafe(_TOKEN_BYTES),
            created_at=now,
            expires_at=now + SESSION_LIFE,
        )
    )
    note_act(session, clerk, act="log_in", now=now)
    return token


def log_in(session: Session, *, login: str, password: str, now: datetime) -> tuple[str, Clerk]:
    """Recognise and open a session in one go; the desk takes the two steps apart.

    Raises:
        LogInRefused: as `recognise`.
    """
    clerk = recognise(session, login=login, password=password)
    return start_session(session, clerk=clerk, now=now), clerk


def visit_of(session: Session, *, token: str, now: datetime) -> DeskVisit | None:
    """Return the open session of a token; None when it is unknown, over, or the staff left."""
    row = session.execute(
        select(DeskSession, Staff, Person)
        .join(Staff, Staff.id == DeskSession.staff_id)
        .join(Person, Person.id == Staff.person_id)
        .where(
            DeskSession.token_hash == _token_hash(session, token),
            DeskSession.expires_at > now,
            Staff.active.is_(True),
            Person.active.is_(True),
        )
    ).first()
    if row is None:
        return None
    opened, staff, person = row
    clerk = _clerk(staff, person)
    covered = covered_roles(session, person_id=person.id, day=local_date(now))
    return DeskVisit(
        session_id=opened.id,
        clerk=replace(clerk, roles=clerk.roles | covered),
        csrf_token=opened.csrf_token,
        expires_at=opened.expires_at,
    )


def clerk_of(session: Session, *, token: str, now: datetime) -> Clerk | None:
    """Return who a session's token belongs to; None as `visit_of`."""
    visit = visit_of(session, token=token, now=now)
    return visit.clerk if visit else None


def log_out(session: Session, *, token: str, now: datetime) -> None:
    """End the session of a token; an unknown one is no error."""
    visit = visit_of(session, token=token, now=now)
    if visit is None:
        return
    session.execute(delete(DeskSession).where(DeskSession.id == visit.session_id))
    note_act(session, visit.clerk, act="log_out", now=now)


def normal_login(login: str) -> str:
    """Return a log-in name as it is stored: full-width letters, case and blanks do not matter."""
    return unicodedata.normalize("NFKC", login).strip().casefold()


def _normal_password(password: str) -> str:
    # The same character can be typed composed or decomposed; both are the same password.
    return unicodedata.normalize("NFC", password)


@functools.cache
def _nobodys_hash() -> str:
    return _HASHER.hash(secrets.token_urlsafe(_TOKEN_BYTES))


def _fits(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, password.encode("utf-8", "surrogatepass"))
    except (VerificationError, InvalidHashError):
        return False


def _clerk(staff: Staff, person: Person) -> Clerk:
    return Clerk(
        staff_id=staff.id,
        person_id=person.id,
        institution_id=staff.institution_id,
        name=person.name,
        roles=frozenset(StaffRole(role) for role in staff.roles),
    )


def covered_roles(session: Session, *, person_id: int, day: date) -> frozenset[StaffRole]:
    """Return the roles of those for whom someone stands in on `day`."""
    rows = session.execute(
        select(Staff.roles)
        .join(StaffAbsence, StaffAbsence.person_id == Staff.person_id)
        .where(
            StaffAbsence.stand_in_id == person_id,
            StaffAbsence.since <= day,
            StaffAbsence.until >= day,
        )
    ).scalars()
    return frozenset(StaffRole(role) for roles in rows for role in roles)


def _token_hash(session: Session, token: str) -> str:
    return keyring_of(session.get_bind().dialect).lookup_token(f"desk session:{token}")


def note_act(
    session: Session, clerk: Clerk, *, act: str, now: datetime, about: str | None = None
) -> None:
    """Write down what a clerk did at the desk."""
    note(
        session,
        institution_id=clerk.institution_id,
        actor=f"staff {clerk.staff_id}",
        act=act,
        permission="password",
        now=now,
        about=about,
    )
