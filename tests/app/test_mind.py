"""The wiring of the mind: a language model only where one is set, and its packages only then."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.home import Home
from app.mind import open_language_model
from app.settings import Settings, read_settings
from knowledge.errors import ExtraMissing
from store.database import Database
from tests.fakes.language_model_server import KEY, MODEL, LanguageModelServer, Says
from tests.fakes.language_model_server import language_model_server as _running

ROOT = Path(__file__).parents[2]
CLAUSES = [
    "每年组织军休干部进行1次健康体检，军休机构要积极争取驻地医疗机构优先在军休干部集中居住区域设置医疗点；",
    "军休干部到军队医院看病，可在挂号、就诊、检查等方面享有优先；",
]


@pytest.fixture
def server() -> Iterator[LanguageModelServer]:
    with _running() as server:
        yield server


@pytest.fixture
def home(database: Database, tmp_path: Path) -> Home:
    return Home(tmp_path, database)


def _settings(provider: str, url: str) -> Settings:
    return read_settings(llm=f"{provider}:{MODEL}", llm_url=url, llm_key=KEY)


def test_without_the_setting_there_is_no_model(home: Home) -> None:
    assert open_language_model(read_settings(), home) is None


@pytest.mark.parametrize("provider", ["openai", "ollama"])
def test_the_model_of_the_setting_is_asked_with_its_key(
    server: LanguageModelServer, home: Home, provider: str
) -> None:
    model = open_language_model(_settings(provider, server.url), home)
    assert model is not None
    server.will(Says("军休干部每年做1次健康体检。"))
    said = model.in_plain_words("一年体检几次", CLAUSES, institution_id=None)
    assert said == "军休干部每年做1次健康体检。"
    assert server.complaints == []
    assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("provider", ["openai", "ollama"])
def test_a_missing_package_is_one_sentence(
    home: Home, monkeypatch: pytest.MonkeyPatch, provider: str
) -> None:
    monkeypatch.setitem(sys.modules, f"langchain_{provider}", None)
    with pytest.raises(ExtraMissing, match=r"^JUNXIU_LLM 要用的软件包没有装：.*junxiu\[llm\].*。$"):
        open_language_model(_settings(provider, "http://127.0.0.1:9"), home)


def test_who_has_no_model_loads_none() -> None:
    code = (
        "import sys; import app.running; "
        "print({'langchain_openai', 'langchain_ollama', 'openai', 'ollama'} & set(sys.modules))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert told.stdout == "set()\n"
