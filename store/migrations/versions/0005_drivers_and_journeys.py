"""Drivers, working hours of vehicles, journeys that belong together"""

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Apply."""
