"""The kitchen's sheet and the driver's sheet are of the same round, so they must agree."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from booking import requests
from booking.meals.sheets import Round, kitchen_lines, rounds_of, stops_of
from store.database import Database
from store.identity import Person, PersonKind
from tests.booking.meals.rounds import TOMORROW, make_lunch
from tests.conftest import NOW
from tests.houses import make_person

_BOOKINGS = st.lists(
    st.tuples(
        st.integers(min_value=1, max_value=2),
        st.sampled_from(["normal", "soft", "low_salt", "halal"]),
        st.booleans(),
    ),
    max_size=5,
)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(bookings=_BOOKINGS)
def test_the_sheets_agree_with_each_other_and_with_the_places_taken(
    database: Database, bookings: list[tuple[int, str, bool]]
) -> None:
    lunch = make_lunch(database)
    for portions, diet, is_cancelled in bookings:
        with database.begin() as session:
            person = make_person(
                session, lunch.house.id, PersonKind.RETIREE, "周玉兰", "周老", NOW
            ).id
        request = lunch.book(person, portions, diet)
        if is_cancelled:
            with database.begin() as session:
                requests.cancel(
                    session, actor=session.get_one(Person, person), request_id=request, now=NOW
                )
    wanted = sum(portions for portions, _, is_cancelled in bookings if not is_cancelled)
    service = lunch.catalog.get("meal")
    with database.read() as session:
        stops = stops_of(
            session, service, institution_id=lunch.house.id, round_=Round(TOMORROW, "lunch", "")
        )
        counted = rounds_of(session, service, institution_id=lunch.house.id, day=TOMORROW)
    assert sum(stop.portions for stop in stops) == wanted
    assert sum(line.portions for line in kitchen_lines(stops)) == wanted
    assert sum(each.portions for each in counted) == wanted
    assert sum(each.stops for each in counted) == len(stops)
