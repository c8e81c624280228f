"""The generation of a scope: it moves with every change, and indexes follow it."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from knowledge.models import IndexGeneration
from store.statements import insert_into


def move_generation(session: Session, scope: str, *, now: datetime) -> int:
    """Say that the documents of `scope` changed; part of the transaction that changes them.

    Counted by the database: of two who change something at the same moment each moves it on, so
    that whoever followed the first still sees the second.
    """
    statement = insert_into(session, IndexGeneration).values(
        scope=scope, generation=1, changed_at=now
    )
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[IndexGeneration.scope],
            set_={"generation": IndexGeneration.generation + 1, "changed_at": now},
        )
    )
    return session.execute(
        select(IndexGeneration.generation).where(IndexGeneration.scope == scope)
    ).scalar_one()


def generations(session: Session, scopes: list[str]) -> dict[str, int]:
    """Return the generation of each scope that has documents."""
    rows = session.execute(
        select(IndexGeneration.scope, IndexGeneration.generation).where(
            IndexGeneration.scope.in_(scopes)
        )
    )
    return {row.scope: row.generation for row in rows}
