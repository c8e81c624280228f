"""The line below an answer: which document a quote is from, and where it stands in it."""

from datetime import date

from bot.said import TEXTS
from knowledge.answers import Answer, Citation

_LONGEST_TITLE = 22
_LONGEST_HEADING = 18


def source_lines(answer: Answer) -> list[str]:
    """Return a line for each place that is quoted; one place quoted twice is named once."""
    places = dict.fromkeys(_place(citation) for citation in answer.shown)
    return [TEXTS.say("answer.where", where=place) for place in places]


def _place(citation: Citation) -> str:
    title = TEXTS.say("answer.title", title=_short(citation.title, _LONGEST_TITLE))
    known = [citation.number or "", _day(citation.dated_on) if citation.dated_on else ""]
    beside = "，".join(part for part in known if part)
    # The kind of source may stand at the head of the path; the innermost headings say most.
    headings = [each for each in citation.heading.split(" › ") if each != citation.source]
    where = [
        f"{citation.source}{title}",
        *(_short(each, _LONGEST_HEADING) for each in headings[-2:]),
    ]
    if beside:
        where[0] += TEXTS.say("answer.beside", beside=beside)
    return "，".join(where)


def _short(words: str, most: int) -> str:
    if len(words) <= most:
        return words
    cut = words[: most - 1]
    # Better at a pause than in the middle of a word.
    return f"{cut.rpartition('，')[0] or cut}…"


def _day(day: date) -> str:
    return TEXTS.say("answer.day", year=day.year, month=day.month, day=day.day)
