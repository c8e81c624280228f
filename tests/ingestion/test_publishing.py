"""A document's life on both databases: nothing else changes, and nothing stays behind."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ingestion import library
from ingestion.entries import Entry, entry_of
from ingestion.loaded import LoadedDocument, NotThere, Refused
from ingestion.pipeline import IngestReport, ingest
from ingestion.publishing import amend, remove, restore, withdraw
from knowledge.generations import generations
from knowledge.life import DocumentState
from knowledge.models import (
    NATIONAL,
    Document,
    DocumentVersion,
    Passage,
    PassageVector,
    SourceKind,
)
from knowledge.vectors import VectorStore, content_hash
from store.clock import local_date
from store.database import Database
from store.identity import Institution
from tests.conftest import NOW
from tests.fakes.embedder import CountingEmbedder

RULES = "食堂管理办法\n第一条 早饭七点开始，晚来的留饭。\n第二条 午饭十一点半开始。\n第三条 一律刷卡，不收现金。"
LATER = RULES.replace("十一点半", "十二点").replace(
    "第三条 一律刷卡，不收现金。", "第三条 带客人请提前一天说。"
)
TODAY = local_date(NOW)
A_DAY = timedelta(days=1)


class Shelf:
    """The documents of one test: taken in, looked at, put away."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.model = CountingEmbedder()
        self.vectors = VectorStore(database, self.model)

    def take(
        self, key: str, text: str, *, house: int | None = None, now: datetime = NOW, **given: Any
    ) -> IngestReport:
        return ingest(
            self.database,
            self.vectors,
            [LoadedDocument(key, text)],
            institution_id=house,
            given=Entry(**given),
            now=now,
        )

    def document(self, key: str) -> Document:
        with self.database.read() as session:
            return session.scalars(select(Document).where(Document.external_id == key)).one()

    def states(self, today: date = TODAY, house: int | None = None) -> dict[str, DocumentState]:
        with self.database.read() as session:
            listed = library.list_documents(session, institution_id=house, today=today)
        return {each.external_id: each.state for each in listed}

    def passages(self, key: str) -> dict[str, int]:
        with self.database.read() as session:
            rows = library.passages_of(session, self.document(key).id)
            return {row.text.strip(): row.id for row in rows}

    def count(self, table: type) -> int:
        with self.database.read() as session:
            return session.scalar(select(func.count()).select_from(table)) or 0

    def generation(self) -> int:
        with self.database.read() as session:
            return generations(session, [NATIONAL]).get(NATIONAL, 0)


@pytest.fixture
def shelf(either_database: Database) -> Shelf:
    return Shelf(either_database)


def test_the_same_text_again_changes_nothing(shelf: Shelf) -> None:
    shelf.take("rules", RULES)
    before, generation = shelf.passages("rules"), shelf.generation()
    shelf.model.given.clear()
    report = shelf.take("rules", RULES, now=NOW + A_DAY)
    assert (report.added, report.updated, report.unchanged) == (0, 0, 1)
    assert shelf.passages("rules") == before
    assert shelf.generation() == generation
    assert shelf.model.given == []
    assert shelf.document("rules").ingested_at == NOW
    assert shelf.count(DocumentVersion) == 0


def test_a_new_version_touches_only_what_changed(shelf: Shelf) -> None:
    shelf.take("rules", RULES)
    before = shelf.passages("rules")
    shelf.model.given.clear()
    shelf.take("rules", LATER, now=NOW + A_DAY)
    after = shelf.passages("rules")
    same = before.keys() & after.keys()
    assert "第一条 早饭七点开始，晚来的留饭。" in same
    assert {words: after[words] for words in same} == {words: before[words] for words in same}
    assert sorted(shelf.model.given) == sorted(after.keys() - before.keys())
    document = shelf.document("rules")
    assert (document.version, document.text) == (2, LATER)
    with shelf.database.read() as session:
        kept = session.scalars(select(DocumentVersion)).one()
        assert (kept.version, kept.text, kept.ingested_at) == (1, RULES, NOW)
        held = set(session.scalars(select(PassageVector.content_hash)))
    quotable = {words for words in after if words != "食堂管理办法"}
    assert held == {content_hash(words) for words in quotable}


def test_removing_leaves_no_trace_but_what_others_need(shelf: Shelf) -> None:
    shelf.take("rules", RULES)
    shelf.take("rules", LATER)
    shelf.take("others", f"别的办法\n{RULES.splitlines()[1]}\n第二条 别的事照旧办。")
    with shelf.database.begin() as session:
        document = session.scalars(select(Document).where(Document.external_id == "rules")).one()
        remove(session, document, now=NOW)
    assert list(shelf.states()) == ["others"]
    assert shelf.count(DocumentVersion) == 0
    with shelf.database.read() as session:
        hashes = set(session.scalars(select(PassageVector.content_hash)))
        quotable = session.scalars(select(Passage).where(Passage.is_heading.is_(False)))
        assert hashes == {row.content_hash for row in quotable}
        assert session.scalars(select(Passage.document_id).distinct()).all() == [
            shelf.document("others").id
        ]


