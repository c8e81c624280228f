"""看原文: each quote's clause in its context, said in the conversation."""

from collections.abc import Sequence

from booking import actions
from bot.frames import Frames
from bot.said import TEXTS, Said, Scene, button, say
from knowledge.lists import as_list
from knowledge.originals import Clause, read_clause
from store.messages import Message

_WEB = "web"


def show_originals(scene: Scene, frames: Frames, passage_ids: Sequence[int]) -> Said:
    """Show the clauses that may be read by whoever asks; say so where one is gone."""
    found = [read_clause(scene.session, passage_id) for passage_id in passage_ids]
    house_id = scene.person.institution_id if scene.person else None
    clauses = [each for each in found if each and each.document.may_be_read_by(house_id)]
    standing = [each for each in clauses if not each.document.is_withdrawn]
    if not standing:
        return say(frames, "original.withdrawn" if clauses else "original.gone")
    # A clause that was just shown around another one is not shown again.
    shown: list[Clause] = []
    for clause in standing:
        if not any(clause.words in (one.before, one.after) for one in shown):
            shown.append(clause)
    return Said(frames, tuple(_message(scene, clause) for clause in shown))


def _message(scene: Scene, clause: Clause) -> Message:
    lines = [TEXTS.say("original.title", title=clause.document.title), _place(clause), ""]
    if clause.before:
        lines += [TEXTS.say("original.before", words=clause.before), ""]
    lines.append(TEXTS.say("original.words", words=as_list(clause.words)))
    if clause.after:
        lines += ["", TEXTS.say("original.after", words=clause.after)]
    text = "\n".join(lines)
    if scene.account.channel != _WEB:
        return Message(text)
    # Only a browser can open a page of ours.
    whole = actions.document(clause.document.document_id, clause.passage_id)
    return Message(text, ((button("whole", whole),),))


def _place(clause: Clause) -> str:
    """Say what the text is, of which day, and under which headings the clause stands."""
    day = clause.document.issued_on
    dated = f"{day.year}年{day.month}月{day.day}日" if day else ""
    parts = dict.fromkeys(
        part for part in (clause.source, clause.document.number, dated, *clause.heading) if part
    )
    return "，".join(parts)
