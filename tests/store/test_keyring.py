"""The key: made once, never silently replaced, wrong ones noticed."""

import os
import stat
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from store.errors import KeyMissing, KeyWrong
from store.keyring import Keyring, load_keyring


def test_a_new_home_gets_a_key_only_its_owner_can_read(tmp_path: Path) -> None:
    file = tmp_path / "key"
    first = load_keyring(key=None, key_file=file, may_create=True)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    again = load_keyring(key=None, key_file=file, may_create=False)
    assert again.open(first.seal("张建国")) == "张建国"
    assert again.lookup("1") == first.lookup("1")


def test_a_lost_key_is_never_replaced(tmp_path: Path) -> None:
    with pytest.raises(KeyMissing, match="JUNXIU_KEY"):
        load_keyring(key=None, key_file=tmp_path / "key", may_create=False)
    assert not (tmp_path / "key").exists()


def test_an_empty_key_file_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"")
    with pytest.raises(KeyWrong, match="密钥格式不对"):
        load_keyring(key=None, key_file=tmp_path / "key", may_create=True)


def test_what_a_killed_start_left_does_not_hinder_the_next(tmp_path: Path) -> None:
    (tmp_path / f"key.{os.getpid()}").write_bytes(b"half a k")
    load_keyring(key=None, key_file=tmp_path / "key", may_create=True)
    assert [file.name for file in tmp_path.iterdir()] == ["key"]


def test_the_environments_key_wins(tmp_path: Path) -> None:
    key = Fernet.generate_key()
    keyring = load_keyring(key=key.decode(), key_file=tmp_path / "key", may_create=False)
    assert Keyring([key]).open(keyring.seal("x")) == "x"


def test_a_malformed_key_is_a_sentence() -> None:
    with pytest.raises(KeyWrong, match="密钥格式不对"):
        Keyring([b"short"])


def test_another_key_opens_nothing() -> None:
    sealed = Keyring([Fernet.generate_key()]).seal("x")
    with pytest.raises(KeyWrong):
        Keyring([Fernet.generate_key()]).open(sealed)


def test_a_replaced_key_still_opens_what_the_old_one_sealed() -> None:
    old, new = Fernet.generate_key(), Fernet.generate_key()
    sealed = Keyring([old]).seal("x")
    both = Keyring([new, old])
    assert both.open(sealed) == "x"
    assert both.lookup("phone") == Keyring([old]).lookup("phone")


@given(st.text(alphabet=st.characters()))
def test_any_text_survives(text: str) -> None:
    keyring = _KEYRING
    assert keyring.open(keyring.seal(text)) == text


_KEYRING = Keyring([Fernet.generate_key()])
