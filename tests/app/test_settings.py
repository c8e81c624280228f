"""Settings: what cannot be used is one sentence that names the setting."""

import os
from pathlib import Path

import pytest

from app.settings import PREFIX, SettingsBroken, read_settings


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(PREFIX):
            monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "abc"),
        ("PORT", "0"),
        ("PORT", "99999"),
        ("PORT", "８０８０.5"),
        ("WORKERS", "0"),
        ("EMBEDDER", "openai"),
        ("EMBEDDER", "sentence-transformers:"),
        ("LOG_LEVEL", "loud"),
        ("PUBLIC_URL", "garbage"),
        ("PUBLIC_URL", "https://[bad"),
        ("TELEGRAM_API_URL", "ftp://here"),
        ("LLM", "qwen"),
        ("LLM", "openai:"),
        ("LLM", "ollama: qwen"),
        ("LLM", "other:qwen"),
        ("LLM_URL", "garbage"),
        ("LLM_URL", "ftp://here"),
        ("LLM_KEY", "sk with blanks"),
        ("LLM_KEY", "密钥"),
        ("DATABASE_URL", "garbage"),
        ("DATABASE_URL", "mysql://a/b"),
        ("DATABASE_URL", "postgresql+other://a/b"),
    ],
)
def test_a_wrong_value_is_a_sentence_that_names_the_setting(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"JUNXIU_{name}", value)
    with pytest.raises(SettingsBroken, match=f"^设置 JUNXIU_{name} 不能用：.*。$"):
        read_settings()


def test_an_empty_value_is_none_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUNXIU_PORT", "")
    monkeypatch.setenv("JUNXIU_TELEGRAM_TOKEN", "")
    settings = read_settings()
    assert settings.port == 8080
    assert settings.telegram_token is None


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_every_spelling_of_postgresql_means_our_driver(
    monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setenv("JUNXIU_DATABASE_URL", f"{scheme}://someone@there/junxiu")
    assert read_settings().database_url == "postgresql+psycopg://someone@there/junxiu"


def test_questions_go_nowhere_that_was_not_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_settings().llm_url is None
    monkeypatch.setenv("JUNXIU_LLM", "ollama:qwen2.5:7b")
    assert read_settings().llm_url == "http://127.0.0.1:11434"
    monkeypatch.setenv("JUNXIU_LLM", "openai:qwen-plus")
    with pytest.raises(SettingsBroken, match=r"^设置 JUNXIU_LLM_URL 不能用：.*http://…/v1。$"):
        read_settings()
    monkeypatch.setenv("JUNXIU_LLM_URL", "http://10.0.0.5:8000/v1/")
    assert read_settings().llm_url == "http://10.0.0.5:8000/v1"


def test_the_key_of_the_model_is_shown_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUNXIU_LLM_KEY", " sk-secret ")
    assert "sk-secret" not in repr(read_settings())
    monkeypatch.setenv("JUNXIU_LLM_KEY", "  ")
    assert read_settings().llm_key is None


def test_the_command_line_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUNXIU_HOME", "/elsewhere")
    assert read_settings(home=Path("here")).home == Path("here")
    assert read_settings(home=None).home == Path("/elsewhere")


def test_the_address_is_the_public_one_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUNXIU_HOST", "::1")
    assert read_settings().address == "http://[::1]:8080"
    monkeypatch.setenv("JUNXIU_PUBLIC_URL", "https://house.example/")
    assert read_settings().address == "https://house.example"
