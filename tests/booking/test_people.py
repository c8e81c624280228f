"""People: codes, phones, links, and who may be tried in a demonstration; on both databases."""

from dataclasses import dataclass

import pytest
from sqlalchemy import select, update

from booking.errors import BindingFault, BindingProblem, NotPermitted
from booking.models import AuditRow, Link, LinkScope
from booking.people import (
    beneficiaries,
    bind,
    bind_by_phone,
    choose_demonstration_person,
    demonstration_people,
    family_to_tell,
    issue_code,
    looks_like_code,
    normal_phone,
    permission_for,
    phone_hash,
    redeem_code,
)
from store import inbox
from store.database import Database
from store.identity import Account, Conversation, Institution, Person, PersonKind
from store.inbox import InboxRow
from tests.conftest import StandingClock
from tests.houses import House, make_account, make_house, make_person


@dataclass
class Office:
    """A house and an account that is nobody's yet."""

    database: Database
    clock: StandingClock
    house: House
    account_id: int

    def code(self, person_id: int | None = None) -> str:
        with self.database.begin() as session:
            person = session.get_one(Person, person_id or self.house.zhang)
            return issue_code(session, person=person, issued_by="test", now=self.clock())

    def redeem(self, code: str, account_id: int | None = None) -> BindingFault | int:
        """Redeem as the conversation does: what a wrong try counted is committed."""
        with self.database.begin() as session:
            account = session.get_one(Account, account_id or self.account_id)
            try:
                return redeem_code(session, account=account, code=code, now=self.clock()).id
            except BindingProblem as problem:
                return problem.fault

    def phone(self, phone: str) -> int | None:
        with self.database.begin() as session:
            account = session.get_one(Account, self.account_id)
            person = bind_by_phone(session, account=account, phone=phone, now=self.clock())
            return person.id if person else None


@pytest.fixture
def office(either_database: Database, clock: StandingClock) -> Office:
    with either_database.begin() as session:
        house = make_house(session, clock())
        account = make_account(session, clock())
        return Office(either_database, clock, house, account.id)


def _wrong(code: str) -> str:
    return code[:-1] + str((int(code[-1]) + 1) % 10)


def test_a_code_binds_once(office: Office) -> None:
    code = office.code()
    assert office.redeem(code) == office.house.zhang
    assert office.redeem(code) is BindingFault.USED
    with office.database.read() as session:
        assert session.get_one(Account, office.account_id).person_id == office.house.zhang
        assert session.execute(select(AuditRow.act)).scalar_one() == "bind"


@pytest.mark.parametrize("form", ["{}", " {} ", "dashless", "wide"])
def test_a_code_is_taken_however_the_dash_is_written(office: Office, form: str) -> None:
    code = office.code()
    written = {"dashless": code.replace("-", ""), "wide": code.replace("-", "－")}.get(
        form, form.format(code)
    )
    assert looks_like_code(written)
    assert office.redeem(written) == office.house.zhang


def test_a_code_lives_twenty_four_hours(office: Office) -> None:
    code = office.code()
    office.clock.go(hours=23, minutes=59)
    other = office.code(office.house.li)
    assert office.redeem(code) == office.house.zhang
    office.clock.go(hours=24)
    assert office.redeem(other) is BindingFault.EXPIRED


def test_five_wrong_tries_end_a_code(office: Office) -> None:
    code = office.code()
    for _ in range(5):
        assert office.redeem(_wrong(code)) is BindingFault.WRONG
    assert office.redeem(code) is BindingFault.TOO_MANY_TRIES


def test_four_wrong_tries_do_not(office: Office) -> None:
    code = office.code()
    for _ in range(4):
        office.redeem(_wrong(code))
    assert office.redeem(code) == office.house.zhang


def test_a_newer_code_ends_the_older_one_of_that_person_only(office: Office) -> None:
    older, of_li, newer = office.code(), office.code(office.house.li), office.code()
    assert office.redeem(older) is BindingFault.EXPIRED
    assert office.redeem(of_li) == office.house.li
    assert office.redeem(newer) == office.house.zhang


@pytest.mark.parametrize("code", ["", "abc", "1", "999-123456", "1-12345", "１-１２３４５６x"])
def test_what_is_no_code_is_wrong(office: Office, code: str) -> None:
    assert office.redeem(code) is BindingFault.WRONG


@pytest.mark.parametrize(
    ("text", "is_code"),
    [
        ("12-345678", True),
        ("12345678", True),
        ("13900000001", False),
        ("+8613900000001", False),
        ("123456", False),
        ("我的码是12-345678", False),
        ("两份", False),
    ],
)
def test_codes_are_told_from_phones_and_words(text: str, is_code: bool) -> None:
    assert looks_like_code(text) is is_code


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("13900000001", "13900000001"),
        ("+86 139-0000-0001", "13900000001"),
        ("8613900000001", "13900000001"),
        ("(139)00000001", "13900000001"),
        ("010-12345678", None),
        ("1390000000", None),
        ("", None),
    ],
)
def test_phones_with_and_without_the_country(written: str, digits: str | None) -> None:
    assert normal_phone(written) == digits


