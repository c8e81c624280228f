"""Whatever a parser does, it does it to itself alone."""

from pathlib import Path

import pytest

from ingestion import texts
from ingestion.isolation import Limits, load_apart
from ingestion.loaded import LoadedDocument, Unreadable

GENEROUS = Limits(seconds=60, memory_bytes=1_000_000_000)


def _load(name: str, path: Path, limits: Limits = GENEROUS) -> list[LoadedDocument]:
    return list(load_apart(f"tests.ingestion.unruly:{name}", path, "x", limits))


@pytest.mark.parametrize(
    ("name", "limits", "sentence"),
    [
        ("loop", Limits(seconds=1, memory_bytes=1_000_000_000), texts.TOO_SLOW),
        ("eat_memory", Limits(seconds=60, memory_bytes=300_000_000), texts.TOO_HUNGRY),
        ("die", GENEROUS, texts.BROKEN),
        ("stumble", GENEROUS, texts.BROKEN),
        ("swell", GENEROUS, texts.TOO_MUCH_TEXT),
    ],
)
def test_a_parser_out_of_hand_ends_in_one_sentence(
    tmp_path: Path, name: str, limits: Limits, sentence: str
) -> None:
    with pytest.raises(Unreadable) as caught:
        _load(name, tmp_path / "a.docx", limits)
    assert caught.value.reason == sentence


def test_what_a_parser_prints_is_not_its_reply(tmp_path: Path) -> None:
    assert _load("chatter", tmp_path / "a.docx") == [LoadedDocument("x", "读好了。")]


def test_a_parser_sees_no_secret_and_writes_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUNXIU_SECRET", "token")
    [found] = _load("tell_surroundings", tmp_path / "a.docx")
    assert found.text == "None no writing False"


@pytest.mark.parametrize("name", ["die", "stumble"])
def test_the_log_has_neither_the_name_of_the_file_nor_its_words(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    with pytest.raises(Unreadable):
        _load(name, tmp_path / "张建国的体检报告.docx")
    (record,) = caplog.records
    assert ".docx" in record.getMessage()
    assert "张建国" not in record.getMessage()
    assert "did not expect" not in record.getMessage()
