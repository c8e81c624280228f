"""A report as lines for a terminal: every miss first, the table last, where it is read first."""

from collections.abc import Iterable

from knowledge.answers import Answer, AnswerStatus
from knowledge.evaluation.evaluating import Report, Tally
from knowledge.evaluation.risk_coverage import RISKS
from knowledge.evaluation.runs import Change, Comparison, first_quote
from knowledge.evaluation.sets import Score, SetQuestion
from knowledge.evaluation.texts import TEXTS
from store.clock import local

_NAME_WIDTH = 20


def report_lines(report: Report, comparison: Comparison | None) -> list[str]:
    """Return a report as lines, beside the last run of the same set where there is one."""
    lines = [
        *_misses(report),
        *_kept_answering(report),
        *_compared(comparison),
        *_table(report),
        *_curve(report),
        *_verdict(report),
    ]
    # A lone surrogate, which JSON can carry, has no way into a terminal.
    return [line.encode("utf-8", "replace").decode("utf-8") for line in lines]


def ungrounded_lines(questions: Iterable[SetQuestion]) -> list[str]:
    """Return a line for each question whose words stand in no document any more."""
    return [_say("stale", id=each.id, question=each.question) for each in questions]


def _misses(report: Report) -> list[str]:
    # What is said without the document has a list of its own.
    missed = [one for one in report.outcomes if set(one.missed) - {Score.WITHOUT_DOCUMENT}]
    lines = [_say("misses", count=len(missed))] if missed else []
    for one in missed:
        scores = _names(name for name in one.missed if name is not Score.WITHOUT_DOCUMENT)
        lines.append(_say("miss", scores=scores, id=one.asked.id, question=one.asked.question))
        lines.append(_shown(one.answer))
        lines.append(_what_is_right(one.asked))
    return [*lines, ""] if lines else []


def _kept_answering(report: Report) -> list[str]:
    kept = [
        (one.asked, one.without)
        for one in report.outcomes
        if one.without is not None and Score.WITHOUT_DOCUMENT in one.missed
    ]
    lines = [_say("kept_answering", count=len(kept))] if kept else []
    for asked, answer in kept:
        lines.append(_say("kept_answering_one", id=asked.id, question=asked.question))
        lines.append(_shown(answer))
    return [*lines, ""] if lines else []


def _shown(answer: Answer) -> str:
    """Say how an answer ended and what it quoted first, on one line."""
    quoted = ""
    if answer.citations:
        first = answer.citations[0]
        quoted = _say("quoted", document=first.document, quote=_on_one_line(first.quote))
    return _say("shown", status=_status(answer.status), quote=quoted)


def _what_is_right(asked: SetQuestion) -> str:
    including = _say("right_including", words=_one_of(asked.must_include))
    return _say(
        f"right_{asked.kind}",
        gold=_one_of(asked.gold),
        including=including if asked.must_include else "",
        document=asked.document,
    )


def _one_of(words: Iterable[str]) -> str:
    return _say("or").join(_say("one_of", words=_on_one_line(each)) for each in words)


def _compared(comparison: Comparison | None) -> list[str]:
    if comparison is None:
        return [_say("first_run"), ""]
    lines = [
        _say(
            "compared",
            at=f"{local(comparison.before_at):%Y-%m-%d %H:%M}",
            shared=comparison.shared,
            better=len(comparison.better),
            worse=len(comparison.worse),
        )
    ]
    for key, changes in (("better", comparison.better), ("worse", comparison.worse)):
        for change in changes:
            lines += _change(key, change)
    return [*lines, ""]


def _change(key: str, change: Change) -> list[str]:
    one, before = change.outcome, change.before
    quote, quoted_before = _on_one_line(first_quote(one.answer)), _on_one_line(before.quote)
    lines = [
        _say(
            key,
            scores=_names(change.scores),
            id=one.asked.id,
            question=one.asked.question,
            before=_status(before.status),
            now=_status(one.answer.status),
        )
    ]
    if quote != quoted_before:
        lines += [_say("quote_before", quote=quoted_before)] if quoted_before else []
        lines += [_say("quote_now", quote=quote)] if quote else []
    return lines


def _table(report: Report) -> list[str]:
    head = f"{'':<{_NAME_WIDTH}}{_say('head_right'):>5}{_say('head_asked'):>5}"
    head += f"{_say('head_rate'):>6}   {_say('head_interval')}"
    lines = [head + (f"       {_say('head_bar')}" if report.bars else "")]
    lines += [_row(report, tally) for tally in report.tallies]
    measured = {tally.name for tally in report.tallies}
    lines += [
        f"{name:<{_NAME_WIDTH}}{_say('not_measured')}" for name in report.bars.keys() - measured
    ]
    return [*lines, _say("median", milliseconds=report.median_seconds * 1000)]


def _row(report: Report, tally: Tally) -> str:
    low, high = tally.interval
    line = f"{tally.name:<{_NAME_WIDTH}}{tally.right:>6}{tally.asked:>6}{tally.rate:>8.3f}   "
    line += f"{low:.3f}–{high:.3f}"
    if tally.name in report.bars:
        line += f"   {report.bars[tally.name]:.3f}"
        line += f" {_say('bar_missed')}" if tally.name in report.bars_missed else ""
    return line


def _curve(report: Report) -> list[str]:
    point, curve = report.working_point, report.curve
    again = any(one.without for one in report.outcomes)
    return [
        *([_say("with_removed")] if again else []),
        _say("working_point", coverage=point.coverage, risk=point.risk),
        *(_say("coverage", risk=risk, coverage=curve.coverage_at(risk)) for risk in RISKS),
        _say("area", area=curve.area),
    ]


def _verdict(report: Report) -> list[str]:
    lines = [_say("breach", breach=breach) for breach in report.breaches]
    lines = lines or [_say("no_breach")]
    if report.bars_missed:
        lines.append(_say("bars_missed", scores=_names(report.bars_missed)))
    elif report.bars:
        lines.append(_say("bars_held"))
    return lines


def _on_one_line(words: str) -> str:
    return " ".join(words.split())


def _status(status: str | AnswerStatus) -> str:
    """Return a status in words; one that an older run knew and this program does not, as it is."""
    known = status in {each.value for each in AnswerStatus}
    return _say(f"status.{status}") if known else str(status)


def _names(scores: Iterable[Score]) -> str:
    return "、".join(scores)


def _say(key: str, **values: object) -> str:
    return TEXTS.say(f"evaluation.{key}", **values)
