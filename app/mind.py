"""What thinks: answering over the search index, and understanding; built once."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from app.home import Home, Tell
from app.library import Library, open_indexes
from app.saying import note_operator
from app.settings import Settings
from booking.services import Catalog
from bot.understanding.ear import load_ear
from bot.understanding.understanding import Understanding
from bot.understanding.words import bundled_words
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
from knowledge.personal import PersonalExamples, PersonalQuestions
from knowledge.plain_line.line import PlainLines
from knowledge.plain_line.words import LineWords
from knowledge.reranker import Reranker
from knowledge.vectors import VectorStore
from knowledge.wording import Wording
from store.texts import Texts


@dataclass(frozen=True, slots=True)
class Mind:
    """One embedded model for understanding and answering alike."""

    embedder: Embedder
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
    personal = open_personal(embedder.query_vector)
    answering = build_answering(
        embedder,
        catalog,
        indexes,
        personal=personal,
        house_facts=library.open_facts(),
        language_model=language_model,
        reranker=library.reranker,
        finder=finder,
    )
    return Mind(embedder, answering, build_understanding(embedder.query_vector, personal))


def build_answering(
    embedder: Embedder,
    catalog: Catalog,
    indexes: Indexes,
    *,
    house_facts: HouseFacts | None = None,
    language_model: LanguageModel | None = None,
    reranker: Reranker | None = None,
    finder: TextEmbedder | None = None,
    personal: PersonalQuestions | None = None,
) -> Answering:
    """Put together what answers over an index; a draft is tried without the facts of a house.

    `personal` is what tells one's own case, where that was opened already.
    """
    return Answering(
        indexes=indexes,
        house_facts=house_facts,
        embedder=embedder,
        lexicon=Lexicon(),
        kinds=AskedKinds(),
        personal=personal or open_personal(embedder.query_vector),
        wording=Wording(),
        service_topics={service.id: service.topics for service in catalog.bookable},
        language_model=language_model,
        known=KnownQuestions(KNOWN_QUESTIONS, document=NOTICE_ID, embed=embedder.query_vector),
        experience=load_experience(),
        reranker=reranker,
        finder=finder,
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


def build_understanding(
    embed: Callable[[str], Vector], personal: PersonalQuestions | None = None
) -> Understanding:
    """Read the bundled words and what was learnt from the sayings."""
    return Understanding(
        words=bundled_words(),
        ear=load_ear(),
        embed=embed,
        is_personal=(personal or open_personal(embed)).asks,
    )


def open_personal(embed: Callable[[str], Vector]) -> PersonalQuestions:
    """Read what tells a question about one's own case, examples included."""
    return PersonalQuestions(examples=PersonalExamples(embed))
