"""How long `serve` takes to start, and how much memory it holds after a thousand answers.

Run `python -m benchmarks.starting`; `--check` exits with 1 when a bar is missed. Beside the
first start stand loading the same libraries and embedding the notice bare, beside a later one
loading the libraries alone, each in a process of its own. Memory is Linux's VmRSS.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import func, select

from knowledge.question_files import read_questions
from store.inbox import InboxRow, InboxStatus
from tests.journeys.running import ROOT, RunningServer, WebVisitor, open_database

FIRST_START_SECONDS = 15.0
LATER_START_SECONDS = 4.0
MEMORY_MB = 300.0
ANSWERS = 1_000
# The limit of messages a minute, for each account.
_QUESTIONS_EACH = 25
_VISITORS_AT_ONCE = 4
_ROUNDS = 3
_QUESTIONS = ROOT / "tests" / "knowledge" / "data" / "questions_g.jsonl"
_LIBRARIES = (
    "import alembic.command, chromadb, cryptography.fernet, fastapi, langchain_core.embeddings, "
    "sqlalchemy.orm, sse_starlette, telegram, uvicorn\n"
    "from knowledge.embedding import Embedder\n"
    "embedder = Embedder()\n"
)
_EMBEDDING = (
    "from ingestion.pipeline import BUNDLED_NOTICE\n"
    "from ingestion.structure import outline\n"
    "text = BUNDLED_NOTICE.read_text(encoding='utf-8')\n"
    "pieces = [p for p in outline(text).pieces if not p.is_heading]\n"
    "embedder.passage_vectors([text[p.start:p.end] for p in pieces])\n"
)


def main() -> int:
    """Measure, print, and say whether the bars are held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="exit with 1 when a bar is missed")
    check = parser.parse_args().check
    bare: dict[str, list[float]] = {"first": [], "later": []}
    starts: dict[str, list[float]] = {"first": [], "later": []}
    for _ in range(_ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            server = RunningServer(Path(folder) / "var")
            bare["first"].append(_seconds(lambda: _run(_LIBRARIES + _EMBEDDING)))
            starts["first"].append(_seconds(server.start))
            server.stop()
            bare["later"].append(_seconds(lambda: _run(_LIBRARIES)))
            starts["later"].append(_seconds(server.start))
            server.stop()
    print(f"{'':<28}{'bare s':>8}{'start s':>9}{'ratio':>7}{'bar s':>7}")
    held = [
        _report("first start", bare["first"], starts["first"], FIRST_START_SECONDS),
        _report("later start", bare["later"], starts["later"], LATER_START_SECONDS),
        _memory(),
    ]
    return 1 if check and not all(held) else 0


def _memory() -> bool:
    """Let a server answer a thousand questions, and look at what it holds."""
    questions = [q.question for q in read_questions(_QUESTIONS)]
    with tempfile.TemporaryDirectory() as folder:
        server = RunningServer(Path(folder) / "var").start()
        before = server.resident_bytes / 1e6
        began = time.perf_counter()
        _ask_all(server, questions)
        seconds = time.perf_counter() - began
        after = server.resident_bytes / 1e6
        server.stop()
    print(f"{'':<28}{'at start':>9}{'after':>8}{'bar':>6}")
    print(f"{f'MB after {ANSWERS} answers':<28}{before:>9.0f}{after:>8.0f}{MEMORY_MB:>6.0f}")
    print(f"{ANSWERS} answers over HTTP in {seconds:.0f} s")
    return after <= MEMORY_MB


def _ask_all(server: RunningServer, questions: list[str]) -> None:
    numbers = iter(range(ANSWERS // _QUESTIONS_EACH))

    def visit() -> None:
        for number in numbers:
            visitor = WebVisitor(server.address)
            visitor.open()
            for at in range(_QUESTIONS_EACH):
                visitor.types(questions[(number * _QUESTIONS_EACH + at) % len(questions)])

    threads = [threading.Thread(target=visit) for _ in range(_VISITORS_AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    database = open_database(server.home)
    with database.read() as session:
        done = session.scalar(
            select(func.count()).where(InboxRow.status == InboxStatus.DONE).select_from(InboxRow)
        )
    database.close()
    assert done == ANSWERS, f"{done} of {ANSWERS} were answered"


def _run(program: str) -> None:
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


def _seconds(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def _report(name: str, bare: list[float], starts: list[float], bar: float) -> bool:
    plain, start = statistics.median(bare), statistics.median(starts)
    print(f"{name:<28}{plain:>8.2f}{start:>9.2f}{start / plain:>7.2f}{bar:>7.0f}")
    return start <= bar


if __name__ == "__main__":
    sys.exit(main())
