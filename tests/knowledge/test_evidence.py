"""What speaks for a passage: numbers that tell the answer from its neighbours and its echo."""

import numpy as np
import pytest

from ingestion.loaded import LoadedDocument
from ingestion.pipeline import ingest
from knowledge.asked import AskedKinds
from knowledge.embedding import Embedder
from knowledge.evidence import Evidence, evidence, wanted_by
from knowledge.index import Indexes, ScopeIndex
from knowledge.lexicon import Lexicon
from knowledge.question import Question, understand
from knowledge.vectors import VectorStore
from store.database import Database
from tests.conftest import NOW

_LAUNDRY = (
    "洗衣房须知\n洗衣房怎么收费？烘干机每次收费3元，投币使用。洗衣房下午5点锁门。以上规定请遵守。"
)
_BARBER = "理发室须知\n理发请先取号，按号排队，过号重取。"
_QUESTION = "洗衣房的烘干机每次收费多少钱"


@pytest.fixture
def index(database: Database, embedder: Embedder) -> ScopeIndex:
    vectors = VectorStore(database, embedder)
    documents = [LoadedDocument("laundry", _LAUNDRY), LoadedDocument("barber", _BARBER)]
    ingest(database, vectors, documents, now=NOW)
    return Indexes(database=database, vectors=vectors, directory=None).current(None)[0]


def _understood(text: str) -> Question:
    return understand(text, Lexicon(), AskedKinds())


def _of_everything(text: str, index: ScopeIndex, embedder: Embedder) -> Evidence:
    question, places = _understood(text), np.arange(len(index.passages))
    wanted = wanted_by(question, [index])
    return evidence(question, wanted, embedder.query_vector(text), index, places)


def _at(words: str, index: ScopeIndex) -> int:
    return next(at for at, passage in enumerate(index.passages) if words in passage.quote)


def test_every_passage_has_one_of_each_number(index: ScopeIndex, embedder: Embedder) -> None:
    found = _of_everything(_QUESTION, index, embedder)
    for name, column in found.columns.items():
        assert column.shape == (len(index.passages),), name
        assert np.isfinite(column).all(), name


def test_the_answer_has_the_telling_words_and_the_thing_asked_for(
    index: ScopeIndex, embedder: Embedder
) -> None:
    columns = _of_everything(_QUESTION, index, embedder).columns
    answer, other = _at("3元", index), _at("5点", index)
    for name in ("telling", "words", "meaning", "holds", "longest_run"):
        assert columns[name][answer] > columns[name][other], name


def test_kinds_of_sentences_are_told_apart(index: ScopeIndex, embedder: Embedder) -> None:
    columns = _of_everything(_QUESTION, index, embedder).columns
    assert columns["asks_itself"][_at("怎么收费", index)] == 1.0
    assert columns["looks_back"][_at("以上规定", index)] == 1.0
    assert columns["first"].sum() == 2.0


def test_a_neighbour_counts_only_within_its_document(index: ScopeIndex, embedder: Embedder) -> None:
    columns = _of_everything("以上规定请遵守吗", index, embedder).columns
    assert columns["share_before"][_at("理发请先取号", index)] == 0.0


def test_a_document_knows_the_words_it_has(index: ScopeIndex, embedder: Embedder) -> None:
    documents = _of_everything("洗衣房烘干机坏了", index, embedder).documents
    laundry, barber = documents[_at("3元", index)], documents[_at("理发", index)]
    assert laundry.about > barber.about
    assert laundry.own_words > barber.own_words


@pytest.mark.parametrize("question", ["", "？？", "甲", "zzzz qqqq", "😀"])
def test_words_that_stand_nowhere_speak_for_nothing(
    question: str, index: ScopeIndex, embedder: Embedder
) -> None:
    found = _of_everything(question, index, embedder)
    for name in ("words", "words_around", "telling", "share_of_document"):
        assert not found.columns[name].any(), name
    assert all(known.own_words_in_use == 1.0 for known in found.documents)


def test_rarity_is_counted_over_all_that_is_searched(index: ScopeIndex) -> None:
    alone = wanted_by(_understood(_QUESTION), [index])
    twice = wanted_by(_understood(_QUESTION), [index, index])
    common = alone.pairs.index("洗衣")
    assert twice.rarity[common] < alone.rarity[common]
