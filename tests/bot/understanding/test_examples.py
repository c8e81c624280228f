"""What only sounds like danger is asked about; what people chat of is not."""

from pathlib import Path

import pytest

from bot.understanding.examples import NearestExamples, load_examples
from knowledge.embedding import Embedder

CHAT = (Path(__file__).parent / "data" / "chat.txt").read_text("utf-8").splitlines()


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder()


@pytest.fixture(scope="module")
def nearest(embedder: Embedder) -> NearestExamples:
    return NearestExamples(load_examples(), embedder.query_vector)


def test_chat_sounds_like_no_danger(nearest: NearestExamples, embedder: Embedder) -> None:
    assert [text for text in CHAT if nearest.is_danger(embedder.query_vector(text))] == []


@pytest.mark.parametrize("text", ["心口闷得像要炸开", "屋里煤气味呛人，头沉得抬不起来"])
def test_danger_still_sounds_like_it(
    nearest: NearestExamples, embedder: Embedder, text: str
) -> None:
    assert nearest.is_danger(embedder.query_vector(text))
