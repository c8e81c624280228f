"""What is said around quotes: which text it is, never a yes that the words do not give."""

from pathlib import Path

import pytest

from knowledge.answers import Citation
from knowledge.asked import AskedKinds
from knowledge.wording import TEXTS_FILE, Wording
from store.texts import TextsBroken

WORDING = Wording()


def cited(quote: str, *, source: str = "官方解读", title: str = "通知") -> Citation:
    return Citation("d", title, source, source, quote, 1, 0, len(quote))


def test_yes_is_said_where_the_text_grants_it() -> None:
    said = WORDING.answered((cited("规定每年健康体检1次。"),), is_yes=True)
    assert said == "有。官方解读里写着：“规定每年健康体检1次。”"


@pytest.mark.parametrize(
    ("quote", "source"),
    [
        ("家属不得随行。", "官方解读"),
        ("周末食堂暂停开放。", "政策文件"),
        ("没有规定。", "官方解读"),
        ("周末照常。", "本所信息"),
    ],
)
def test_yes_is_not_said_of_a_no_or_of_the_house(quote: str, source: str) -> None:
    assert WORDING.answered((cited(quote, source=source),), is_yes=True).startswith(source)


def test_a_clerk_s_answer_says_what_was_asked() -> None:
    answer = cited("两年一次。", source="本所答复", title="疗养多久去一次")
    assert WORDING.answered((answer,), is_yes=True) == "所里答复过“疗养多久去一次”：“两年一次。”"


def test_a_number_of_the_question_that_no_quote_backs_is_left_out() -> None:
    answer = cited("可以。", source="本所答复", title="80岁以上能去疗养吗")
    assert WORDING.answered((answer,), is_yes=False) == "本所答复里写着：“可以。”"
    backed = cited("80岁以上可以。", source="本所答复", title="80岁以上能去疗养吗")
    assert "80岁以上能去疗养吗" in WORDING.answered((backed,), is_yes=False)


def test_a_list_is_shown_as_one() -> None:
    quote = "包括：一是巡诊；二是送药。"
    said = WORDING.partial((cited(quote),), AskedKinds().read("多少钱"))
    assert "“包括：\n一是巡诊；\n二是送药。”" in said
    assert "至于多少钱" in said


def test_what_stands_in_the_quote_is_not_said_to_be_missing() -> None:
    said = WORDING.partial((cited("每次10元。"),), (), is_there=True)
    assert "没有写" not in said
    assert "拿不准" in said


def test_a_number_in_a_sentence_of_ours_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "texts.toml"
    text = TEXTS_FILE.read_text(encoding="utf-8").replace("里只写着", "里只写着2句")
    file.write_text(text, encoding="utf-8")
    with pytest.raises(TextsBroken, match=r"partial\.lead"):
        Wording(file)
