"""Fits what evidence weighs, and tells what that is worth on questions that were not fitted on.

Run `python -m benchmarks.fitting QUESTIONS.jsonl --home HOME`, where HOME holds the documents
the questions are about and each line says which one answers ("document") and with which words
("answer"). What the word file says is weighed on the known questions of the bundled notice that
were written down with the words that answer. With `--write` the weights go into
`knowledge/weights.toml`. The table is cross-validated: in turn a tenth of the documents is left
out, everything is fitted on the questions about the others, and those about the tenth are
answered as a person would be.
"""

import argparse
import math
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
from cryptography.fernet import Fernet
from numpy.typing import NDArray

from benchmarks.regression import Numbers, Yes, fit_choice, fit_odds, parts
from ingestion.pipeline import KNOWN_QUESTIONS, NOTICE_ID, ingest_bundled_notice
from knowledge.answers import AnswerStatus
from knowledge.asked import AskedKinds
from knowledge.embedding import Embedder, Vector
from knowledge.grounding import shares
from knowledge.index import Indexes, ScopeIndex
from knowledge.known_questions import ANSWERABLE, read_known_questions
from knowledge.lexicon import Lexicon
from knowledge.question import Question, understand
from knowledge.question_files import FileQuestion, read_questions
from knowledge.quoting import choose_quotes
from knowledge.retrieval import Candidate, Found, ranked, search
from knowledge.vectors import VectorStore
from knowledge.verdict import backing, judge, known_to_answer
from knowledge.weights import CONSTANT, WEIGHTS_FILE, AllWeights, Weights
from store.database import Database
from store.keyring import Keyring
from store.migration import migrate

_SHARED = 12
_Z_95 = 1.959964
_PENALTY = 3.0
_ODDS_PENALTY = 3.0
_TENTHS, _FIFTHS = 10, 5
_SEEDS = (0, 1, 2)
# Of the questions whose document is there, so many may end without an answer, and so many
# without anything shown.
_UNANSWERED, _UNSHOWN = 0.075, 0.02
# Homes are small: each question is asked of so many documents too, with and without its own.
_SMALL = (1, 5, 40)
_SMALL_SHARE = 0.3
_OF_THE_WORD_FILE = ("topics", "helped", "official_words")
# Colloquial words share few characters with a document's: meaning, and what is held, count anew.
_AGAIN = ("meaning", "holds")
_HEAD = """\
# What each piece of evidence weighs (knowledge/evidence.py says what they are).
# Written by `python -m benchmarks.fitting --write`; not by hand.
"""


@dataclass(frozen=True, slots=True)
class Case:
    """A question, what was found for it, and which of that is right.

    `without`: what was found when the document that answers was taken out. `small`: the same
    question asked of a few documents, and whether the one that answers was among them.
    """

    question: Question
    document: str
    answers: tuple[str, ...]
    found: list[Found]
    without: list[Found]
    small: list[tuple[bool, list[Found]]]

    @property
    def right(self) -> Yes:
        """Return which of the passages answer, in the order found."""
        return np.concatenate([self._right(found) for found in self.found])

    def _right(self, found: Found) -> Yes:
        passages = (found.index.passages[int(place)] for place in found.places)
        return np.array([self.is_hit(p.document, p.quote) for p in passages], dtype=np.bool_)

    def is_hit(self, document: str, quote: str) -> bool:
        """Tell whether a quote of a document answers."""
        return document == self.document and any(
            shares(quote, answer, characters=_SHARED) for answer in self.answers
        )


