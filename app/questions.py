"""The commands that ask, read documents in and score: one function each."""

import argparse
import json
from datetime import datetime
from pathlib import Path

from app.commands import CommandRefused
from app.logs import set_up_logs
from app.mind import Library, Mind, build_mind, build_understanding, open_library
from app.saying import SAY, tell_operator
from app.settings import read_settings
from app.system import Base, HomeOwned, build_base, own_home
from app.utterances import UtteranceLineWrong, understand_file
from ingestion.loaded import IngestionError
from knowledge.errors import LineWrong
from knowledge.question_files import answer_file, answer_line, spoken_answer


def ask(options: argparse.Namespace) -> int:
    """Answer one question on the screen, or a file of them into a file."""
    if (options.file is None) != (options.out is None):
        raise CommandRefused(SAY.say("ask.half"), exit_code=2)
    if options.file is None and not (options.question or "").strip():
        raise CommandRefused(SAY.say("ask.nothing"), exit_code=2)
    base, mind = _base(options), None
    library = open_library(base.home)
    library.take_in_notice(clock=base.clock)
    mind = _mind(base, library)
    now = options.now or base.clock()
    if options.file is not None:
        return _ask_file(mind, options.file, options.out, now)
    answer = mind.answering.answer(options.question, institution_id=None, now=now)
    if options.json:
        tell_operator(json.dumps(answer_line("1", answer), ensure_ascii=False))
    else:
        tell_operator(spoken_answer(answer))
    return 0


def ingest(options: argparse.Namespace) -> int:
    """Read documents in; a running server follows by itself."""
    base = _base(options)
    try:
        report = open_library(base.home).take_in(options.paths, now=options.now or base.clock())
    except IngestionError as error:
        raise CommandRefused(str(error)) from error
    tell_operator(
        SAY.say(
            "ingest.done",
            added=report.added,
            updated=report.updated,
            unchanged=report.unchanged,
            passages=report.passages,
        )
    )
    return 0


def understand(options: argparse.Namespace) -> int:
    """Write what each line of a file is understood to mean."""
    _must_exist(options.file)
    now = options.now or datetime.now().astimezone()
    try:
        understand_file(build_understanding(), options.file, options.out, now=now)
    except UtteranceLineWrong as error:
        raise CommandRefused(str(error), exit_code=2) from error
    return 0


def _ask_file(mind: Mind, questions: Path, answers: Path, now: datetime) -> int:
    _must_exist(questions)
    try:
        answer_file(mind.answering, questions, answers, institution_id=None, now=now)
    except LineWrong as error:
        raise CommandRefused(str(error), exit_code=2) from error
    return 0


def _base(options: argparse.Namespace) -> Base:
    settings = read_settings(home=options.home)
    set_up_logs("ERROR")
    return build_base(settings)


def _mind(base: Base, library: Library) -> Mind:
    """Use the index on disk, or one in memory beside a running server."""
    try:
        lock = own_home(base)
    except HomeOwned:
        return build_mind(library, base.catalog, owns_index=False)
    return build_mind(library, base.catalog, owns_index=lock is not None)


def _must_exist(path: Path) -> None:
    if not path.is_file():
        raise CommandRefused(SAY.say("file.absent", path=path), exit_code=2)


def evaluate(options: argparse.Namespace) -> int:
    """Score a set of questions."""
    raise CommandRefused(str(options.file))
