"""What speaks for a passage as the answer to a question, in numbers.

Nearly all of them are shares of the question's own words, so that weights that were fitted on
one collection hold on another. How rare a word is, is counted over all documents that are
searched, so that a house's few papers and the national ones are measured alike.
"""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from knowledge.asked import Asked
from knowledge.embedding import Vector
from knowledge.index import ScopeIndex
from knowledge.lexicon import Topic
from knowledge.passages import Quotable
from knowledge.question import Question
from knowledge.words import bigrams, comparable

Numbers = NDArray[np.float64]
Places = NDArray[np.intp]

# The words that ask, and how fast a word counts for less the further it stands from them.
_ASKS = re.compile(
    r"什么|哪些|哪个|哪家|哪几|哪里|哪儿|多少|如何|怎么样?|怎样|何时|何地|为何|谁|几[个项条家次号天种点]|多久"
)
_BESIDE = 8.0
_ASKS_A_FIGURE = re.compile(
    r"多少|几(?!乎)|多久|多长|多大|比例|电话|金额|号码|热线|何时|什么时候|时间|日期|哪天|哪年|截止|期限"
)
_A_FIGURE = re.compile(r"\d|[一二三四五六七八九十百千万]+[个项条名家次日月年天元倍]")
_LOOKS_BACK = ("这些", "这一", "上述", "以上")
_LONG = 120
# BM25, with the usual lengths of what it is worked out for, so that a text weighs the same
# whatever else is in the home.
_K1, _B = 1.5, 0.75
_CLAUSE, _CLAUSE_IN_PLACE, _CLAUSE_AND_NEIGHBOURS = 45, 80, 150
_PASSAGES_OF_A_DOCUMENT = 28
_REMEMBERED = 1024
# As if there were more documents: in a home of one, a word it has is not common.
_IMAGINED_DOCUMENTS = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """The pairs of characters of a question, in order, and what is known of each.

    `rarity` and `rarity_in_passages` are 0 for a pair that no document has; `worth` is how rare
    it is all the same. `beside` falls off with the distance from the word that asks.
    """

    pairs: tuple[str, ...]
    rarity: Numbers
    rarity_in_passages: Numbers
    worth: Numbers
    in_first_half: NDArray[np.bool_]
    beside: Numbers
    own: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Known:
    """How well a whole document knows a question.

    Attributes:
        about: as a text.
        own_words: the share it has of the words that no file explains; those that stand in no
            document at all count as well.
        own_words_in_use: the same of those that stand in any document; 1 when none does.
        first_half: the share of the question's first half, which in Chinese says of whom or
            where it is asked.
    """

    about: float
    own_words: float
    own_words_in_use: float
    first_half: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for some passages of one index, one entry of each for a passage.

    `columns` rank them. `holds`: whether it holds the kind of thing asked for.
    """

    columns: dict[str, Numbers]
    cosines: Numbers
    holds: NDArray[np.bool_]
    documents: list[Known]


def wanted_by(question: Question, indexes: Sequence[ScopeIndex]) -> Wanted:
    """Take the words of a question, and count how rare each is in what is searched."""
    pairs = tuple(dict.fromkeys(bigrams(question.text)))
    documents, passages = np.zeros(len(pairs)), np.zeros(len(pairs))
    for index in indexes:
        in_documents, in_passages = index.counts(pairs)
        documents += in_documents
        passages += in_passages
    all_documents = sum(index.document_count for index in indexes) + _IMAGINED_DOCUMENTS
    imagined = _IMAGINED_DOCUMENTS * _PASSAGES_OF_A_DOCUMENT
    all_passages = sum(len(index.passages) for index in indexes) + imagined
    worth = _rarity(documents, all_documents)
    at = np.array([question.text.find(pair) for pair in pairs], dtype=np.float64)
    asking = _ASKS.search(question.text)
    asked_at = asking.start() if asking else len(question.text)
    return Wanted(
        pairs=pairs,
        rarity=np.where(documents > 0, worth, 0.0),
        rarity_in_passages=np.where(passages > 0, _rarity(passages, all_passages), 0.0),
        worth=worth,
        in_first_half=at < len(question.text) / 2,
        beside=np.exp(-np.abs(at - asked_at) / _BESIDE),
        own=np.array([pair in question.own_words for pair in pairs], dtype=np.bool_),
    )


def evidence(
    question: Question, wanted: Wanted, vector: Vector, index: ScopeIndex, places: Places
) -> Evidence:
    """Measure some passages of an index; `places` are ascending."""
    texts = _Texts(wanted, index, places)
    document = _Documents(wanted, index, places)
    cosines = _cosines(vector, index, texts)
    holds = np.array([not _not_held(question, one) for one in texts.passages], dtype=np.bool_)
    columns = {
        **cosines,
        **_likeness(wanted, texts, document),
        **_telling(wanted, texts, document),
        **_sayings(question, wanted, texts),
        **_word_file(question, texts),
        "holds": (holds & question.asks_something_definite).astype(np.float64),
        "first": (places == document.since).astype(np.float64),
        "how_far_in": np.log1p(places - document.since),
    }
    return Evidence(columns, cosines["meaning"], holds, document.known)


class _Texts:
    """The passages, those around them, and how often each of the question's pairs is in them.

    `here`, `before`, `two_before`, `after` and `above` (heading and title) are counts, a row for
    each passage; a passage that has nothing before it has zeros there.
    """

    def __init__(self, wanted: Wanted, index: ScopeIndex, places: Places) -> None:
        rows = index.rows
        around = np.unique(np.clip(places[:, None] + np.arange(-2, 2), 0, len(rows) - 1))
        read = {int(place): index.passages[int(place)] for place in around}
        counts = np.array([_count(wanted, passage.words) for passage in read.values()])
        self._counts = np.vstack([counts, np.zeros_like(counts[:1])])
        self._lengths = np.array([*(len(passage.words) for passage in read.values()), 0])
        self._around, self._rows, self._places = around, rows, places
        self.passages = [read[int(place)] for place in places]
        contexts = {passage.context for passage in self.passages}
        counted = {context: _count(wanted, context) for context in contexts}
        self.above = np.array([counted[passage.context] for passage in self.passages])
        self.above_length = np.array([len(passage.context) for passage in self.passages])
        self.titles = {passage.title: _folded_title(passage.title) for passage in self.passages}
        titles = {title: _count(wanted, words) for title, words in self.titles.items()}
        self.title = np.array([titles[passage.title] for passage in self.passages])
        self.here, self.here_length = self.at(0)
        self.before, self.before_length = self.at(-1)
        self.two_before, _ = self.at(-2)
        self.after, self.after_length = self.at(1)

    def has(self, offset: int) -> NDArray[np.bool_]:
        """Tell which passages have one so far away in the same document."""
        moved = self._places + offset
        inside = (moved >= 0) & (moved < len(self._rows))
        same: NDArray[np.bool_] = self._rows[np.where(inside, moved, 0)] == self._rows[self._places]
        return inside & same

    def at(self, offset: int) -> tuple[Numbers, Numbers]:
        """Return the counts and the lengths of what stands so far away in the same document."""
        found = np.searchsorted(self._around, self._places + offset)
        which = np.where(self.has(offset), found, len(self._around))
        return self._counts[which].astype(np.float64), self._lengths[which].astype(np.float64)

    def vectors(self, index: ScopeIndex, offset: int) -> Vector:
        """Return the vectors of what stands so far away, of the passage itself where nothing does."""
        return index.vectors(self._places + np.where(self.has(offset), offset, 0))


class _Documents:
    """The documents that the passages are of: how well each knows the question as a whole."""

    def __init__(self, wanted: Wanted, index: ScopeIndex, places: Places) -> None:
        rows = index.rows[places]
        self.since: Places = np.searchsorted(index.rows, rows)
        until = np.searchsorted(index.rows, rows, side="right")
        _, first, which = np.unique(rows, return_index=True, return_inverse=True)
        # In how many of its passages each pair stands.
        self.holding = index.passages_with(wanted.pairs, places[first])[which].astype(np.float64)
        self.passages = (until - self.since).astype(np.float64)
        self.about = _bm25(wanted.rarity, self.holding, self.passages, _PASSAGES_OF_A_DOCUMENT)
        held = self.holding > 0
        in_use = wanted.rarity * wanted.own
        measured = (
            self.about,
            _share(held, wanted.worth * wanted.own),
            _share(held, in_use) if in_use.any() else np.ones(len(held)),
            _share(held, wanted.rarity * wanted.in_first_half),
        )
        self.known = [Known(*numbers) for numbers in np.column_stack(measured).tolist()]


def _cosines(vector: Vector, index: ScopeIndex, texts: _Texts) -> dict[str, Numbers]:
    # A sentence says little alone: what stands around it says what it is about.
    named = {"meaning": 0, "meaning_before": -1, "meaning_after": 1}
    return {
        name: (texts.vectors(index, offset) @ vector).astype(np.float64)
        for name, offset in named.items()
    }


def _likeness(wanted: Wanted, texts: _Texts, document: _Documents) -> dict[str, Numbers]:
    """How alike the words are: of the sentence, in its place, with its neighbours, of the whole."""
    in_place = texts.above + texts.here
    around = in_place + texts.before + texts.after
    length = texts.above_length + texts.here_length
    around_length = length + texts.before_length + texts.after_length
    rarity = wanted.rarity
    return {
        "words": _bm25(rarity, texts.here, texts.here_length, _CLAUSE),
        "words_in_place": _bm25(wanted.rarity_in_passages, in_place, length, _CLAUSE_IN_PLACE),
        "words_around": _bm25(rarity, around, around_length, _CLAUSE_AND_NEIGHBOURS),
        "words_of_document": document.about,
        "share_before": _share(texts.before > 0, rarity),
        "share_of_title": _share(texts.title > 0, rarity),
        "share_of_document": _share(document.holding > 0, rarity),
        "first_half": _share(texts.here > 0, rarity * wanted.in_first_half),
        "beside_asking": _share(texts.here > 0, rarity * wanted.beside),
    }


def _telling(wanted: Wanted, texts: _Texts, document: _Documents) -> dict[str, Numbers]:
    """The words by which the sentences of one document differ; its subject stands in all of them.

    What a neighbour has counts only where the sentence itself does not have it.
    """
    holding, passages = document.holding, document.passages[:, None]
    rarity = np.where((holding > 0) & (wanted.rarity > 0), _rarity(holding, passages), 0.0)
    here, before = texts.here > 0, texts.before > 0
    above = (texts.above > 0) & ~(texts.title > 0)
    return {
        "telling": _share(here, rarity),
        "telling_before": _share(before & ~here, rarity),
        "telling_two_before": _share((texts.two_before > 0) & ~here & ~before, rarity),
        "telling_after": _share((texts.after > 0) & ~here, rarity),
        "telling_above": _share(above & ~here, rarity),
    }


def _sayings(question: Question, wanted: Wanted, texts: _Texts) -> dict[str, Numbers]:
    """What kind of sentence it is."""
    asks_figure = bool(_ASKS_A_FIGURE.search(question.text))
    known = {title: _pairs(words).union(wanted.pairs) for title, words in texts.titles.items()}
    rows: list[list[float]] = []
    for passage in texts.passages:
        words = passage.words
        rows.append(
            [
                asks_figure and bool(_A_FIGURE.search(words)),
                _longest_run(question.text, words),
                # An echo of the question or the title answers nothing.
                np.log1p(len(_pairs(words) - known[passage.title])),
                len(words) > _LONG,
                words.endswith("?"),
                words.endswith(":"),
                words.startswith(_LOOKS_BACK),
            ]
        )
    names = (
        *("has_figure", "longest_run", "new_words", "long"),
        *("asks_itself", "leads_in", "looks_back"),
    )
    return dict(zip(names, np.array(rows, dtype=np.float64).T, strict=True))


def _word_file(question: Question, texts: _Texts) -> dict[str, Numbers]:
    """What the word file says of it: topics spoken of, help found, the documents' own words."""
    topics = question.topics
    helping = [meaning for meaning in question.reading.meanings if meaning.helps]
    official = list(dict.fromkeys(bigrams(question.official_words)))
    rows: list[list[float]] = []
    for passage in texts.passages:
        text = f"{passage.context} {passage.words}"
        rows.append(
            [
                sum(speaks_of(topic, text) for topic in topics) / max(1, len(topics)),
                sum(one.stands_in(passage.words) for one in helping) / max(1, len(helping)),
                sum(pair in text for pair in official) / max(1, len(official)),
            ]
        )
    names = ("topics", "helped", "official_words")
    return dict(zip(names, np.array(rows, dtype=np.float64).T, strict=True))


