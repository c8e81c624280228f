"""The `junxiu` command: reads its words, and only then loads what it needs."""

import sys
from collections.abc import Sequence

from app.command_line import read_command_line
from store.texts import TextsBroken


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    options = read_command_line(arguments)
    try:
        # The search index and the model take a second to load: --help does not wait for them.
        from app.running import run

        return run(options)
    except TextsBroken as error:
        # Sentences are read while their package is loaded.
        print(str(error), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
