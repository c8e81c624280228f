"""Questions about today and now, which the tables answer and no document does."""

from bot.understanding.commands import LiveTopic
from bot.understanding.words import LiveWords


class LiveReader:
    """Hears them in cleaned text."""

    def __init__(self, words: LiveWords) -> None:
        """Keep the words."""
        self._documents = words.documents
        self._topics = {
            LiveTopic.TURN: words.turn,
            LiveTopic.DONE: words.done,
            LiveTopic.PLACES: words.places,
            LiveTopic.MENU: words.menu,
        }

    def read(self, clause: str) -> LiveTopic | None:
        """Return what of the tables is asked for; None where a document may be, or nothing is."""
        if self._documents.says.said(clause):
            return None
        for topic, words in self._topics.items():
            if words.says.said(clause) and not words.unless.said(clause):
                return topic
        return None
