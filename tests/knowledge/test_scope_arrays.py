"""Following a change gives what reading everything anew gives, and keeps no trace of what went."""

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.models import SourceKind
from knowledge.passage_rows import HeldDocument, PassageRow
from knowledge.passages import Passages
from knowledge.scope_arrays import ScopeArrays, changed_documents, follow, nothing
from knowledge.vectors import content_hash

DIMENSIONS = 4
# What a document says, by its id: each passage's heading and text.
_Said = dict[int, list[tuple[str, str]]]

_said = st.dictionaries(
    st.integers(1, 6),
    st.lists(
        st.tuples(st.sampled_from(["", "一、体检"]), st.text("军休a，\n ", max_size=6)), max_size=4
    ),
    max_size=6,
)


def _documents(said: _Said) -> list[HeldDocument]:
    return [
        HeldDocument(
            number,
            f"d{number}",
            f"标题{number}",
            None,
            None,
            hashlib.sha256(repr((number, said[number])).encode()).digest()[:16],
        )
        for number in sorted(said)
    ]


def _rows(said: _Said, documents: list[int]) -> list[PassageRow]:
    return [
        PassageRow(
            # The same words keep their id, as they do in SQL.
            int(content_hash(f"{number} {at} {heading} {text}")[:12], 16),
            number,
            at,
            10 * at,
            heading,
            SourceKind.POLICY if number % 2 else SourceKind.HOUSE,
            text,
            content_hash(text),
        )
        for number in documents
        for at, (heading, text) in enumerate(said[number])
    ]


def followed(before: ScopeArrays, said: _Said) -> ScopeArrays:
    documents = _documents(said)
    rows = _rows(said, changed_documents(before, documents))
    vectors = np.array(
        [list(bytes.fromhex(row.content_hash)[:DIMENSIONS]) for row in rows], dtype=np.float32
    ).reshape(-1, DIMENSIONS)
    return follow(before, documents, rows, vectors)


@settings(deadline=None)
@given(st.lists(_said, min_size=1, max_size=4))
def test_following_is_reading_anew(versions: list[_Said]) -> None:
    arrays = nothing(DIMENSIONS)
    for said in versions:
        arrays = followed(arrays, said)
        anew = followed(nothing(DIMENSIONS), said)
        documents = _documents(said)
        assert list(Passages(arrays, documents)) == list(Passages(anew, documents))
        assert set(arrays.strings) == set(anew.strings)
        for name in ("documents", "marks", "tiles", "vectors"):
            assert getattr(arrays, name).tolist() == getattr(anew, name).tolist()
        assert arrays.pairs.entries.tolist() == anew.pairs.entries.tolist()
        assert arrays.pairs.lengths.tolist() == anew.pairs.lengths.tolist()
        assert not changed_documents(arrays, documents)


def test_passages_are_read_by_place() -> None:
    said = {1: [("一、体检", "每年体检\ud8001次。"), ("", " 免费。")], 2: [("", "食堂")]}
    passages = Passages(followed(nothing(DIMENSIONS), said), _documents(said))
    assert [p.tile for p in passages] == ["每年体检\ud8001次。", " 免费。", "食堂"]
    assert passages[1].quote == "免费。"
    assert passages[-1].source is SourceKind.HOUSE
    assert passages[0].context == "标题1 一、体检"
    assert [p.tile for p in passages[1:]] == [" 免费。", "食堂"]
    with pytest.raises(IndexError):
        passages[3]
    with pytest.raises(IndexError):
        passages[-4]


def test_nothing_is_kept_of_a_document_that_went() -> None:
    before = followed(nothing(DIMENSIONS), {1: [("秘密的标题", "秘密的话")], 2: [("", "食堂")]})
    after = followed(before, {2: [("", "食堂")]})
    assert "秘密".encode() in before.tiles.tobytes()
    assert "秘密".encode() not in after.tiles.tobytes()
    assert "秘密的标题" in before.strings
    assert "秘密的标题" not in after.strings
    assert len(after.pairs.entries) == 1 + len("标题2") - 1
