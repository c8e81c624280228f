"""What a browser may send and what it gets: identity, bad input, taps, history, who one is."""

import json
import re
from collections.abc import Callable
from html import unescape

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from bot.incoming import MAX_TEXT, Incoming, IncomingKind
from store.database import Database
from store.identity import Account, Institution
from store.messages import Button, Message
from store.outbox import Lane, OutboxRow, OutboxStatus
from tests.bot.channels.web.conftest import visiting
from tests.bot.channels.web.house import House, build_house, settle_people
from tests.conftest import StandingClock

Received = Callable[[], list[Incoming]]


def account_of(house: House, client: TestClient, text: str = "您好") -> int:
    """Write once, so that the account exists; return its id."""
    assert client.post("/chat/messages", json={"id": "first-message", "text": text}).is_success
    with house.database.read() as session:
        return max(session.scalars(select(Account.id)))


def shown(page: str) -> list[str]:
    """Return the texts of the entries on a page."""
    body = page.split("<template", 1)[0]
    return [unescape(text) for text in re.findall(r'<span class="text">(.*?)</span>', body, re.S)]


# Identity


def test_the_cookie_is_kept_from_scripts_and_other_sites(house: House) -> None:
    cookie = TestClient(house.app).get("/chat").headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/chat" in cookie
    assert "Secure" not in cookie


def test_on_https_the_cookie_is_secure(database: Database, clock: StandingClock) -> None:
    house = build_house(database, clock, public_url="https://chat.example.cn")
    assert "Secure" in TestClient(house.app).get("/chat").headers["set-cookie"]


def test_the_token_is_stored_only_as_a_keyed_hash(house: House, client: TestClient) -> None:
    account_of(house, client)
    token = client.cookies["junxiu_chat"]
    with house.database.read() as session:
        external_id = session.scalars(select(Account.external_id)).one()
    assert token not in external_id
    assert re.fullmatch(r"[0-9a-f]{64}", external_id)


def test_looking_at_the_page_makes_no_account(house: House, client: TestClient) -> None:
    client.get("/chat")
    with house.database.read() as session:
        assert session.scalars(select(Account)).all() == []


def test_two_browsers_do_not_see_each_other(house: House) -> None:
    with visiting(house) as one, visiting(house) as other:
        account_of(house, one, "我的秘密")
        account_of(house, other, "我是别人")
        assert "我的秘密" in one.get("/chat").text
        assert "我的秘密" not in other.get("/chat").text


@pytest.mark.parametrize("token", ["", "short", "a" * 42 + "!", "a" * 500])
def test_a_made_up_cookie_is_not_taken(house: House, token: str) -> None:
    client = TestClient(house.app, headers={"X-Junxiu-Chat": "1", "Cookie": f"junxiu_chat={token}"})
    answer = client.post("/chat/messages", json={"id": "12345678", "text": "您好"})
    assert answer.status_code == 401
    assert "刷新" in answer.json()["say"]


# What is posted


def test_a_message_is_stored_before_it_is_acknowledged(
    house: House, client: TestClient, received: Received
) -> None:
    before = house.bell.count
    answer = client.post("/chat/messages", json={"id": "12345678", "text": "明天中午订饭"})
    assert answer.status_code == 202
    assert received() == [Incoming(IncomingKind.TEXT, text="明天中午订饭")]
    assert house.bell.count > before


def test_the_same_id_again_is_the_same_message(client: TestClient, received: Received) -> None:
    for _ in range(3):
        answer = client.post("/chat/messages", json={"id": "12345678", "text": "订饭"})
        assert answer.status_code == 202
    assert len(received()) == 1


def test_nobody_can_use_up_the_ids_of_another(house: House, received: Received) -> None:
    with visiting(house) as one, visiting(house) as other:
        for client in (one, other):
            client.post("/chat/messages", json={"id": "12345678", "text": "订饭"})
    assert len(received()) == 2


def test_a_giant_paste_is_taken_and_cut(client: TestClient, received: Received) -> None:
    answer = client.post("/chat/messages", json={"id": "12345678", "text": "饭" * 100_000})
    assert answer.status_code == 202
    assert received() == [Incoming(IncomingKind.TEXT, text="饭" * MAX_TEXT, was_cut=True)]


def test_nul_and_lone_surrogates_are_taken_out(client: TestClient, received: Received) -> None:
    body = r'{"id": "12345678", "text": "订\u0000饭\ud800"}'
    answer = client.post("/chat/messages", content=body)
    assert answer.status_code == 202
    assert received()[0].text == "订饭"
    assert client.get("/chat").status_code == 200


