"""The search index at a hundred thousand passages, and what ingesting costs.

Run `python -m benchmarks.index`; `--check` exits with 1 when a bar is missed. The home is made
for it and thrown away, or kept and used again with `--keep DIR`. `--like HOME` takes the vectors
of a home of yours as the ones that the made-up vectors lie among, and `--documents FILE.jsonl`
its texts; without them the bundled notice and the questions of the tests have to do. Opening
and answering are measured in a process of their own; what is held against a baseline is
measured in turn with it, so that a busy machine slows both alike.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from cryptography.fernet import Fernet
from sqlalchemy import create_engine, text

from benchmarks.large_home import MadeUpEmbedder, fill, made_up_document
from ingestion.pipeline import BUNDLED_NOTICE, KNOWN_QUESTIONS, NOTICE_ID, ingest
from ingestion.structure import outline
from knowledge.answering import Answering
from knowledge.asked import AskedKinds
from knowledge.embedding import Embedder, Vector
from knowledge.experience import load_experience
from knowledge.index import Indexes
from knowledge.known_questions import KnownQuestions
from knowledge.lexicon import Lexicon
from knowledge.nearest import ExactSearch
from knowledge.personal import PersonalQuestions
from knowledge.question_files import read_questions
from knowledge.vectors import VectorStore
from knowledge.wording import Wording
from store.database import Database
from store.keyring import Keyring
from store.migration import migrate

PASSAGES = 100_000
OPEN_SECONDS = 3.0
RESIDENT_MB = 1_200.0
ANSWER_P95_MS = 80.0
INGEST_RATIO = 1.15
_QUESTIONS = 250
_RECALL_QUESTIONS = 300
_WARM_UP = 10
_INGESTED = 12
_OPENINGS = 3
_DATA = Path(__file__).parents[1] / "tests" / "knowledge" / "data"
_KEY = "key"


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of the table, and what it must not exceed (None: only printed)."""

    name: str
    value: float
    unit: str
    most: float | None = None

    @property
    def is_held(self) -> bool:
        """Tell whether the value is within the bar."""
        return self.most is None or self.value <= self.most

    def __str__(self) -> str:
        """Return the line."""
        bar = "" if self.most is None else f"  (bar: {self.most:g}{self.unit})"
        missed = "" if self.is_held else "  MISSED"
        return f"{self.name:<58}{self.value:>10.2f}{self.unit}{bar}{missed}"


def main() -> int:
    """Measure, print, and say whether the bars are held."""
    options = _options()
    if options.open:
        print(json.dumps(_opened(options.open)))
        return 0
    if options.measure:
        print(json.dumps([_plain(bar) for bar in _measured(options.measure, options.documents)]))
        return 0
    with _folder(options.keep) as folder:
        if not (folder / _KEY).exists():
            _make_home(folder, options)
        bars = [_opening_bar(folder), *_measured_bars(folder, options)]
        bars.append(_ingest_bar(options.documents))
    for bar in bars:
        print(bar)
    return 1 if options.check and not all(bar.is_held for bar in bars) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="exit with 1 when a bar is missed")
    parser.add_argument("--passages", type=int, default=PASSAGES)
    parser.add_argument("--keep", type=Path, help="make the home here, or use the one that is here")
    parser.add_argument("--like", type=Path, help="a home whose vectors show how vectors lie")
    parser.add_argument("--documents", type=Path, help="more texts to take clauses from (.jsonl)")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--open", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


@contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    if kept is not None:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def _make_home(folder: Path, options: argparse.Namespace) -> None:
    """Fill a home and build its index once; neither is what is measured."""
    started = time.perf_counter()
    embedder = Embedder()
    texts = _texts(options.documents)
    key = Fernet.generate_key()
    made_up = MadeUpEmbedder(embedder.name, _real_vectors(embedder, options.like, texts))
    database = _database(folder, key)
    fill(database, made_up, texts, passages=options.passages, now=datetime.now(UTC))
    filled = time.perf_counter()
    _indexes(folder, database, VectorStore(database, embedder)).open_all()
    database.close()
    (folder / _KEY).write_bytes(key)
    built = time.perf_counter()
    print(
        f"the home was filled in {filled - started:.0f} s, its index built in {built - filled:.0f} s"
    )


