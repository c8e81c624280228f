"""What thinks: the embedder, the search index and answering, understanding; built once."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from app.home import Home, Tell
from app.progress import progress_bar
from app.saying import SAY
from app.settings import Settings
from booking.services import Catalog
from bot.understanding.examples import load_examples
from bot.understanding.understanding import Understanding
from bot.understanding.words import load_words
from ingestion.entries import Entry
from ingestion.fact_room import FactRoom
from ingestion.pipeline import (
    KNOWN_QUESTIONS,
    NOTICE_ID,
    IngestReport,
    has_documents,
    ingest_bundled_notice,
    ingest_paths,
)
from ingestion.trying import ReadingRoom
from knowledge.answering import Answering
from knowledge.asked import AskedKinds
from knowledge.embedding import Embedder, Vector
from knowledge.experience import load_experience
from knowledge.house_facts import HouseFacts
from knowledge.index import Indexes
from knowledge.known_questions import KnownQuestions
from knowledge.language_model import (
    LONGEST_WAIT_SECONDS,
    PROMPTS_FILE,
    LanguageModel,
    names_in,
)
from knowledge.lexicon import Lexicon
from knowledge.masking import Masking
from knowledge.patience import Patience
from knowledge.personal import PersonalQuestions
from knowledge.plain_line.line import PlainLines
from knowledge.plain_line.words import LineWords
from knowledge.vectors import VectorStore
from knowledge.wording import Wording
from store.clock import Clock
from store.texts import Texts

INDEX_FOLDER = "chroma"


@dataclass(frozen=True, slots=True)
class Library:
    """The documents of a home and the model that embeds them."""

    home: Home
    embedder: Embedder
    vectors: VectorStore

    def take_in_notice(self, *, clock: Clock, tell: Tell) -> None:
        """Take in the bundled notice, where no document is there yet."""
        with self.home.database.read() as session:
            if has_documents(session):
                return
        tell(SAY.say("serve.reading"))
        with progress_bar(SAY.say("ingest.bar")) as progress:
            report = ingest_bundled_notice(
                self.home.database, self.vectors, now=clock(), progress=progress
            )
        tell(SAY.say("serve.read", passages=report.passages))

    def take_in(
        self,
        paths: Iterable[Path],
        *,
        institution_id: int | None = None,
        given: Entry | None = None,
        now: datetime,
    ) -> IngestReport:
        """Take in files and folders, as national documents or as an institution's own."""
        with progress_bar(SAY.say("ingest.bar")) as progress:
            return ingest_paths(
                self.home.database,
                self.vectors,
                paths,
                institution_id=institution_id,
                given=given,
                now=now,
                progress=progress,
            )

    def follow(self, institution_id: int | None) -> None:
        """Bring the index on disk up to date; only for the owner of the home."""
        directory = self.home.path / INDEX_FOLDER
        if directory.exists():
            indexes = Indexes(
                database=self.home.database, vectors=self.vectors, directory=directory
            )
            indexes.current(institution_id)


@dataclass(frozen=True, slots=True)
class Mind:
    """One embedder for understanding and answering alike."""

    embedder: Embedder
    answering: Answering
    understanding: Understanding


def open_library(home: Home) -> Library:
    """Load the model."""
    embedder = Embedder()
    return Library(home, embedder, VectorStore(home.database, embedder))


def open_language_model(settings: Settings, home: Home) -> LanguageModel | None:
    """Put together what may say an answer in plain words; None where no model is set.

    Raises:
        ExtraMissing: the packages for it are not installed.
    """
    if settings.llm is None or settings.llm_url is None:
        return None
    # Here, so that who has no language model does not load what talks to one.
    from knowledge.chat_models import ModelAddress, open_chat_model

    provider, _, model = settings.llm.partition(":")
    key = settings.llm_key.get_secret_value().strip() if settings.llm_key else None
    address = ModelAddress(provider=provider, model=model, url=settings.llm_url, key=key)
    # Half the workers may wait for the model: the others go on with other people's messages.
    at_once = max(1, settings.workers // 2)
    return LanguageModel(
        chat=open_chat_model(address, seconds=LONGEST_WAIT_SECONDS),
        patience=Patience(seconds=LONGEST_WAIT_SECONDS, at_once=at_once, ticking=time.monotonic),
        masking=Masking(),
        plain_lines=PlainLines(LineWords()),
        prompts=Texts(PROMPTS_FILE),
        names_of=names_in(home.database),
    )


def build_mind(
    library: Library,
    catalog: Catalog,
    *,
    owns_index: bool,
    language_model: LanguageModel | None = None,
) -> Mind:
    """Open the search index and put answering and understanding together.

    Args:
        owns_index: this process is the only one on the home, so the index is kept on disk;
            any other builds its own in memory, from the same vectors.
        language_model: None leaves the quotes alone.
    """
    indexes = Indexes(
        database=library.home.database,
        vectors=library.vectors,
        directory=library.home.path / INDEX_FOLDER if owns_index else None,
    )
    # Now, so that nobody's first question waits for it.
    indexes.current(None)
    answering = build_answering(
        library.embedder,
        catalog,
        indexes,
        house_facts=HouseFacts(database=library.home.database, vectors=library.vectors),
        language_model=language_model,
    )
    return Mind(library.embedder, answering, build_understanding(library.embedder.query_vector))


def build_answering(
    embedder: Embedder,
    catalog: Catalog,
    indexes: Indexes,
    *,
    house_facts: HouseFacts | None = None,
    language_model: LanguageModel | None = None,
) -> Answering:
    """Put together what answers over an index; a draft is tried without the facts of a house."""
    return Answering(
        indexes=indexes,
        house_facts=house_facts,
        embedder=embedder,
        lexicon=Lexicon(),
        kinds=AskedKinds(),
        personal=PersonalQuestions(),
        wording=Wording(),
        service_topics={service.id: service.topics for service in catalog.bookable},
        language_model=language_model,
        known=KnownQuestions(KNOWN_QUESTIONS, document=NOTICE_ID, embed=embedder.query_vector),
        experience=load_experience(),
    )


def build_reading_room(
    home: Home, catalog: Catalog, *, embedder: Embedder | None, stopping: Callable[[], bool]
) -> ReadingRoom:
    """Build what the desk reads drafts with; without an `embedder` it loads one of its own."""
    own = embedder or Embedder()
    return ReadingRoom(
        vectors=VectorStore(home.database, own),
        answering_over=partial(build_answering, own, catalog),
        keyring=home.database.keyring,
        stopping=stopping,
    )


def build_fact_room(home: Home, *, embedder: Embedder | None) -> FactRoom:
    """Build what the desk writes facts with; without an `embedder` it loads one of its own."""
    own = embedder or Embedder()
    vectors = VectorStore(home.database, own)
    return FactRoom(
        vectors=vectors,
        embedder=own,
        facts=HouseFacts(database=home.database, vectors=vectors),
        wording=Wording(),
    )


def build_understanding(embed: Callable[[str], Vector]) -> Understanding:
    """Read the bundled words and examples."""
    return Understanding(
        words=load_words(),
        examples=load_examples(),
        embed=embed,
        is_personal=PersonalQuestions().asks,
    )
