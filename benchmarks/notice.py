"""How well questions are answered, held against bars: on the notice, and on other notices.

Run `python -m benchmarks.notice`; `--check` exits with 1 when a bar is missed or an answer says
what no answer may say. The questions of our own are always asked. `--sets FOLDER` asks more:
FOLDER/qa_dev.jsonl of the notice, and FOLDER/ncp/questions_dev.jsonl of FOLDER/ncp/documents.jsonl,
each of these also with its document taken out. Taking those documents in takes many minutes;
`--home HOME` names a home that holds them already (it is copied, never written).
"""

import argparse
import random
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert, select

from app.library import Library, open_library
from app.mind import Mind, build_mind
from app.saying import note_operator
from app.settings import read_settings
from app.system import Base, build_base
from knowledge.answering import Answering
from knowledge.answers import Answer
from knowledge.evaluation.evaluating import Report, evaluate
from knowledge.evaluation.risk_coverage import RISKS
from knowledge.evaluation.sets import QuestionSet, Score, SetQuestion, read_set
from knowledge.evaluation.taking_out import without_document
from knowledge.generations import move_generation
from knowledge.index import Indexes
from knowledge.models import Document, Passage
from knowledge.vectors import VectorStore
from store.base import Base as Table
from store.database import Database

OWN_SETS = Path(__file__).parents[1] / "tests" / "knowledge" / "data"
NOTICE_BARS: Mapping[Score, float] = {
    Score.ANSWERABLE: 0.95,
    Score.FIRST: 0.88,
    Score.UNANSWERABLE: 0.90,
    Score.OFFTOPIC: 0.97,
}
# With its document a question may go unanswered once in ten times; without, two of three must.
DOCUMENT_BARS: Mapping[Score, float] = {
    Score.HIT_1: 0.66,
    Score.HIT_3: 0.82,
    Score.ANSWERED: 0.90,
    Score.WITHOUT_DOCUMENT: 0.65,
}
REALLY_TAKEN_OUT = 20


@dataclass(frozen=True, slots=True)
class _Opened:
    """A home and what thinks over it."""

    base: Base
    library: Library
    mind: Mind


def main() -> int:
    """Ask, print, and say whether the bars are held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="exit with 1 when a bar is missed")
    parser.add_argument("--sets", type=Path, help="a folder with more sets")
    parser.add_argument("--home", type=Path, help="a home that holds the documents of ncp")
    options = parser.parse_args()
    held = _on_the_notice(options.sets) & _on_other_notices(options.sets, options.home)
    return 1 if options.check and not held else 0


def _on_the_notice(sets: Path | None) -> bool:
    files = sorted(OWN_SETS.glob("questions_*.jsonl"))
    more = sets / "qa_dev.jsonl" if sets else None
    files += [more] if more and _is_there(more) else []
    with tempfile.TemporaryDirectory() as folder, _opened(Path(folder)) as home:
        home.library.take_in_notice(clock=home.base.clock, tell=note_operator)
        reports = [_asked(home, replace(read_set(file), bars=NOTICE_BARS)) for file in files]
    held = [_print(report) for report in reports]
    return all(held)


def _on_other_notices(sets: Path | None, kept: Path | None) -> bool:
    if sets is None:
        print("questions about other notices: skipped, no folder given (--sets)")
        return True
    documents, questions = sets / "ncp" / "documents.jsonl", sets / "ncp" / "questions_dev.jsonl"
    if not (_is_there(documents) and _is_there(questions)):
        return True
    with tempfile.TemporaryDirectory() as folder:
        home_folder = Path(folder) / "home"
        if kept is not None:
            shutil.copytree(kept, home_folder)
        with _opened(home_folder) as home:
            home.library.take_in([documents], now=home.base.clock())
            asked = replace(read_set(questions), bars=DOCUMENT_BARS)
            held = _print(_asked(home, asked, without_documents=True))
            _check_taking_out(home, asked, Path(folder) / "index")
    return held


def _is_there(file: Path) -> bool:
    if not file.is_file():
        print(f"{file.name}: skipped, it is not in the folder given")
    return file.is_file()


@contextmanager
def _opened(folder: Path) -> Iterator[_Opened]:
    base = build_base(read_settings(home=folder), tell=note_operator)
    with closing(base.home.database):
        library = open_library(base.home, base.settings)
        yield _Opened(base, library, build_mind(library, base.catalog, owns_index=True))


def _asked(home: _Opened, questions: QuestionSet, *, without_documents: bool = False) -> Report:
    return evaluate(
        home.mind.answering,
        home.base.home.database,
        questions,
        institution_id=None,
        now=home.base.clock(),
        without_documents=without_documents,
    )


def _print(report: Report) -> bool:
    """Print one set's table; tell whether it holds its bars."""
    for tally in report.tallies:
        low, high = tally.interval
        bar = report.bars[tally.name]
        print(
            f"{report.set_name:<20}{tally.name:<20}{tally.right:>5} of {tally.asked:<5}"
            f"{tally.rate:.3f}  ({low:.3f}-{high:.3f})  bar {bar:.2f}"
            f"{'  MISSED' if tally.name in report.bars_missed else ''}"
        )
    reach = ", ".join(f"{report.curve.coverage_at(risk):.0%} at risk {risk:.0%}" for risk in RISKS)
    print(f"{report.set_name:<20}coverage {reach}; area {report.curve.area:.3f}")
    for breach in report.breaches:
        print(f"{report.set_name:<20}BREACH {breach}")
    return report.holds


