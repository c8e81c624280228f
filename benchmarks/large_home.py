"""A home of a size nobody has yet: text put together from a notice's clauses, vectors made up.

The vectors lie as a model's own do: every one is a real one moved towards another real one and
a little aside, with the spread that the real ones have in each direction.
"""

import random
import re
from collections.abc import Iterator, Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from ingestion.loaded import LoadedDocument
from ingestion.pipeline import ingest
from ingestion.structure import outline
from knowledge.embedding import Vector
from knowledge.vectors import VectorStore
from store.database import Database

_PASSAGES_EACH = 20
_DOCUMENTS_AT_ONCE = 250
_TOWARDS_ANOTHER = 0.35
_ASIDE = 0.45
_CLAUSE = re.compile(r"[^，；。！？]+[，；]?")
_PLACES = [
    "东山",
    "西河",
    "南湖",
    "北岭",
    "清河",
    "云台",
    "长宁",
    "永安",
    "太和",
    "新丰",
    "青石",
    "白塔",
    "龙泉",
    "凤鸣",
    "石桥",
    "金沙",
]
_KINDS = ["市", "县", "区", "街道", "军休所", "服务中心", "干休所", "社区"]
_SUBJECTS = [
    "就餐",
    "出行",
    "体检",
    "疗养",
    "养老",
    "医疗",
    "住房",
    "党费",
    "文化活动",
    "信息化",
    "考评",
    "优待",
]


class MadeUpEmbedder:
    """Gives passages vectors that cost nothing, under the name of the real model."""

    def __init__(self, name: str, real: Vector, seed: int = 0) -> None:
        """Take the real vectors that the made-up ones lie among."""
        self.name = name
        self.dimensions = real.shape[1]
        self._real = real
        self._mean = real.mean(axis=0)
        self._spread = real.std(axis=0)
        self._chance = np.random.default_rng(seed)

    def passage_vectors(self, texts: Sequence[str]) -> Vector:
        """Return one made-up vector for each text."""
        return self.some(len(texts))

    def some(self, count: int) -> Vector:
        """Return made-up vectors of length one."""
        one, other = self._pick(count), self._pick(count)
        aside = self._chance.normal(size=one.shape) * self._spread
        vectors = one + _TOWARDS_ANOTHER * (other - self._mean) + _ASIDE * aside
        made: Vector = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
        return made

    def _pick(self, count: int) -> NDArray[np.float32]:
        return self._real[self._chance.integers(0, len(self._real), count)]


def fill(
    database: Database,
    embedder: MadeUpEmbedder,
    texts: Sequence[str],
    *,
    passages: int,
    now: datetime,
) -> None:
    """Ingest documents made of the clauses of `texts`, until so many passages are there."""
    chance = random.Random(0)
    clauses = sorted({clause for text in texts for clause in _clauses(text)})
    vectors = VectorStore(database, embedder)
    waiting = [
        LoadedDocument(f"made-up/{number}", text, title)
        for number, (title, text) in enumerate(_documents(chance, clauses, passages))
    ]
    for at in range(0, len(waiting), _DOCUMENTS_AT_ONCE):
        ingest(database, vectors, waiting[at : at + _DOCUMENTS_AT_ONCE], now=now)


def made_up_document(
    number: int, texts: Sequence[str], passages: int = _PASSAGES_EACH
) -> LoadedDocument:
    """Return one more document of the same kind."""
    chance = random.Random(f"one more {number}")
    clauses = sorted({clause for text in texts for clause in _clauses(text)})
    ((title, text),) = _documents(chance, clauses, passages, each=passages)
    return LoadedDocument(f"one-more/{number}", text, title)


def _clauses(text: str) -> Iterator[str]:
    for piece in outline(text).pieces:
        if not piece.is_heading:
            words = text[piece.start : piece.end].strip().rstrip("。！？；")
            yield from (clause for clause in _CLAUSE.findall(words) if 4 <= len(clause) <= 40)


def _documents(
    chance: random.Random, clauses: Sequence[str], passages: int, each: int = _PASSAGES_EACH
) -> Iterator[tuple[str, str]]:
    for _ in range(0, passages, each):
        place = f"{chance.choice(_PLACES)}{chance.choice(_KINDS)}{chance.choice(_PLACES)}"
        subject = chance.choice(_SUBJECTS)
        lines = [f"一、{subject}"]
        lines += [_sentence(chance, clauses, place) for _ in range(each)]
        yield f"{place}关于{subject}服务的通知", "\n".join(lines) + "\n"


def _sentence(chance: random.Random, clauses: Sequence[str], place: str) -> str:
    some = [clause.rstrip("，；") for clause in chance.choices(clauses, k=chance.randint(2, 5))]
    some.insert(chance.randrange(len(some)), f"{place}每年{chance.randint(1, 400)}次")
    return "，".join(some) + "。"
