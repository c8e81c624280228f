"""The page of a whole document, where a quote can be read in its place.

GET  /documents/{id}       what everybody may read; #p12 marks the clause
GET  /chat/documents/{id}  a house's own, for its people: below /chat the browser says who it is
"""

import re
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from booking import actions
from bot.channels.web.assets import Assets
from bot.channels.web.texts import TEXTS
from bot.reception import Address, find_account
from knowledge.originals import Original, Particulars, read_original
from store.clock import Clock, local_date
from store.database import Database
from store.identity import Person

_DOCUMENT = re.compile(rf"{actions.DOCUMENT}(\d{{1,18}}):(\d{{1,18}})")
_ID = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Drawn:
    """A page and its status; `elsewhere` is where it is to be read instead."""

    html: str
    status: HTTPStatus = HTTPStatus.OK
    elsewhere: str = ""


def page_of(action: str) -> str:
    """Return the address of the page that a button opens; empty for a button that is sent."""
    found = _DOCUMENT.fullmatch(action)
    return f"/documents/{found.group(1)}#p{found.group(2)}" if found else ""


class DocumentPages:
    """Draws documents for whoever may read them."""

    def __init__(self, *, database: Database, clock: Clock, assets: Assets) -> None:
        """Load the template once."""
        self._database = database
        self._clock = clock
        environment = Environment(
            loader=FileSystemLoader(Path(__file__).with_name("templates")),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.globals.update(say=TEXTS.say, asset=assets.address, day=_day)
        self._template = environment.get_template("document.html")

    def draw_public(self, document_id: str) -> Drawn:
        """Draw what everybody may read; anything else is asked for where it is known who asks."""
        original = self._read(document_id)
        if original is not None and original.document.institution_id is None:
            return self._draw(original)
        # The same for what is not there: nobody learns which numbers houses' papers have.
        return Drawn("", HTTPStatus.SEE_OTHER, f"/chat/documents/{quote(document_id, safe='')}")

    def draw_for(self, document_id: str, address: Address | None) -> Drawn:
        """Draw what the people of the browser's house may read."""
        original = self._read(document_id)
        house_id = self._house_of(address)
        if original is None or not original.document.may_be_read_by(house_id):
            return self._refuse("document.not_found")
        return self._draw(original)

    def _read(self, document_id: str) -> Original | None:
        if not _ID.fullmatch(document_id):
            return None
        with self._database.read() as session:
            return read_original(session, int(document_id))

    def _house_of(self, address: Address | None) -> int | None:
        if address is None:
            return None
        with self._database.read() as session:
            account = find_account(session, address)
            if account is None or account.person_id is None:
                return None
            person = session.get_one(Person, account.person_id)
            return person.institution_id if person.active else None

    def _draw(self, original: Original) -> Drawn:
        if original.document.is_withdrawn:
            return self._refuse("document.withdrawn", HTTPStatus.GONE)
        today = local_date(self._clock())
        warning = _warning(original.document, today)
        return Drawn(self._template.render(original=original, warning=warning, refused=""))

    def _refuse(self, key: str, status: HTTPStatus = HTTPStatus.NOT_FOUND) -> Drawn:
        html = self._template.render(original=None, warning="", refused=TEXTS.say(key))
        return Drawn(html, status)


def _warning(document: Particulars, today: date) -> str:
    """Say that a document does not hold today."""
    if document.ends_on is not None and document.ends_on < today:
        return TEXTS.say("document.ended", day=_day(document.ends_on))
    if document.starts_on is not None and document.starts_on > today:
        return TEXTS.say("document.not_yet", day=_day(document.starts_on))
    return ""


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
