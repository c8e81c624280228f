"""A second look at the best candidates by a CrossEncoder (an extra), where one is set.

It reads question and passage together, which is better and far slower than comparing vectors:
it looks at the best only, and where it is not done in time their order stays as it was.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from knowledge.embedding import clean
from knowledge.retrieval import Candidate
from knowledge.sentence_transformer import load

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

log = logging.getLogger(__name__)

BEST = 20
SECONDS = 1.5
_SETTING = "JUNXIU_RERANKER"
_AT_ONCE = 4
_LONGEST_TEXT = 1_000


class Reranker:
    """One loaded CrossEncoder; threads take turns."""

    def __init__(
        self,
        name_or_folder: str,
        *,
        seconds: float = SECONDS,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        """Load the model by its name or from a folder.

        Raises:
            ExtraMissing: the extra is not installed.
            ModelNotUsable: there is no such model.
        """
        self._model: CrossEncoder = load(_open, name_or_folder, setting=_SETTING)
        self._seconds = seconds
        self._timer = timer
        self._lock = threading.Lock()

    def reordered(self, question: str, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Return the candidates, the best ones in the order the model gives them.

        A place keeps its score, whoever takes it: what is near enough to answer is judged on
        the scale of the first look.
        """
        best, others = candidates[:BEST], candidates[BEST:]
        scores = self._scores(question, best)
        if scores is None:
            return list(candidates)
        order = sorted(range(len(best)), key=lambda at: -scores[at])
        places = zip(order, best, strict=True)
        return [*(replace(best[at], score=place.score) for at, place in places), *others]

    def _scores(self, question: str, candidates: Sequence[Candidate]) -> list[float] | None:
        """Return the model's scores, None when they are not there in time."""
        until = self._timer() + self._seconds
        pairs = [
            (clean(question, _LONGEST_TEXT), clean(_read(c), _LONGEST_TEXT)) for c in candidates
        ]
        scores: list[float] = []
        if not self._lock.acquire(timeout=self._seconds):
            return None
        try:
            for at in range(0, len(pairs), _AT_ONCE):
                if self._timer() > until:
                    log.warning("the reranker was not done in %.1f s", self._seconds)
                    return None
                found = self._model.predict(pairs[at : at + _AT_ONCE], show_progress_bar=False)
                scores += [float(score) for score in found]
        finally:
            self._lock.release()
        return scores


def _open(name_or_folder: str) -> "CrossEncoder":
    from sentence_transformers import CrossEncoder

    model: CrossEncoder = CrossEncoder(name_or_folder)
    if model.num_labels != 1:
        raise ValueError("it gives more than one number for a pair")
    return model


def _read(candidate: Candidate) -> str:
    passage = candidate.passage
    return " ".join(part for part in (passage.title, passage.heading, passage.quote) if part)
