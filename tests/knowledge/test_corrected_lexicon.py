"""A word that staff write into the word file is understood, though nobody has asked in it before."""

from pathlib import Path

import pytest

from knowledge.answers import AnswerStatus
from knowledge.embedding import Embedder
from knowledge.lexicon import LEXICON_FILE, Lexicon
from store.database import Database
from tests.conftest import NOW
from tests.knowledge.conftest import answering_of

# The word that is written down, below which official word, and what is asked in it.
WRITTEN = [
    ("铁牌子", 'official = ["优先"]', "看病有没有铁牌子", "优先"),
    ("铁牌子", 'official = ["优先"]', "军队医院给铁牌子不", "优先"),
    ("铁驴子", 'official = ["出行", "网上约车"]', "铁驴子的事你们怎么解决", "网上约车"),
    ("钢水", 'official = ["健康体检", "体检"]', "钢水一年能做几回", "1次"),
]


@pytest.mark.parametrize(("word", "below", "question", "shown"), WRITTEN)
def test_a_word_written_down_is_understood(
    notice_database: Database,
    embedder: Embedder,
    tmp_path: Path,
    word: str,
    below: str,
    question: str,
    shown: str,
) -> None:
    whole = LEXICON_FILE.read_text(encoding="utf-8")
    assert below in whole
    file = tmp_path / "lexicon.toml"
    file.write_text(
        whole.replace(f"{below}\nsaid = [", f'{below}\nsaid = ["{word}", ', 1), encoding="utf-8"
    )
    answering = answering_of(notice_database, embedder, lexicon=Lexicon(file))
    answer = answering.answer(question, institution_id=None, now=NOW)
    assert answer.status is AnswerStatus.ANSWERED
    assert shown in answer.text
