"""Example sentences: where no rule speaks, the nearest ones tell danger from the harmless.

Measured on sentences written after the rules: of the dangers no rule heard, the examples heard
about half, with one false alarm in twenty look-alikes and none among ordinary messages.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.understanding.commands import Vector
from bot.understanding.words import FOLDER, Sentences, read_table
from knowledge import kept_vectors
from knowledge.kept_vectors import Embed

# The mean of so many nearest examples of each side is compared.
NEAREST = 3
MARGIN = 0.01
VECTORS = "examples.npz"


@dataclass(frozen=True, slots=True)
class Examples:
    """Sentences of danger and sentences that only sound like it."""

    danger: tuple[str, ...]
    harmless: tuple[str, ...]


def load_examples(folder: Path = FOLDER) -> Examples:
    """Read examples.toml of `folder`.

    Raises:
        WordsBroken: the file is wrong; the message names file, line and problem in Chinese.
    """
    table = read_table(folder / "examples.toml", Sentences)
    return Examples(table.danger.says, table.harmless.says)


class NearestExamples:
    """The examples as vectors."""

    def __init__(self, examples: Examples, embed: Embed, folder: Path = FOLDER) -> None:
        """Take the vectors kept beside the file; embed only what is new in it."""
        both = (*examples.danger, *examples.harmless)
        rows = kept_vectors.vectors_of(folder / VECTORS, both, embed)
        self._danger, self._harmless = np.split(rows, [len(examples.danger)])

    def is_danger(self, vector: Vector) -> bool:
        """Tell whether the text of `vector` is nearer to danger."""
        return _nearness(self._danger, vector) - _nearness(self._harmless, vector) > MARGIN


def keep_vectors(examples: Examples, embed: Embed, folder: Path = FOLDER) -> None:
    """Write the vectors of every example beside the file, so that the start stays quick."""
    kept_vectors.keep_vectors(folder / VECTORS, (*examples.danger, *examples.harmless), embed)


def _nearness(rows: Vector, vector: Vector) -> float:
    return float(np.sort(rows @ vector)[-NEAREST:].mean())