def test_withdrawn_and_restored(shelf: Shelf) -> None:
    shelf.take("rules", RULES)
    generation = shelf.generation()
    _act(shelf, "rules", withdraw)
    assert shelf.states() == {"rules": DocumentState.WITHDRAWN}
    assert shelf.generation() == generation + 1
    with pytest.raises(Refused, match="已经撤回"):
        _act(shelf, "rules", withdraw)
    # Reading the same file again is not a change of mind.
    shelf.take("rules", RULES)
    assert shelf.states() == {"rules": DocumentState.WITHDRAWN}
    _act(shelf, "rules", restore)
    assert shelf.states() == {"rules": DocumentState.IN_FORCE}
    with pytest.raises(Refused, match="没有撤回过"):
        _act(shelf, "rules", restore)
    _act(shelf, "rules", withdraw)
    shelf.take("rules", LATER)
    assert shelf.states() == {"rules": DocumentState.IN_FORCE}


def test_days_and_successors(shelf: Shelf) -> None:
    shelf.take("old", RULES, ends_on=TODAY + 9 * A_DAY)
    old = shelf.document("old").id
    shelf.take("new", LATER, starts_on=TODAY + A_DAY, replaces_id=old)
    assert shelf.states() == {"new": DocumentState.NOT_YET, "old": DocumentState.IN_FORCE}
    assert shelf.states(TODAY + A_DAY) == {
        "new": DocumentState.IN_FORCE,
        "old": DocumentState.SUPERSEDED,
    }
    _act(shelf, "new", withdraw)
    assert shelf.states(TODAY + A_DAY)["old"] is DocumentState.IN_FORCE
    assert shelf.states(TODAY + 10 * A_DAY)["old"] is DocumentState.ENDED


def test_removing_one_of_a_chain_does_not_bring_the_first_one_back(shelf: Shelf) -> None:
    shelf.take("first", RULES)
    shelf.take("second", LATER, replaces_id=shelf.document("first").id)
    shelf.take("third", f"{LATER}完。", replaces_id=shelf.document("second").id)
    _act(shelf, "second", remove)
    assert shelf.states()["first"] is DocumentState.SUPERSEDED
    _act(shelf, "third", remove)
    assert shelf.states()["first"] is DocumentState.IN_FORCE


def test_what_a_text_abolishes_it_takes_the_place_of(shelf: Shelf) -> None:
    shelf.take("old", RULES)
    shelf.take("rides", "用车管理办法\n第一条 用车提前一天说。")
    report = shelf.take("new", f"{LATER}\n《食堂管理办法》、《用车管理办法》同时废止。")
    assert shelf.document("new").replaces_id == shelf.document("old").id
    assert shelf.states()["old"] is DocumentState.SUPERSEDED
    # One document replaces one; of the other only staff can say.
    assert report.still_answering == (shelf.document("rides").id,)


def test_a_text_that_abolishes_no_whole_document_replaces_nothing(shelf: Shelf) -> None:
    shelf.take("old", RULES)
    shelf.take("new", f"{LATER}\n《食堂管理办法》第二条同时废止。")
    shelf.take("own", "食堂补充办法\n第一条 早饭七点。\n《食堂补充办法》同时废止。")
    assert set(shelf.states().values()) == {DocumentState.IN_FORCE}


def test_two_texts_that_abolish_each_other(shelf: Shelf) -> None:
    readings = [
        LoadedDocument("a", "食堂管理办法\n第一条 早饭七点。\n《用车管理办法》同时废止。"),
        LoadedDocument("b", "用车管理办法\n第一条 提前一天。\n《食堂管理办法》同时废止。"),
    ]
    report = ingest(shelf.database, shelf.vectors, readings, now=NOW)
    assert shelf.document("a").replaces_id == shelf.document("b").id
    assert shelf.document("b").replaces_id is None
    assert report.still_answering == (shelf.document("a").id,)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"starts_on": TODAY, "ends_on": TODAY - A_DAY}, "前面"),
        ({"replaces_id": 999}, "不在这里"),
        ({"title": "长" * 401}, "标题太长"),
        ({"number": "号" * 101}, "文号太长"),
    ],
)
def test_what_cannot_be_recorded_is_refused_and_nothing_kept(
    shelf: Shelf, given: dict[str, Any], words: str
) -> None:
    with pytest.raises(Refused, match=words):
        shelf.take("rules", RULES, **given)
    assert shelf.count(Document) == shelf.count(Passage) == 0


def test_a_version_for_later_never_leaves_a_gap(shelf: Shelf) -> None:
    shelf.take("rules", RULES)
    with pytest.raises(Refused, match="11月24日"):
        shelf.take("rules", LATER, starts_on=TODAY + A_DAY)
    assert shelf.document("rules").text == RULES
    _act(shelf, "rules", withdraw)
    shelf.take("rules", LATER, starts_on=TODAY + A_DAY)
    assert shelf.states() == {"rules": DocumentState.NOT_YET}


