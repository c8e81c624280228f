"""A clerk finds the passage he knows is there, on either database, and only one in force."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from knowledge.models import Document, Passage, SourceKind, scope_of
from knowledge.passage_search import MOST_FOUND, find_passages, passages_in_force, texts_in_force
from store.database import Database
from store.identity import Institution
from tests.conftest import NOW

TODAY = date(2026, 11, 23)
CHECKUP = "规定军休干部每年健康体检1次。"
OTHERS = ("军休干部应当每年参加学习。", "军休干部活动场所对外开放。", "军休干部的子女可以陪同。")


def write(
    database: Database,
    texts: Sequence[str],
    *,
    institution_id: int | None = None,
    is_heading: bool = False,
    **life: object,
) -> list[int]:
    """Write one document of these passages; return their ids."""
    with database.begin() as session:
        document = Document(
            institution_id=institution_id,
            scope=scope_of(institution_id),
            external_id=f"{texts[0]} {life}",
            title="通知",
            source=SourceKind.POLICY,
            text="\n".join(texts),
            content_hash="",
            ingested_at=NOW,
            **life,
        )
        session.add(document)
        session.flush()
        passages = [
            Passage(
                institution_id=institution_id,
                document_id=document.id,
                position=position,
                source=SourceKind.POLICY,
                heading="医疗",
                is_heading=is_heading,
                start=0,
                end=len(text),
                text=f"{text}\n",
                content_hash="",
            )
            for position, text in enumerate(texts)
        ]
        session.add_all(passages)
        session.flush()
        return [passage.id for passage in passages]


def house(database: Database, name: str) -> int:
    with database.begin() as session:
        row = Institution(name=name, created_at=NOW)
        session.add(row)
        session.flush()
        return row.id


def found(database: Database, words: str, institution_id: int) -> list[str]:
    with database.read() as session:
        passages = find_passages(session, words, institution_id=institution_id, now=NOW)
    return [passage.text for passage in passages]


def test_the_rare_words_decide(either_database: Database) -> None:
    ours = house(either_database, "示范军休所")
    write(either_database, [*OTHERS, CHECKUP])
    assert found(either_database, "军休干部每年给安排几回健康体检", ours)[0] == CHECKUP
    assert found(either_database, "体检", ours) == [CHECKUP]


@pytest.mark.parametrize("words", ["", "？", "门球", "%", "_", "体"])
def test_words_that_stand_nowhere_find_nothing(database: Database, words: str) -> None:
    ours = house(database, "示范军休所")
    write(database, [CHECKUP])
    assert found(database, words, ours) == []


def test_signs_of_a_pattern_are_plain_signs(database: Database) -> None:
    ours = house(database, "示范军休所")
    write(database, ["补贴a_b类。", "补贴axb类。"])
    assert found(database, "a_b", ours) == ["补贴a_b类。"]


def test_no_more_than_a_clerk_reads(database: Database) -> None:
    ours = house(database, "示范军休所")
    write(database, [f"{number}号健康体检。" for number in range(40)])
    assert len(found(database, "健康体检", ours)) == MOST_FOUND


def test_headings_answer_nothing(database: Database) -> None:
    ours = house(database, "示范军休所")
    write(database, ["健康体检"], is_heading=True)
    assert found(database, "健康体检", ours) == []


@pytest.mark.parametrize(
    ("life", "holds"),
    [
        ({}, True),
        ({"starts_on": TODAY, "ends_on": TODAY}, True),
        ({"starts_on": TODAY + timedelta(days=1)}, False),
        ({"ends_on": TODAY - timedelta(days=1)}, False),
        ({"withdrawn_at": NOW}, False),
    ],
)
def test_only_what_is_in_force_is_found(
    either_database: Database, life: dict[str, Any], *, holds: bool
) -> None:
    ours = house(either_database, "示范军休所")
    ids = write(either_database, [CHECKUP], **life)
    assert (found(either_database, "健康体检", ours) == [CHECKUP]) is holds
    with either_database.read() as session:
        kept = passages_in_force(session, ids, institution_id=ours, now=NOW)
        texts = list(texts_in_force(session, institution_id=ours, now=NOW))
    assert bool(kept) is bool(texts) is holds


def test_a_house_finds_its_own_and_the_national_ones(database: Database) -> None:
    ours, other = house(database, "示范军休所"), house(database, "邻市军休所")
    national = write(database, [CHECKUP])
    own = write(database, ["本所健康体检在二楼。"], institution_id=ours)
    theirs = write(database, ["邻市健康体检在三楼。"], institution_id=other)
    assert set(found(database, "健康体检", ours)) == {CHECKUP, "本所健康体检在二楼。"}
    with database.read() as session:
        kept = passages_in_force(
            session, [*theirs, *own, *national, 10**6], institution_id=ours, now=NOW
        )
    assert [passage.passage_id for passage in kept] == [*own, *national]


@pytest.mark.parametrize(
    ("life", "holds"),
    [
        ({}, False),
        ({"starts_on": TODAY}, False),
        # What has taken a place does not give it back when it ends.
        ({"ends_on": TODAY - timedelta(days=1)}, False),
        ({"starts_on": TODAY + timedelta(days=1)}, True),
        ({"withdrawn_at": NOW}, True),
    ],
)
def test_what_was_replaced_is_not_found(
    either_database: Database, life: dict[str, Any], *, holds: bool
) -> None:
    ours = house(either_database, "示范军休所")
    (passage,) = write(either_database, [CHECKUP])
    with either_database.read() as session:
        replaced = session.get_one(Passage, passage).document_id
    write(either_database, ["健康体检改为每年2次。"], replaces_id=replaced, **life)
    assert (CHECKUP in found(either_database, "每年健康体检", ours)) is holds


def test_what_was_replaced_by_a_withdrawn_one_that_was_replaced_is_not_found(
    either_database: Database,
) -> None:
    ours = house(either_database, "示范军休所")
    replaced = None
    lives: list[dict[str, Any]] = [{}, {"withdrawn_at": NOW}, {}]
    for number, life in enumerate(lives):
        (passage,) = write(either_database, [f"{number}号健康体检。"], replaces_id=replaced, **life)
        with either_database.read() as session:
            replaced = session.get_one(Passage, passage).document_id
    assert found(either_database, "健康体检", ours) == ["2号健康体检。"]
