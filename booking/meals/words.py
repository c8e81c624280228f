"""The sentences about meals."""

from pathlib import Path

from store.texts import Texts

TEXTS = Texts(Path(__file__).with_name("texts.toml"))
