"""Every table of the system in one place, for migrations and the checks on them."""

from sqlalchemy import MetaData

from booking import models as booking_models
from booking import place_models, work_links
from booking.duty import models as duty_models
from booking.meals import models as meal_models
from booking.rides import models as ride_models
from knowledge import models as knowledge_models
from store import home, identity, inbox, leases, outbox
from store.base import Base

# Importing a module is what puts its tables into the metadata.
MODULES = (
    booking_models,
    duty_models,
    meal_models,
    place_models,
    ride_models,
    work_links,
    knowledge_models,
    home,
    identity,
    inbox,
    leases,
    outbox,
)


def all_tables() -> MetaData:
    """Return the metadata with every table in it."""
    return Base.metadata
