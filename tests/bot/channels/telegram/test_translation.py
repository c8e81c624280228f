"""Tests of bot.channels.telegram.translation: what people do on the fake server, translated."""

from collections.abc import Callable
from typing import Any

import pytest
from telegram import Update

from bot.channels.telegram.translation import Me, Translated, translate
from bot.incoming import MAX_TEXT, Incoming, IncomingKind
from tests.fakes.telegram_server import BOT_USERNAME, Group, User
from tests.fakes.telegram_server.world import BOT_ID, World

ME = Me(id=str(BOT_ID), username=BOT_USERNAME)


class Post:
    """Someone who writes, and the translation of all that was written."""

    def __init__(self) -> None:
        self.world = World(flood_limits=False)
        self.user = User(self.world, "张老", phone="+8613800138000")

    def raw(self) -> list[dict[str, Any]]:
        return list(self.world.updates)

    def translated(self) -> list[Translated | None]:
        return [translate(Update.de_json(raw, None), me=ME) for raw in self.raw()]

    def only(self) -> Incoming:
        (found,) = self.translated()
        assert found is not None
        return found.incoming


@pytest.fixture
def post() -> Post:
    return Post()


def test_words_are_kept_with_the_chat_and_the_updates_own_id(post: Post) -> None:
    post.user.sends("明天中午订饭")
    (found,) = post.translated()
    assert found is not None
    assert found.incoming == Incoming(IncomingKind.TEXT, text="明天中午订饭")
    assert found.address.channel == "telegram"
    assert found.address.bot == str(BOT_ID)
    assert found.address.external_id == str(post.user.id)
    assert found.update_id == str(post.raw()[0]["update_id"])


@pytest.mark.parametrize(
    ("sent", "action", "text"),
    [
        ("/start", "start", ""),
        ("/start 12-345678", "start", "12-345678"),
        (f"/help@{BOT_USERNAME}", "help", ""),
        (f"/Book@{BOT_USERNAME.upper()}  明天", "book", "明天"),
        ("/mine", "mine", ""),
        ("/human\n快来", "human", "快来"),
    ],
)
def test_commands(post: Post, sent: str, action: str, text: str) -> None:
    post.user.sends(sent)
    assert post.only() == Incoming(IncomingKind.COMMAND, action=action, text=text)


@pytest.mark.parametrize("sent", ["/help@another_bot", "1/2 份", "/", "/ 三号楼", "3/5号"])
def test_what_only_looks_like_a_command_is_text(post: Post, sent: str) -> None:
    post.user.sends(sent)
    assert post.only() == Incoming(IncomingKind.TEXT, text=sent)


def test_a_giant_paste_comes_in_pieces_each_cut_and_marked(post: Post) -> None:
    post.user.sends("字" * 100_000)
    found = [one.incoming for one in post.translated() if one]
    assert len(found) == 25
    assert all(one.was_cut and len(one.text) == MAX_TEXT for one in found[:-1])


def test_nul_and_lone_surrogates_are_dropped(post: Post) -> None:
    post.user.sends("订\x00饭\ud83d")
    assert post.only().text == "订饭"


def tappable(post: Post) -> int:
    """Put a message with buttons into the chat, as the bot would have sent it."""
    from tests.fakes.telegram_server.methods import send_message

    post.user.chat.has_begun = True
    keyboard = '{"inline_keyboard":[[{"text":"一份","callback_data":"n:1"}]]}'
    parameters = {"chat_id": str(post.user.id), "text": "几份？", "reply_markup": keyboard}
    return int(send_message(post.world, parameters)["message_id"])


def test_a_tap_carries_its_action_its_words_and_its_message(post: Post) -> None:
    message_id = tappable(post)
    post.user.taps("一份")
    assert post.only() == Incoming(
        IncomingKind.TAP, action="n:1", label="一份", tapped_id=str(message_id)
    )


def test_a_forged_tap_has_no_words_of_ours(post: Post) -> None:
    tappable(post)
    post.user.forges_tap("cancel:1\x00", on=post.user.messages[0])
    assert post.only().action == "cancel:1"
    assert post.only().label == ""


def test_a_tap_on_a_message_too_old_to_be_shown(post: Post) -> None:
    post.user.forges_tap("n:1")
    body = post.world.updates[0]["callback_query"]
    body["message"] = {"chat": post.user.chat.body, "message_id": 7, "date": 0}
    assert post.only() == Incoming(IncomingKind.TAP, action="n:1", tapped_id="7")


def test_ones_own_number_counts(post: Post) -> None:
    post.user.shares_contact()
    assert post.only() == Incoming(IncomingKind.CONTACT, phone="+8613800138000")


