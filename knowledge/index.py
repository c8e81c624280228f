"""The search index of a scope: Chroma for meaning, bigram BM25 for words, both from SQL.

SQL is the truth. An index carries the generation it was built from and is brought up to date
when the scope's generation has moved. The persistent Chroma directory has one owner process;
a command beside a running server keeps its index in memory (`directory=None`).
"""

import math
import threading
import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import bm25s  # type: ignore[import-untyped]
import chromadb
import numpy as np
from chromadb.api import ClientAPI
from chromadb.config import Settings
from langchain_chroma import Chroma
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from knowledge.embedding import Vector
from knowledge.generations import generations
from knowledge.life import Lives, dated_on, read_lives
from knowledge.models import Document, DocumentKind, Passage, SourceKind, scope_of
from knowledge.vectors import VectorStore
from knowledge.words import bigrams, comparable
from store.database import Database

_ADD_AT_ONCE = 2000
_IMAGINED_DOCUMENTS = 50


@dataclass(frozen=True, slots=True)
class Quotable:
    """A passage as an answer may quote it; `start` is the offset of its `tile`.

    `tile` is the passage with the white space around it, so that neighbours put together are
    the document. `number` is the document's 文号, `dated_on` the day it was issued; of a fact or a
    clerk's answer, the day it was written down. `words` is the text folded for comparison,
    `context` the folded heading path and title.
    """

    passage_id: int
    document_id: int
    document: str
    title: str
    source: SourceKind
    heading: str
    position: int
    tile: str
    start: int
    number: str | None
    dated_on: date | None
    words: str
    context: str

    @property
    def quote(self) -> str:
        """Return the passage without the white space around it."""
        return self.tile.strip()


class _StoredVectors(Embeddings):
    """Gives Chroma the vectors that SQL already has."""

    def __init__(self, vectors: VectorStore) -> None:
        self._vectors = vectors

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        rows: list[list[float]] = self._vectors.vectors(texts).tolist()
        return rows

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


class ScopeIndex:
    """One scope at one generation; never changed once it is built."""

    def __init__(
        self, generation: int, passages: list[Quotable], dense: Chroma, lives: Lives
    ) -> None:
        self.generation = generation
        self.passages = passages
        self.lives = lives
        self._dense = dense
        self._place = {passage.passage_id: at for at, passage in enumerate(passages)}
        corpus = [bigrams(f"{passage.context} {passage.words}") for passage in passages]
        self._lexical = _bm25(corpus)
        # Which document it is stands in the whole of it: a sentence rarely names its place.
        texts: dict[int, list[str]] = {}
        pairs: dict[int, list[str]] = {}
        for passage, found in zip(passages, corpus, strict=True):
            texts.setdefault(passage.document_id, [passage.context]).append(passage.words)
            pairs.setdefault(passage.document_id, []).extend(found)
        self._documents = _bm25(list(pairs.values()))
        self._words = [" ".join(words) for words in texts.values()]
        self._in_documents = Counter(pair for found in pairs.values() for pair in set(found))
        rows = {document: row for row, document in enumerate(texts)}
        self._row = np.array([rows[p.document_id] for p in passages], dtype=np.intp)
        self._ids = np.array(list(rows), dtype=np.int64)

    def near(self, vector: Vector, count: int) -> dict[int, float]:
        """Return the places of the nearest passages with their cosine."""
        found = self._dense.similarity_search_by_vector_with_relevance_scores(
            [float(number) for number in vector], k=min(count, len(self.passages))
        )
        places = ((self._place.get(int(hit.metadata["passage"])), far) for hit, far in found)
        return {place: 1.0 - far for place, far in places if place is not None}

    def standing(self, today: date) -> NDArray[np.bool_]:
        """Tell of every passage whether its document is in force on a day."""
        in_force = np.array(sorted(self.lives.in_force(today)), dtype=np.int64)
        return np.isin(self._ids, in_force)[self._row]

    def matching(self, text: str) -> NDArray[np.float32]:
        """Return the BM25 score of every passage for a text."""
        return _scores(self._lexical, text, len(self.passages))

    def about(self, text: str) -> NDArray[np.float32]:
        """Return the BM25 score of every passage's whole document for a text."""
        return _scores(self._documents, text, len(self._row))[self._row]

    def document_words(self, place: int) -> str:
        """Return the folded text of the whole document a passage is of, title included."""
        return self._words[int(self._row[place])]

    def share_held(self, pairs: Iterable[str], place: int) -> float:
        """Return the share of bigrams that a passage's whole document holds, the rare more."""
        document = self.document_words(place)
        told = {pair: self._rarity(pair) for pair in pairs}
        held = sum(rarity for pair, rarity in told.items() if pair in document)
        return held / (sum(told.values()) or 1.0)

    @property
    def document_count(self) -> int:
        """Return how many documents there are."""
        return len(self._words)

    def documents_with(self, pair: str) -> int:
        """Return how many documents have a pair of characters."""
        return self._in_documents[pair]

    def _rarity(self, pair: str) -> float:
        # As if there were more documents: in a home of one, a word it has is not common.
        held, count = self.documents_with(pair), self.document_count + _IMAGINED_DOCUMENTS
        return math.log(1 + (count - held + 0.5) / (held + 0.5))

    def after(self, place: int) -> Quotable | None:
        """Return the passage that goes on where this one ends, under the same heading."""
        if place + 1 >= len(self.passages):
            return None
        here, there = self.passages[place], self.passages[place + 1]
        goes_on = (
            there.document_id == here.document_id
            and there.position == here.position + 1
            and there.heading == here.heading
            and "\n" not in here.tile.rstrip(" ")[-1:] + there.tile[:1]
        )
        return there if goes_on else None


