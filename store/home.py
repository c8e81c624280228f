"""One fact sheet of the home: what the database says about itself."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, Session, mapped_column

from store.base import Base
from store.errors import KeyWrong
from store.types import EncryptedText

_PROOF = "key"
_PROOF_TEXT = "军休助手"


class HomeFact(Base):
    """A named value; `proof` is sealed, so that a wrong key is noticed at the start."""

    __tablename__ = "home_facts"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    text: Mapped[str | None] = mapped_column(String(400))
    proof: Mapped[str | None] = mapped_column(EncryptedText)


def seal_proof(session: Session) -> None:
    """Leave a sealed sentence, once, by which the key can be checked at every start."""
    if session.get(HomeFact, _PROOF) is None:
        session.add(HomeFact(name=_PROOF, proof=_PROOF_TEXT))


def check_key(session: Session) -> bool:
    """Open the sealed sentence; False when there is none yet.

    Raises:
        KeyWrong: the key in use is not the one the data was sealed with.
    """
    fact = session.get(HomeFact, _PROOF)
    if fact is not None and fact.proof != _PROOF_TEXT:
        raise KeyWrong("密钥打不开已有的数据：请换回原来的密钥。")
    return fact is not None


def read_fact(session: Session, name: str) -> str | None:
    """Return a fact's text, None when it was never written."""
    fact = session.get(HomeFact, name)
    return fact.text if fact else None


def write_fact(session: Session, name: str, text: str) -> None:
    """Write or overwrite a fact."""
    session.merge(HomeFact(name=name, text=text))
