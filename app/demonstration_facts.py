"""What the demonstration house says of itself, so that a question about it has an answer."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from ingestion.house_facts import FactWords, add_fact, embed, list_facts
from knowledge.vectors import VectorStore
from store.clock import local_date
from store.database import Database
from store.identity import Institution, Person, PersonKind


@dataclass(frozen=True, slots=True)
class _Fact:
    title: str
    text: str
    owner: str
    days: int


_FACTS = (
    _Fact(
        "食堂几点开？",
        "早饭7:00到8:00，午饭11:30到12:30，晚饭17:30到18:30。星期六、星期天照常开。",
        "小李",
        180,
    ),
    _Fact(
        "上总医院走哪个窗口、带什么证件？",
        "走门诊楼一层的“军人优先”窗口，带身份证、军休证和医保卡。",
        "小陈",
        180,
    ),
    _Fact("暖气不热找谁？", "打所里值班电话010-0000-0000，水暖工老田当天上门看。", "小王", 120),
    _Fact("所长几点在？", "刘所长星期一、星期四上午9点到11点在办公楼203接待。", "刘所长", 90),
    _Fact("活动室什么时候开？", "每天上午8点半到晚上9点，下棋在一层，唱歌在二层。", "小王", 60),
    # One that ends before long, to show how its owner is reminded.
    _Fact("流感疫苗哪天打？", "这几天上午8点到11点在医务室打，带身份证。", "小陈", 8),
)


def write_demonstration_facts(database: Database, vectors: VectorStore, *, now: datetime) -> None:
    """Write the facts of a demonstration house that has none yet."""
    with database.read() as session:
        house = session.scalars(
            select(Institution).where(Institution.is_demonstration.is_(True))
        ).first()
        if house is None or list_facts(session, institution_id=house.id):
            return
        staff = session.scalars(
            select(Person).where(Person.institution_id == house.id, Person.kind == PersonKind.STAFF)
        )
        owners = {person.name: person.id for person in staff}
    today = local_date(now)
    wanted = [
        FactWords(
            each.title, each.text, owners[each.owner], ends_on=today + timedelta(days=each.days)
        )
        for each in _FACTS
    ]
    for words in wanted:
        embed(vectors, words)
    with database.begin() as session:
        for words in wanted:
            add_fact(session, words, institution_id=house.id, by=None, now=now)
