"""The round's page on a phone: marks are kept while there is no signal, and saved when there is."""

from datetime import timedelta

from playwright.sync_api import Browser, expect

from booking.models import Request, RequestStatus
from booking.services import Catalog
from booking.work_links import WorkLinkKind, issue
from desk.work_site import work_site
from store.clock import local_date
from store.database import Database
from tests.conftest import NOW, StandingClock
from tests.desk.conftest import Served
from tests.desk.houses import Book, House


def test_a_stairwell_has_no_signal(
    served: Served,
    chromium: Browser,
    database: Database,
    house: House,
    book: Book,
    catalog: Catalog,
    clock: StandingClock,
) -> None:
    first, second = book.meal(NOW), book.meal(NOW, who="李秀英")
    with database.begin() as session:
        token = issue(
            session,
            institution_id=house.id,
            kind=WorkLinkKind.MEAL_ROUND,
            about="lunch|",
            day=local_date(NOW) + timedelta(days=1),
            issued_by="小李",
            now=NOW,
        ).token
    clock.go(hours=26, minutes=30)
    served.server.config.app.mount(  # type: ignore[union-attr]
        "/round", work_site(database=database, clock=clock, catalog=catalog)
    )
    phone = chromium.new_context(viewport={"width": 390, "height": 844})
    page = phone.new_page()
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"{served.url}/round/{token}")
    page.click(f"#stop-{first} button.no-answer")
    expect(page.locator(f"#stop-{first} .state")).to_contain_text("再敲一敲门")
    phone.set_offline(True)
    page.click(f"#stop-{second} button.delivered")
    expect(page.locator("#offline")).to_be_visible()
    expect(page.locator(f"#stop-{second} .state")).to_contain_text("还没存上")
    phone.set_offline(False)
    expect(page.locator(f"#stop-{second} .state")).to_contain_text("送到了", timeout=20_000)
    phone.close()
    with database.read() as session:
        assert session.get_one(Request, first).status is RequestStatus.MISSED
        assert session.get_one(Request, second).status is RequestStatus.COMPLETED
