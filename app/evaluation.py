"""The command that scores a question set, and writes the house's own into a file."""

import argparse
import json
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.mind import Mind
from app.opening import institution_of
from app.progress import progress_bar
from app.questions import check_input, check_output, opened, thinking
from app.refused import CommandRefused
from app.saying import SAY, tell_operator
from app.system import Base
from knowledge.evaluation.chart import check_charts, draw_curve
from knowledge.evaluation.evaluating import Report, evaluate
from knowledge.evaluation.own_set import exported_lines, own_set, ungrounded
from knowledge.evaluation.report import report_lines, ungrounded_lines
from knowledge.evaluation.runs import Runs
from knowledge.evaluation.sets import QuestionSet, SetQuestion, read_set
from knowledge.language_model import names_in
from knowledge.masking import Masking


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The set to score, whose documents answer it, and what of it stands in none any more."""

    questions: QuestionSet
    institution_id: int | None = None
    ungrounded: tuple[SetQuestion, ...] = ()


def score_set(options: argparse.Namespace) -> int:
    """Score a set; 1 when a bar is missed, or an answer says what no answer may say."""
    _check(options)
    given = read_set(options.file) if options.file else None
    with opened(options) as base:
        if options.export is not None:
            return _export(base, options)
        chosen = _Chosen(given) if given else _own(base, options)
        if options.without_documents and not any(q.document for q in chosen.questions.questions):
            raise CommandRefused(SAY.say("eval.no_documents"), exit_code=2)
        with thinking(base) as mind:
            report = _score(base, mind, chosen, options)
        runs = Runs(base.home.path, base.home.database.keyring)
        comparison = runs.compare(report)
        runs.keep(report, at=base.clock())
    if options.chart is not None:
        draw_curve(report, options.chart)
    for line in (*ungrounded_lines(chosen.ungrounded), *report_lines(report, comparison)):
        tell_operator(line)
    return 0 if report.holds else 1


def _check(options: argparse.Namespace) -> None:
    """Refuse what cannot be done before anything is loaded for it."""
    if (options.file is not None) + options.own + (options.export is not None) != 1:
        raise CommandRefused(SAY.say("eval.which"), exit_code=2)
    if options.file is not None:
        check_input(options.file)
    if options.export is not None:
        check_output(options.export)
    if options.chart is not None:
        if options.chart.suffix.lower() != ".png":
            raise CommandRefused(SAY.say("eval.chart_is_png"), exit_code=2)
        check_charts()
        check_output(options.chart)


def _score(base: Base, mind: Mind, chosen: _Chosen, options: argparse.Namespace) -> Report:
    with progress_bar(SAY.say("eval.bar"), SAY.say("eval.unit")) as progress:
        return evaluate(
            mind.answering,
            base.home.database,
            chosen.questions,
            institution_id=chosen.institution_id,
            now=options.now or base.clock(),
            without_documents=options.without_documents,
            progress=progress,
        )


def _own(base: Base, options: argparse.Namespace) -> _Chosen:
    with base.home.database.read() as session:
        house = _house(session)
        questions = _own_questions(session, house)
        now = options.now or base.clock()
        gone = ungrounded(session, questions, institution_id=house, now=now)
    return _Chosen(questions, house, gone)


def _export(base: Base, options: argparse.Namespace) -> int:
    with base.home.database.read() as session:
        house = _house(session)
        questions = _own_questions(session, house)
    names = names_in(base.home.database)(house)
    lines = exported_lines(questions, Masking(), names=names)
    # A lone surrogate has no UTF-8; written with a backslash it is JSON's own escape.
    with options.export.open("w", encoding="utf-8", errors="backslashreplace") as out:
        out.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    tell_operator(SAY.say("eval.exported", path=options.export, count=len(lines)))
    return 0


def _house(session: Session) -> int:
    house = institution_of(session)
    if house is None:
        raise CommandRefused(SAY.say("eval.no_institution"))
    return house.id


def _own_questions(session: Session, house: int) -> QuestionSet:
    questions = own_set(session, house)
    if not questions.questions:
        raise CommandRefused(SAY.say("eval.own_empty"))
    return questions
