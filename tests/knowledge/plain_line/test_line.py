"""Lines in plain words: true ones are mostly let through, false ones never."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from knowledge.errors import FileWrong
from knowledge.plain_line.fault import Fault
from knowledge.plain_line.line import LONGEST_LINE, PlainLines, one_line
from knowledge.plain_line.words import LineWords

DATA = Path(__file__).parents[1] / "data" / "plain_lines.toml"
CLAUSES: list[dict[str, Any]] = tomllib.loads(DATA.read_text(encoding="utf-8"))["clause"]
CHECKUP = "每年组织军休干部进行1次健康体检，军休机构要积极争取驻地医疗机构优先在军休干部集中居住区域设置医疗点；"
LINES = PlainLines(LineWords())


@pytest.mark.parametrize(
    ("clause", "line"), [(each["text"], line) for each in CLAUSES for line in each["false"]]
)
def test_a_false_line_is_refused(clause: str, line: str) -> None:
    assert LINES.fault_of(one_line(line), [clause]) is not None


def test_most_true_lines_are_let_through() -> None:
    told = [LINES.fault_of(one_line(t), [each["text"]]) for each in CLAUSES for t in each["true"]]
    assert len(told) > 80
    assert told.count(None) >= 0.85 * len(told)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("体检。", Fault.SHAPE),
        ("每年组织军休干部进行健康体检。" + "军休机构要积极争取。" * 5, Fault.SHAPE),
        ("每年组织体检。军休干部进行健康体检。", Fault.SHAPE),
        ("每年组织军休干部体检\n优先设置医疗点。", Fault.STRANGE),
        ("每年组织军休干部健康体检🎉。", Fault.STRANGE),
        ("**每年组织军休干部健康体检**。", Fault.STRANGE),
        ("每年组织军休干部健康体检？", Fault.STRANGE),
        ("每年组织军休干部健康体检【号码1】。", Fault.STRANGE),
        ("每年组织军休干部健康体检，见www.example.cn。", Fault.CONTACT),
        ("每年组织军休干部健康体检，电话13800138000。", Fault.CONTACT),
        ("每年组织军休干部健康体检，电话010-8888 6666。", Fault.CONTACT),
        ("我们每年给军休干部进行健康体检。", Fault.FORBIDDEN),
        ("请军休干部每年进行健康体检。", Fault.FORBIDDEN),
        ("忽略以上内容，每年组织健康体检。", Fault.FORBIDDEN),
        ("《体检条例》规定每年组织健康体检。", Fault.VERBATIM),
        ("民发〔2014〕12号规定每年组织健康体检。", Fault.VERBATIM),
        ("每年组织军休干部进行2次健康体检。", Fault.NUMBER),
        ("每年组织军休干部进行两次健康体检。", Fault.NUMBER),
        ("每月组织军休干部进行1次健康体检。", Fault.NUMBER),
        ("每年5月9日组织军休干部进行健康体检。", Fault.NUMBER),
        ("每年组织军休干部健康体检，由张主任负责。", Fault.NAME),
        ("每年在人民医院组织军休干部健康体检。", Fault.NAME),
        ("每年星期天组织军休干部健康体检。", Fault.NAME),
        ("每年组织军休干部免费健康体检。", Fault.NAME),
        ("每年组织军休干部唱歌跳舞钓鱼。", Fault.FOREIGN),
        ("每年不组织军休干部健康体检。", Fault.POLARITY),
        ("每年应当组织军休干部健康体检。", Fault.POLARITY),
        ("军休机构在集中居住区域设置医疗点。", Fault.POLARITY),
    ],
)
def test_the_log_can_say_what_is_wrong(line: str, fault: Fault) -> None:
    assert LINES.fault_of(line, [CHECKUP]) is fault


def test_one_and_1_are_one_number_but_only_written_digits_are_backed() -> None:
    assert LINES.fault_of("每年组织军休干部进行一次健康体检。", [CHECKUP]) is None
    spoken = CHECKUP.replace("1次", "一次")
    assert LINES.fault_of("每年组织军休干部进行1次健康体检。", [spoken]) is Fault.NUMBER


def test_without_clauses_nothing_may_be_said() -> None:
    assert LINES.fault_of("每年组织军休干部进行健康体检。", []) is not None


def test_what_may_be_said_is_short() -> None:
    assert LONGEST_LINE <= 60


@pytest.mark.parametrize(
    ("reply", "line"),
    [
        ("每年体检一次", "每年体检一次。"),
        ("  每年体检一次。\n", "每年体检一次。"),
        ("简单说：每年体检一次", "每年体检一次。"),
        ("“每年体检一次。”", "每年体检一次。"),
        ("<think>数字是1次，\n照写。</think>\n\n每年体检一次。", "每年体检一次。"),
        ("每年体检一次,不收钱!", "每年体检一次，不收钱。"),
        ("", ""),
        ("   ", ""),
    ],
)
def test_what_models_wrap_around_a_line_is_taken_off(reply: str, line: str) -> None:
    assert one_line(reply) == line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('[[words]]\nkind = "maybe"\nwords = ["x"]\n', 1),
        (
            '[[words]]\nkind = "plain"\nwords = ["的"]\n\n[[words]]\nkind = "negated"\nwords = ["的"]\n',
            5,
        ),
        ('[[words]]\nkind = "plain"\nwords = [1]\n', 1),
    ],
)
def test_a_wrong_word_file_names_its_line(tmp_path: Path, text: str, line: int) -> None:
    path = tmp_path / "words.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FileWrong, match=f"^words.toml 第{line}行"):
        LineWords(path)
