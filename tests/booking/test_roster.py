"""Writing the roster: what is kept, what is refused, and that it is noted."""

import pytest
from sqlalchemy import select

from booking.errors import ValueProblem
from booking.models import AuditRow, Link
from booking.people import bind_by_phone
from booking.roster import NewPerson, add_link, add_person
from store.database import Database
from store.identity import Person, PersonKind
from tests.conftest import NOW
from tests.houses import House, make_account, make_house


@pytest.fixture
def house(database: Database) -> House:
    with database.begin() as session:
        return make_house(session, NOW)


def test_someone_added_is_known_by_his_phone(database: Database, house: House) -> None:
    wanted = NewPerson(PersonKind.RETIREE, " 马援朝 ", phone="+86 139 1234 5678", address="2号楼")
    with database.begin() as session:
        person = add_person(session, institution_id=house.id, wanted=wanted, now=NOW)
        assert (person.name, person.salutation) == ("马援朝", "马援朝")
        assert (person.phone, person.address) == ("13912345678", "2号楼")
        account = make_account(session, NOW)
        found = bind_by_phone(session, account=account, phone="13912345678", now=NOW)
        assert found is person
        acts = session.scalars(select(AuditRow.act).where(AuditRow.subject_person_id == person.id))
        assert acts.first() == "add person"


@pytest.mark.parametrize(
    "wanted",
    [
        NewPerson(PersonKind.RETIREE, "  "),
        NewPerson(PersonKind.RETIREE, "长" * 61),
        NewPerson(PersonKind.RETIREE, "马援朝", salutation=" "),
        NewPerson(PersonKind.RETIREE, "马援朝", phone="12345"),
    ],
)
def test_what_cannot_be_written_is_refused(
    database: Database, house: House, wanted: NewPerson
) -> None:
    with database.begin() as session, pytest.raises(ValueProblem):
        add_person(session, institution_id=house.id, wanted=wanted, now=NOW)


def test_a_relative_may_act_for_a_retiree_only(database: Database, house: House) -> None:
    with database.begin() as session:
        zhang, daughter = session.get_one(Person, house.zhang), session.get_one(Person, house.min)
        wanted = NewPerson(PersonKind.FAMILY, "张强")
        son = add_person(session, institution_id=house.id, wanted=wanted, now=NOW)
        add_link(session, family=son, retiree=zhang, calls="我爸", now=NOW)
        link = session.scalars(select(Link).where(Link.family_id == son.id)).one()
        assert (link.retiree_id, link.calls) == (zhang.id, "我爸")
        with pytest.raises(ValueProblem):
            add_link(session, family=son, retiree=daughter, calls="我姐", now=NOW)
        with pytest.raises(ValueProblem):
            add_link(session, family=daughter, retiree=zhang, calls=" ", now=NOW)
