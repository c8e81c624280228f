"""The encryption key: where it lives, how values are sealed, and keyed look-up hashes."""

import contextlib
import hashlib
import hmac
import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from store.errors import KeyMissing, KeyWrong

TOKENS = b"tokens:"
_FINGERPRINT_DIGITS = 12


class Keyring:
    """Seals and opens text, and makes look-up hashes.

    The first key seals; every key opens, so that a key can be replaced later without
    rewriting everything at once. Look-up hashes use the last (oldest) key.
    """

    def __init__(self, keys: list[bytes], *, tokens: bytes | None = None) -> None:
        """Take url-safe base64 Fernet keys, newest first.

        `tokens` is what hashes of long random tokens go by, where that is an earlier key's.

        Raises:
            KeyWrong: a key is not 32 url-safe base64-encoded bytes, or there is none.
        """
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
            self._newest = Fernet(keys[0])
            self._lookup_key = lookup_key(keys[-1])
            self._token_key = tokens or self._lookup_key
            self.fingerprints = tuple(fingerprint(key) for key in keys)
        except (ValueError, IndexError) as error:
            raise KeyWrong(
                "密钥格式不对：应是 44 个字符的 Fernet 密钥（JUNXIU_KEY 或数据目录里的 key 文件）。"
            ) from error

    def seal(self, text: str) -> bytes:
        """Encrypt `text`; lone surrogates survive the round trip."""
        return self._fernet.encrypt(text.encode("utf-8", "surrogatepass"))

    def open(self, token: bytes) -> str:
        """Decrypt what `seal` made.

        Raises:
            KeyWrong: the token was sealed with another key.
        """
        try:
            return self._fernet.decrypt(token).decode("utf-8", "surrogatepass")
        except InvalidToken as error:
            raise KeyWrong(
                "密钥打不开已有的数据：请换回原来的密钥（JUNXIU_KEY 或数据目录里的 key 文件）。"
            ) from error

    def lookup(self, value: str) -> str:
        """Return a keyed hash of `value` (64 hex digits), for equality search only."""
        return hmac.new(self._lookup_key, value.encode(), hashlib.sha256).hexdigest()

    def lookup_token(self, value: str) -> str:
        """Return a keyed hash of something too long and random to be guessed: a cookie, a link.

        It stays the same when the key is replaced, so that nobody is shut out by that; the
        token itself, which would be needed to hash it anew, is kept nowhere.
        """
        return hmac.new(self._token_key, value.encode(), hashlib.sha256).hexdigest()

    def is_sealed_with_newest(self, token: bytes) -> bool:
        """Tell whether the first key alone opens it."""
        try:
            self._newest.decrypt(token)
        except InvalidToken:
            return False
        return True

    def seal_anew(self, token: bytes) -> bytes:
        """Seal with the first key what any of the keys opens.

        Raises:
            KeyWrong: none does.
        """
        try:
            return self._fernet.rotate(token)
        except InvalidToken as error:
            raise KeyWrong("有的数据现在的密钥打不开，没有再往下换。") from error


def fingerprint(key: bytes) -> str:
    """Return twelve hex digits by which a key can be named without being known."""
    return hashlib.sha256(b"junxiu fingerprint" + key).hexdigest()[:_FINGERPRINT_DIGITS]


def load_keyring(*, key: str | None, key_file: Path, may_create: bool) -> Keyring:
    """Return the keyring from the setting or the file, making the file when allowed.

    Args:
        key: keys from the environment, comma separated, newest first; wins over the file.
        key_file: one key a line, newest first, and what an earlier key left; readable by the
            owner only.
        may_create: true only while no database exists, so that a lost key never goes unnoticed.

    Raises:
        KeyMissing: no key, and it may not be created.
        KeyWrong: a key is malformed.
    """
    if key:
        return keyring_of_words(key.encode().replace(b",", b" ").split())
    if not key_file.exists():
        if not may_create:
            raise KeyMissing(
                f"找不到密钥文件 {key_file}，已有的数据打不开。请放回原来的 key 文件，或用 JUNXIU_KEY 给出密钥。"
            )
        _write_new_key(key_file)
    return keyring_of_words(key_file.read_bytes().split())


def keyring_of_words(words: list[bytes]) -> Keyring:
    """Return the keyring that a setting or a key file spells: keys, and `tokens:HEX` after them.

    Raises:
        KeyWrong: a word is malformed.
    """
    keys = [word for word in words if not word.startswith(TOKENS)]
    rest = [word.removeprefix(TOKENS) for word in words if word.startswith(TOKENS)]
    try:
        tokens = bytes.fromhex(rest[0].decode()) if rest else None
    except ValueError as error:
        raise KeyWrong("密钥格式不对：tokens: 后面应是十六进制。") from error
    return Keyring(keys, tokens=tokens)


def lookup_key(key: bytes) -> bytes:
    """Return what look-up hashes of a key go by."""
    return hashlib.sha256(b"junxiu lookup" + key).digest()


def write_key_file(key_file: Path, words: list[bytes]) -> None:
    """Replace the key file as a whole, for its owner's eyes only."""
    draft = key_file.with_name(f"{key_file.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(b"\n".join(words) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(key_file)


def _write_new_key(key_file: Path) -> None:
    # Written beside and then linked: a start that is killed here leaves no half key, and of
    # two starts at once the second one uses the key of the first.
    draft = key_file.with_name(f"{key_file.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(Fernet.generate_key() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileExistsError):
        os.link(draft, key_file)
    draft.unlink()
