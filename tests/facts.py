"""Facts of a house to test with, written through the verbs that the desk and the command use."""

from datetime import date, datetime

from booking.staff_access import Clerk
from ingestion.house_facts import FactWords, add_fact, embed
from knowledge.vectors import VectorStore
from store.database import Database

CANTEEN = ("食堂几点开？", "早饭6:40到8:00，午饭11:20到12:40。星期六、星期天照常开。")
LAST_DAY = date(2026, 12, 31)


def write_fact(
    database: Database,
    vectors: VectorStore,
    words: tuple[str, str] = CANTEEN,
    *,
    by: Clerk,
    now: datetime,
    ends_on: date = LAST_DAY,
    starts_on: date | None = None,
) -> int:
    """Write a fact that `by` owns, and return its id."""
    wanted = FactWords(*words, owner_id=by.person_id, ends_on=ends_on, starts_on=starts_on)
    embed(vectors, wanted)
    with database.begin() as session:
        made = add_fact(session, wanted, institution_id=by.institution_id, by=by, now=now)
        return made.id
