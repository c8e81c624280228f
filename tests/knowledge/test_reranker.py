"""A second look at the candidates, by a CrossEncoder that is real, if tiny."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ingestion.pipeline import KNOWN_QUESTIONS, NOTICE_ID
from knowledge.answering import Answering, SecondLook
from knowledge.asked import AskedKinds
from knowledge.embedding import Embedder
from knowledge.errors import ModelNotUsable
from knowledge.experience import load_experience
from knowledge.index import Indexes
from knowledge.known_questions import KnownQuestions
from knowledge.lexicon import Lexicon
from knowledge.personal import PersonalQuestions
from knowledge.question import understand
from knowledge.reranker import BEST, Reranker
from knowledge.retrieval import Candidate, retrieve
from knowledge.vectors import VectorStore
from knowledge.wording import Wording
from store.database import Database
from tests.conftest import NOW

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

pytestmark = pytest.mark.filterwarnings("default")

_QUESTION = "每年能体检几次"
_WORDS = "每年能体检几次的军休干部和服务管理机构医疗养老活动关于一，。"


def _save_cross_encoder(folder: Path, *, labels: int = 1) -> None:
    """Save a CrossEncoder of a few numbers, which says nothing sensible, and always the same."""
    transformers = pytest.importorskip("transformers", reason="the extra is not installed")
    import torch

    folder.mkdir()
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *dict.fromkeys(_WORDS)]
    (folder / "vocab.txt").write_text("\n".join(vocabulary), encoding="utf-8")
    torch.manual_seed(5)
    config = transformers.BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=128,
        num_labels=labels,
        # Weights large enough that passages get different scores.
        initializer_range=1.0,
    )
    transformers.BertForSequenceClassification(config).save_pretrained(folder)
    transformers.BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cross") / "encoder"
    _save_cross_encoder(folder)
    return folder


@pytest.fixture(scope="module")
def indexes(notice_database: Database, embedder: Embedder) -> Indexes:
    vectors = VectorStore(notice_database, embedder)
    return Indexes(database=notice_database, vectors=vectors, directory=None)


@pytest.fixture
def candidates(indexes: Indexes, embedder: Embedder) -> list[Candidate]:
    asked = understand(_QUESTION, Lexicon(), AskedKinds())
    found = retrieve(
        asked, embedder.query_vector(_QUESTION), indexes.current(None), today=NOW.date()
    )
    assert len(found) > BEST
    return found


def _given(model: "CrossEncoder", candidates: list[Candidate]) -> list[float]:
    pairs = [
        (_QUESTION, f"{c.passage.title} {c.passage.heading} {c.passage.quote}".replace("  ", " "))
        for c in candidates
    ]
    return [float(model.predict([pair], show_progress_bar=False)[0]) for pair in pairs]


def test_the_best_stand_in_the_models_order(tiny: Path, candidates: list[Candidate]) -> None:
    from sentence_transformers import CrossEncoder

    reordered = Reranker(str(tiny)).reordered(_QUESTION, candidates)
    scores = _given(CrossEncoder(str(tiny)), reordered[:BEST])
    assert scores == pytest.approx(sorted(scores, reverse=True), abs=1e-4)
    assert [c.place for c in reordered] != [c.place for c in candidates]
    assert {c.place for c in reordered[:BEST]} == {c.place for c in candidates[:BEST]}
    assert reordered[BEST:] == candidates[BEST:]
    assert [c.score for c in reordered] == [c.score for c in candidates]


def test_what_is_not_done_in_time_is_left_as_it_was(
    tiny: Path, candidates: list[Candidate], caplog: pytest.LogCaptureFixture
) -> None:
    clock = iter(range(100))
    reranker = Reranker(str(tiny), seconds=2, timer=lambda: float(next(clock)))
    assert reranker.reordered(_QUESTION, candidates) == candidates
    assert "not done in 2.0 s" in caplog.text


class _Backwards:
    """Puts the last of the best candidates first."""

    def reordered(self, question: str, candidates: Sequence[Candidate]) -> list[Candidate]:
        assert question == _QUESTION
        backwards = reversed(candidates)
        return [
            replace(c, score=place.score) for c, place in zip(backwards, candidates, strict=True)
        ]


def test_answers_are_quoted_in_its_order(indexes: Indexes, embedder: Embedder) -> None:
    def ask(reranker: SecondLook | None) -> list[str]:
        answering = Answering(
            indexes=indexes,
            embedder=embedder,
            lexicon=Lexicon(),
            kinds=AskedKinds(),
            personal=PersonalQuestions(),
            wording=Wording(),
            known=KnownQuestions(KNOWN_QUESTIONS, document=NOTICE_ID, embed=embedder.query_vector),
            experience=load_experience(),
            service_topics={},
            reranker=reranker,
        )
        answer = answering.answer(_QUESTION, institution_id=None, now=NOW)
        return [citation.quote for citation in answer.citations]

    plain, backwards = ask(None), ask(_Backwards())
    assert len(plain) > 1
    assert backwards[0] != plain[0]


def test_a_model_of_several_numbers_is_a_sentence(tmp_path: Path) -> None:
    _save_cross_encoder(tmp_path / "three", labels=3)
    with pytest.raises(ModelNotUsable, match="JUNXIU_RERANKER"):
        Reranker(str(tmp_path / "three"))
