"""The fake Bot API server is as strict as it says."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.fakes.telegram_server import TOKEN, TelegramServer, User


class Caller:
    """Calls the Bot API by hand."""

    def __init__(self, server: TelegramServer) -> None:
        self.server = server
        self.client = httpx.Client(trust_env=False, timeout=10.0)

    def call(self, method: str, token: str = TOKEN, **parameters: Any) -> httpx.Response:
        form = {
            key: value if isinstance(value, str) else json.dumps(value)
            for key, value in parameters.items()
        }
        return self.client.post(f"{self.server.url}/bot{token}/{method}", data=form)

    def ask(self, method: str, **parameters: Any) -> Any:
        answer = self.call(method, **parameters).json()
        assert answer["ok"], answer
        return answer["result"]

    def refusal(self, method: str, **parameters: Any) -> tuple[int, str]:
        response = self.call(method, **parameters)
        answer = response.json()
        assert answer["ok"] is False
        assert answer["error_code"] == response.status_code
        return response.status_code, answer["description"]


@pytest.fixture
def server() -> Iterator[TelegramServer]:
    with TelegramServer() as running:
        yield running


@pytest.fixture
def api(server: TelegramServer) -> Iterator[Caller]:
    caller = Caller(server)
    yield caller
    caller.client.close()


@pytest.fixture
def zhang(server: TelegramServer) -> User:
    user = server.user("张老")
    user.sends("您好")
    return user


KEYS = {"inline_keyboard": [[{"text": "确认", "callback_data": "ok"}]]}


def test_tokens_and_methods(api: Caller) -> None:
    assert api.ask("getMe")["is_bot"] is True
    assert api.call("getMe", token=TOKEN[:-1] + "x").status_code == 401
    assert api.call("getMe", token="nonsense").status_code == 404
    assert api.refusal("getMeNow") == (404, "Not Found")


def test_dates_are_whole_seconds(api: Caller, zhang: User) -> None:
    sent = api.ask("sendMessage", chat_id=zhang.id, text="好")
    assert isinstance(sent["date"], int)
    assert 1_600_000_000 < sent["date"] < 10_000_000_000
    (update,) = api.ask("getUpdates")
    assert isinstance(update["message"]["date"], int)


def test_texts_have_limits(api: Caller, zhang: User) -> None:
    api.ask("sendMessage", chat_id=zhang.id, text="😀" * 4096)
    assert api.refusal("sendMessage", chat_id=zhang.id, text="字" * 4097)[0] == 400
    assert "empty" in api.refusal("sendMessage", chat_id=zhang.id, text=" \n")[1]


@pytest.mark.parametrize("data", ["", "字" * 22])
def test_callback_data_has_limits(api: Caller, zhang: User, data: str) -> None:
    keys = {"inline_keyboard": [[{"text": "确认", "callback_data": data}]]}
    status, why = api.refusal("sendMessage", chat_id=zhang.id, text="好", reply_markup=keys)
    assert (status, why) == (400, "Bad Request: BUTTON_DATA_INVALID")


def test_who_can_be_written_to(api: Caller, server: TelegramServer, zhang: User) -> None:
    stranger = server.user("生人")
    assert api.refusal("sendMessage", chat_id=stranger.id, text="好")[0] == 403
    assert api.refusal("sendMessage", chat_id=1, text="好") == (400, "Bad Request: chat not found")
    zhang.blocks()
    assert "blocked" in api.refusal("sendMessage", chat_id=zhang.id, text="好")[1]
    zhang.unblocks()
    api.ask("sendMessage", chat_id=zhang.id, text="好")


def test_edits(api: Caller, zhang: User) -> None:
    sent = api.ask("sendMessage", chat_id=zhang.id, text="几份？", reply_markup=KEYS)
    edit = {"chat_id": zhang.id, "message_id": sent["message_id"]}
    same = api.refusal("editMessageText", **edit, text="几份？", reply_markup=KEYS)
    assert same[1].startswith("Bad Request: message is not modified")
    edited = api.ask("editMessageText", **edit, text="一份。")
    assert edited["text"] == "一份。"
    assert edited["edit_date"] >= sent["date"]
    assert "reply_markup" not in edited
    assert zhang.messages[0].labels == []
    assert (
        "not found" in api.refusal("editMessageText", chat_id=zhang.id, text="一", message_id=1)[1]
    )
    own = zhang.sends("自己的")
    assert (
        "can't be edited"
        in api.refusal("editMessageText", chat_id=zhang.id, text="一", message_id=own)[1]
    )


def test_a_tap_is_answered_once(api: Caller, zhang: User) -> None:
    api.ask("sendMessage", chat_id=zhang.id, text="几份？", reply_markup=KEYS)
    zhang.taps("确认")
    query = api.ask("getUpdates")[-1]["callback_query"]
    assert query["data"] == "ok"
    assert query["message"]["reply_markup"] == KEYS
    assert api.ask("answerCallbackQuery", callback_query_id=query["id"], text="好") is True
    assert (
        "query is too old" in api.refusal("answerCallbackQuery", callback_query_id=query["id"])[1]
    )
    assert "query is too old" in api.refusal("answerCallbackQuery", callback_query_id="7")[1]
    assert zhang.notices == ["好"]


def test_updates_vanish_only_when_a_higher_offset_is_asked(api: Caller, zhang: User) -> None:
    zhang.sends("二")
    first, second = api.ask("getUpdates")
    assert api.ask("getUpdates") == [first, second]
    assert api.ask("getUpdates", limit=1) == [first]
    assert api.ask("getUpdates", offset=second["update_id"]) == [second]
    assert api.ask("getUpdates") == [second]
    assert api.ask("getUpdates", offset=second["update_id"] + 1) == []
    assert api.ask("getUpdates") == []


def test_only_the_kinds_asked_for_come(api: Caller, zhang: User) -> None:
    api.ask("getUpdates", allowed_updates=["callback_query"])
    zhang.sends("二")
    zhang.forges_tap("x")
    kinds = [set(update) - {"update_id"} for update in api.ask("getUpdates")]
    assert kinds == [{"message"}, {"callback_query"}]


def test_a_long_poll_waits_for_what_comes(api: Caller, server: TelegramServer) -> None:
    user = server.user("张老")
    timer = threading.Timer(0.1, user.sends, ["来了"])
    timer.start()
    assert [update["message"]["text"] for update in api.ask("getUpdates", timeout=9)] == ["来了"]
    timer.join()


def test_the_older_of_two_pollers_gets_a_conflict(api: Caller, server: TelegramServer) -> None:
    answers: list[httpx.Response] = []
    older = Caller(server)
    thread = threading.Thread(target=lambda: answers.append(older.call("getUpdates", timeout=9)))
    thread.start()
    server.wait_until(lambda: server.world.newest_poll == 1, "the older poll")
    assert api.ask("getUpdates") == []
    thread.join()
    older.client.close()
    assert answers[0].status_code == 409


def test_no_polling_beside_a_webhook(api: Caller) -> None:
    api.ask("setWebhook", url="http://127.0.0.1:9/hook", secret_token="s-_1")
    assert api.refusal("getUpdates")[0] == 409
    assert api.ask("getWebhookInfo")["url"] == "http://127.0.0.1:9/hook"
    api.ask("deleteWebhook")
    assert api.ask("getUpdates") == []
    assert "HTTPS" in api.refusal("setWebhook", url="http://example.org/hook")[1]
    assert "unallowed" in api.refusal("setWebhook", url="https://a.cn", secret_token="密")[1]


def test_the_flood_limit_is_one_a_second_in_a_chat() -> None:
    with TelegramServer(flood_limits=True) as server:
        caller = Caller(server)
        people = [server.user(str(number)) for number in range(31)]
        for user in people:
            user.sends("您好")
        caller.ask("sendMessage", chat_id=people[0].id, text="一")
        response = caller.call("sendMessage", chat_id=people[0].id, text="二")
        assert response.status_code == 429
        assert response.json()["parameters"] == {"retry_after": 1}
        caller.client.close()


def test_files_can_be_downloaded(api: Caller, server: TelegramServer, zhang: User) -> None:
    zhang.sends_voice(b"a recording")
    voice = api.ask("getUpdates")[-1]["message"]["voice"]
    path = api.ask("getFile", file_id=voice["file_id"])["file_path"]
    assert api.client.get(f"{server.url}/file/bot{TOKEN}/{path}").content == b"a recording"
    assert api.client.get(f"{server.url}/file/bot{TOKEN}x/{path}").status_code == 404
    assert api.refusal("getFile", file_id="none")[0] == 400


def test_keyboards_and_contacts(api: Caller, zhang: User) -> None:
    keyboard = {"keyboard": [[{"text": "我的手机号", "request_contact": True}]]}
    api.ask("sendMessage", chat_id=zhang.id, text="请绑定。", reply_markup=keyboard)
    assert zhang.keyboard == ["我的手机号"]
    zhang.taps("我的手机号")
    contact = api.ask("getUpdates")[-1]["message"]["contact"]
    assert (contact["user_id"], contact["phone_number"]) == (zhang.id, zhang.phone)


def test_calls_can_be_spoiled(api: Caller, server: TelegramServer, zhang: User) -> None:
    server.fail_next("sendMessage", after=1, status=429, retry_after=5)
    assert api.call("sendMessage", chat_id=zhang.id, text="一").status_code == 200
    assert api.refusal("sendMessage", chat_id=zhang.id, text="二")[0] == 429
    server.fail_next("sendMessage", drops=True)
    with pytest.raises(httpx.RemoteProtocolError):
        api.call("sendMessage", chat_id=zhang.id, text="三")
    server.fail_next("sendMessage", loses_answer=True)
    with pytest.raises(httpx.RemoteProtocolError):
        api.call("sendMessage", chat_id=zhang.id, text="四")
    assert zhang.texts == ["一", "四"]


def test_waiting_for_words_looks_at_what_came_since_ones_last_act(api: Caller, zhang: User) -> None:
    sent = api.ask("sendMessage", chat_id=zhang.id, text="几份？", reply_markup=KEYS)
    assert zhang.wait_for("几份", seconds=1).labels == ["确认"]
    zhang.sends("一份")
    with pytest.raises(AssertionError, match="bot: 几份？ \\[确认\\]"):
        zhang.wait_for("几份", seconds=0.05)
    api.ask("editMessageText", chat_id=zhang.id, message_id=sent["message_id"], text="几份？一份。")
    assert zhang.wait_for("几份", seconds=1).was_edited
    with pytest.raises(AssertionError, match="no button"):
        zhang.taps("确认")