def _opening_bar(folder: Path) -> Bar:
    """Open the index in processes that have nothing in memory of it."""
    seconds = [float(_in_a_process("--open", str(folder))) for _ in range(_OPENINGS)]
    return Bar("opening the index", statistics.median(seconds), " s", OPEN_SECONDS)


def _opened(folder: Path) -> float:
    embedder = Embedder()
    database = _database(folder, (folder / _KEY).read_bytes())
    return _seconds(_indexes(folder, database, VectorStore(database, embedder)).open_all)


def _measured_bars(folder: Path, options: argparse.Namespace) -> list[Bar]:
    words = ["--measure", str(folder)]
    if options.documents:
        words += ["--documents", str(options.documents)]
    return [Bar(*values) for values in _in_a_process(*words)]


def _in_a_process(*words: str) -> Any:
    """Run this module in a process of its own; return what it printed last."""
    program = [sys.executable, "-m", "benchmarks.index", *words]
    printed = subprocess.run(program, check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(printed.splitlines()[-1])


def _measured(folder: Path, documents: Path | None) -> list[Bar]:
    """Open the home, ask it, hold it against exact search, and let it follow a change."""
    embedder = Embedder()
    database = _database(folder, (folder / _KEY).read_bytes())
    vectors = VectorStore(database, embedder)
    indexes = _indexes(folder, database, vectors)
    (index,) = indexes.current(None)
    answers, bare = _asked(_answering(indexes, embedder), embedder)
    ratios = [answer / alone for answer, alone in zip(answers, bare, strict=True)]
    resident = _resident_mb()
    real = index.vectors(np.arange(0, len(index.passages), 97))
    near = MadeUpEmbedder(embedder.name, real, seed=1).some(_RECALL_QUESTIONS)
    exact = ExactSearch(index.vectors(np.arange(len(index.passages))))
    asked = np.stack([embedder.query_vector(q) for q in _questions()[: _RECALL_QUESTIONS // 3]])
    texts = _texts(documents)
    first = [_first_after_a_change(indexes, database, vectors, texts, turn) for turn in range(3)]
    return [
        Bar("passages", float(len(index.passages)), ""),
        Bar("one answer, p50", 1000 * statistics.median(answers), " ms"),
        Bar("one answer, p95", _p95(answers), " ms", ANSWER_P95_MS),
        Bar("one bare embedding of the same questions, p95", _p95(bare), " ms"),
        Bar("one answer beside one bare embedding, p50", statistics.median(ratios), " times"),
        Bar("resident after the answers", resident, " MB", RESIDENT_MB),
        Bar("recall@10 of Chroma, passages' neighbours", _recall(index.near, exact, near, 10), ""),
        Bar("recall@40 of Chroma, passages' neighbours", _recall(index.near, exact, near, 40), ""),
        Bar("recall@10 of Chroma, real questions", _recall(index.near, exact, asked, 10), ""),
        Bar("recall@40 of Chroma, real questions", _recall(index.near, exact, asked, 40), ""),
        Bar("following one new document", statistics.median(first), " s"),
    ]


def _asked(answering: Answering, embedder: Embedder) -> tuple[list[float], list[float]]:
    """Ask, with a bare embedding beside each; return the seconds of both."""
    now = datetime.now(UTC)
    questions = _questions()[: _QUESTIONS + _WARM_UP]
    seconds: list[float] = []
    bare: list[float] = []
    for question in questions:
        bare.append(_seconds(lambda q=question: embedder.query_vector(q)))  # type: ignore[misc]
        seconds.append(
            _seconds(lambda q=question: answering.answer(q, institution_id=None, now=now))  # type: ignore[misc]
        )
    return seconds[_WARM_UP:], bare[_WARM_UP:]


def _p95(seconds: Sequence[float]) -> float:
    """Return the 95th percentile, in milliseconds."""
    return 1000 * float(np.percentile(seconds, 95))


def _recall(
    near: Callable[[Vector, int], dict[int, float]], exact: ExactSearch, asked: Vector, count: int
) -> float:
    found = [near(v, count).keys() & exact.nearest(v, count).keys() for v in asked]
    return statistics.mean(len(places) / count for places in found)


def _first_after_a_change(
    indexes: Indexes, database: Database, vectors: VectorStore, texts: Sequence[str], turn: int
) -> float:
    """Return how long whoever asks first after a document came in waits for the index."""
    one_more = made_up_document(time.time_ns() + turn, texts, passages=1)
    ingest(database, vectors, [one_more], now=datetime.now(UTC))
    return _seconds(lambda: indexes.current(None))


def _ingest_bar(documents: Path | None) -> Bar:
    """Ingest documents one by one, each beside the bare embedding of its passages."""
    embedder = Embedder()
    with tempfile.TemporaryDirectory() as folder:
        database = _database(Path(folder), Fernet.generate_key())
        vectors = VectorStore(database, embedder)
        taken = bare = 0.0
        for number in range(_INGESTED):
            document = made_up_document(number, _texts(documents), passages=10)
            passages = _passages(document.text)
            bare += _seconds(lambda p=passages: embedder.passage_vectors(p))  # type: ignore[misc]
            taken += _seconds(
                lambda d=document: ingest(database, vectors, [d], now=datetime.now(UTC))  # type: ignore[misc]
            )
        database.close()
    return Bar("ingesting beside the bare embedding", taken / bare, " times", INGEST_RATIO)


def _passages(words: str) -> list[str]:
    pieces = outline(words).pieces
    return [words[p.start : p.end].strip() for p in pieces if not p.is_heading]


def _texts(documents: Path | None) -> list[str]:
    texts = [BUNDLED_NOTICE.read_text(encoding="utf-8")]
    if documents is not None:
        lines = documents.read_text(encoding="utf-8").splitlines()
        texts += [json.loads(line)["text"] for line in lines if line.strip()]
    return texts


def _real_vectors(embedder: Embedder, like: Path | None, texts: Sequence[str]) -> Vector:
    if like is None:
        passages = [passage for one in texts for passage in _passages(one)][:100]
        return np.concatenate([embedder.passage_vectors(passages), _as_passages(embedder)])
    engine = create_engine(f"sqlite:///{like / 'junxiu.sqlite3'}")
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT vector FROM passage_vectors WHERE embedder = :name"),
            {"name": embedder.name},
        )
        found = np.stack([np.frombuffer(row.vector, dtype="<f4") for row in rows])
    engine.dispose()
    return found


def _as_passages(embedder: Embedder) -> Vector:
    return embedder.passage_vectors(_questions()[:200])


def _questions() -> list[str]:
    return [
        q.question for path in sorted(_DATA.glob("questions_*.jsonl")) for q in read_questions(path)
    ]


def _database(folder: Path, key: bytes) -> Database:
    database = Database(f"sqlite:///{folder / 'junxiu.sqlite3'}", Keyring([key]))
    migrate(database, home_dir=folder, now=datetime.now(UTC))
    return database


def _indexes(folder: Path, database: Database, vectors: VectorStore) -> Indexes:
    return Indexes(database=database, vectors=vectors, directory=folder / "index")


def _answering(indexes: Indexes, embedder: Embedder) -> Answering:
    return Answering(
        indexes=indexes,
        embedder=embedder,
        lexicon=Lexicon(),
        kinds=AskedKinds(),
        personal=PersonalQuestions(),
        wording=Wording(),
        known=KnownQuestions(KNOWN_QUESTIONS, document=NOTICE_ID, embed=embedder.query_vector),
        experience=load_experience(),
        service_topics={"checkup": ["体检"]},
    )


def _resident_mb() -> float:
    """Return what this process holds in memory, mapped files included (Linux)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1000


def _seconds(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def _plain(bar: Bar) -> list[object]:
    return [bar.name, float(bar.value), bar.unit, bar.most]


if __name__ == "__main__":
    sys.exit(main())
