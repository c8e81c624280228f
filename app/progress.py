"""A progress bar on standard error for whatever takes longer than a moment."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm


@contextmanager
def progress_bar(words: str, unit: str = "段") -> Iterator[Callable[[int, int], None]]:
    """Yield a function to be called with (done, all); nothing is drawn where nobody looks."""
    with tqdm(desc=words, leave=False, unit=unit, disable=None) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield show