def _bm25(corpus: list[list[str]]) -> bm25s.BM25:
    index = bm25s.BM25()
    index.index(corpus or [[""]], show_progress=False)
    return index


def _scores(index: bm25s.BM25, text: str, count: int) -> NDArray[np.float32]:
    known = [pair for pair in bigrams(text) if pair in index.vocab_dict]
    if not known:
        return np.zeros(count, dtype=np.float32)
    scores: NDArray[np.float32] = index.get_scores(known)
    return scores


class Indexes:
    """The indexes of all scopes, opened as they are asked for."""

    def __init__(self, *, database: Database, vectors: VectorStore, directory: Path | None) -> None:
        """Open Chroma in `directory`, or in memory when it is None."""
        self._database = database
        self._vectors = vectors
        self._client = _client(directory)
        # Every in-memory client of a process shares one store: names keep them apart.
        self._suffix = "" if directory else f"-{uuid.uuid4().hex[:12]}"
        self._open: dict[str, ScopeIndex] = {}
        self._lock = threading.Lock()

    def current(self, institution_id: int | None) -> list[ScopeIndex]:
        """Return the national index and the institution's own, both up to date."""
        scopes = list(dict.fromkeys([scope_of(None), scope_of(institution_id)]))
        with self._database.read() as session:
            wanted = generations(session, scopes)
            if any(self._is_behind(scope, generation) for scope, generation in wanted.items()):
                self._follow(session, wanted)
        return [self._open[scope] for scope in scopes if scope in wanted]

    def _is_behind(self, scope: str, generation: int) -> bool:
        index = self._open.get(scope)
        return index is None or index.generation != generation

    def _follow(self, session: Session, wanted: dict[str, int]) -> None:
        with self._lock:
            for scope, generation in wanted.items():
                if self._is_behind(scope, generation):
                    self._open[scope] = self._build(session, scope, generation)

    def _build(self, session: Session, scope: str, generation: int) -> ScopeIndex:
        passages = _quotables(session, scope)
        dense = self._dense(scope, generation, passages)
        return ScopeIndex(generation, passages, dense, read_lives(session, scope))

    def _dense(self, scope: str, generation: int, passages: list[Quotable]) -> Chroma:
        name = f"{scope}{self._suffix}"
        kept = {"embedder": self._vectors.embedder, "generation": generation}
        there = {collection.name: collection for collection in self._client.list_collections()}
        if name in there and (there[name].metadata or {}).get("embedder") != kept["embedder"]:
            # Vectors of two models must never stand in one space.
            self._client.delete_collection(name)
            del there[name]
        store = Chroma(
            client=self._client,
            collection_name=name,
            embedding_function=_StoredVectors(self._vectors),
            collection_metadata={"embedder": self._vectors.embedder, "generation": 0},
            collection_configuration={"hnsw": {"space": "cosine"}},
        )
        if name not in there or (there[name].metadata or {}).get("generation") != generation:
            _bring_up_to_date(store, passages)
            self._client.get_collection(name).modify(metadata=kept)
        return store


def _client(directory: Path | None) -> ClientAPI:
    settings = Settings(anonymized_telemetry=False)
    if directory is None:
        return chromadb.EphemeralClient(settings)
    return chromadb.PersistentClient(directory, settings)


def _bring_up_to_date(store: Chroma, passages: list[Quotable]) -> None:
    there = set(store.get(include=[])["ids"])
    wanted = {str(passage.passage_id): passage for passage in passages}
    if gone := sorted(there - wanted.keys()):
        store.delete(ids=gone)
    missing = [key for key in wanted if key not in there]
    for at in range(0, len(missing), _ADD_AT_ONCE):
        keys = missing[at : at + _ADD_AT_ONCE]
        store.add_texts(
            [wanted[key].quote for key in keys],
            metadatas=[{"passage": int(key)} for key in keys],
            ids=keys,
        )


def _quotables(session: Session, scope: str) -> list[Quotable]:
    rows = session.execute(
        select(Passage, Document)
        .options(defer(Document.text))
        .join(Document, Document.id == Passage.document_id)
        .where(Document.scope == scope, Passage.is_heading.is_(False))
        # Facts and answers of a house are found by the question they answer: `knowledge.house_facts`.
        .where(Document.kind == DocumentKind.TEXT)
        .order_by(Document.id, Passage.position)
    )
    found: list[Quotable] = []
    for passage, document in rows:
        found.append(
            Quotable(
                passage_id=passage.id,
                document_id=passage.document_id,
                document=document.external_id,
                title=document.title,
                source=passage.source,
                heading=passage.heading,
                position=passage.position,
                tile=passage.text,
                start=passage.start,
                number=document.number,
                dated_on=dated_on(document),
                words=comparable(passage.text),
                context=comparable(f"{document.title} {passage.heading}"),
            )
        )
    return found
