"""A Bot API server of our own, as strict as Telegram where it hurts, with people to play.

It listens on 127.0.0.1 in a thread, so a bot in this process or in another one may talk to it:

    with TelegramServer() as server:
        # the bot:  JUNXIU_TELEGRAM_API_URL=server.url  JUNXIU_TELEGRAM_TOKEN=server.token
        zhang = server.user("张老", phone="13800138000")
        zhang.sends("/start")
        zhang.sends("明天中午订饭")              # a paste above 4,096 characters arrives in pieces
        zhang.wait_for("几份")                   # the newest message since zhang's last act with 几份
        zhang.taps("一份")                       # the newest visible button with this label
        zhang.taps("确认", on=some_message)      # a button of an older message
        zhang.shares_contact()                   # or tap the contact button of the keyboard
        zhang.messages                           # what the bot wrote, as now visible (edits applied)
        zhang.keyboard                           # labels of the reply keyboard now open
        zhang.notices                            # what answers to taps showed for a moment
        zhang.edits(message_id, "后天"); zhang.sends_photo(); zhang.sends_voice(b"..."); ...
        zhang.blocks(); zhang.unblocks()
        family = server.group("一家人"); zhang.sends("@junxiu_bot 你好", to=family)

        server.fail_next("sendMessage", status=500)                  # refuse
        server.fail_next("sendMessage", status=429, retry_after=2)   # flood
        server.fail_next("sendMessage", drops=True)                  # the line breaks before it acts
        server.fail_next("sendMessage", loses_answer=True)           # it acts, the answer is lost
        server.calls("sendMessage")              # every call: parameters and the status answered
        server.wait_until(lambda: ..., "what for")

What is as strict as the real one: getMe has is_bot; dates are whole unix seconds; an edit that
changes nothing is refused ("message is not modified"); callback data of 1 to 64 bytes
(BUTTON_DATA_INVALID); one answer per callback query, the second is "query is too old"; 1 to
4,096 characters (counted as code points) and no blank text; 429 with retry_after (one message a second per
chat and thirty in all, when `flood_limits=True`); 403 for who has blocked the bot or never
began; the secret token header on webhook posts, and posts repeated until answered with 2xx;
updates vanish only when a higher offset is asked for; 409 for getUpdates beside a webhook and
for the older of two pollers; long polls that wait; allowed_updates; getFile and download; edits
of other people's messages are refused; unknown methods 404, a wrong token 401, a malformed 404.

Not there: formatting (parse_mode is refused), media sent by the bot, inline mode, payments.
"""

from tests.fakes.telegram_server.people import Group, User
from tests.fakes.telegram_server.serving import TelegramServer
from tests.fakes.telegram_server.world import BOT_USERNAME, TOKEN, Call, Shown, ShownButton

__all__ = [
    "BOT_USERNAME",
    "TOKEN",
    "Call",
    "Group",
    "Shown",
    "ShownButton",
    "TelegramServer",
    "User",
]
