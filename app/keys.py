"""The command that replaces the key."""

import argparse
import sys
from contextlib import closing
from pathlib import Path

from cryptography.fernet import Fernet

from app.home import DATABASE_FILE, KEY_FILE
from app.keeping import at_rest
from app.opening import open_prepared
from app.refused import CommandRefused
from app.saying import SAY, tell_operator
from app.system import Base
from booking.people import rewrite_hashes
from store.database import Database
from store.keyring import (
    TOKENS,
    Keyring,
    fingerprint,
    keyring_of_words,
    lookup_key,
    write_key_file,
)
from store.resealing import reseal

ROTATE = "rotate"


def keys(options: argparse.Namespace) -> int:
    """Say which key is in use, or replace it."""
    words: list[str] = options.words
    if words not in ([], [ROTATE]):
        raise CommandRefused(SAY.say("keys.words"), exit_code=2)
    base = open_prepared(options)
    with closing(base.home.database) as database:
        if not words:
            tell_operator(SAY.say("keys.now", keys="、".join(database.keyring.fingerprints)))
            return 0
        with at_rest(base):
            _rotate(base)
    return 0


def _rotate(base: Base) -> None:
    """Replace the key: a new one in front, everything sealed with it, look-up hashes written anew.

    The old key stays beside the new one until everything is done, so that whatever ends this
    early loses nothing; run again, it goes on. The hashes are the last step but one: whoever is
    stopped between them and the last must run it again before phone numbers are found.
    """
    key_file = base.home.path / KEY_FILE
    words = _words(base, key_file)
    spelt = [word for word in words if not word.startswith(TOKENS)]
    tokens = next(
        (word for word in words if word.startswith(TOKENS)),
        TOKENS + lookup_key(spelt[-1]).hex().encode(),
    )
    old_keys, final = spelt[1:], [spelt[0], tokens]
    cells = _reseal(base, keyring_of_words([*spelt, tokens]))
    with closing(_database(base, keyring_of_words(final))) as database, database.begin() as session:
        hashes = rewrite_hashes(session, now=base.clock())
    names = "、".join(fingerprint(key) for key in old_keys)
    tell_operator(SAY.say("keys.rotated", cells=cells, hashes=hashes, new=fingerprint(spelt[0])))
    tell_operator(SAY.say("keys.codes"))
    if base.settings.key:
        tell_operator(SAY.say("keys.setting_now", tokens=tokens.decode()))
        return
    kept = key_file.with_name(f"{KEY_FILE}.old-{fingerprint(old_keys[0])}")
    write_key_file(kept, old_keys)
    write_key_file(key_file, final)
    tell_operator(SAY.say("keys.old_kept", old=names, path=kept))


def _words(base: Base, key_file: Path) -> list[bytes]:
    """Return what spells the keys, a new one in front; the file has it before it is used."""
    if base.settings.key:
        words = base.settings.key.get_secret_value().encode().replace(b",", b" ").split()
    else:
        words = key_file.read_bytes().split()
    if sum(not word.startswith(TOKENS) for word in words) > 1:
        tell_operator(SAY.say("keys.going_on"))
        return words
    if base.settings.key:
        raise CommandRefused(SAY.say("keys.from_setting"))
    words = [Fernet.generate_key(), *words]
    write_key_file(key_file, words)
    return words


def _reseal(base: Base, keyring: Keyring) -> int:
    said = SAY.say("keys.bar")

    def tell(table: str, _cells: int) -> None:
        if sys.stderr.isatty():
            print(f"\r{said} {table:<24}", end="", file=sys.stderr)

    with closing(_database(base, keyring)) as database:
        return reseal(database, tell=tell)


def _database(base: Base, keyring: Keyring) -> Database:
    url = base.settings.database_url or f"sqlite:///{base.home.path / DATABASE_FILE}"
    return Database(url, keyring)
