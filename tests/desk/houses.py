"""Two houses with people, clerks and things to book, and requests made through the real verbs."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import select

from booking import calls, requests
from booking.fraud_reports import report_fraud
from booking.models import Link, LinkScope, Opening, StaffRole
from booking.policy_questions import PolicyQuestion, ask_staff
from booking.rides.models import Destination, Driver, Vehicle
from booking.services import Catalog
from booking.staff_access import create_staff
from knowledge.answers import AnswerStatus
from knowledge.models import Document, Passage, QuestionLogRow, SourceKind, scope_of
from store.clock import local_date
from store.database import Database
from store.identity import Account, Conversation, Institution, Person, PersonKind
from tests.conftest import NOW

PASSWORD = "watering-can-7"
_keys = itertools.count(1)


@dataclass(slots=True)
class House:
    """One institution as a test uses it: ids by name."""

    id: int
    people: dict[str, int] = field(default_factory=dict)
    logins: dict[str, str] = field(default_factory=dict)


def build_house(database: Database, *, name: str, prefix: str, now: datetime) -> House:
    """Write a house: 张建国 (独居), 李秀英, his daughter, five clerks, meals, cars, a checkup day."""
    with database.begin() as session:
        institution = Institution(name=name, is_demonstration=False, created_at=now)
        session.add(institution)
        session.flush()
        house = House(institution.id)
        people = [
            ("张建国", PersonKind.RETIREE, ["独居"], "13800001111", "3号楼2单元501"),
            ("李秀英", PersonKind.RETIREE, None, None, None),
            ("张小梅", PersonKind.FAMILY, None, "13800002222", None),
            ("小李", PersonKind.STAFF, None, None, None),
            ("小王", PersonKind.STAFF, None, None, None),
            ("老周", PersonKind.STAFF, None, None, None),
            ("陈医生", PersonKind.STAFF, None, None, None),
            ("刘所长", PersonKind.STAFF, None, None, None),
        ]
        rows: dict[str, Person] = {}
        for called, kind, flags, phone, address in people:
            rows[called] = Person(
                institution_id=institution.id,
                kind=kind,
                name=called,
                salutation=called,
                phone=phone,
                address=address,
                care_flags=flags,
                health_note="冠心病，随身带硝酸甘油" if called == "张建国" else None,
                active=True,
                created_at=now,
            )
        session.add_all(rows.values())
        session.flush()
        house.people = {called: row.id for called, row in rows.items()}
        for called in ("张建国", "李秀英", "张小梅"):
            talk = Conversation(person_id=rows[called].id, fence=0, updated_at=now)
            session.add(talk)
            session.flush()
            # 李秀英 has no chat of her own.
            if called != "李秀英":
                session.add(
                    Account(
                        channel="web",
                        bot="",
                        external_id=f"{prefix}{called}",
                        person_id=rows[called].id,
                        conversation_id=talk.id,
                        created_at=now,
                        last_used_at=now,
                    )
                )
        session.add(
            Link(
                institution_id=institution.id,
                family_id=rows["张小梅"].id,
                retiree_id=rows["李秀英"].id,
                calls="我妈",
                scopes=[scope.value for scope in LinkScope],
                granted_by="本人",
                created_at=now,
            )
        )
        roles = {
            "小李": ("xiaoli", [StaffRole.MEAL]),
            "小王": ("xiaowang", [StaffRole.MEAL]),
            "老周": ("laozhou", [StaffRole.RIDE]),
            "陈医生": ("chen", [StaffRole.HEALTH]),
            "刘所长": ("liu", [StaffRole.HEAD]),
        }
        for called, (login, given) in roles.items():
            house.logins[called] = f"{prefix}{login}"
            create_staff(
                session,
                person=rows[called],
                login=f"{prefix}{login}",
                password=PASSWORD,
                roles=given,
                now=now,
            )
        for day in range(1, 8):
            for service, period in (("meal", "lunch"), ("meal", "dinner"), ("checkup", "morning")):
                session.add(
                    Opening(
                        institution_id=institution.id,
                        service=service,
                        day=local_date(now) + timedelta(days=day),
                        period=period,
                        capacity=40,
                        taken=0,
                        details="",
                    )
                )
        car = Vehicle(institution_id=institution.id, name="一号车", seats=4, takes_wheelchair=True)
        session.add(car)
        session.flush()
        session.add(Driver(institution_id=institution.id, name="赵师傅", usual_vehicle_id=car.id))
        session.add(Destination(institution_id=institution.id, name="人民医院", position=1))
    return house


class Book:
    """Makes requests in a house, through the verbs that the conversation uses."""

    def __init__(self, database: Database, catalog: Catalog, house: House) -> None:
        self._database = database
        self._catalog = catalog
        self._house = house

    def meal(self, now: datetime, who: str = "张建国", portions: int = 1, days: int = 1) -> int:
        """Book lunch in `days` days."""
        values = {
            "date": self._day(now, days).isoformat(),
            "meal": "lunch",
            "diet": "soft",
            "portions": str(portions),
        }
        return self._submit("meal", who, who, values, now)

    def ride(self, now: datetime, *, at: str = "08:00", days: int = 1) -> int:
        """Book a car to the hospital, by the daughter for her mother."""
        values = {
            "date": self._day(now, days).isoformat(),
            "time": at,
            "destination": "人民医院",
            "return_trip": "yes",
            "passengers": "2",
            "wheelchair": "yes",
        }
        return self._submit("ride", "张小梅", "李秀英", values, now)

    def checkup(self, now: datetime, who: str = "张建国") -> int:
        """Book this year's checkup."""
        values = {"date": self._day(now, 3).isoformat(), "session": "morning"}
        return self._submit("checkup", who, who, values, now)

    def emergency(self, now: datetime, words: str = "胸口疼得厉害") -> int:
        """Call for help."""
        with self._database.begin() as session:
            request, _ = calls.raise_emergency(
                session,
                catalog=self._catalog,
                actor=session.get_one(Person, self._house.people["张建国"]),
                words=words,
                account_id=self._account(),
                key=f"key {next(_keys)}",
                now=now,
            )
            return request.id

    def human(self, now: datetime, words: str = "找人说说暖气的事") -> int:
        """Ask for a person."""
        with self._database.begin() as session:
            request, _ = calls.ask_for_person(
                session,
                catalog=self._catalog,
                actor=session.get_one(Person, self._house.people["张建国"]),
                words=words,
                account_id=self._account(),
                key=f"key {next(_keys)}",
                now=now,
            )
            return request.id

    def question(self, now: datetime, words: str = "疗养一年能去几次") -> int:
        """Hand a question that the documents left open to the staff."""
        asked = PolicyQuestion(
            log_id=next(_keys),
            question=words,
            answer="官方解读里只写着：“建立荣誉疗养制度。”\n至于几次，材料里没有写。",
            ended="partial",
            understood_as="疗养一年能去几次 家属呢",
        )
        with self._database.begin() as session:
            request, _ = ask_staff(
                session,
                catalog=self._catalog,
                actor=session.get_one(Person, self._house.people["张建国"]),
                asked=asked,
                account_id=self._account(),
                now=now,
            )
            return request.id

    def fraud(self, now: datetime, words: str = "让我交三百办军休卡") -> int:
        """Report someone who asks for money in the house's name."""
        with self._database.begin() as session:
            request, _ = report_fraud(
                session,
                catalog=self._catalog,
                actor=session.get_one(Person, self._house.people["张建国"]),
                words=words,
                account_id=self._account(),
                message_id=next(_keys),
                now=now,
            )
            return request.id

    def _submit(
        self, service: str, actor: str, beneficiary: str, values: dict[str, str], now: datetime
    ) -> int:
        with self._database.begin() as session:
            wanted = requests.Submission(
                actor=session.get_one(Person, self._house.people[actor]),
                beneficiary=session.get_one(Person, self._house.people[beneficiary]),
                service=self._catalog.get(service),
                values=values,
                account_id=self._account(),
                key=f"key {next(_keys)}",
            )
            return requests.submit(session, wanted, now=now).id

    def _account(self) -> int:
        with self._database.read() as session:
            return (
                session.execute(
                    select(Account.id).where(
                        Account.person_id == self._house.people["张建国"],
                    )
                )
                .scalars()
                .one()
            )

    @staticmethod
    def _day(now: datetime, days: int) -> date:
        return local_date(now) + timedelta(days=days)