def test_nothing_but_blanks_is_left_to_the_conversation(
    client: TestClient, received: Received
) -> None:
    assert client.post("/chat/messages", json={"id": "12345678", "text": " \n"}).is_success
    assert received() == [Incoming(IncomingKind.TEXT)]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"[" * 100_000,
        b"\xff\xfe",
        b"[]",
        b"9" * 5_000,
        b'{"text": "no id"}',
        b'{"id": "../../etc", "text": "x"}',
        b'{"id": 12345678, "text": "x"}',
        b'{"id": "12345678"}',
        b'{"id": "12345678", "text": 5}',
        b'{"id": "12345678", "action": "x"}',
        b'{"id": "12345678", "action": "", "tapped": "1"}',
        b'{"id": "12345678", "action": "' + b"x" * 65 + b'", "tapped": "1"}',
        b'{"id": "12345678", "action": "x", "tapped": "1 OR 1"}',
        b'{"id": "12345678", "command": "delete", "text": ""}',
    ],
)
def test_what_our_page_never_sends_is_refused_kindly(
    client: TestClient, received: Received, body: bytes
) -> None:
    answer = client.post("/chat/messages", content=body)
    assert answer.status_code == 400
    assert answer.json()["say"]
    assert received() == []


def test_a_body_beyond_all_measure_is_refused(client: TestClient, received: Received) -> None:
    body = json.dumps({"id": "12345678", "text": "饭" * 400_000}, ensure_ascii=False)
    answer = client.post("/chat/messages", content=body.encode())
    assert answer.status_code == 413
    assert "太长" in answer.json()["say"]
    assert received() == []


def test_a_body_that_does_not_say_its_size_is_measured(client: TestClient) -> None:
    answer = client.post("/chat/messages", content=iter([b" " * 600_000] * 2))
    assert answer.status_code == 413


def test_who_sends_too_fast_is_asked_to_wait(database: Database, clock: StandingClock) -> None:
    with visiting(build_house(database, clock, messages_limit="2/minute")) as client:
        for number in range(2):
            client.post("/chat/messages", json={"id": f"message-{number}", "text": "喂"})
        answer = client.post("/chat/messages", json={"id": "message-3", "text": "喂"})
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    assert "120" in answer.json()["say"]


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Junxiu-Chat": "", "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_other_sites_cannot_speak_for_anybody(
    client: TestClient, received: Received, headers: dict[str, str]
) -> None:
    message = {"id": "12345678", "text": "订饭"}
    assert client.post("/chat/messages", json=message, headers=headers).status_code == 403
    assert client.post("/chat/identity", json={"person_id": 1}, headers=headers).status_code == 403
    assert client.post("/chat/identity/leave", headers=headers).status_code == 403
    assert received() == []


def test_without_our_header_nothing_is_taken(house: House, received: Received) -> None:
    client = TestClient(house.app)
    client.get("/chat")
    assert client.post("/chat/messages", json={"id": "12345678", "text": "x"}).status_code == 403
    assert received() == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "same-origin"},
        {"Origin": "https://testserver"},
        {"Origin": "https://chat.example.cn"},
    ],
)
def test_our_own_page_may_write(
    database: Database, clock: StandingClock, headers: dict[str, str]
) -> None:
    # Behind a proxy the Host header may be another than the address people use.
    house = build_house(database, clock, public_url="https://chat.example.cn")
    client = TestClient(house.app, base_url="https://testserver")
    client.get("/chat")
    answer = client.post(
        "/chat/messages",
        json={"id": "12345678", "text": "订饭"},
        headers={"X-Junxiu-Chat": "1", **headers},
    )
    assert answer.status_code == 202


# Taps and links

ASK_DAY = Message("哪一天？", ((Button("今天", "day:0"), Button("明天", "day:1")),))


def test_a_tap_carries_the_words_of_the_button(
    house: House, client: TestClient, received: Received, clock: StandingClock
) -> None:
    account_id = account_of(house, client)
    clock.go(seconds=1)
    asked = house.say(account_id, ASK_DAY)
    clock.go(seconds=1)
    tap = {"id": "tap-00001", "action": "day:1", "tapped": str(asked), "label": "假的"}
    assert client.post("/chat/messages", json=tap).status_code == 202
    assert received()[-1] == Incoming(
        IncomingKind.TAP, action="day:1", label="明天", tapped_id=str(asked)
    )
    assert shown(client.get("/chat").text) == ["您好", "哪一天？", "明天"]


