"""What an answer costs beside one bare embedding, and beside LangChain's quickstart chain.

Run `python -m benchmarks.answering`; `--check` exits with 1 when a bar is missed. The chain is
the quickstart: a recursive character splitter (250 characters, 30 of overlap), Chroma with the
same embedder, the four nearest chunks. Every question is asked of each in turn, so that a busy
machine slows all of them alike; only the ratios mean anything.
"""

import argparse
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import chromadb
from chromadb.config import Settings
from cryptography.fernet import Fernet
from langchain_chroma import Chroma
from langchain_text_splitters import RecursiveCharacterTextSplitter

from ingestion.pipeline import (
    BUNDLED_NOTICE,
    KNOWN_QUESTIONS,
    NOTICE_ID,
    ingest_bundled_notice,
)
from knowledge.answering import Answering
from knowledge.asked import AskedKinds
from knowledge.embedding import Embedder
from knowledge.experience import load_experience
from knowledge.grounding import shares
from knowledge.house_facts import HouseFacts
from knowledge.index import Indexes
from knowledge.known_questions import KnownQuestions
from knowledge.lexicon import Lexicon
from knowledge.personal import PersonalExamples, PersonalQuestions
from knowledge.question_files import FileQuestion, read_questions
from knowledge.vectors import VectorStore
from knowledge.wording import Wording
from store.database import Database
from store.keyring import Keyring
from store.migration import migrate

ANSWER_BAR = 1.5
_ROUNDS = 3
_WARM_UP = 10
_DATA = Path(__file__).parents[1] / "tests" / "knowledge" / "data"


@dataclass(frozen=True, slots=True)
class Contender:
    """One way to find words for a question: its quotes, and how long each question took."""

    name: str
    ask: Callable[[str], list[str]]
    seconds: list[float]
    quotes: dict[str, list[str]]

    @property
    def median(self) -> float:
        """Return the median time of a question, in seconds."""
        return statistics.median(self.seconds)


def main() -> int:
    """Measure, print, and say whether the bars are held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="exit with 1 when a bar is missed")
    check = parser.parse_args().check
    with tempfile.TemporaryDirectory() as folder:
        embedder = Embedder()
        answering, now = _answering(Path(folder), embedder)
        chain = _quickstart(embedder)
        contenders = [
            Contender("one bare embedding", lambda q: _bare(embedder, q), [], {}),
            Contender("an answer", lambda q: _answer(answering, q, now), [], {}),
            Contender("LangChain quickstart", lambda q: _chain(chain, q), [], {}),
        ]
        questions = [
            q for path in sorted(_DATA.glob("questions_*.jsonl")) for q in read_questions(path)
        ]
        _race(contenders, [q for q in questions if q.line["kind"] == "answerable"])
        ratio = _report(contenders, questions)
    return 1 if check and ratio > ANSWER_BAR else 0


def _answering(folder: Path, embedder: Embedder) -> tuple[Answering, datetime]:
    now = datetime.now(UTC)
    database = Database(f"sqlite:///{folder / 'home.sqlite3'}", Keyring([Fernet.generate_key()]))
    migrate(database, home_dir=folder, now=now)
    vectors = VectorStore(database, embedder)
    ingest_bundled_notice(database, vectors, now=now)
    answering = Answering(
        indexes=Indexes(database=database, vectors=vectors, directory=folder / "index"),
        house_facts=HouseFacts(database=database, vectors=vectors),
        embedder=embedder,
        lexicon=Lexicon(),
        kinds=AskedKinds(),
        personal=PersonalQuestions(examples=PersonalExamples(embedder.query_vector)),
        wording=Wording(),
        known=KnownQuestions(KNOWN_QUESTIONS, document=NOTICE_ID, embed=embedder.query_vector),
        experience=load_experience(),
        service_topics={"checkup": ["体检"]},
    )
    return answering, now


def _quickstart(embedder: Embedder) -> Chroma:
    splitter = RecursiveCharacterTextSplitter(chunk_size=250, chunk_overlap=30)
    store = Chroma(
        client=chromadb.EphemeralClient(Settings(anonymized_telemetry=False)),
        collection_name=f"quickstart-{uuid.uuid4().hex[:12]}",
        embedding_function=embedder,
    )
    store.add_texts(splitter.split_text(BUNDLED_NOTICE.read_text(encoding="utf-8")))
    return store


def _bare(embedder: Embedder, question: str) -> list[str]:
    embedder.query_vector(question)
    return []


def _answer(answering: Answering, question: str, now: datetime) -> list[str]:
    answer = answering.answer(question, institution_id=None, now=now)
    return [citation.quote for citation in answer.citations]


def _chain(store: Chroma, question: str) -> list[str]:
    return [document.page_content for document in store.similarity_search(question, k=4)]


def _race(contenders: list[Contender], questions: list[FileQuestion]) -> None:
    for contender in contenders:
        for question in questions[:_WARM_UP]:
            contender.ask(question.question)
    for _ in range(_ROUNDS):
        for question in questions:
            for contender in contenders:
                started = time.perf_counter()
                quotes = contender.ask(question.question)
                contender.seconds.append(time.perf_counter() - started)
                contender.quotes[question.id] = quotes


def _report(contenders: list[Contender], questions: list[FileQuestion]) -> float:
    """Print the table; return an answer's time as a multiple of a bare embedding's."""
    gold = {q.id: q.line["gold"] for q in questions if q.line["kind"] == "answerable"}
    bare = contenders[0]
    print(f"{'':<22}{'p50 ms':>8}{'ratio':>7}{'first':>7}{'any':>6}{'characters shown':>18}")
    for contender in contenders:
        line = f"{contender.name:<22}{contender.median * 1000:>8.2f}"
        line += f"{contender.median / bare.median:>7.2f}"
        if contender is not bare:
            hits = [[_hit(quote, gold[key]) for quote in q] for key, q in contender.quotes.items()]
            shown = [sum(map(len, quotes)) for quotes in contender.quotes.values()]
            first = sum(any(hit[:1]) for hit in hits) / len(hits)
            some = sum(any(hit) for hit in hits) / len(hits)
            line += f"{first:>7.2f}{some:>6.2f}{statistics.mean(shown):>18.0f}"
        print(line)
    # Neighbouring in time, so that each answer is held against the embedding beside it.
    ratio = statistics.median(
        answer / alone for answer, alone in zip(contenders[1].seconds, bare.seconds, strict=True)
    )
    print(f"an answer takes {ratio:.2f} times one bare embedding (bar: {ANSWER_BAR})")
    return ratio


def _hit(quote: str, gold: list[str]) -> bool:
    return any(shares(quote, words, characters=12) for words in gold)


if __name__ == "__main__":
    sys.exit(main())