class PartOfIndex(ScopeIndex):
    """An index as if some of its documents were not there; places stay what they were."""

    def __init__(self, whole: ScopeIndex, gone: NDArray[np.bool_]) -> None:
        """Take an index, and which of its passages are gone: all of a document or none."""
        self.__dict__.update(whole.__dict__)
        self._whole, self._gone = whole, gone
        self._firsts = np.flatnonzero(~gone & np.append(True, whole.rows[1:] != whole.rows[:-1]))

    @property
    def document_count(self) -> int:
        """Return how many documents there are."""
        return len(self._firsts)

    def near(self, vector: Vector, count: int) -> dict[int, float]:
        """Return the places of the nearest passages with their cosine."""
        cosines = self._whole.vectors(np.arange(len(self.rows))) @ vector
        cosines[self._gone] = -1.0
        return {int(place): float(cosines[place]) for place in np.argsort(-cosines)[:count]}

    def matching(self, text: str) -> NDArray[np.float32]:
        """Return the BM25 score of every passage; nothing is less alike than what is gone."""
        return np.where(self._gone, np.float32(-1e3), self._whole.matching(text))

    def counts(self, pairs: Sequence[str]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return in how many documents, and in how many passages, each pair stands."""
        held = self._whole.passages_with(pairs, self._firsts)
        return (held > 0).sum(axis=0), held.sum(axis=0)

    def left(self, found: list[Found]) -> list[Found]:
        """Drop what is gone from what was found."""
        return [kept for one in found if (kept := _only(one, ~self._gone[one.places])) is not None]


def _only(found: Found, keep: Yes) -> Found | None:
    if not keep.any():
        return None
    measured = found.evidence
    evidence = replace(
        measured,
        columns={name: column[keep] for name, column in measured.columns.items()},
        cosines=measured.cosines[keep],
        holds=measured.holds[keep],
        documents=[one for one, kept in zip(measured.documents, keep, strict=True) if kept],
    )
    return Found(found.index, found.places[keep], evidence)


def main() -> int:
    """Measure, print, and write when told to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("questions", type=Path, help="lines with question, document and answer")
    parser.add_argument("--home", type=Path, required=True, help="holds those documents; read only")
    parser.add_argument("--write", action="store_true", help=f"write {WEIGHTS_FILE.name}")
    given = parser.parse_args()
    embedder, today = Embedder(), datetime.now(UTC).date()
    with tempfile.TemporaryDirectory() as folder:
        notice = _notice_cases(Path(folder), embedder, today)
        cases = _cases(given.home, read_questions(given.questions), embedder, today)
        _print_table("cross-validated", _cross_validated(cases, notice), rounds=len(_SEEDS))
        weights = fit(cases, notice)
        _print_table("on what was fitted on", [_tally(case, weights) for case in cases])
        if given.write:
            WEIGHTS_FILE.write_text(_as_toml(weights), encoding="utf-8")
    return 0


def fit(cases: Sequence[Case], notice: Sequence[Case]) -> AllWeights:
    """Fit everything."""
    ranking = _fit_ranking(cases)
    draft = AllWeights(ranking, Weights({"ranking": 1.0}), Weights({}), 0.0, 0.0, 0.0)
    explained, known = _fit_explained(notice, draft)
    whole = replace(draft, explained=explained, known_to_answer=known)
    return _fit_answering([c for c in cases if not c.question.is_explained], whole)


def _fit_ranking(cases: Sequence[Case]) -> Weights:
    columns = cases[0].found[0].evidence.columns
    names = [name for name in columns if name not in _OF_THE_WORD_FILE]
    table = [(_table(case.found, names), case.right) for case in cases]
    fitted = fit_choice(table, penalty=_PENALTY)
    return Weights(dict(zip(names, fitted.tolist(), strict=True)))


def _table(found: Sequence[Found], names: Sequence[str]) -> Numbers:
    """Return evidence as rows."""
    tables = [np.column_stack([one.evidence.columns[name] for name in names]) for one in found]
    return np.concatenate(tables)


def _fit_explained(notice: Sequence[Case], draft: AllWeights) -> tuple[Weights, float]:
    """Weigh what the word file says beside the evidence of the bare words."""
    beside = (*_OF_THE_WORD_FILE, *_AGAIN)
    table: list[tuple[Numbers, Yes]] = []
    for case in notice:
        scores = [draft.ranking.of(one.evidence.columns) for one in case.found]
        rows = _table(case.found, beside)
        table.append((np.column_stack([np.concatenate(scores), rows]), case.right))
    fitted = fit_choice(table, penalty=1.0)
    explained = Weights(dict(zip(("ranking", *beside), fitted.tolist(), strict=True)))
    return explained, _fit_known(notice, replace(draft, explained=explained))


def _fit_known(notice: Sequence[Case], draft: AllWeights) -> float:
    """Weigh that a passage meets all that the word file asks of an answer."""
    table: list[tuple[Numbers, Yes]] = []
    for case in notice:
        candidates = ranked(case.question, case.found, draft)
        known = known_to_answer(case.question, candidates)
        rows = [(c.score, (id(c.index), c.place) in known) for c in candidates]
        right = [case.is_hit(c.passage.document, c.passage.quote) for c in candidates]
        table.append((np.array(rows, dtype=np.float64), np.array(right)))
    score, holds = fit_choice(table, penalty=1.0).tolist()
    return float(holds / score)


def _fit_answering(cases: Sequence[Case], draft: AllWeights) -> AllWeights:
    """Weigh when the best passages answer; each is ranked by weights fitted without it."""
    rows: list[dict[str, float]] = []
    yes: list[bool] = []
    share: list[float] = []
    for case, ranking in _left_out(cases):
        weights = replace(draft, ranking=ranking)
        asked = [(True, case.found, 1.0), (False, case.without, 1.0)]
        asked += [(there, found, _SMALL_SHARE) for there, found in case.small]
        for there, found, counts in asked:
            if found:
                rows.append(backing(case.question, ranked(case.question, found, weights)))
                yes.append(there)
                share.append(counts)
    names = list(rows[0])
    table = np.array([[row[name] for name in names] for row in rows])
    fitted, constant = fit_odds(table, np.array(yes), np.array(share), penalty=_ODDS_PENALTY)
    whole = np.array(yes) & (np.array(share) == 1.0)
    certainty = table[whole] @ fitted + constant
    return replace(
        draft,
        answering=Weights(dict(zip(names, fitted.tolist(), strict=True)), constant),
        answers_from=float(np.quantile(certainty, _UNANSWERED)),
        shown_from=float(np.quantile(certainty, _UNSHOWN)),
    )


def _left_out(cases: Sequence[Case]) -> Iterator[tuple[Case, Weights]]:
    part = parts([case.document for case in cases], _FIFTHS, seed=0)
    for number in range(_FIFTHS):
        ranking = _fit_ranking([c for c, at in zip(cases, part, strict=True) if at != number])
        for case, at in zip(cases, part, strict=True):
            if at == number:
                yield case, ranking


def _cross_validated(cases: Sequence[Case], notice: Sequence[Case]) -> list[dict[str, bool]]:
    tallies: list[dict[str, bool]] = []
    for seed in _SEEDS:
        part = parts([case.document for case in cases], _TENTHS, seed=seed)
        for number in range(_TENTHS):
            weights = fit([c for c, at in zip(cases, part, strict=True) if at != number], notice)
            here = [c for c, at in zip(cases, part, strict=True) if at == number]
            tallies += [_tally(case, weights) for case in here]
    return tallies


def _tally(case: Case, weights: AllWeights) -> dict[str, bool]:
    """Answer a question with these weights, and say what it counts for."""
    status, hits = _answered(case, case.found, weights)
    without, _ = _answered(case, case.without, weights)
    return {
        "hit@1": any(hits[:1]),
        "hit@3": any(hits),
        "answered": status is AnswerStatus.ANSWERED,
        "without its document not answered": without is not AnswerStatus.ANSWERED,
    } | {
        f"not answered, {many} documents, {'right' if there else 'wrong'} ones": _answered(
            case, found, weights
        )[0]
        is not AnswerStatus.ANSWERED
        for (there, found), many in zip(case.small, np.repeat(_SMALL, 2), strict=True)
    }


def _answered(
    case: Case, found: list[Found], weights: AllWeights
) -> tuple[AnswerStatus, list[bool]]:
    candidates: list[Candidate] = ranked(case.question, found, weights) if found else []
    verdict = judge(case.question, candidates, weights)
    quotes = choose_quotes(case.question, verdict.support) if verdict.support else ()
    return verdict.status, [case.is_hit(quote.document, quote.quote) for quote in quotes]


def _print_table(name: str, tallies: list[dict[str, bool]], *, rounds: int = 1) -> None:
    print(f"\n{name:<46}{'right':>7}{'asked':>6}{'rate':>7}   95 % interval")
    for what in tallies[0]:
        # Several rounds ask the same questions again: they make no interval narrower.
        right, asked = sum(one[what] for one in tallies) / rounds, len(tallies) // rounds
        low, high = _interval(right / asked, asked)
        print(f"{what:<46}{right:>7.1f}{asked:>6}{right / asked:>7.3f}   {low:.3f}–{high:.3f}")


def _interval(rate: float, asked: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a rate."""
    spread = _Z_95**2 / asked
    around = _Z_95 * math.sqrt((rate * (1 - rate) + spread / 4) / asked)
    return (
        (rate + spread / 2 - around) / (1 + spread),
        (rate + spread / 2 + around) / (1 + spread),
    )


def _as_toml(weights: AllWeights) -> str:
    tables: dict[str, dict[str, float]] = {
        "ranking": dict(weights.ranking.by_name),
        "explained": dict(weights.explained.by_name),
        "answering": {CONSTANT: weights.answering.constant, **weights.answering.by_name},
        "bars": {
            "known_to_answer": weights.known_to_answer,
            "answers_from": weights.answers_from,
            "shown_from": weights.shown_from,
        },
    }
    lines = [_HEAD]
    for name, numbers in tables.items():
        lines += [f"[{name}]", *(f"{key} = {number:.4f}" for key, number in numbers.items()), ""]
    return "\n".join(lines)


def _cases(
    home: Path, questions: Sequence[FileQuestion], embedder: Embedder, today: date
) -> list[Case]:
    key = (home / "key").read_text(encoding="utf-8").strip()
    database = Database(f"sqlite:///{home / 'junxiu.sqlite3'}", Keyring([key.encode()]))
    (index,) = _indexes(database, embedder).current(None)
    lexicon, kinds = Lexicon(), AskedKinds()
    dice = np.random.default_rng(0)
    cases: list[Case] = []
    for line in questions:
        question = understand(line.question, lexicon, kinds)
        vector = embedder.query_vector(line.question)
        row = _row_of(index, str(line.line["document"]))
        others = np.setdiff1d(np.unique(index.rows), [row])
        small: list[tuple[bool, list[Found]]] = []
        for many in _SMALL:
            some = dice.choice(others, many, replace=False)
            for there in (True, False):
                rows = np.append(some[1:], row) if there else some
                part = PartOfIndex(index, ~np.isin(index.rows, rows))
                small.append((there, part.left(search(question, vector, [part], today=today))))
        part = PartOfIndex(index, index.rows == row)
        cases.append(
            Case(
                question,
                str(line.line["document"]),
                (str(line.line["answer"]),),
                search(question, vector, [index], today=today),
                part.left(search(question, vector, [part], today=today)),
                small,
            )
        )
    return cases


def _row_of(index: ScopeIndex, document: str) -> int:
    firsts = np.unique(index.rows, return_index=True)[1]
    return next(
        int(index.rows[at]) for at in firsts if index.passages[int(at)].document == document
    )


def _notice_cases(folder: Path, embedder: Embedder, today: date) -> list[Case]:
    now = datetime.now(UTC)
    database = Database(f"sqlite:///{folder / 'home.sqlite3'}", Keyring([Fernet.generate_key()]))
    migrate(database, home_dir=folder, now=now)
    ingest_bundled_notice(database, VectorStore(database, embedder), now=now)
    indexes = _indexes(database, embedder).current(None)
    lexicon, kinds = Lexicon(), AskedKinds()
    cases: list[Case] = []
    for line in read_known_questions(KNOWN_QUESTIONS):
        if line.kind == ANSWERABLE:
            question = understand(line.question, lexicon, kinds)
            vector = embedder.query_vector(line.question)
            found = search(question, vector, indexes, today=today)
            cases.append(Case(question, NOTICE_ID, line.gold, found, [], []))
    return cases


def _indexes(database: Database, embedder: Embedder) -> Indexes:
    vectors = VectorStore(database, embedder)
    return Indexes(database=database, vectors=vectors, directory=None)


if __name__ == "__main__":
    sys.exit(main())
