"""Named leases: one poller and one sender per bot, whichever process holds them."""

from datetime import datetime, timedelta

from sqlalchemy import String, delete, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from store.base import Base
from store.statements import insert_into
from store.types import UtcDateTime


class LeaseRow(Base):
    """Who may do a job that must be done by one process only, and until when."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    owner: Mapped[str] = mapped_column(String(80))
    until: Mapped[datetime] = mapped_column(UtcDateTime)


def take(session: Session, *, name: str, owner: str, now: datetime, hold: timedelta) -> bool:
    """Take or renew the lease; False while another owner holds it."""
    session.execute(
        insert_into(session, LeaseRow)
        .values(name=name, owner=owner, until=now + hold)
        .on_conflict_do_nothing()
    )
    taken = session.execute(
        update(LeaseRow)
        .where(LeaseRow.name == name, or_(LeaseRow.owner == owner, LeaseRow.until < now))
        .values(owner=owner, until=now + hold)
        .returning(LeaseRow.name)
        .execution_options(synchronize_session=False)
    ).first()
    return taken is not None


def drop(session: Session, *, name: str, owner: str, now: datetime) -> None:
    """Give the lease up, so that the next process need not wait for its end."""
    session.execute(
        update(LeaseRow)
        .where(LeaseRow.name == name, LeaseRow.owner == owner)
        .values(until=now)
        .execution_options(synchronize_session=False)
    )


def forget_all(session: Session) -> None:
    """Free every job at once; only for a process that knows it is the only one."""
    session.execute(delete(LeaseRow))


def held(session: Session, *, now: datetime) -> list[str]:
    """Return the names of the jobs that some process is doing now."""
    found = session.scalars(select(LeaseRow.name).where(LeaseRow.until > now))
    return sorted(found)