class Library:
    """Puts documents and asked questions into a database, as reading in and a turn would."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def document(
        self,
        *clauses: str,
        house: House | None = None,
        title: str = "军休服务通知",
        ends_on: date | None = None,
    ) -> list[int]:
        """Write a document of these clauses; return the ids of its passages."""
        institution_id = house.id if house else None
        with self._database.begin() as session:
            document = Document(
                institution_id=institution_id,
                scope=scope_of(institution_id),
                external_id=f"document {next(_keys)}",
                title=title,
                source=SourceKind.HOUSE if house else SourceKind.INTERPRETATION,
                text="\n".join(clauses),
                content_hash="",
                ends_on=ends_on,
                ingested_at=NOW,
            )
            session.add(document)
            session.flush()
            passages = [
                Passage(
                    institution_id=institution_id,
                    document_id=document.id,
                    position=position,
                    source=document.source,
                    heading="二、服务保障",
                    start=document.text.index(clause),
                    end=document.text.index(clause) + len(clause),
                    text=clause,
                    content_hash="",
                )
                for position, clause in enumerate(clauses)
            ]
            session.add_all(passages)
            session.flush()
            return [passage.id for passage in passages]

    def asked(
        self,
        house: House,
        words: str,
        status: AnswerStatus = AnswerStatus.NOT_IN_DOCUMENTS,
        *,
        at: datetime,
        passages: Sequence[int] = (),
        who: str = "张建国",
    ) -> int:
        """Log a question; return its number."""
        with self._database.begin() as session:
            row = QuestionLogRow(
                institution_id=house.id,
                account_id=None,
                person_id=house.people[who],
                asked_at=at,
                question=words,
                status=status,
                passage_ids=list(passages),
                seconds=0.02,
            )
            session.add(row)
            session.flush()
            return row.id