def speaks_of(topic: Topic, text: str) -> bool:
    """Tell whether a folded text speaks of a topic in one of its meanings."""
    return any(meaning.stands_in(text) for meaning in topic)


def not_held(question: Question, words: str, *, title: str, heading: str) -> tuple[Asked, ...]:
    """Return the kinds of thing asked for that a folded text does not hold, said of the subject.

    Where a question has a subject, the number or name must stand in a clause that speaks of
    it: `1次` of a checkup answers nothing about a ride in the same sentence. What a whole
    document is about, as its title says, its clauses need not name.
    """
    above = comparable(f"{title} {heading}")
    subjects = question.subjects
    if any(speaks_of(topic, comparable(title)) for topic in subjects):
        subjects = ()
    return tuple(each for each in question.asked if not _is_held(each, subjects, words, above))


def _is_held(asked: Asked, subjects: Sequence[Topic], words: str, above: str) -> bool:
    clauses = asked.held_by(words, above)
    if not subjects or asked.answer is None:
        return bool(clauses)
    return any(speaks_of(topic, clause) for topic in subjects for clause in clauses)


def _not_held(question: Question, passage: Quotable) -> tuple[Asked, ...]:
    return not_held(question, passage.words, title=passage.title, heading=passage.heading)


def _count(wanted: Wanted, text: str) -> list[int]:
    return [text.count(pair) for pair in wanted.pairs]


