"""Markdown: words without marks, a line for a line, tables row by row."""

from pathlib import Path

import pytest

from ingestion import texts
from ingestion.loaded import Unreadable
from ingestion.loaders import load

SOURCE = """---
author: x
---
# 用餐**办法**

## 一、开饭
第一条 早饭七点[开始](http://a.test)，*晚来*的留饭。
第二条 `刷卡`，2*3*4 不变，文件名 a_b_c 不变。<!-- 给自己看的 -->

> 引的话
- [x] 一样
1. 编号留着

| 餐次 | 时间 |
|:---|---:|
| 早餐 | 7:00 |
| 午餐 | 11:30 |
***
完了。
"""


def test_marks_go_and_words_stay(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(SOURCE, encoding="utf-8")
    [document] = load(path)
    assert document.title == "用餐办法"
    assert document.text.split("\n") == [
        "用餐办法",
        "一、开饭",
        "第一条 早饭七点开始，晚来的留饭。",
        "第二条 刷卡，2*3*4 不变，文件名 a_b_c 不变。",
        "引的话",
        "一样",
        "1. 编号留着",
        "餐次：早餐；时间：7:00。",
        "餐次：午餐；时间：11:30。",
        "完了。",
    ]


def test_marks_without_words_are_no_document(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("---\n***\n", encoding="utf-8")
    with pytest.raises(Unreadable) as caught:
        list(load(tmp_path / "a.md"))
    assert caught.value.reason == texts.EMPTY
