"""Sealing everything anew after a key was replaced: in batches, each its own unit of work."""

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Column, LargeBinary, Table, bindparam, select, type_coerce, update

from store.base import Base
from store.database import Database
from store.types import EncryptedJson, EncryptedText

BATCH = 500

Tell = Callable[[str, int], None]


def reseal(database: Database, *, tell: Tell = lambda _table, _cells: None) -> int:
    """Seal with the newest key whatever is sealed with an older one; return how many cells.

    Cut short, it is simply run again: what is done already is passed over. `tell` hears of each
    batch.
    """
    done = 0
    for table in Base.metadata.sorted_tables:
        sealed = [column for column in table.columns if _is_sealed(column)]
        for rows in _batches(database, table, sealed) if sealed else ():
            cells = _reseal_rows(database, table, sealed, rows)
            done += cells
            tell(table.name, cells)
    return done


def _is_sealed(column: Column[Any]) -> bool:
    return isinstance(column.type, EncryptedText | EncryptedJson)


def _batches(
    database: Database, table: Table, sealed: list[Column[Any]]
) -> Iterator[list[tuple[Any, ...]]]:
    (key,) = table.primary_key
    raw = [type_coerce(column, LargeBinary).label(column.name) for column in sealed]
    last = None
    while True:
        wanted = select(key, *raw).order_by(key).limit(BATCH)
        with database.read() as session:
            found = session.execute(wanted if last is None else wanted.where(key > last)).all()
        if not found:
            return
        last = found[-1][0]
        yield [tuple(row) for row in found]


def _reseal_rows(
    database: Database, table: Table, sealed: list[Column[Any]], rows: list[tuple[Any, ...]]
) -> int:
    (key,) = table.primary_key
    keyring, cells = database.keyring, 0
    with database.begin() as session:
        for row_key, *tokens in rows:
            anew = {
                column.name: keyring.seal_anew(bytes(token))
                for column, token in zip(sealed, tokens, strict=True)
                if token is not None and not keyring.is_sealed_with_newest(bytes(token))
            }
            if anew:
                values = {
                    name: type_coerce(bindparam(f"to_{name}", token), LargeBinary)
                    for name, token in anew.items()
                }
                session.execute(update(table).where(key == row_key).values(values))
                cells += len(anew)
    return cells