def test_a_button_that_has_since_been_replaced_may_still_be_tapped(
    house: House, client: TestClient, received: Received
) -> None:
    account_id = account_of(house, client)
    asked = house.say(account_id, ASK_DAY)
    house.say(account_id, Message("定了明天。", ((Button("改", "change"),),)), edits_id=asked)
    for action in ("day:0", "change"):
        tap = {"id": f"tap-{action}-1", "action": action, "tapped": str(asked)}
        tap["id"] = tap["id"].replace(":", "-")
        assert client.post("/chat/messages", json=tap).status_code == 202
    assert [incoming.label for incoming in received()[1:]] == ["今天", "改"]


def test_a_forged_tap_is_refused(house: House, received: Received) -> None:
    with visiting(house) as one, visiting(house) as other:
        asked = house.say(account_of(house, one), ASK_DAY)
        account_of(house, other)
        forged = {"id": "tap-00001", "action": "cancel:1", "tapped": str(asked)}
        stolen = {"id": "tap-00002", "action": "day:1", "tapped": str(asked)}
        for client, tap in ((one, forged), (other, stolen)):
            answer = client.post("/chat/messages", json=tap)
            assert answer.status_code == 422
            assert "打字" in answer.json()["say"]
    assert all(incoming.kind is IncomingKind.TEXT for incoming in received())


def test_a_binding_link_becomes_a_command_and_is_not_shown(
    client: TestClient, received: Received
) -> None:
    link = {"id": "link-0001", "command": "start", "text": "77-913522"}
    assert client.post("/chat/messages", json=link).status_code == 202
    assert received() == [Incoming(IncomingKind.COMMAND, action="start", text="77-913522")]
    assert "913522" not in client.get("/chat").text


# History


def test_history_reads_back_to_the_first_word(
    house: House, client: TestClient, clock: StandingClock
) -> None:
    account_id = account_of(house, client, "话0")
    said = ["话0"]
    for number in range(1, 50):
        clock.go(minutes=1)
        if number % 3:
            client.post("/chat/messages", json={"id": f"message-{number}", "text": f"话{number}"})
        else:
            house.say(account_id, Message(f"话{number}"))
        said.append(f"话{number}")
    page = client.get("/chat").text
    newest = shown(page)
    earlier = re.search(r'data-earlier="([0-9-]+)"', page)
    read: list[str] = []
    before = earlier.group(1) if earlier else None
    while before:
        answer = client.get("/chat/messages", params={"before": before}).json()
        read = [entry["text"] for entry in answer["entries"]] + read
        before = answer["earlier"]
    assert read + newest == said
    assert len(newest) == 30


def test_what_is_said_cannot_become_markup(house: House, client: TestClient) -> None:
    account_id = account_of(house, client, "<script>alert(1)</script>")
    house.say(account_id, Message('<img src=x onerror="x">', ((Button("<b>好</b>", "ok"),),)))
    page = client.get("/chat").text
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "<b>" not in page
    assert shown(page) == ["<script>alert(1)</script>", '<img src=x onerror="x">']


def test_an_edit_takes_the_place_of_what_it_edits(house: House, client: TestClient) -> None:
    account_id = account_of(house, client)
    asked = house.say(account_id, ASK_DAY)
    house.say(account_id, Message("好的。"))
    house.say(account_id, Message("定了明天。"), edits_id=asked)
    page = client.get("/chat").text
    assert shown(page) == ["您好", "定了明天。", "好的。"]
    assert "day:1" not in page


def test_times_and_dates_are_those_of_shanghai(
    house: House, client: TestClient, clock: StandingClock
) -> None:
    clock.go(hours=15, minutes=30)
    account_of(house, client)
    page = client.get("/chat").text
    assert "<time>00:30</time>" in page
    assert "11月24日 星期二" in page


def test_danger_is_marked(house: House, client: TestClient) -> None:
    house.say(account_of(house, client), Message("请马上打120。"), lane=Lane.EMERGENCY)
    assert 'class="entry ours urgent"' in client.get("/chat").text.split("<template", 1)[0]


def test_fetching_tells_what_is_new_and_marks_it(house: House, client: TestClient) -> None:
    account_id = account_of(house, client)
    place = client.get("/chat/messages").json()["place"]
    house.say(account_id, ASK_DAY)
    news = client.get("/chat/messages", params={"after": place}).json()
    assert news["entries"][-1]["choices"][0][1] == {
        "label": "明天",
        "action": "day:1",
        "href": "",
    }
    with house.database.read() as session:
        assert session.scalars(select(OutboxRow.status)).all() == [OutboxStatus.SENT]


