"""The sentences of this channel."""

from pathlib import Path

from store.texts import Texts

TEXTS = Texts(Path(__file__).parent / "texts.toml")
