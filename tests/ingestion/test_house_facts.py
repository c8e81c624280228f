"""Facts of a house on both databases: written, put right, ended; other houses see nothing."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from booking.models import AuditRow
from ingestion.house_facts import (
    FactWords,
    FieldRefused,
    add_fact,
    change_fact,
    embed,
    end_fact,
    fact_of,
    list_facts,
    listed_fact,
    possible_owners,
    tidied,
)
from ingestion.loaded import NotThere, Refused
from knowledge.fact_likeness import texts_to_embed
from knowledge.generations import generations
from knowledge.models import (
    Document,
    DocumentKind,
    DocumentVersion,
    PassageVector,
    SourceKind,
    scope_of,
)
from knowledge.vectors import VectorStore, content_hash
from store.clock import local_date
from store.database import Database
from store.identity import Person
from tests.conftest import NOW
from tests.facts import CANTEEN, LAST_DAY, write_fact
from tests.fakes.embedder import CountingEmbedder
from tests.houses import House, make_house

TODAY = local_date(NOW)
A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Desk:
    """What a test works with: a house, and its vectors."""

    database: Database
    house: House
    model: CountingEmbedder
    vectors: VectorStore

    def write(self, words: tuple[str, str] = CANTEEN, **days: date | None) -> int:
        return write_fact(
            self.database,
            self.vectors,
            words,
            by=self.house.meal_clerk,
            now=NOW,
            **days,  # type: ignore[arg-type] # The days of a fact.
        )

    def words(self, **changed: object) -> FactWords:
        given = FactWords(*CANTEEN, owner_id=self.house.meal_clerk.person_id, ends_on=LAST_DAY)
        return replace(given, **changed)  # type: ignore[arg-type] # Fields of a fact.

    def change(self, fact_id: int, wanted: FactWords, *, mark: str | None = None) -> None:
        embed(self.vectors, wanted)
        with self.database.begin() as session:
            house_id = self.house.id
            mark = mark or listed_fact(session, fact_id, institution_id=house_id).mark
            change_fact(
                session,
                fact_id,
                wanted,
                institution_id=house_id,
                mark=mark,
                by=self.house.head,
                now=NOW + A_DAY,
            )

    def end(self, fact_id: int) -> None:
        with self.database.begin() as session:
            end_fact(
                session, fact_id, institution_id=self.house.id, by=self.house.head, now=NOW + A_DAY
            )

    def document(self, fact_id: int) -> Document:
        with self.database.read() as session:
            return session.get_one(Document, fact_id)

    def has_vectors(self, texts: list[str]) -> list[bool]:
        with self.database.read() as session:
            kept = set(session.scalars(select(PassageVector.content_hash)))
        return [content_hash(text) in kept for text in texts]


@pytest.fixture
def desk(either_database: Database) -> Desk:
    with either_database.begin() as session:
        house = make_house(session, NOW)
    model = CountingEmbedder()
    return Desk(either_database, house, model, VectorStore(either_database, model))


@pytest.fixture
def neighbours(desk: Desk) -> House:
    with desk.database.begin() as session:
        return make_house(session, NOW, name="西山军休所")


def test_a_fact_is_a_dated_document_of_its_house(desk: Desk) -> None:
    fact = desk.document(desk.write(starts_on=TODAY))
    assert (fact.kind, fact.source) == (DocumentKind.FACT, SourceKind.HOUSE)
    assert (fact.title, fact.text) == CANTEEN
    assert fact.institution_id == desk.house.id
    assert fact.owner_id == desk.house.meal_clerk.person_id
    assert (fact.starts_on, fact.ends_on, fact.issued_on) == (TODAY, LAST_DAY, TODAY)


def test_writing_a_fact_embeds_nothing_inside_the_transaction(desk: Desk) -> None:
    embed(desk.vectors, desk.words())
    desk.model.given.clear()
    with desk.database.begin() as session:
        add_fact(session, desk.words(), institution_id=desk.house.id, by=None, now=NOW)
    desk.vectors.vectors(texts_to_embed(*CANTEEN))
    assert desk.model.given == []


def test_every_act_leaves_a_row_in_the_audit(desk: Desk) -> None:
    fact_id = desk.write()
    desk.change(fact_id, desk.words(text="午饭11:30开。"))
    desk.end(fact_id)
    with desk.database.read() as session:
        rows = session.scalars(select(AuditRow).order_by(AuditRow.id)).all()
    assert [(row.act, row.about) for row in rows] == [
        ("add fact", CANTEEN[0]),
        ("change fact", CANTEEN[0]),
        ("end fact", CANTEEN[0]),
    ]
    assert rows[0].actor == f"staff {desk.house.meal_clerk.staff_id}"
    assert rows[1].actor == f"staff {desk.house.head.staff_id}"


def test_the_operator_at_the_command_line_is_in_the_audit_too(desk: Desk) -> None:
    embed(desk.vectors, desk.words())
    with desk.database.begin() as session:
        add_fact(session, desk.words(), institution_id=desk.house.id, by=None, now=NOW)
        assert session.scalars(select(AuditRow.actor)).all() == ["command line"]


def test_a_change_keeps_what_was_said_before_and_moves_the_index(desk: Desk) -> None:
    fact_id = desk.write()
    with desk.database.read() as session:
        before = generations(session, [scope_of(desk.house.id)])
    desk.change(fact_id, desk.words(text="午饭改到12点开。", ends_on=TODAY + 90 * A_DAY))
    fact = desk.document(fact_id)
    assert (fact.text, fact.version) == ("午饭改到12点开。", 2)
    assert fact.issued_on == TODAY + A_DAY
    with desk.database.read() as session:
        assert session.scalars(select(DocumentVersion.text)).all() == [CANTEEN[1]]
        assert generations(session, [scope_of(desk.house.id)]) != before


def test_dates_and_owner_change_without_a_new_version(desk: Desk) -> None:
    fact_id = desk.write()
    head = desk.house.head.person_id
    desk.change(fact_id, desk.words(ends_on=TODAY + 200 * A_DAY, owner_id=head))
    fact = desk.document(fact_id)
    assert (fact.version, fact.ends_on, fact.owner_id) == (1, TODAY + 200 * A_DAY, head)


def test_old_words_leave_no_vector_behind(desk: Desk) -> None:
    fact_id = desk.write()
    old, new = texts_to_embed(*CANTEEN), texts_to_embed("餐厅几点开？", "午饭12点开。")
    assert all(desk.has_vectors(old))
    desk.change(fact_id, desk.words(title="餐厅几点开？", text="午饭12点开。"))
    assert not any(desk.has_vectors(old))
    assert all(desk.has_vectors(new))
    desk.end(fact_id)
    assert not any(desk.has_vectors(new))


def test_two_who_change_the_same_fact_do_not_overwrite_each_other(desk: Desk) -> None:
    fact_id = desk.write()
    with desk.database.read() as session:
        seen = listed_fact(session, fact_id, institution_id=desk.house.id).mark
    desk.change(fact_id, desk.words(text="午饭12点开。"), mark=seen)
    with pytest.raises(Refused, match="别人改过"):
        desk.change(fact_id, desk.words(text="午饭11点开。"), mark=seen)
    assert desk.document(fact_id).text == "午饭12点开。"


def test_an_ended_fact_is_not_changed_and_ends_once(desk: Desk) -> None:
    fact_id = desk.write()
    desk.end(fact_id)
    desk.end(fact_id)
    assert desk.document(fact_id).withdrawn_at == NOW + A_DAY
    with pytest.raises(Refused, match="已经停用"):
        desk.change(fact_id, desk.words())
    with desk.database.read() as session:
        acts = session.scalars(select(AuditRow.act).order_by(AuditRow.id)).all()
    assert acts == ["add fact", "end fact"]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "？？"}, "title"),
        ({"title": "饭？"}, "title"),
        ({"title": "问" * 121}, "title"),
        ({"text": " \n "}, "text"),
        ({"text": "。。。"}, "text"),
        ({"text": "开。" * 4}, "text"),
        ({"text": "开" * 201}, "text"),
        ({"owner_id": 0}, "owner"),
        ({"ends_on": TODAY - A_DAY}, "ends_on"),
        ({"ends_on": TODAY + 732 * A_DAY}, "ends_on"),
        ({"starts_on": LAST_DAY + A_DAY}, "starts_on"),
    ],
)
def test_what_cannot_be_is_refused_by_field(
    desk: Desk, changed: dict[str, object], field: str
) -> None:
    wanted = desk.words(**changed)
    with pytest.raises(FieldRefused) as refused, desk.database.begin() as session:
        add_fact(session, wanted, institution_id=desk.house.id, by=None, now=NOW)
    assert refused.value.field == field
    assert str(refused.value).endswith("。")
    with desk.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Document)) == 0


def test_a_retiree_or_another_houses_clerk_owns_nothing(desk: Desk, neighbours: House) -> None:
    for stranger in (desk.house.zhang, neighbours.head.person_id):
        wanted = desk.words(owner_id=stranger)
        with pytest.raises(FieldRefused) as refused, desk.database.begin() as session:
            add_fact(session, wanted, institution_id=desk.house.id, by=None, now=NOW)
        assert refused.value.field == "owner"


def test_who_has_left_is_no_longer_offered_as_owner(desk: Desk) -> None:
    fact_id = desk.write()
    with desk.database.begin() as session:
        session.get_one(Person, desk.house.meal_clerk.person_id).active = False
    with desk.database.read() as session:
        names = [each.name for each in possible_owners(session, institution_id=desk.house.id)]
        assert names == ["小王", "小陈", "刘所长"]
        assert listed_fact(session, fact_id, institution_id=desk.house.id).owner is None


def test_the_same_question_is_answered_once_at_a_time(desk: Desk) -> None:
    first = desk.write(ends_on=TODAY + 10 * A_DAY)
    with pytest.raises(FieldRefused, match="食堂几点开"):
        desk.write((" 食堂 几点开", "午饭12点开。"))
    # What is to follow it may be written before it ends.
    after = TODAY + 11 * A_DAY
    second = desk.write(("食堂几点开？", "午饭12点开。"), starts_on=after)
    assert first != second
    desk.change(first, desk.words(text="午饭11点开。", ends_on=TODAY + 10 * A_DAY))
    with pytest.raises(FieldRefused, match="食堂几点开"):
        desk.change(first, desk.words(ends_on=after))


def test_an_ended_question_may_be_answered_anew(desk: Desk) -> None:
    desk.end(desk.write())
    assert desk.write()


def test_other_houses_see_nothing(desk: Desk, neighbours: House) -> None:
    fact_id = desk.write()
    with desk.database.begin() as session:
        assert list_facts(session, institution_id=neighbours.id) == []
        for verb in (fact_of, listed_fact):
            with pytest.raises(NotThere):
                verb(session, fact_id, institution_id=neighbours.id)
        with pytest.raises(NotThere):
            end_fact(session, fact_id, institution_id=neighbours.id, by=None, now=NOW)
    assert desk.document(fact_id).withdrawn_at is None


def test_the_list_begins_with_what_ends_first(desk: Desk) -> None:
    desk.write(ends_on=TODAY + 30 * A_DAY)
    desk.write(("暖气不热找谁？", "打内线2106。"), ends_on=TODAY + 2 * A_DAY)
    desk.write(("所长几点在？", "星期一上午在。"), ends_on=TODAY + 9 * A_DAY)
    with desk.database.read() as session:
        found = list_facts(session, institution_id=desk.house.id)
    assert [each.title[:2] for each in found] == ["暖气", "所长", "食堂"]
    assert [each.days_left(TODAY) for each in found] == [2, 9, 30]
    assert {each.owner for each in found} == {"小李"}


@pytest.mark.parametrize(
    ("title", "text", "tidy"),
    [
        ("食堂几点开", "7点。", ("食堂几点开？", "7点。")),
        ("  食堂几点开?？ ", "\u200b7点。\x00", ("食堂几点开？", "7点。")),
        ("食堂几点开？\r\n几点能吃饭", "7点。", ("食堂几点开？几点能吃饭？", "7点。")),
        ("食堂几点开", "早饭7点\n午饭12点", ("食堂几点开？", "早饭7点；午饭12点")),
        ("食堂几点开", "早饭7点。\n\n午饭12点。", ("食堂几点开？", "早饭7点。午饭12点。")),
    ],
)
def test_words_are_tidied(title: str, text: str, tidy: tuple[str, str]) -> None:
    found = tidied(FactWords(title, text, owner_id=1, ends_on=LAST_DAY))
    assert (found.title, found.text) == tidy
