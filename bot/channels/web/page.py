"""The page itself, drawn with the conversation so far already in it."""

from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.channels.web.assets import Assets
from bot.channels.web.documents import page_of
from bot.channels.web.mailbox import Opening
from bot.channels.web.texts import TEXTS, script_texts
from bot.channels.web.transcript import Entry, Side

# The script makes new entries from these, so that an entry is described in one place only.
_BLANK = datetime(2000, 1, 1, tzinfo=UTC)
BLANK_OWN = Entry(Side.OWN, 0, _BLANK, "")
BLANK_OURS = Entry(Side.OURS, 0, _BLANK, "")


class ChatPage:
    """Draws /chat."""

    def __init__(self, assets: Assets) -> None:
        """Load the template once."""
        environment = Environment(
            loader=FileSystemLoader(Path(__file__).with_name("templates")),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.globals.update(say=TEXTS.say, asset=assets.address, page_of=page_of)
        self._template = environment.get_template("chat.html")

    def draw(self, opening: Opening, *, large: bool) -> str:
        """Return the page as HTML, in large letters when asked for."""
        return self._template.render(
            who=opening.presence.who,
            entries=opening.page.entries,
            earlier=opening.page.earlier,
            place=opening.place,
            people=opening.people,
            blanks=(BLANK_OWN, BLANK_OURS),
            large=large,
            script_texts=script_texts(),
        )