def test_ones_own_phone_binds(office: Office) -> None:
    assert office.phone("+8613900000001") == office.house.zhang


def test_a_phone_of_two_people_or_of_nobody_does_not_bind(office: Office) -> None:
    assert office.phone("13900000009") is None
    with office.database.begin() as session:
        li = session.get_one(Person, office.house.li)
        li.phone_hash = phone_hash(session, "13900000001")
    assert office.phone("13900000001") is None
    with office.database.begin() as session:
        session.get_one(Person, office.house.li).active = False
    assert office.phone("13900000001") == office.house.zhang


def test_binding_keeps_the_conversation_that_was_begun(office: Office) -> None:
    with office.database.read() as session:
        before = session.get_one(Account, office.account_id).conversation_id
    office.redeem(office.code())
    with office.database.read() as session:
        assert session.get_one(Account, office.account_id).conversation_id == before
        assert session.get_one(Conversation, before).person_id == office.house.zhang


def test_a_second_account_joins_the_persons_conversation_with_what_still_waits(
    office: Office,
) -> None:
    office.redeem(office.code())
    with office.database.begin() as session:
        second = make_account(session, office.clock(), external_id="2")
        inbox.put(session, account=second, external_id="u", body={}, now=office.clock())
        second_id = second.id
    office.redeem(office.code(), second_id)
    with office.database.read() as session:
        first, second = (session.get_one(Account, each) for each in (office.account_id, second_id))
        assert first.conversation_id == second.conversation_id
        waiting = session.execute(select(InboxRow.conversation_id)).scalar_one()
        assert waiting == first.conversation_id


def test_whom_one_may_book_for(office: Office) -> None:
    house = office.house
    with office.database.read() as session:
        zhang, daughter = (session.get_one(Person, each) for each in (house.zhang, house.min))
        assert [each.calls for each in beneficiaries(session, zhang)] == ["自己"]
        assert [each.person.id for each in beneficiaries(session, daughter)] == [house.zhang]
        clerk = session.get_one(Person, house.head.person_id)
        assert beneficiaries(session, clerk) == []


def test_a_revoked_link_permits_nothing(office: Office) -> None:
    house = office.house
    with office.database.begin() as session:
        zhang, daughter = (session.get_one(Person, each) for each in (house.zhang, house.min))
        assert "我爸" in permission_for(
            session, actor=daughter, beneficiary=zhang, scope=LinkScope.BOOK
        )
        session.execute(update(Link).values(revoked_at=office.clock()))
        assert beneficiaries(session, daughter) == []
        assert family_to_tell(session, house.zhang) == []
        with pytest.raises(NotPermitted):
            permission_for(session, actor=daughter, beneficiary=zhang, scope=LinkScope.BOOK)


def test_a_link_permits_only_its_scopes(office: Office) -> None:
    house = office.house
    with office.database.begin() as session:
        zhang, daughter = (session.get_one(Person, each) for each in (house.zhang, house.min))
        session.execute(select(Link)).scalar_one().scopes = [LinkScope.VIEW.value]
        session.flush()
        assert beneficiaries(session, daughter) == []
        assert permission_for(session, actor=daughter, beneficiary=zhang, scope=LinkScope.VIEW)
        for scope in (LinkScope.BOOK, LinkScope.CANCEL):
            with pytest.raises(NotPermitted):
                permission_for(session, actor=daughter, beneficiary=zhang, scope=scope)


def test_nobody_books_for_a_stranger(office: Office) -> None:
    house = office.house
    with office.database.read() as session:
        zhang, li = (session.get_one(Person, each) for each in (house.zhang, house.li))
        with pytest.raises(NotPermitted):
            permission_for(session, actor=zhang, beneficiary=li, scope=LinkScope.BOOK)


def test_demonstration_people_can_be_chosen_in_demonstration_houses_only(office: Office) -> None:
    house = office.house
    with office.database.begin() as session:
        account = session.get_one(Account, office.account_id)
        assert demonstration_people(session) == []
        with pytest.raises(NotPermitted):
            choose_demonstration_person(
                session, account=account, person_id=house.zhang, now=office.clock()
            )
        session.get_one(Institution, house.id).is_demonstration = True
        session.flush()
        named = {person.name for person in demonstration_people(session)}
        assert named == {"张建国", "李秀英", "张敏"}
        for person_id in (house.head.person_id, 9999):
            with pytest.raises(NotPermitted):
                choose_demonstration_person(
                    session, account=account, person_id=person_id, now=office.clock()
                )
        chosen = choose_demonstration_person(
            session, account=account, person_id=house.zhang, now=office.clock()
        )
        assert account.person_id == chosen.id == house.zhang


def test_a_person_may_be_of_another_house_with_the_same_name(office: Office) -> None:
    with office.database.begin() as session:
        make_person(session, office.house.id, PersonKind.RETIREE, "张建国", "老张", office.clock())
        account = session.get_one(Account, office.account_id)
        zhang = session.get_one(Person, office.house.zhang)
        bind(session, account=account, person=zhang, by="test", now=office.clock())
        assert account.person_id == office.house.zhang
