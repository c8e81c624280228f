"""Settings: what cannot be used is one sentence that names the setting."""

from pathlib import Path

import pytest

from app.settings import SettingsBroken, read_settings


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PORT", "HOST", "HOME", "PUBLIC_URL", "DATABASE_URL", "KEY", "LOG_LEVEL"):
        monkeypatch.delenv(f"JUNXIU_{name}", raising=False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "abc"),
        ("PORT", "0"),
        ("PORT", "99999"),
        ("PORT", "８０８０.5"),
        ("WORKERS", "0"),
        ("LOG_LEVEL", "loud"),
        ("PUBLIC_URL", "garbage"),
        ("PUBLIC_URL", "https://[bad"),
        ("TELEGRAM_API_URL", "ftp://here"),
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


def test_the_command_line_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUNXIU_HOME", "/elsewhere")
    assert read_settings(home=Path("here")).home == Path("here")
    assert read_settings(home=None).home == Path("/elsewhere")


def test_the_address_is_the_public_one_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUNXIU_HOST", "::1")
    assert read_settings().address == "http://[::1]:8080"
    monkeypatch.setenv("JUNXIU_PUBLIC_URL", "https://house.example/")
    assert read_settings().address == "https://house.example"
