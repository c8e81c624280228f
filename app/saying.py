"""What the command line says to the operator."""

import sys
from pathlib import Path

from store.texts import Texts

SAY = Texts(Path(__file__).parent / "texts.toml")


def tell_operator(sentence: str) -> None:
    """Print one line at once, even into a pipe."""
    print(sentence, file=sys.stdout, flush=True)


def note_operator(sentence: str) -> None:
    """Print one line beside the output, which others may be reading."""
    print(sentence, file=sys.stderr, flush=True)