def test_a_row_that_became_visible_late_is_still_told(
    house: House, client: TestClient, clock: StandingClock
) -> None:
    account_id = account_of(house, client)
    late = house.say(account_id, Message("先写的，后看见"))
    seen = house.say(account_id, Message("先看见的"))
    after = {"after": f"{seen}-999"}
    texts = [one["text"] for one in client.get("/chat/messages", params=after).json()["entries"]]
    assert "先写的，后看见" in texts, late
    clock.go(minutes=5)
    assert client.get("/chat/messages", params=after).json()["entries"] == []


@pytest.mark.parametrize("place", ["", "x", "1", "-1-2", "1-2-3", "9" * 40 + "-1", "１-２"])
def test_a_broken_place_is_the_beginning(house: House, client: TestClient, place: str) -> None:
    account_of(house, client)
    news = client.get("/chat/messages", params={"after": place}).json()
    assert [entry["text"] for entry in news["entries"]] == ["您好"]


# Who one is


def test_in_a_demonstration_home_one_chooses_who_to_be(
    house: House, client: TestClient, received: Received
) -> None:
    people = settle_people(house.database)
    page = client.get("/chat").text
    assert "您想以哪位的身份试用" in page
    assert "可以替张建国办事" in page
    assert "李干事" not in page
    answer = client.post("/chat/identity", json={"person_id": people["张建国"]})
    assert answer.status_code == 204
    page = client.get("/chat").text
    assert "您是：" in page
    assert "（军休干部）" in page
    assert "您想以哪位的身份试用" not in page
    assert [incoming.action for incoming in received()] == ["start"]


@pytest.mark.parametrize("person_id", [0, -1, 10**15, 2**70, "1", None, True])
def test_nobody_else_can_be_chosen(house: House, client: TestClient, person_id: object) -> None:
    settle_people(house.database)
    assert client.post("/chat/identity", json={"person_id": person_id}).status_code in {400, 404}
    with house.database.read() as session:
        assert all(account.person_id is None for account in session.scalars(select(Account)))


def test_staff_cannot_be_chosen(house: House, client: TestClient) -> None:
    people = settle_people(house.database)
    answer = client.post("/chat/identity", json={"person_id": people["李干事"]})
    assert answer.status_code == 404


def test_who_has_chosen_must_leave_before_choosing_again(house: House, client: TestClient) -> None:
    people = settle_people(house.database)
    client.post("/chat/identity", json={"person_id": people["张建国"]})
    again = client.post("/chat/identity", json={"person_id": people["张敏"]})
    assert again.status_code == 409
    account_of(house, client, "张老的话")
    assert client.post("/chat/identity/leave").status_code == 204
    page = client.get("/chat").text
    assert "张老的话" not in page
    assert "您想以哪位的身份试用" in page
    assert client.post("/chat/identity", json={"person_id": people["张敏"]}).status_code == 204


def test_in_a_real_home_one_is_told_of_the_code(house: House, client: TestClient) -> None:
    people = settle_people(house.database)
    with house.database.begin() as session:
        session.scalars(select(Institution)).one().is_demonstration = False
    page = client.get("/chat").text
    assert "张建国" not in page
    assert "输入绑定码" in page
    assert client.post("/chat/identity", json={"person_id": people["张建国"]}).status_code == 404


# Headers and files


def test_every_answer_carries_the_security_headers(house: House, client: TestClient) -> None:
    style = static_address(client, "chat.css")
    refused = client.post("/chat/messages", content=b"?")
    for answer in (client.get("/chat"), client.get(style), client.get("/chat/messages"), refused):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"


def test_the_page_is_never_kept_and_its_files_for_ever(client: TestClient) -> None:
    assert client.get("/chat").headers["cache-control"] == "no-store"
    style = static_address(client, "chat.css")
    assert "immutable" in client.get(style).headers["cache-control"]
    assert client.get("/chat/static/older/chat.css").headers["cache-control"] == "no-cache"
    assert client.get("/chat/static/older/..%2fpages.py").status_code == 404


def test_the_page_asks_nobody_else_for_anything(client: TestClient) -> None:
    addresses = re.findall(r'(?:src|href)="([^"]+)"', client.get("/chat").text)
    assert addresses
    assert all(address.startswith("/chat/static/") for address in addresses)
    assert " style=" not in client.get("/chat").text


def test_large_letters_are_there_from_the_first_moment(client: TestClient) -> None:
    assert "class=large" not in client.get("/chat").text
    client.cookies.set("junxiu_size", "large")
    assert '<html lang="zh-CN" class=large>' in client.get("/chat").text


def static_address(client: TestClient, name: str) -> str:
    """Return where the page takes a file from."""
    found = re.search(rf'"(/chat/static/[0-9a-f]+/{re.escape(name)})"', client.get("/chat").text)
    assert found is not None
    return found.group(1)
