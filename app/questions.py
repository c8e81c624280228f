"""The commands that ask: one function each.

What they are asked for goes to standard output or the named file; everything else they say
goes to standard error.
"""

import argparse
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from app.library import open_library
from app.logs import set_up_logs
from app.mind import Mind, build_mind, build_understanding, open_language_model
from app.refused import CommandRefused
from app.saying import SAY, note_operator, tell_operator
from app.settings import read_settings
from app.system import Base, build_base, try_to_own_home
from bot.understanding.lines import LineBroken, understand_lines
from knowledge.embedding import Embedder
from knowledge.question_files import answer_file, answer_line, spoken_answer


def ask(options: argparse.Namespace) -> int:
    """Answer one question on the screen, or a file of them into a file."""
    if (options.file is None) != (options.out is None):
        raise CommandRefused(SAY.say("ask.half"), exit_code=2)
    if options.file is None and not (options.question or "").strip():
        raise CommandRefused(SAY.say("ask.nothing"), exit_code=2)
    if options.file is not None:
        _check_files(options.file, options.out)
    with opened(options) as base, thinking(base) as mind:
        now = options.now or base.clock()
        if options.file is not None:
            answer_file(mind.answering, options.file, options.out, institution_id=None, now=now)
            return 0
        answer = mind.answering.answer(options.question, institution_id=None, now=now)
    if options.json:
        tell_operator(json.dumps(answer_line("1", answer), ensure_ascii=False))
    else:
        tell_operator(spoken_answer(answer))
    return 0


def understand(options: argparse.Namespace) -> int:
    """Write what each line of a file is understood to mean."""
    _check_files(options.file, options.out)
    now = options.now or datetime.now().astimezone()
    understanding = build_understanding(Embedder().query_vector)
    try:
        with (
            options.file.open(encoding="utf-8", errors="replace", newline="\n") as lines,
            options.out.open("w", encoding="utf-8") as out,
        ):
            for result in understand_lines(lines, understanding, now=now):
                out.write(f"{result}\n")
    except LineBroken as error:
        raise CommandRefused(str(error), exit_code=2) from error
    return 0


@contextmanager
def opened(options: argparse.Namespace) -> Iterator[Base]:
    """Open the home of a command that asks; an institution need not be in it."""
    settings = read_settings(home=options.home)
    # Who tries a language model out is told why it says nothing.
    set_up_logs("WARNING" if settings.llm else "ERROR")
    base = build_base(settings, tell=note_operator)
    with closing(base.home.database):
        yield base


@contextmanager
def thinking(base: Base) -> Iterator[Mind]:
    """Use the index on disk, or one in memory beside a running server."""
    language_model = open_language_model(base.settings, base.home)
    library = open_library(base.home, base.settings)
    library.take_in_notice(clock=base.clock, tell=note_operator)
    with try_to_own_home(base) as is_owner:
        owns_index = is_owner and base.home.database.is_sqlite
        yield build_mind(
            library, base.catalog, owns_index=owns_index, language_model=language_model
        )


def _check_files(given: Path, out: Path) -> None:
    check_input(given)
    if out.exists() and out.samefile(given):
        raise CommandRefused(SAY.say("file.same"), exit_code=2)
    check_output(out)


def check_output(out: Path) -> None:
    """Refuse at once what cannot be written later.

    Raises:
        CommandRefused: it cannot.
    """
    try:
        # Before the model is loaded and questions are answered for nothing.
        out.open("a").close()
    except OSError as error:
        raise CommandRefused(
            SAY.say("file.unwritable", path=out, reason=error.strerror), exit_code=2
        ) from error


def check_input(path: Path) -> None:
    """Refuse a file that is not there.

    Raises:
        CommandRefused: it is not.
    """
    if not path.is_file():
        raise CommandRefused(SAY.say("file.absent", path=path), exit_code=2)
