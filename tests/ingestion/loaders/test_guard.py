"""Files that cannot be read: one sentence each, before anything is opened or kept."""

import zipfile
from pathlib import Path

import docx
import pytest

from ingestion import texts
from ingestion.loaded import NothingToRead, Unreadable
from ingestion.loaders import load

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


def _zip(path: Path, **parts: bytes) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name.replace("__", "/") + ".xml", data)


def _reason(path: Path) -> str:
    with pytest.raises(Unreadable) as caught:
        list(load(path))
    assert str(caught.value).startswith(f"{path}：")
    return caught.value.reason


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("a.docx", b"", texts.EMPTY),
        ("a.docx", b"plain words", texts.NOT_THE_KIND.format(kind="Word 文档（docx）")),
        ("a.pdf", b"plain words", texts.NOT_THE_KIND.format(kind="PDF")),
        ("a.docx", OLE, texts.OLD_OFFICE.format(suffix=".docx")),
        ("a.xlsx", OLE, texts.OLD_OFFICE.format(suffix=".xlsx")),
        ("a.docx", OLE + "EncryptedPackage".encode("utf-16-le"), texts.ENCRYPTED),
        ("a.docx", b"%PDF-1.7\n", texts.OTHER_KIND.format(kind="PDF")),
        ("a.txt", b"%PDF-1.7\n", texts.OTHER_KIND.format(kind="PDF")),
        ("a.xlsx", b"PK\x03\x04 cut short", texts.BROKEN),
        ("a.txt", b"x" * 20_000_001, texts.TOO_LARGE.format(megabytes=20)),
    ],
)
def test_the_first_bytes_tell(tmp_path: Path, name: str, data: bytes, sentence: str) -> None:
    (tmp_path / name).write_bytes(data)
    assert _reason(tmp_path / name) == sentence


def test_a_document_under_the_wrong_name_is_named(tmp_path: Path) -> None:
    docx.Document().save(str(tmp_path / "a.xlsx"))
    assert _reason(tmp_path / "a.xlsx") == texts.OTHER_KIND.format(kind="Word 文档（docx）")


def test_a_zip_bomb_is_not_unfolded(tmp_path: Path) -> None:
    _zip(tmp_path / "a.docx", word__document=bytes(201_000_000))
    assert (tmp_path / "a.docx").stat().st_size < 1_000_000
    assert _reason(tmp_path / "a.docx") == texts.SWOLLEN


def test_a_word_file_with_broken_insides_is_said(tmp_path: Path) -> None:
    _zip(tmp_path / "a.docx", word__document=b"<w:document")
    assert _reason(tmp_path / "a.docx") == texts.BROKEN


@pytest.mark.parametrize(
    ("name", "words"), [("a.doc", r"另存为 \.docx"), ("a.png", "现在认得.*docx.*xlsx")]
)
def test_other_kinds_are_told_what_would_do(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / name).write_bytes(OLE)
    with pytest.raises(NothingToRead, match=words):
        list(load(tmp_path / name))


def test_the_lock_of_an_open_document_is_no_document(tmp_path: Path) -> None:
    (tmp_path / "~$a.docx").write_bytes(b"lock")
    (tmp_path / "b.txt").write_text("早饭七点开。", encoding="utf-8")
    assert [document.external_id for document in load(tmp_path)] == ["b.txt"]
