"""Runs kept in the home, and what got better or worse since the last one of the same set.

A run is one JSON file in a folder named after the set. It holds no question: one that a person
asked is encrypted wherever it lies, so a question is known again by its id and a keyed hash.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from knowledge.answers import Answer
from knowledge.evaluation.evaluating import Outcome, Report
from knowledge.evaluation.sets import Score, SetQuestion
from store.keyring import Keyring

FOLDER = "evaluations"


@dataclass(frozen=True, slots=True)
class Before:
    """What a question came to in an earlier run."""

    status: str
    quote: str
    scores: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class Change:
    """A question that is now right on something it was wrong on before, or the other way."""

    outcome: Outcome
    before: Before
    scores: tuple[Score, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A run beside the one before it; `shared` questions were asked in both."""

    before_at: datetime
    shared: int
    better: tuple[Change, ...]
    worse: tuple[Change, ...]


class Runs:
    """The runs of a home."""

    def __init__(self, home: Path, keyring: Keyring) -> None:
        """Take the home's folder and its key."""
        self._folder = home / FOLDER
        self._keyring = keyring

    def compare(self, report: Report) -> Comparison | None:
        """Return what changed since the last run that asked some of these questions.

        None where there is none. A file that is no run of ours is passed over.
        """
        known = {self._key(outcome.asked): outcome for outcome in report.outcomes}
        for at, questions in self._newest_first(report.set_name):
            if shared := known.keys() & questions.keys():
                pairs = [(known[key], questions[key]) for key in known if key in shared]
                return Comparison(
                    at, len(shared), _changes(pairs, to=True), _changes(pairs, to=False)
                )
        return None

    def keep(self, report: Report, *, at: datetime) -> Path:
        """Write a run down and return its file; `at` is the instant it was made."""
        folder = self._folder / report.set_name
        folder.mkdir(parents=True, exist_ok=True)
        written = json.dumps(self._written(report, at), ensure_ascii=True, indent=1)
        file = folder / f"{at:%Y%m%dT%H%M%S.%fZ}.json"
        draft = file.with_suffix(".part")
        draft.write_text(written, encoding="ascii")
        return draft.replace(file)

    def _written(self, report: Report, at: datetime) -> dict[str, Any]:
        return {
            "set": report.set_name,
            "at": at.isoformat(),
            "tallies": {t.name: {"right": t.right, "asked": t.asked} for t in report.tallies},
            "area": report.curve.area,
            "questions": {self._key(one.asked): _outcome(one) for one in report.outcomes},
        }

    def _key(self, asked: SetQuestion) -> str:
        """Return what a question is known by: another word in it, or another gold, is another."""
        right = [asked.kind, asked.gold, asked.must_include, asked.document]
        told = json.dumps([asked.id, asked.question, right], ensure_ascii=True)
        return self._keyring.lookup(f"evaluation question:{told}")

    def _newest_first(self, name: str) -> Iterator[tuple[datetime, dict[str, Before]]]:
        for file in sorted((self._folder / name).glob("*.json"), reverse=True):
            try:
                run = json.loads(file.read_text(encoding="utf-8"))
                questions = {key: _before(row) for key, row in run["questions"].items()}
                at = datetime.fromisoformat(run["at"])
            except (OSError, ValueError, KeyError, TypeError, AttributeError):
                continue
            yield at, questions


def _outcome(one: Outcome) -> dict[str, Any]:
    return {
        "id": one.asked.id,
        "status": one.answer.status.value,
        "confidence": round(one.answer.confidence, 6),
        "quote": first_quote(one.answer),
        "scores": dict(one.scores),
    }


def _before(row: Mapping[str, Any]) -> Before:
    return Before(str(row["status"]), str(row["quote"]), dict(row["scores"]))


def first_quote(answer: Answer) -> str:
    """Return the first quote of an answer, empty when it has none."""
    return answer.citations[0].quote if answer.citations else ""


def _changes(pairs: list[tuple[Outcome, Before]], *, to: bool) -> tuple[Change, ...]:
    """Return the questions with a score that both runs have and that is `to` only now."""
    found: list[Change] = []
    for outcome, before in pairs:
        turned = tuple(
            name
            for name, right in outcome.scores.items()
            if right is to and before.scores.get(name, right) is not right
        )
        if turned:
            found.append(Change(outcome, before, turned))
    return tuple(found)
