"""What a turn costs, from the stored update to the row in the outbox, beside bare embeddings.

Run `python -m benchmarks.turns`; `--check` exits with 1 when a bar is missed. Questions go
through the product's own reception, workers and database. Each is also embedded bare, in turn
with it, so that a busy machine slows both alike; only the ratios mean anything.
"""

import argparse
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from sqlalchemy import select

from app.library import open_library
from app.mind import Mind, build_mind
from app.saying import note_operator
from app.settings import read_settings
from app.system import Base, build_base, build_workers, own_home
from bot.incoming import typed
from bot.reception import Address, Reception, find_account
from knowledge.question_files import read_questions
from store.outbox import OutboxRow

TURN_BAR = 3.0
TOGETHER_BAR = 2.5
TOGETHER = 8
_ROUNDS_ALONE = 40
_ROUNDS_TOGETHER = 12
_WARM_UP = 10
_PATIENCE_SECONDS = 30
_QUESTIONS = Path(__file__).parents[1] / "tests" / "knowledge" / "data" / "questions_g.jsonl"


@dataclass(frozen=True, slots=True)
class House:
    """A running house: questions are put to it as a channel would."""

    base: Base
    mind: Mind

    def ask(self, person: str, question: str, update_id: str) -> float:
        """Store a question; return the seconds until its reply stands in the outbox."""
        address = Address("web", "", person)
        last = self._last_reply(address)
        rung = self.base.bell.count
        self.base.reception.receive(address, update_id=update_id, incoming=typed(question))
        stored = time.perf_counter()
        while self._last_reply(address) == last:
            rung = self.base.bell.wait(since=rung, seconds=_PATIENCE_SECONDS)
        return time.perf_counter() - stored

    def embed(self, question: str) -> float:
        """Embed a question bare; return the seconds."""
        started = time.perf_counter()
        self.mind.embedder.query_vector(question)
        return time.perf_counter() - started

    def _last_reply(self, address: Address) -> int | None:
        with self.base.home.database.read() as session:
            account = find_account(session, address)
            if account is None:
                return None
            return session.scalar(
                select(OutboxRow.id)
                .where(OutboxRow.account_id == account.id)
                .order_by(OutboxRow.id.desc())
                .limit(1)
            )


def main() -> int:
    """Measure, print, and say whether the bars are held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="exit with 1 when a bar is missed")
    check = parser.parse_args().check
    asked = [q.question for q in read_questions(_QUESTIONS) if q.line["kind"] == "answerable"]
    with tempfile.TemporaryDirectory() as folder, _open_house(Path(folder)) as house:
        for number in range(_WARM_UP):
            house.embed(asked[number])
            house.ask("warm-up", asked[number], f"warm-up-{number}")
        alone = _alone(house, asked[:_ROUNDS_ALONE])
        together = _together(house, asked)
    print(f"{'':<28}{'bare ms':>9}{'turn ms':>9}{'ratio':>7}{'bar':>6}")
    held = [
        _report("one person, p50", alone, statistics.median, TURN_BAR),
        _report(f"{TOGETHER} at once, p95", together, _p95, TOGETHER_BAR),
    ]
    return 1 if check and not all(held) else 0


@contextmanager
def _open_house(home: Path) -> Iterator[House]:
    base = build_base(read_settings(home=home), tell=note_operator)
    # Nobody types as fast as a benchmark.
    reception = Reception(
        database=base.home.database,
        clock=base.clock,
        bell=base.bell,
        messages_limit="1000000/minute",
    )
    base = replace(base, reception=reception)
    library = open_library(base.home, base.settings)
    library.take_in_notice(clock=base.clock, tell=note_operator)
    stop = threading.Event()
    with own_home(base):
        mind = build_mind(library, base.catalog, owns_index=True, tell=note_operator)
        workers = build_workers(base, mind)
        threads = [threading.Thread(target=worker.run, args=(stop,)) for worker in workers]
        for thread in threads:
            thread.start()
        yield House(base, mind)
        stop.set()
        base.bell.ring()
        for thread in threads:
            thread.join()
    base.home.database.close()


def _alone(house: House, questions: Sequence[str]) -> tuple[list[float], list[float]]:
    bare, turns = [], []
    for number, question in enumerate(questions):
        bare.append(house.embed(question))
        turns.append(house.ask("alone", question, f"alone-{number}"))
    return bare, turns


def _together(house: House, questions: Sequence[str]) -> tuple[list[float], list[float]]:
    bare, turns = [], []
    for number in range(_ROUNDS_TOGETHER):
        mine = [questions[(number * TOGETHER + at) % len(questions)] for at in range(TOGETHER)]
        bare += _at_once([partial(house.embed, question) for question in mine])
        turns += _at_once(
            [
                partial(house.ask, f"person-{at}", question, f"together-{number}-{at}")
                for at, question in enumerate(mine)
            ]
        )
    return bare, turns


def _at_once(asking: Sequence[Callable[[], float]]) -> list[float]:
    seconds: list[float] = []
    start = threading.Barrier(len(asking))

    def one(ask: Callable[[], float]) -> None:
        start.wait()
        seconds.append(ask())

    threads = [threading.Thread(target=one, args=(ask,)) for ask in asking]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seconds


def _p95(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=20)[-1]


def _report(
    name: str,
    seconds: tuple[list[float], list[float]],
    summed_up: Callable[[list[float]], float],
    bar: float,
) -> bool:
    bare, turn = map(summed_up, seconds)
    ratio = turn / bare
    print(f"{name:<28}{bare * 1000:>9.2f}{turn * 1000:>9.2f}{ratio:>7.2f}{bar:>6.1f}")
    return ratio <= bar


if __name__ == "__main__":
    sys.exit(main())
