"""Every sentence of the texts file is said somewhere on the page."""

from pathlib import Path

import bot.channels.web
from bot.channels.web.texts import TEXTS, script_texts


def test_no_sentence_is_left_over() -> None:
    folder = Path(bot.channels.web.__file__).parent
    sources = [*folder.glob("*.py"), *folder.glob("static/*.js"), *folder.glob("templates/*.html")]
    code = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    every = TEXTS.keys()
    # The names of roles, refusals and what a message's fate can be are put together in code.
    computed = {key for key in every if key.startswith(("role.", "refused."))}
    computed |= {"live.sending", "live.retrying", "live.refused"}
    said = {key for key in every - computed if key.removeprefix("live.") in code}
    assert said | computed == every
    assert script_texts()["sending"]
