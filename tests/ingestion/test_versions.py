"""What changed between two versions: changed, new and gone passages, each once."""

from hypothesis import given
from hypothesis import strategies as st

from ingestion.versions import Difference, what_changed

_BEFORE = ["早饭七点开始。", "午饭十一点半开始。", "晚饭五点半开始。", "一律刷卡，不收现金。"]


def test_nothing_changed() -> None:
    assert what_changed(_BEFORE, _BEFORE) == ()


def test_a_changed_passage_stands_beside_what_it_was() -> None:
    after = ["早饭七点开始。", "午饭十二点开始。", "一律刷卡，不收现金。", "带客人请提前一天说。"]
    assert what_changed(_BEFORE, after) == (
        Difference("午饭十一点半开始。", "午饭十二点开始。"),
        Difference("晚饭五点半开始。", ""),
        Difference("", "带客人请提前一天说。"),
    )


def test_what_only_moved_is_no_change() -> None:
    assert what_changed(_BEFORE, [_BEFORE[3], *_BEFORE[:3]]) == ()


def test_another_text_altogether() -> None:
    found = what_changed(_BEFORE, ["锅炉房的值班电话是62001234。"])
    assert Difference("", "锅炉房的值班电话是62001234。") in found
    assert {each.before for each in found if not each.after} == set(_BEFORE)


_PASSAGES = st.lists(st.sampled_from([*_BEFORE, "早饭八点开始。", "甲", "乙"]), max_size=12)


@given(_PASSAGES, _PASSAGES)
def test_every_difference_is_of_the_two_texts(before: list[str], after: list[str]) -> None:
    found = what_changed(before, after)
    gone, new = [d.before for d in found if d.before], [d.after for d in found if d.after]
    assert all(before.count(words) >= gone.count(words) for words in gone)
    assert all(after.count(words) >= new.count(words) for words in new)
    assert all(words in gone for words in before if words not in after)
    assert all(words in new for words in after if words not in before)
