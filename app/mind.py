"""What thinks: answering over the search index, and understanding; built once."""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from app.home import Home, Tell
from app.library import Library, open_indexes
from app.saying import note_operator
from app.settings import Settings
from booking.services import Catalog
from bot.understanding.examples import load_examples
from bot.understanding.understanding import Understanding
from bot.understanding.words import load_words
from ingestion.fact_room import FactRoom
from ingestion.pipeline import (
    KNOWN_QUESTIONS,
    NOTICE_ID,
)
from ingestion.trying import ReadingRoom
from knowledge.answering import Answering
from knowledge.asked import AskedKinds
from knowledge.embedding import Embedder, TextEmbedder, Vector
from knowledge.experience import load_experience
from knowledge.house_facts import HouseFacts
from knowledge.index import Indexes, ScopeIndex
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
from knowledge.plain_line.line import PlainLines
from knowledge.plain_line.words import LineWords
from knowledge.reranker import Reranker
from knowledge.vectors import VectorStore
from knowledge.wording import Wording
from store.texts import Texts


@dataclass(frozen=True, slots=True)
class Mind:
    """One embedded model for understanding and answering alike."""

    `embedder` is the model that finds passages, `embed` the one that understanding goes by.
    """

    embedder: TextEmbedder
    embed: Callable[[str], Vector]
    answering: Answering
    understanding: Understanding


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


def open_indexes(library: Library, *, owns_index: bool, tell: Tell) -> Indexes:
    """Open the search index of every scope, so that nobody's first question waits for it.

    Args:
        owns_index: this process is the only one on the home, so it writes the index there; any
            other reads it, and keeps in memory what it finds out of date.
        tell: is told when passages have to be embedded anew by another model.
    """
    indexes = _indexes(library, owns_index=owns_index)
    _tell_of_another_embedder(library, tell)
    with progress_bar(SAY.say("index.bar")) as progress:
        indexes.open_all(progress)
    if owns_index:
        _remember_embedder(library)
    return indexes


def rebuild_indexes(library: Library, *, tell: Tell) -> tuple[int, dict[str, ScopeIndex]]:
    """Build every index from SQL alone; return how many vectors nobody needed, and the indexes.

    The caller owns the home.
    """
    database = library.home.database
    with database.begin() as session:
        dropped = drop_orphans(session)
    indexes = _indexes(library, owns_index=database.is_sqlite)
    _tell_of_another_embedder(library, tell)
    with progress_bar(SAY.say("index.bar")) as progress:
        opened = indexes.rebuild(progress)
    _remember_embedder(library)
    return dropped, opened


def build_mind(
    library: Library,
    catalog: Catalog,
    *,
    owns_index: bool,
    language_model: LanguageModel | None = None,
    tell: Tell = note_operator,
) -> Mind:
    """Open the search index and put answering and understanding together.

    Args:
        owns_index, tell: see `open_indexes`.
        language_model: None leaves the quotes alone.
    """
    indexes = open_indexes(library, owns_index=owns_index, tell=tell)
    # How near a danger, a fact or a known question is was measured with the embedded model:
    # whatever finds the passages, those go by it.
    finder = None if isinstance(library.embedder, Embedder) else library.embedder
    embedder = library.embedder if isinstance(library.embedder, Embedder) else Embedder()
    database = library.home.database
    answering = build_answering(
        embedder,
        catalog,
        indexes,
        house_facts=HouseFacts(database=database, vectors=VectorStore(database, embedder)),
        language_model=language_model,
        reranker=library.reranker,
        finder=finder,
    )
    return Mind(embedder, answering, build_understanding(embedder.query_vector))


def build_answering(
    embedder: TextEmbedder,
    catalog: Catalog,
    indexes: Indexes,
    *,
    house_facts: HouseFacts | None = None,
    language_model: LanguageModel | None = None,
    reranker: Reranker | None = None,
    finder: TextEmbedder | None = None,
) -> Answering:
    """Put together what answers over an index; a draft is tried without the facts of a house."""
    return Answering(
        indexes=indexes,
        house_facts=house_facts,
        embedder=embedder,
        lexicon=Lexicon(),
        kinds=AskedKinds(),
        wording=Wording(),
        service_topics={service.id: service.topics for service in catalog.bookable},
        language_model=language_model,
        known=KnownQuestions(KNOWN_QUESTIONS, document=NOTICE_ID, embed=embedder.query_vector),
        experience=load_experience(),
        reranker=reranker,
        finder=finder,
    )


def build_reading_room(
    home: Home, catalog: Catalog, *, embedder: TextEmbedder, stopping: Callable[[], bool]
) -> ReadingRoom:
    """Build what the desk reads drafts with."""
    return ReadingRoom(
        vectors=VectorStore(home.database, embedder),
        answering_over=partial(build_answering, embedder, catalog),
        keyring=home.database.keyring,
        stopping=stopping,
    )


def build_fact_room(home: Home, *, embedder: TextEmbedder) -> FactRoom:
    """Build what the desk writes facts with."""
    vectors = VectorStore(home.database, embedder)
    return FactRoom(
        vectors=vectors,
        embedder=embedder,
        facts=HouseFacts(database=home.database, vectors=vectors),
        wording=Wording(),
    )


def build_understanding(embed: Callable[[str], Vector]) -> Understanding:
    """Read the bundled words and examples."""
    return Understanding(words=load_words(), examples=load_examples(), embed=embed)


def load_embedder(settings: Settings) -> TextEmbedder:
    """Load the model that is set.

    Raises:
        ModelNotUsable: it is not installed, or there is no such model.
    """
    if settings.embedder.startswith(_OTHER_EMBEDDER):
        return SentenceTransformerEmbedder(settings.embedder.removeprefix(_OTHER_EMBEDDER))
    return Embedder()


def _indexes(library: Library, *, owns_index: bool) -> Indexes:
    if owns_index:
        # Where earlier versions kept it.
        shutil.rmtree(library.home.path / "chroma", ignore_errors=True)
    return Indexes(
        database=library.home.database,
        vectors=library.vectors,
        directory=library.home.path / INDEX_FOLDER,
        owns=owns_index,
    )


def _tell_of_another_embedder(library: Library, tell: Tell) -> None:
    with library.home.database.read() as session:
        before = read_fact(session, EMBEDDER_FACT)
    if before is not None and before != library.embedder.name:
        tell(SAY.say("index.other_embedder", before=before, now=library.embedder.name))


def _remember_embedder(library: Library) -> None:
    """Let the home say which model its index was built with."""
    with library.home.database.begin() as session:
        if read_fact(session, EMBEDDER_FACT) != library.embedder.name:
            write_fact(session, EMBEDDER_FACT, library.embedder.name)
