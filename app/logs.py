"""Logs: one JSON object a line on standard error, with the turn's id and no personal text."""

import logging
import sys

from pythonjsonlogger.json import JsonFormatter

from store.turn_id import TURN_ID


class _TurnId(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.turn_id = TURN_ID.get()
        return True


def set_up_logs(level: str) -> None:
    """Send all logs of the process to standard error as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        JsonFormatter(
            "{asctime}{levelname}{name}{turn_id}{message}",
            style="{",
            rename_fields={"asctime": "at", "levelname": "level", "name": "part"},
            json_ensure_ascii=False,
        )
    )
    handler.addFilter(_TurnId())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # These log addresses with tokens in them, or one line for every request.
    for name in ("httpx", "httpcore", "telegram", "chromadb", "uvicorn", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
