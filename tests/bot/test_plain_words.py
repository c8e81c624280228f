"""What is said in our own words comes after the quotes and where they stand, and before the question."""

from dataclasses import replace

from bot.understanding.commands import Command, Intent
from knowledge.answers import AnswerStatus
from tests.bot.talks import ANSWER, Talk

PLAIN = "军休干部每年体检一次。"
LINE = f"简单说（以原文为准）：{PLAIN}"
QUOTED = ANSWER.text
MISSING = "至于在哪里，材料里没有写，我不敢乱说。要不要请工作人员告诉您？"


def _parts(said: str) -> list[str]:
    """Return the lines, of those that say where a quote stands only that they do."""
    return ["——" if line.startswith("——") else line for line in said.split("\n")]


def test_below_an_answer(zhang: Talk) -> None:
    answer = replace(ANSWER, text=f"{QUOTED}\n{LINE}", plain=PLAIN)
    said = zhang.means(Command(Intent.QUESTION), answer=answer)
    assert _parts(said) == [QUOTED, "——", LINE]


def test_before_the_question_of_a_partial_answer(zhang: Talk) -> None:
    text = f"{QUOTED}\n{LINE}\n{MISSING}"
    answer = replace(ANSWER, status=AnswerStatus.PARTIAL, text=text, plain=PLAIN)
    said = zhang.means(Command(Intent.QUESTION), answer=answer)
    assert _parts(said) == [QUOTED, "——", LINE, MISSING]
    assert zhang.frames.pending is not None


def test_without_a_line_nothing_is_moved(zhang: Talk) -> None:
    said = zhang.means(Command(Intent.QUESTION), answer=ANSWER)
    assert _parts(said) == [QUOTED, "——"]
