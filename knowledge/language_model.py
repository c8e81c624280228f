"""The optional language model: one short line in plain words below the quotes.

It sees the question without personal data and the clauses that are quoted, and nothing of what
it writes is believed: the line is said only where every word of it stands up to the clauses.
Whatever goes wrong, the quotes stand alone, and the log says why, without a person's words.
"""

import logging
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from knowledge.masking import Masked, Masking
from knowledge.patience import NotAsked, Patience, ServerFailed
from knowledge.plain_line.line import LONGEST_LINE, PlainLines, one_line
from store.database import Database
from store.identity import Person
from store.texts import Texts

PROMPTS_FILE = Path(__file__).with_name("prompts.toml")
LONGEST_WAIT_SECONDS = 10.0

log = logging.getLogger(__name__)

NamesOf = Callable[[int | None], Collection[str]]


class Chat(Protocol):
    """What replies to instructions and material."""

    def reply(self, instructions: str, material: str) -> str:
        """Return the reply's text; raises ServerFailed."""


class LanguageModel:
    """Writes the line; shared by all workers of a process."""

    def __init__(
        self,
        *,
        chat: Chat,
        patience: Patience,
        masking: Masking,
        plain_lines: PlainLines,
        prompts: Texts,
        names_of: NamesOf,
    ) -> None:
        """Take what is needed; `names_of` gives the names of the people of an institution."""
        self._chat = chat
        self._patience = patience
        self._masking = masking
        self._plain_lines = plain_lines
        self._prompts = prompts
        self._names_of = names_of

    def in_plain_words(
        self, question: str, clauses: Sequence[str], *, institution_id: int | None
    ) -> str:
        """Return a line that says in plain words what the clauses say; "" where there is none."""
        if sum(map(len, clauses)) <= LONGEST_LINE:
            return ""  # They are as short as the line would be.
        try:
            names = self._names_of(institution_id)
            masked = self._masking.mask(question, clauses, names=names)
            reply = self._patience.ask(lambda: self._ask(masked))
        except NotAsked as reason:
            log.info("no line in plain words: %s", reason)
            return ""
        except ServerFailed as reason:
            log.warning("no line in plain words: %s", reason)
            return ""
        except SQLAlchemyError as error:
            log.warning("no line in plain words: no names to mask (%s)", type(error).__name__)
            return ""
        return self._checked(masked.put_back(one_line(reply)), clauses)

    def _ask(self, masked: Masked) -> str:
        clauses = [self._prompts.say("plain_words.clause", clause=c) for c in masked.clauses]
        return self._chat.reply(
            self._prompts.say("plain_words.instructions"),
            self._prompts.say(
                "plain_words.material", question=masked.question, clauses="\n".join(clauses)
            ),
        )

    def _checked(self, line: str, clauses: Sequence[str]) -> str:
        if line.rstrip("。") in {"", self._prompts.say("plain_words.nothing")}:
            log.info("no line in plain words: the model had none")
            return ""
        fault = self._plain_lines.fault_of(line, clauses)
        if fault is not None:
            log.warning("no line in plain words: what the model wrote %s", fault)
            return ""
        return line


def names_in(database: Database) -> NamesOf:
    """Return what reads the names of an institution's people; of everyone, where it is unknown."""

    def names_of(institution_id: int | None) -> Collection[str]:
        chosen = select(Person.name)
        if institution_id is not None:
            chosen = chosen.where(Person.institution_id == institution_id)
        with database.read() as session:
            return set(session.scalars(chosen))

    return names_of
