"""How an answer is said: short, the exact words of the document, and no number of our own."""

from pathlib import Path

from knowledge.answers import Citation
from store.texts import Texts

TEXTS_FILE = Path(__file__).with_name("texts.toml")


class Wording:
    """The sentences of an answer."""

    def __init__(self, path: Path = TEXTS_FILE) -> None:
        """Read and check the texts.

        Raises:
            TextsBroken: names the file and the key.
        """
        self._texts = Texts(path)

    def answered(self, citations: tuple[Citation, ...], *, is_yes: bool) -> str:
        """Say the quotes, each after what it is from."""
        first, *others = citations
        key = "answered.yes" if is_yes else "answered.lead"
        lines = [self._texts.say(key, source=first.source, quote=first.quote)]
        lines += [
            self._texts.say("answered.also", source=citation.source, quote=citation.quote)
            for citation in others
        ]
        return "\n".join(lines)

    def partial(self, citations: tuple[Citation, ...], asked: tuple[str, ...]) -> str:
        """Say what the document says, then what it does not."""
        first = citations[0]
        lead = self._texts.say("partial.lead", source=first.source, quote=first.quote)
        if asked:
            missing = self._texts.say("partial.missing", asked="、".join(asked))
        else:
            missing = self._texts.say("partial.missing_topic")
        return f"{lead}\n{missing}"

    def refused(self, key: str) -> str:
        """Say one of the sentences for a question that is not answered."""
        return self._texts.say(f"refused.{key}")
