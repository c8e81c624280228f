"""Who is at the desk: a clerk's identity and what the roles allow."""

from dataclasses import dataclass

from booking.models import StaffRole


@dataclass(frozen=True, slots=True)
class Clerk:
    """A logged-in member of staff."""

    staff_id: int
    person_id: int
    institution_id: int
    name: str
    roles: frozenset[StaffRole]

    def may_work(self, queue_role: str | None) -> bool:
        """Tell whether this clerk works the queue of `queue_role`; None is everybody's queue."""
        if queue_role is None or StaffRole.HEAD in self.roles:
            return True
        return queue_role in {role.value for role in self.roles}