@pytest.mark.parametrize("user_id", [None, 99])
def test_somebody_elses_card_does_not(post: Post, user_id: int | None) -> None:
    post.user.shares_contact_of("老李", "13900139000", user_id=user_id)
    assert post.only() == Incoming(IncomingKind.UNSUPPORTED, what="别人的名片")


def test_an_edit_carries_the_new_words(post: Post) -> None:
    message_id = post.user.sends("明天")
    post.user.edits(message_id, "后天")
    _, edited = post.translated()
    assert edited is not None
    assert edited.incoming == Incoming(IncomingKind.EDITED, text="后天")


def test_a_position_shared_live_is_not_an_edit(post: Post) -> None:
    post.user.sends_location()
    body = dict(post.raw()[0]["message"])
    post.world.push_update("edited_message", {**body, "edit_date": body["date"]})
    assert post.translated()[1] is None


@pytest.mark.parametrize(
    ("send", "what"),
    [
        (lambda user: user.sends_photo(), "图片"),
        (lambda user: user.sends_sticker(), "贴纸"),
        (lambda user: user.sends_voice(), "语音"),
        (lambda user: user.sends_video(), "视频"),
        (lambda user: user.sends_document(), "文件"),
        (lambda user: user.sends_location(), "位置"),
        (lambda user: user.sends_content({"hologram": {"of": "2031"}}), "这种消息"),
    ],
)
def test_what_we_cannot_take_is_named(post: Post, send: Callable[[User], None], what: str) -> None:
    send(post.user)
    assert post.only() == Incoming(IncomingKind.UNSUPPORTED, what=what)


def test_words_under_a_picture_are_kept(post: Post) -> None:
    post.user.sends_photo(caption="我胸口疼")
    assert post.only() == Incoming(IncomingKind.UNSUPPORTED, what="图片", text="我胸口疼")


def test_the_pictures_of_an_album_are_one_thing(post: Post) -> None:
    for _ in range(3):
        post.user.sends_photo(album="77")
    assert {found.update_id for found in post.translated() if found} == {"album:77"}


def test_a_service_message_asks_nothing(post: Post) -> None:
    post.user.sends_content({"write_access_allowed": {"from_request": True}})
    assert post.translated() == [None]


def test_blocking_and_unblocking_is_acknowledged_and_no_more(post: Post) -> None:
    post.user.blocks()
    post.user.unblocks()
    assert post.translated() == [None, None]


@pytest.mark.parametrize("kind", ["channel_post", "inline_query", "poll_answer", "new_in_2031"])
def test_other_kinds_of_updates_are_left_alone(post: Post, kind: str) -> None:
    post.world.updates.append({"update_id": 1, kind: None})
    assert post.translated() == [None]


def test_other_bots_are_left_alone(post: Post) -> None:
    post.user.body["is_bot"] = True
    post.user.sends("你好")
    assert post.translated() == [None]


def in_group(post: Post, text: str) -> list[Translated | None]:
    post.user.sends(text, to=Group(post.world, "一家人"))
    return post.translated()


@pytest.mark.parametrize(
    "text", ["/help", f"/help@{BOT_USERNAME}", f"@{BOT_USERNAME} 你好", f"😀问 @{BOT_USERNAME}"]
)
def test_in_a_group_what_is_said_to_us_is_noted_without_its_words(post: Post, text: str) -> None:
    (found,) = in_group(post, text)
    assert found is not None
    assert found.incoming == Incoming(IncomingKind.GROUP)
    assert found.address.external_id.startswith("-100")


@pytest.mark.parametrize("text", ["晚上吃什么", "/help@another_bot", "@another_bot 你好", "a@b.cn"])
def test_in_a_group_what_is_not_said_to_us_is_none_of_our_business(post: Post, text: str) -> None:
    assert in_group(post, text) == [None]


def test_in_a_group_an_answer_to_us_is_said_to_us(post: Post) -> None:
    from tests.fakes.telegram_server.methods import send_message

    group = Group(post.world, "一家人")
    send_message(post.world, {"chat_id": str(group.chat.id), "text": "请单独找我。"})
    post.user.sends("好的", to=group, reply_to=group.messages[0])
    assert post.only().kind is IncomingKind.GROUP


def test_in_a_group_edits_and_pictures_are_left_alone(post: Post) -> None:
    group = Group(post.world, "一家人")
    post.user.sends_content({"photo": [], "caption": "看"}, to=group)
    body = dict(post.raw()[0]["message"])
    edited = {**body, "text": "/help", "edit_date": body["date"]}
    post.world.push_update("edited_message", edited)
    assert post.translated() == [None, None]
