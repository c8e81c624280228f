"""The web chat's own sentences; what the assistant says comes from the conversation."""

from pathlib import Path

from store.texts import Texts

TEXTS = Texts(Path(__file__).with_name("texts.toml"))

_FOR_SCRIPT = "live."


def script_texts() -> dict[str, str]:
    """Return the sentences the page's script says, by their short names."""
    return {
        key.removeprefix(_FOR_SCRIPT): TEXTS.say(key)
        for key in sorted(TEXTS.keys())
        if key.startswith(_FOR_SCRIPT)
    }
