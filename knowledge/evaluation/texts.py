"""The words of a report, from the package's texts."""

from knowledge.wording import TEXTS_FILE
from store.texts import Texts

TEXTS = Texts(TEXTS_FILE)
