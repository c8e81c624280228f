"""People: binding accounts to persons, links between families and retirees, demonstration choice."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from booking.audit import note
from booking.errors import BindingFault, BindingProblem, NotPermitted, RequestNotFound
from booking.models import BindingCode, Link, LinkScope, Request
from store.identity import Account, Conversation, Institution, Person, PersonKind
from store.inbox import InboxRow, InboxStatus
from store.types import keyring_of

# The permissions by which someone acts for himself, and on what he asked for.
OWN = "本人"
ASKED = "提交人"
CODE_LIFE = timedelta(hours=24)
CODE_TRIES = 5
_SECRET_DIGITS = 6
_CODE = re.compile(r"(?<!\d)(\d{1,9}?)[-－—\s]?(\d{6})(?!\d)")
_PHONE = re.compile(r"(?:\+?86[-\s]?)?(1\d{10})")
_RELATIVES = (
    select(Person, Link.scopes)
    .join(Link, Person.id == Link.family_id)
    .where(
        Link.retiree_id == bindparam("retiree"),
        Link.revoked_at.is_(None),
        Person.active.is_(True),
    )
)


@dataclass(frozen=True, slots=True)
class Beneficiary:
    """Someone the actor may book for; `calls` is the actor's word for them (我爸), or 自己."""

    person: Person
    calls: str
    permission: str


def issue_code(session: Session, *, person: Person, issued_by: str, now: datetime) -> str:
    """Make a one-time code for `person`: good for 24 hours and five tries. Older ones end."""
    session.execute(
        update(BindingCode)
        .where(BindingCode.person_id == person.id, BindingCode.used_at.is_(None))
        .values(expires_at=now)
    )
    secret = "".join(secrets.choice("0123456789") for _ in range(_SECRET_DIGITS))
    row = BindingCode(
        institution_id=person.institution_id,
        person_id=person.id,
        secret_hash=_hash(session, secret),
        wrong_tries=0,
        issued_by=issued_by,
        issued_at=now,
        expires_at=now + CODE_LIFE,
    )
    session.add(row)
    session.flush()
    return f"{row.id}-{secret}"


def looks_like_code(text: str) -> bool:
    """Tell whether a whole message is a binding code (12-345678, or without the dash)."""
    return _CODE.fullmatch(text.strip()) is not None and normal_phone(text) is None


def redeem_code(session: Session, *, account: Account, code: str, now: datetime) -> Person:
    """Bind `account` to the person the code was issued for.

    A wrong try is counted in the caller's transaction: commit it even when this raises.

    Raises:
        BindingProblem: wrong, used, expired, or tried five times.
    """
    match = _CODE.fullmatch(code.strip())
    row = session.get(BindingCode, int(match.group(1))) if match else None
    if match is None or row is None:
        raise BindingProblem(BindingFault.WRONG)
    if row.wrong_tries >= CODE_TRIES:
        raise BindingProblem(BindingFault.TOO_MANY_TRIES)
    if not secrets.compare_digest(row.secret_hash, _hash(session, match.group(2))):
        row.wrong_tries += 1
        raise BindingProblem(BindingFault.WRONG)
    if row.used_at is not None:
        raise BindingProblem(BindingFault.USED)
    if row.expires_at <= now:
        raise BindingProblem(BindingFault.EXPIRED)
    row.used_at = now
    person = session.get_one(Person, row.person_id)
    bind(session, account=account, person=person, by=f"code {row.id}", now=now)
    return person


def bind_by_phone(
    session: Session, *, account: Account, phone: str, now: datetime
) -> Person | None:
    """Bind by the sender's own shared number when exactly one person on a roster has it."""
    digits = normal_phone(phone)
    if digits is None:
        return None
    people = (
        session.execute(
            select(Person).where(
                Person.phone_hash == phone_hash(session, digits), Person.active.is_(True)
            )
        )
        .scalars()
        .all()
    )
    if len(people) != 1:
        return None
    bind(session, account=account, person=people[0], by="own phone number", now=now)
    return people[0]


def bind(session: Session, *, account: Account, person: Person, by: str, now: datetime) -> None:
    """Make `account` speak for `person`; what it had begun goes on in the person's conversation."""
    own = session.execute(
        select(Conversation).where(Conversation.person_id == person.id)
    ).scalar_one_or_none()
    before = session.get_one(Conversation, account.conversation_id)
    if own is None and before.person_id is None:
        before.person_id = person.id
        own = before
    elif own is None:
        own = Conversation(person_id=person.id, fence=0, updated_at=now)
        session.add(own)
        session.flush()
    account.person_id = person.id
    account.conversation_id = own.id
    session.execute(
        update(InboxRow)
        .where(InboxRow.account_id == account.id, InboxRow.status == InboxStatus.WAITING)
        .values(conversation_id=own.id)
    )
    note(
        session,
        institution_id=person.institution_id,
        actor=f"account {account.id}",
        act="bind",
        permission=by,
        now=now,
        subject_id=person.id,
    )
    session.flush()


