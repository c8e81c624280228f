"""Settings: the only reader of the environment. Every one is in the README's table."""

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

PREFIX = "JUNXIU_"


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
    workers: int = Field(4, ge=1, le=32, description="同时处理几段对话")
    log_level: str = Field(
        "INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="日志详细程度"
    )

    @property
    def address(self) -> str:
        """Return where people open the pages."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url or f"http://{host}:{self.port}"

    @field_validator("public_url", "telegram_api_url")
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

    @field_validator("telegram_token", "key")
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
            f"设置 {name} 不能用：{_reason(first['type'], first['msg'])}"
        ) from error


def _reason(kind: str, message: str) -> str:
    known = {
        "int_parsing": "要写一个整数。",
        "greater_than_equal": "这个数太小了。",
        "less_than_equal": "这个数太大了。",
        "string_pattern_mismatch": "只能是 DEBUG、INFO、WARNING、ERROR 中的一个。",
    }
    return known.get(kind, message.removeprefix("Value error, ") + "。")
