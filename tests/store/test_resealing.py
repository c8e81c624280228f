"""A replaced key: everything is sealed anew, also when it is cut short in the middle."""

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import LargeBinary, select, type_coerce

from booking.people import phone_hash, rewrite_hashes
from store.base import Base
from store.database import Database
from store.identity import Person
from store.keyring import Keyring, keyring_of_words, lookup_key
from store.resealing import reseal
from store.types import EncryptedJson, EncryptedText
from tests.conftest import NOW
from tests.houses import make_account, make_house


def _tokens(database: Database) -> list[bytes]:
    found: list[bytes] = []
    with database.read() as session:
        for table in Base.metadata.sorted_tables:
            for column in table.columns:
                if isinstance(column.type, EncryptedText | EncryptedJson):
                    raw = select(type_coerce(column, LargeBinary)).where(column.is_not(None))
                    found += [bytes(token) for token in session.scalars(raw)]
    return found


class _Stopped(Exception):
    pass


def test_everything_is_sealed_anew_though_it_was_cut_short(
    either_database: Database, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.resealing.BATCH", 2)
    old, new = Fernet.generate_key(), Fernet.generate_key()
    url = either_database.engine.url.render_as_string(hide_password=False)
    before = Database(url, Keyring([old]))
    with before.begin() as session:
        # What the fixture sealed with its own key.
        session.execute(Base.metadata.tables["home_facts"].delete())
        house = make_house(session, NOW)
        make_account(session, NOW, person_id=house.zhang)
        for each in session.scalars(select(Person)):
            each.address = f"住址{each.id}"
    before.close()
    batches: list[int] = []

    def stop_at_the_second(_table: str, cells: int) -> None:
        batches.append(cells)
        if sum(1 for each in batches if each) == 2:
            raise _Stopped

    both = Database(url, Keyring([new, old]))
    with pytest.raises(_Stopped):
        reseal(both, tell=stop_at_the_second)
    newest = Keyring([new])
    assert (
        0 < sum(newest.is_sealed_with_newest(each) for each in _tokens(both)) < len(_tokens(both))
    )
    assert reseal(both) == len(_tokens(both)) - sum(batches)
    assert reseal(both) == 0
    both.close()
    after = Database(url, keyring_of_words([new, b"tokens:" + lookup_key(old).hex().encode()]))
    with after.begin() as session:
        zhang = session.get_one(Person, house.zhang)
        assert zhang.phone == "13900000001"
        assert zhang.phone_hash != phone_hash(session, "13900000001")
        assert rewrite_hashes(session, now=NOW) == 1
        assert zhang.phone_hash == phone_hash(session, "13900000001")
    assert all(newest.is_sealed_with_newest(each) for each in _tokens(after))
    after.close()


def test_a_cookie_is_known_after_the_key_was_replaced() -> None:
    old, new = Fernet.generate_key(), Fernet.generate_key()
    tokens = b"tokens:" + lookup_key(old).hex().encode()
    replaced = keyring_of_words([new, tokens])
    assert replaced.lookup_token("web chat:x") == Keyring([old]).lookup_token("web chat:x")
    assert replaced.lookup("phone:1") != Keyring([old]).lookup("phone:1")
    assert replaced.fingerprints == Keyring([new]).fingerprints
