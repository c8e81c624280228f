"""The search index of a scope: Chroma for meaning, bigram BM25 for words, both from SQL.

SQL is the truth. An index carries the generation it was built from and is brought up to date
when the scope's generation has moved. The persistent Chroma directory has one owner process;
a command beside a running server keeps its index in memory (`directory=None`).
"""

import threading
import uuid
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
from sqlalchemy.orm import Session

from knowledge.embedding import Vector
from knowledge.generations import generations
from knowledge.models import Document, Passage, SourceKind, scope_of
from knowledge.vectors import VectorStore
from knowledge.words import bigrams, comparable
from store.database import Database

_ADD_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Quotable:
    """A passage as an answer may quote it; `start` and `end` are offsets in its document.

    `words` is the text folded for comparison, `context` the folded heading path and title.
    """

    passage_id: int
    document_id: int
    document: str
    title: str
    source: SourceKind
    heading: str
    quote: str
    start: int
    end: int
    ends_on: date | None
    words: str
    context: str


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

    def __init__(self, generation: int, passages: list[Quotable], dense: Chroma) -> None:
        self.generation = generation
        self.passages = passages
        self._dense = dense
        self._place = {passage.passage_id: at for at, passage in enumerate(passages)}
        self._lexical = bm25s.BM25()
        corpus = [bigrams(f"{passage.context} {passage.words}") for passage in passages]
        self._lexical.index(corpus or [[""]], show_progress=False)

    def near(self, vector: Vector, count: int) -> dict[int, float]:
        """Return the places of the nearest passages with their cosine."""
        found = self._dense.similarity_search_by_vector_with_relevance_scores(
            [float(number) for number in vector], k=min(count, len(self.passages))
        )
        places = ((self._place.get(int(hit.metadata["passage"])), far) for hit, far in found)
        return {place: 1.0 - far for place, far in places if place is not None}

    def matching(self, text: str) -> NDArray[np.float32]:
        """Return the BM25 score of every passage for a text."""
        known = [pair for pair in bigrams(text) if pair in self._lexical.vocab_dict]
        if not known:
            return np.zeros(len(self.passages), dtype=np.float32)
        scores: NDArray[np.float32] = self._lexical.get_scores(known)
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
        return ScopeIndex(generation, passages, self._dense(scope, generation, passages))

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
        select(Passage, Document.external_id, Document.title, Document.ends_on)
        .join(Document, Document.id == Passage.document_id)
        .where(Document.scope == scope, Passage.is_heading.is_(False))
        .order_by(Document.id, Passage.position)
    )
    found: list[Quotable] = []
    for passage, external_id, title, ends_on in rows:
        quote = passage.text.strip()
        start = passage.start + passage.text.index(quote)
        found.append(
            Quotable(
                passage_id=passage.id,
                document_id=passage.document_id,
                document=external_id,
                title=title,
                source=passage.source,
                heading=passage.heading,
                quote=quote,
                start=start,
                end=start + len(quote),
                ends_on=ends_on,
                words=comparable(quote),
                context=comparable(f"{title} {passage.heading}"),
            )
        )
    return found