def choose_demonstration_person(
    session: Session, *, account: Account, person_id: int, now: datetime
) -> Person:
    """Bind to a demonstration person without a code.

    Raises:
        NotPermitted: that person is not of a demonstration institution, or is staff.
    """
    person = session.get(Person, person_id)
    if person is None or person.kind is PersonKind.STAFF:
        raise NotPermitted("no such demonstration person")
    if not session.get_one(Institution, person.institution_id).is_demonstration:
        raise NotPermitted("not a demonstration institution")
    bind(session, account=account, person=person, by="demonstration choice", now=now)
    return person


def demonstration_people(session: Session) -> list[Person]:
    """Return whom a visitor of a demonstration home may choose to be; empty elsewhere."""
    return list(
        session.execute(
            select(Person)
            .join(Institution, Institution.id == Person.institution_id)
            .where(
                Institution.is_demonstration.is_(True),
                Person.kind != PersonKind.STAFF,
                Person.active.is_(True),
            )
            .order_by(Person.id)
        ).scalars()
    )


def beneficiaries(
    session: Session, actor: Person, scope: LinkScope = LinkScope.BOOK
) -> list[Beneficiary]:
    """Return for whom `actor` may book (or what `scope` says): himself, and linked retirees."""
    own = [Beneficiary(actor, "自己", OWN)] if actor.kind is PersonKind.RETIREE else []
    rows = session.execute(
        select(Link, Person)
        .join(Person, Person.id == Link.retiree_id)
        .where(Link.family_id == actor.id, Link.revoked_at.is_(None), Person.active.is_(True))
        .order_by(Link.id)
    )
    return own + [
        Beneficiary(person, link.calls, f"家人授权（{link.calls}，{link.granted_by}）")
        for link, person in rows
        if scope in link.scopes
    ]


def permission_for(
    session: Session, *, actor: Person, beneficiary: Person, scope: LinkScope
) -> str:
    """Return by what permission `actor` may act for `beneficiary`.

    Raises:
        NotPermitted: there is none.
    """
    if actor.id == beneficiary.id and actor.kind is PersonKind.RETIREE:
        return OWN
    link = session.execute(
        select(Link).where(
            Link.family_id == actor.id,
            Link.retiree_id == beneficiary.id,
            Link.revoked_at.is_(None),
        )
    ).scalar_one_or_none()
    if link is None or scope not in link.scopes:
        raise NotPermitted(scope.value)
    return f"家人授权（{link.calls}，{link.granted_by}）"


def permission_on(
    session: Session, *, actor: Person, request: Request | None, scope: LinkScope
) -> str:
    """Return by what permission `actor` may act on a request: his own, a relative's, one he made.

    Raises:
        RequestNotFound: there is none such, or it is not his to know of.
    """
    if request is None or request.institution_id != actor.institution_id:
        raise RequestNotFound("none")
    beneficiary = session.get_one(Person, request.beneficiary_id)
    try:
        return permission_for(session, actor=actor, beneficiary=beneficiary, scope=scope)
    except NotPermitted:
        if request.requester_id == actor.id:
            return ASKED
        raise RequestNotFound(str(request.id)) from None


def people_named(session: Session, name: str) -> list[Person]:
    """Return the active people of that name."""
    return list(
        session.execute(
            select(Person).where(Person.name == name, Person.active.is_(True)).order_by(Person.id)
        ).scalars()
    )


def roster(session: Session) -> list[Person]:
    """Return every active person, house by house."""
    return list(
        session.execute(
            select(Person)
            .where(Person.active.is_(True))
            .order_by(Person.institution_id, Person.kind.desc(), Person.id)
        ).scalars()
    )


def family_to_tell(session: Session, retiree_id: int) -> list[Person]:
    """Return the linked relatives who are to be told about a retiree's requests."""
    rows = session.execute(_RELATIVES, {"retiree": retiree_id})
    return [person for person, scopes in rows if LinkScope.BE_TOLD in scopes]


def normal_phone(phone: str) -> str | None:
    """Return the eleven digits of a mainland mobile number, with or without +86; else None."""
    match = _PHONE.fullmatch(re.sub(r"[\s()-]", "", phone))
    return match.group(1) if match else None


def phone_hash(session: Session, digits: str) -> str:
    """Return the keyed look-up hash of a normal phone number."""
    return _hash(session, f"phone:{digits}")


def rewrite_hashes(session: Session, *, now: datetime) -> int:
    """Hash every phone number with the key in use; open binding codes end. Return how many.

    A code's six digits are kept nowhere, so that it cannot be hashed anew: issue another one.
    """
    known = session.scalars(select(Person).where(Person.phone_hash.is_not(None))).all()
    for person in known:
        digits = normal_phone(person.phone or "")
        person.phone_hash = phone_hash(session, digits) if digits else None
    session.execute(
        update(BindingCode)
        .where(BindingCode.used_at.is_(None), BindingCode.expires_at > now)
        .values(expires_at=now)
    )
    return len(known)


def _hash(session: Session, value: str) -> str:
    return keyring_of(session.get_bind().dialect).lookup(value)