def _rarity(holding: Numbers, total: Numbers | float) -> Numbers:
    """Return Lucene's inverse document frequency."""
    rarity: Numbers = np.log1p((total - holding + 0.5) / (holding + 0.5))
    return rarity


def _bm25(rarity: Numbers, counts: Numbers, lengths: Numbers, usual: float) -> Numbers:
    """Return BM25 as a share of what a text that has every word could have at most."""
    norm = _K1 * (1 - _B + _B * lengths / usual)
    score: Numbers = (rarity * counts / (counts + norm[:, None])).sum(axis=1)
    return score / (rarity.sum() or 1.0)


def _share(has: NDArray[np.bool_], weights: Numbers) -> Numbers:
    """Return which part of the weights (one for all, or a row for each) falls on what is there."""
    weighed = np.broadcast_to(weights, has.shape)
    whole = weighed.sum(axis=1)
    share: Numbers = (weighed * has).sum(axis=1) / np.where(whole > 0, whole, 1.0)
    return share


def _longest_run(question: str, words: str) -> float:
    """Return how many characters of the question stand in it in one piece."""
    longest = 0
    for start in range(len(question)):
        while start + longest < len(question) and question[start : start + longest + 1] in words:
            longest += 1
    return longest


@lru_cache(_REMEMBERED)
def _pairs(folded: str) -> frozenset[str]:
    """Return the pairs of characters of a text that is folded already."""
    return frozenset(
        one + other
        for one, other in itertools.pairwise(folded)
        if one.isalnum() and other.isalnum()
    )


@lru_cache(_REMEMBERED)
def _folded_title(title: str) -> str:
    return comparable(title)
