"""Whether the facts of a line are those of the clauses, and said of the same things.

Numbers, names, titles and definite words must all stand in the clauses; a number or a definite
word beside the same words as there, so that 午餐 does not get the hour of 早餐.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.masking import SURNAMES
from knowledge.plain_line.quantities import Found, Quantity, quantities
from knowledge.plain_line.words import Kind, Word

_VERBATIM = re.compile(r"《[^》]*》?|“[^”]*”?|[\u4e00-\u9fff]{1,12}[〔\[(]\d{4}[〕\])]第?\d+号")
_NAMED = re.compile(
    rf"[a-z]+|(?:周|星期|礼拜)[一二三四五六日天末]|[老小][{SURNAMES}]"
    rf"|[{SURNAMES}](?:[老总]|大夫|医生|主任|所长|处长|科长|局长|书记|同志|先生|女士|师傅)"
)
_BODY = re.compile(
    r"([\u4e00-\u9fff])(医院|银行|学校|大学|公司|集团|中心|协会|委员会|办公室|机构|部|委|局|厅|处|司|署)"
)
_DOER = re.compile(r"([\u4e00-\u9fff]{2})?([由归向][\u4e00-\u9fff]{2})")
SEGMENT = re.compile(r"(?:[^,，。;:!?\n]|(?<=\d),(?=\d{3}))+")
_TWO_HAN = re.compile(r"[\u4e00-\u9fff]{2}")
_ITEM = re.compile(r"[^、]+")


def verbatim_stands(line: str, clauses: Sequence[str]) -> bool:
    """Tell whether every title, quotation and document number is in the clauses as it is."""
    behind = re.sub(r"\s", "", "\n".join(clauses))
    return all(each in behind for each in _VERBATIM.findall(line))


def names_stand(said: str, words: Sequence[Word], behind: str) -> bool:
    """Tell whether every name, body, weekday, foreign and definite word is in the clauses."""
    named = [word.text for word in words if word.kind is Kind.DEFINITE]
    named += [match.group() for match in _NAMED.finditer(said)]
    small = {word.text for word in words if word.kind is Kind.PLAIN}
    # 到医院 names no other hospital, 人民医院 does.
    named += [kind if of in small else of + kind for of, kind in _BODY.findall(said)]
    return all(each in behind for each in named)


def definite_words_stand(said: str, words: Sequence[Word], backed: Sequence[str]) -> bool:
    """Tell whether a definite word stands with what is before it, as in the clauses."""
    parts = [SEGMENT.findall(clause) for clause in backed]
    segments = [
        (segment, before)
        for each in parts
        for before, segment in zip(["", *each], each, strict=False)
    ]
    everything = "\n".join(backed)
    taken = {at for w in words if w.kind is not Kind.DEFINITE for at in range(w.start, w.end)}
    for word in (each for each in words if each.kind is Kind.DEFINITE):
        pair = said[max(0, word.start - 2) : word.start]
        if not _TWO_HAN.fullmatch(pair) or pair not in everything:
            continue
        if taken & {word.start - 2, word.start - 1}:
            continue
        if not any(
            word.text in segment
            and (pair in segment or (segment.startswith(word.text) and pair in before))
            for segment, before in segments
        ):
            return False
    return True


def doers_stand(said: str, backed: Sequence[str]) -> bool:
    """Tell whether by whom a thing is done stands beside the same thing in the clauses."""
    segments, everything = [s for c in backed for s in SEGMENT.findall(c)], "\n".join(backed)
    return all(
        any(
            by in each and (what in each or what not in everything or each.startswith(by))
            for each in segments
        )
        for what, by in _DOER.findall(said)
    )


@dataclass(frozen=True, slots=True)
class _Item:
    """What stands between list commas; `before` is the one before it, where it names no thing."""

    text: str
    before: str
    quantities: tuple[Quantity, ...]


def numbers_stand(said: str, backed: Sequence[str]) -> bool:
    """Tell whether every quantity is in an item of the clauses, beside the same words.

    One that has no words of its own beside it must follow the same quantity as in the clauses:
    不超过1万元的按70%，超过的按80%.
    """
    items = [item for clause in backed for item in _items(clause)]
    last: list[int] = []
    for each in quantities(said):
        pair, at_home = _beside(each, said, items)
        places = [
            at
            for at, item in enumerate(items)
            if each.quantity in item.quantities and pair in item.before + item.text
        ]
        if not at_home and last:
            places = [at for at in places if _follows(items, last, at, each.quantity.unit)]
        if not places:
            return False
        last = places
    return True


def _items(clause: str) -> list[_Item]:
    found: list[_Item] = []
    for part in SEGMENT.findall(clause):
        for text in _ITEM.findall(part):
            held = quantities(text)
            opens = bool(held) and held[0].start == 0
            before = found[-1].text if found and opens else ""
            found.append(_Item(text, before, tuple(each.quantity for each in held)))
    return found


def _follows(items: Sequence[_Item], last: Sequence[int], at: int, unit: str) -> bool:
    """Tell whether no other quantity of the unit stands between two items."""
    return any(
        place <= at
        and not any(q.unit == unit for item in items[place + 1 : at] for q in item.quantities)
        for place in last
    )


def _beside(found: Found, said: str, items: Sequence[_Item]) -> tuple[str, bool]:
    """Return the two characters before a number, else after it, that the clauses have.

    Also, whether they have them in one place only.
    """
    for pair in (said[max(0, found.start - 2) : found.start], said[found.end : found.end + 2]):
        times = sum(pair in item.text for item in items)
        if _TWO_HAN.fullmatch(pair) and times:
            return pair, times == 1
    return "", False
