"""A language model beside the real commands: its line, its silence, and who waits for it."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fakes.language_model_server import (
    KEY,
    MODEL,
    Hangs,
    LanguageModelServer,
    Says,
    language_model_server,
)
from tests.journeys.running import Junxiu, RunningServer, WebVisitor

NewHome = Callable[[], Path]

QUESTION = "到军队医院看病有什么优先"
LINE = "军休干部到军队医院看病，可以优先挂号、就诊、取药。"
SHOWN = f"简单说（以原文为准）：{LINE}"


@pytest.fixture
def model() -> Iterator[LanguageModelServer]:
    with language_model_server() as server:
        yield server


@pytest.fixture
def settings(model: LanguageModelServer) -> dict[str, str]:
    return {
        "JUNXIU_LLM": f"openai:{MODEL}",
        "JUNXIU_LLM_URL": f"{model.url}/v1",
        "JUNXIU_LLM_KEY": KEY,
    }


def _visitor(server: RunningServer) -> WebVisitor:
    visitor = WebVisitor(server.address)
    visitor.open()
    return visitor


def test_the_web_chat_shows_the_line_and_nobody_waits_for_a_model_that_hangs(
    model: LanguageModelServer,
    settings: dict[str, str],
    start_server: Callable[..., RunningServer],
) -> None:
    server = start_server(**settings)
    zhang, other = _visitor(server), _visitor(server)
    model.will(Says(LINE))
    said = zhang.types(f"张建国问，{QUESTION}")
    assert SHOWN in said[-1]["text"]
    assert "张建国" not in json.dumps(model.asked[0].body, ensure_ascii=False)
    # Two of the four workers may wait for the model; the others go on.
    model.always = Hangs()
    zhang.leaves(QUESTION)
    assert "120" in str(other.types("我摔倒了起不来"))
    model.close()
    late = str(zhang.hears())
    assert "军队医院" in late
    assert "简单说" not in late
    assert server.stop() == 0
    log = server.log.read_text(encoding="utf-8")
    assert "no line in plain words: OpenAI" in log
    assert not re.search("张建国|军队医院", log)


def test_a_question_on_the_command_line_is_said_in_plain_words_too(
    junxiu: Junxiu,
    new_home: NewHome,
    model: LanguageModelServer,
    settings: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    home = str(new_home())
    model.will(Says(LINE), Says("军休干部到军队医院看病，一律免费。"))
    assert SHOWN in junxiu("ask", QUESTION, "--home", home)
    assert "简单说" not in junxiu("ask", QUESTION, "--home", home)
    assert model.complaints == []


def test_a_setting_that_cannot_be_used_stops_the_start(
    junxiu: Junxiu, new_home: NewHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUNXIU_LLM", "gpt")
    said = junxiu("ask", QUESTION, "--home", str(new_home()), exit_code=1)
    assert said == "设置 JUNXIU_LLM 不能用：要写成 openai:模型名 或 ollama:模型名。\n"