def _check_taking_out(home: _Opened, questions: QuestionSet, folder: Path) -> None:
    """Take some documents really out, in a home that is thrown away, and see what differs."""
    database = home.base.home.database
    vectors = VectorStore(database, home.library.embedder)
    anew = Indexes(database=database, vectors=vectors, directory=folder)
    really = home.mind.answering.over(lambda _whole: anew)
    picked = random.Random(20).sample(questions.questions, REALLY_TAKEN_OUT)
    # All of these first: what is taken out and put back moves the generation of both indexes.
    as_if = [
        _answer(without_document(home.mind.answering, q.document or ""), home, q) for q in picked
    ]
    gone: list[Answer] = []
    for question in picked:
        with _taken_out(database, question.document or "", home):
            gone.append(_answer(really, home, question))
    pairs = list(zip(as_if, gone, strict=True))
    alike = sum(one.status is other.status for one, other in pairs)
    quoted = sum(one.citations == other.citations for one, other in pairs)
    furthest = max(abs(one.confidence - other.confidence) for one, other in pairs)
    print(
        f"of {len(pairs)} documents really taken out, {alike} answers end as they did without,"
        f" {quoted} quote the same; confidence differs by {furthest:.4f} at most"
    )


def _answer(answering: Answering, home: _Opened, question: SetQuestion) -> Answer:
    return answering.answer(question.question, institution_id=None, now=home.base.clock())


@contextmanager
def _taken_out(database: Database, external_id: str, home: _Opened) -> Iterator[None]:
    """Delete a document from SQL, and write it back as it was."""
    now = home.base.clock()
    with database.begin() as session:
        document = session.scalars(
            select(Document).where(Document.external_id == external_id)
        ).one()
        passages = session.scalars(select(Passage).where(Passage.document_id == document.id)).all()
        rows: list[tuple[type[Table], list[dict[str, Any]]]] = [
            (Document, [_row(document)]),
            (Passage, [_row(passage) for passage in passages]),
        ]
        session.execute(delete(Passage).where(Passage.document_id == document.id))
        session.execute(delete(Document).where(Document.id == document.id))
        move_generation(session, document.scope, now=now)
    yield
    with database.begin() as session:
        for table, values in rows:
            session.execute(insert(table), values)
        move_generation(session, document.scope, now=now)


def _row(found: Table) -> dict[str, Any]:
    return {
        attribute.key: getattr(found, attribute.key) for attribute in found.__mapper__.column_attrs
    }


if __name__ == "__main__":
    sys.exit(main())
