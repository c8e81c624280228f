"""A command that cannot be done as it was given."""


class CommandRefused(Exception):
    """The message says what to do instead."""

    def __init__(self, sentence: str, exit_code: int = 1) -> None:
        """Take the sentence for the operator and the exit code."""
        super().__init__(sentence)
        self.exit_code = exit_code
