"""Web pages: the page's words, without the site around it."""

from pathlib import Path

import pytest

from ingestion import texts
from ingestion.loaded import LoadedDocument, Unreadable
from ingestion.loaders import load

PAGE = """<!doctype html><html><head><meta charset="{charset}"><title>办法_某某网</title>
<style>p {{color: red}}</style><script>var a = "脚本";</script></head><body>
<nav><a href="/">首页</a></nav>
<h1>军休干部<b>用餐</b>办法</h1>
<p>第一条&nbsp;早饭七点
开始，<span>晚来的</span>留饭。</p><p style="display: none">看不见</p>
<ol start="2"><li>带饭卡<li>不收现金</ol>
<table><tr><th>餐次<th>时间<th>地点</tr>
<tr><td>早餐<td>7:00<td rowspan=2>一食堂</tr><tr><td>午餐<td>11:30</tr></table>
<div>联系人<br>王所长</div><form><button>提交</button></form>
</body><footer>版权所有</footer></html>"""


def _load(data: bytes, tmp_path: Path) -> LoadedDocument:
    path = tmp_path / "a.html"
    path.write_bytes(data)
    [document] = load(path)
    return document


@pytest.mark.parametrize("charset", ["utf-8", "gb2312"])
def test_a_page_keeps_its_words_and_loses_its_site(tmp_path: Path, charset: str) -> None:
    document = _load(PAGE.format(charset=charset).encode(charset), tmp_path)
    assert document.title == "军休干部用餐办法"
    assert document.text.split("\n") == [
        "军休干部用餐办法",
        "第一条 早饭七点开始，晚来的留饭。",
        "2.带饭卡",
        "3.不收现金",
        "餐次：早餐；时间：7:00；地点：一食堂。",
        "餐次：午餐；时间：11:30；地点：一食堂。",
        "联系人",
        "王所长",
    ]


def test_a_table_that_only_places_things_is_read_as_blocks(tmp_path: Path) -> None:
    page = "<table><tr><td><p>第一段。</p><p>第二段。</p></td></tr></table>"
    assert _load(page.encode(), tmp_path).text == "第一段。\n第二段。"


def test_a_page_without_words_is_said(tmp_path: Path) -> None:
    with pytest.raises(Unreadable) as caught:
        _load(b"<html><script>1</script></html>", tmp_path)
    assert caught.value.reason == texts.NO_TEXT


def test_a_page_nested_without_end_is_refused_whole(tmp_path: Path) -> None:
    with pytest.raises(Unreadable) as caught:
        _load(("<p>外头。</p>" + "<div>" * 5_000 + "里头").encode(), tmp_path)
    assert caught.value.reason == texts.BROKEN
