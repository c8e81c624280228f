"""Pairs are counted as `bigrams` parts them, scores are BM25's, and merging is counting anew."""

from collections import Counter

import bm25s  # type: ignore[import-untyped]
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.postings import MOST_PASSAGES, PairCounts, Postings, count_pairs, merge
from knowledge.words import bigrams, comparable

_PASSAGES = (
    "规定军休干部每年健康体检1次",
    "采取自办、引进或签约外卖配送，解决就餐难",
    "搭建网上约车服务平台，解决出行难；出行要提前说",
    "体检在总医院，体检前一天不要吃饭",
    "建立军休干部荣誉疗养制度",
)
_ROWS = np.array([0, 0, 1, 2, 2], dtype=np.intp)
_QUESTION = "体检 每年体检几次 出行"

_texts = st.lists(
    st.text(alphabet="军休干部年每1次 aＡ，。·_\n\ud800", max_size=12), min_size=1, max_size=6
)


def _held(counted: PairCounts, place: int) -> Counter[str]:
    found: Counter[str] = Counter()
    for entry, count in zip(counted.entries.tolist(), counted.counts.tolist(), strict=True):
        if entry % MOST_PASSAGES == place:
            key = entry // MOST_PASSAGES
            first, second = key >> 21, key & ((1 << 21) - 1)
            found[chr(first) + (chr(second) if second else "")] = count
    return found


@settings(deadline=None)
@given(_texts)
def test_pairs_are_counted_as_bigrams_parts_them(texts: list[str]) -> None:
    folded = [comparable(text) for text in texts]
    counted = count_pairs(folded)
    assert [_held(counted, at) for at in range(len(folded))] == [
        Counter(bigrams(text)) for text in folded
    ]
    assert counted.lengths.tolist() == [len(bigrams(text)) for text in folded]


@settings(deadline=None)
@given(_texts, _texts, st.data())
def test_merging_is_counting_anew(before: list[str], more: list[str], data: st.DataObject) -> None:
    old, new = ([comparable(text) for text in texts] for texts in (before, more))
    stays = data.draw(st.lists(st.booleans(), min_size=len(old), max_size=len(old)))
    at = data.draw(st.integers(0, sum(stays)))
    left = [text for text, is_left in zip(old, stays, strict=True) if is_left]
    moved = np.full(len(old), -1, dtype=np.intp)
    moved[np.flatnonzero(stays)] = [n if n < at else n + len(new) for n in range(len(left))]
    merged = merge(
        [(count_pairs(old), moved), (count_pairs(new), np.arange(at, at + len(new)))],
        len(left) + len(new),
    )
    anew = count_pairs(left[:at] + new + left[at:])
    assert merged.entries.tolist() == anew.entries.tolist()
    assert merged.counts.tolist() == anew.counts.tolist()
    assert merged.lengths.tolist() == anew.lengths.tolist()


def _reference(corpus: list[list[str]], question: str) -> list[float]:
    index = bm25s.BM25()
    index.index(corpus, show_progress=False)
    known = [pair for pair in bigrams(question) if pair in index.vocab_dict]
    scores: list[float] = index.get_scores(known).tolist()
    return scores


def test_scores_are_those_of_bm25s() -> None:
    postings = Postings(count_pairs(_PASSAGES), _ROWS)
    corpus = [bigrams(text) for text in _PASSAGES]
    whole: list[list[str]] = [[], [], []]
    for row, pairs in zip(_ROWS.tolist(), corpus, strict=True):
        whole[row] += pairs
    assert postings.passage_scores(_QUESTION).tolist() == pytest.approx(
        _reference(corpus, _QUESTION), abs=1e-5
    )
    assert postings.document_scores(_QUESTION).tolist() == pytest.approx(
        _reference(whole, _QUESTION), abs=1e-5
    )


def test_pairs_are_looked_up_in_documents_and_stretches_of_them() -> None:
    postings = Postings(count_pairs(_PASSAGES), _ROWS)
    pairs = ["体检", "出行", "火箭", "军休"]
    documents, passages = postings.held_by(pairs)
    assert documents.tolist() == [2, 1, 0, 2]
    assert passages.tolist() == [2, 1, 0, 2]
    held = postings.passages_with(pairs, np.array([0, 2, 3]), np.array([2, 3, 5]))
    assert held.tolist() == [[1, 0, 0, 1], [0, 1, 0, 0], [1, 0, 0, 1]]
    assert postings.held_by([])[0].tolist() == []
    assert postings.passages_with(pairs, np.array([], int), np.array([], int)).shape == (0, 4)


def test_nothing_scores_nothing() -> None:
    empty = Postings(count_pairs([]), np.empty(0, dtype=np.intp))
    assert empty.passage_scores(_QUESTION).shape == empty.document_scores(_QUESTION).shape == (0,)
    assert [held.tolist() for held in empty.held_by(["体检"])] == [[0], [0]]
    postings = Postings(count_pairs(_PASSAGES), _ROWS)
    for words in ("", "。", "火箭"):
        assert not postings.passage_scores(words).any()
        assert not postings.document_scores(words).any()
