"""Logs: one JSON object a line on standard error, with the turn's id and no personal text.

Whatever went wrong is told by the kind of error and the lines of code it passed through. The
error's own words are left out: they may carry what a person wrote.
"""

import logging
import sys
import threading
import traceback
import types

from pythonjsonlogger.json import JsonFormatter

from store.turn_id import TURN_ID

log = logging.getLogger(__name__)

_OURS = frozenset({"app", "bot", "booking", "desk", "ingestion", "knowledge", "store"})

ExcInfo = tuple[type[BaseException], BaseException, types.TracebackType | None]


class _TurnId(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.turn_id = TURN_ID.get()
        return True


class _OfOthers(logging.Filter):
    """Lets libraries say little: they log addresses with tokens, whole requests, whole messages.

    What they have to say below a warning is dropped, at whatever level they were set; of a
    warning or an error its first line is kept, for below it asyncio quotes the error's words.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.partition(".")[0] in _OURS:
            return True
        record.msg, record.args = record.getMessage().partition("\n")[0], None
        return record.levelno >= logging.WARNING


class _Formatter(JsonFormatter):
    def formatException(self, ei: ExcInfo | tuple[None, None, None]) -> str:  # noqa: N802 - logging's name.
        return "" if ei[1] is None else _without_words(ei[1])


def _without_words(error: BaseException) -> str:
    """Return the kinds and places of an error and of what caused it, first cause first."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    lines = [] if before is None else [_without_words(before)]
    lines += [
        f"{frame.filename}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    return "\n".join([*lines, f"{type(error).__module__}.{type(error).__qualname__}"])


def set_up_logs(level: str) -> None:
    """Send all logs of the process to standard error as JSON, lost errors and warnings too."""
    handler = logging.StreamHandler(sys.stderr)
    # Here too, because some libraries set a level of their own.
    handler.setLevel(level)
    handler.setFormatter(
        _Formatter(
            "{asctime}{levelname}{name}{turn_id}{message}",
            style="{",
            rename_fields={"asctime": "at", "levelname": "level", "name": "part"},
            json_ensure_ascii=False,
        )
    )
    handler.addFilter(_TurnId())
    handler.addFilter(_OfOthers())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.captureWarnings(True)
    threading.excepthook = _log_lost
    sys.excepthook = _log_last


def _log_lost(lost: threading.ExceptHookArgs) -> None:
    if lost.exc_value is None:
        return
    name = lost.thread.name if lost.thread else "?"
    log.error(
        "the thread %s ended by a mistake",
        name,
        exc_info=(lost.exc_type, lost.exc_value, lost.exc_traceback),
    )


def _log_last(
    kind: type[BaseException], error: BaseException, trace: types.TracebackType | None
) -> None:
    """Log what ends the process, which Python would print with its words."""
    log.critical("the process ended by a mistake", exc_info=(kind, error, trace))
