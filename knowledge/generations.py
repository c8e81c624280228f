"""The generation of a scope: it moves with every change, and indexes follow it."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from knowledge.models import IndexGeneration


def move_generation(session: Session, scope: str, *, now: datetime) -> int:
    """Say that the passages of `scope` changed; part of the transaction that changes them."""
    row = session.get(IndexGeneration, scope)
    if row is None:
        row = IndexGeneration(scope=scope, generation=0)
        session.add(row)
    row.generation += 1
    row.changed_at = now
    session.flush()
    return row.generation


def generations(session: Session, scopes: list[str]) -> dict[str, int]:
    """Return the generation of each scope that has documents."""
    rows = session.execute(
        select(IndexGeneration.scope, IndexGeneration.generation).where(
            IndexGeneration.scope.in_(scopes)
        )
    )
    return {row.scope: row.generation for row in rows}