def test_houses_replace_only_their_own(shelf: Shelf) -> None:
    house, other = _house(shelf, "甲所"), _house(shelf, "乙所")
    shelf.take("rules", RULES)
    shelf.take("ours", RULES, house=house)
    shelf.take("ours", RULES, house=other)
    with pytest.raises(Refused, match="不在这里"):
        shelf.take("more", LATER, house=house, replaces_id=shelf.document("rules").id)
    shelf.take("more", f"{LATER}\n《食堂管理办法》同时废止。", house=house)
    assert shelf.states(house=house)["ours"] is DocumentState.SUPERSEDED
    assert shelf.states(house=other) == {"ours": DocumentState.IN_FORCE}
    assert shelf.states() == {"rules": DocumentState.IN_FORCE}
    with shelf.database.read() as session, pytest.raises(NotThere):
        library.document_of(session, shelf.document("more").id, institution_id=other)


def test_what_is_read_what_is_given_and_what_staff_corrected(shelf: Shelf) -> None:
    text = f"{RULES}\n东山军休所\n2026年1月2日\n"
    shelf.take("rules", text, issuer="西山军休所", region="东山市")
    document = shelf.document("rules")
    assert (document.issuer, document.issued_on) == ("西山军休所", date(2026, 1, 2))
    _correct(shelf, "rules", ends_on=date(2027, 1, 1), title="食堂办法")
    # A new version: what staff said stays, what it says of itself is new.
    shelf.take("rules", text.replace("十一点半", "十二点").replace("1月2日", "3月4日"))
    document = shelf.document("rules")
    assert (document.version, document.title) == (2, "食堂办法")
    assert (document.issuer, document.region) == ("西山军休所", "东山市")
    assert (document.issued_on, document.ends_on) == (date(2026, 3, 4), date(2027, 1, 1))


def test_a_misreading_that_staff_put_right_does_not_come_back(shelf: Shelf) -> None:
    text = f"{RULES}\n本办法有效期至2026年12月31日。\n"
    shelf.take("rules", text)
    assert shelf.document("rules").ends_on == date(2026, 12, 31)
    _correct(shelf, "rules", ends_on=None)
    shelf.take("rules", text.replace("十一点半", "十二点"))
    assert shelf.document("rules").ends_on is None
    shelf.take("rules", text.replace("2026年", "2028年"))
    assert shelf.document("rules").ends_on == date(2028, 12, 31)


def test_correcting_moves_no_passage(shelf: Shelf) -> None:
    shelf.take("rules", RULES)
    before = shelf.passages("rules")
    shelf.model.given.clear()
    assert _correct(shelf, "rules", source=SourceKind.INTERPRETATION)
    assert not _correct(shelf, "rules", source=SourceKind.INTERPRETATION)
    assert shelf.passages("rules") == before
    assert shelf.model.given == []
    with shelf.database.read() as session:
        assert set(session.scalars(select(Passage.source))) == {SourceKind.INTERPRETATION}
    assert _correct(shelf, "rules", source=None)
    assert shelf.document("rules").source is SourceKind.POLICY


def test_a_house_s_paper_is_its_own_unless_it_bears_a_number(shelf: Shelf) -> None:
    house = _house(shelf, "甲所")
    shelf.take("hours", RULES, house=house)
    shelf.take(
        "letter", "关于开饭时间的通知\n军休发〔2026〕3号\n各军休所：\n早饭七点。", house=house
    )
    sources = {key: shelf.document(key).source for key in ("hours", "letter")}
    assert sources == {"hours": SourceKind.HOUSE, "letter": SourceKind.POLICY}


def test_a_document_does_not_replace_itself(shelf: Shelf) -> None:
    shelf.take("old", RULES)
    shelf.take("new", LATER, replaces_id=shelf.document("old").id)
    for key, other in (("old", "old"), ("old", "new")):
        with pytest.raises(Refused, match="互相代替"):
            _correct(shelf, key, replaces_id=shelf.document(other).id)


def _act(shelf: Shelf, key: str, verb: object) -> None:
    with shelf.database.begin() as session:
        document = session.scalars(select(Document).where(Document.external_id == key)).one()
        verb(session, document, now=NOW)  # type: ignore[operator] # One of the verbs.


def _correct(shelf: Shelf, key: str, **fields: object) -> bool:
    with shelf.database.begin() as session:
        document = session.scalars(select(Document).where(Document.external_id == key)).one()
        entry = replace(entry_of(document), **fields)  # type: ignore[arg-type]
        return amend(session, document, entry, now=NOW)


def _house(shelf: Shelf, name: str) -> int:
    def make(session: Session) -> int:
        house = Institution(name=name, created_at=NOW)
        session.add(house)
        session.flush()
        return house.id

    with shelf.database.begin() as session:
        return make(session)
