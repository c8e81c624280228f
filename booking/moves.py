"""The table of allowed moves of a request, and the one guarded update that makes a move."""

from datetime import datetime
from functools import cache

from sqlalchemy import bindparam, or_, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from booking.errors import AlreadyTaken, MoveNotAllowed
from booking.models import Request, RequestStatus
from store.identity import Person
from store.prepared import Prepared

# What the staff still has to do with; `UNFINISHED` is what the person still waits for.
OPEN = (RequestStatus.SUBMITTED, RequestStatus.ACCEPTED, RequestStatus.IN_PROGRESS)
UNFINISHED = (RequestStatus.WAITING, *OPEN)
TAKEN = (RequestStatus.ACCEPTED, RequestStatus.IN_PROGRESS)
_NOT_BEGUN = (RequestStatus.WAITING, RequestStatus.SUBMITTED, RequestStatus.ACCEPTED)
# To each status, from which ones a request may come.
MOVES: dict[RequestStatus, tuple[RequestStatus, ...]] = {
    # A place came free; the clerk cannot after all, or does not move; the cancelling is undone.
    RequestStatus.SUBMITTED: (
        RequestStatus.WAITING,
        RequestStatus.ACCEPTED,
        RequestStatus.CANCELLED,
    ),
    RequestStatus.ACCEPTED: (RequestStatus.SUBMITTED,),
    # Places were taken away under it.
    RequestStatus.WAITING: (RequestStatus.SUBMITTED, RequestStatus.ACCEPTED),
    RequestStatus.IN_PROGRESS: (RequestStatus.ACCEPTED,),
    # Nobody opened at first, and then someone did.
    RequestStatus.COMPLETED: (
        RequestStatus.ACCEPTED,
        RequestStatus.IN_PROGRESS,
        RequestStatus.MISSED,
    ),
    RequestStatus.MISSED: (RequestStatus.ACCEPTED, RequestStatus.IN_PROGRESS),
    RequestStatus.DECLINED: _NOT_BEGUN,
    RequestStatus.CANCELLED: _NOT_BEGUN,
}


def move(
    session: Session, request: Request, to: RequestStatus, *, now: datetime, **columns: object
) -> None:
    """Move a request on, unless someone else has moved it since it was read.

    `columns` of the request that change with the move (assignee_id, closed_at, …) are written
    by the same statement.

    Raises:
        AlreadyTaken: another clerk accepted it. MoveNotAllowed: it stands elsewhere.
    """
    # The house looks anew whether it is late; what went back to its queue is warned of anew.
    changed = {"status": to, "moved_at": now, "look_at": now, **columns}
    if to is RequestStatus.SUBMITTED:
        changed["warned"] = 0
    moved = _move_to(to, tuple(changed)).first(
        session, the_id=request.id, the_version=request.version, **changed
    )
    if moved is not None:
        for name, value in (changed | {"version": moved[0]}).items():
            set_committed_value(request, name, value)
        return
    session.refresh(request)
    if (
        to is RequestStatus.ACCEPTED
        and request.status is RequestStatus.ACCEPTED
        and request.assignee_id is not None
    ):
        raise AlreadyTaken(session.get_one(Person, request.assignee_id).name)
    raise MoveNotAllowed(request.status.value)


@cache
def _move_to(to: RequestStatus, columns: tuple[str, ...]) -> Prepared:
    return Prepared(
        update(Request)
        .where(
            Request.id == bindparam("the_id"),
            Request.version == bindparam("the_version"),
            or_(*(Request.status == before for before in MOVES[to])),
        )
        .values(version=Request.version + 1)
        .returning(Request.version),
        sets=columns,
    )
