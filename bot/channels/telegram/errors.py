"""What stops Telegram from starting. Each message is a Chinese sentence that names the setting.

GroundError
└── TelegramSettingWrong
    ├── TokenWrong         JUNXIU_TELEGRAM_TOKEN is malformed, or Telegram does not know it
    ├── ApiUrlWrong        JUNXIU_TELEGRAM_API_URL is no web address
    └── PublicUrlWrong     Telegram refuses to post to JUNXIU_PUBLIC_URL
"""

from store.errors import GroundError


class TelegramSettingWrong(GroundError):
    """A Telegram setting the operator must put right."""


class TokenWrong(TelegramSettingWrong):
    """Telegram does not take the token."""

    def __init__(self) -> None:
        """Say so, never with the token in it."""
        super().__init__(
            "Telegram 不认 JUNXIU_TELEGRAM_TOKEN 里的令牌：请从 @BotFather 那里重新抄一遍"
            "（如果设了 JUNXIU_TELEGRAM_API_URL，也请看看地址对不对）。"
        )


class ApiUrlWrong(TelegramSettingWrong):
    """The address of the Bot API server is not one."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__("JUNXIU_TELEGRAM_API_URL 不是网址：应当以 https:// 或 http:// 开头。")


class PublicUrlWrong(TelegramSettingWrong):
    """Telegram refuses the webhook."""

    def __init__(self, reason: str) -> None:
        """Say so, with Telegram's own reason."""
        super().__init__(
            "Telegram 不肯往 JUNXIU_PUBLIC_URL 发消息：它要一个从外面能打开的 https 网址。"
            f"Telegram 说的是：{reason}"
        )
