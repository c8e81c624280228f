"""A file is parsed in a process of its own, with limits on time, memory and text.

A parser that loops, swells or crashes takes only its own process with it. The process is given
no environment, so no key or token either; it may write no file; it hands back plain JSON.
"""

import importlib
import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingestion import texts
from ingestion.loaded import LoadedDocument, OnlyPictures, Unreadable

MOST_CHARACTERS = 5_000_000
_ROOT = Path(__file__).resolve().parents[1]
# Threads reserve address space each; on a machine of many cores that alone would pass the limit.
_ENVIRONMENT = {
    "PYTHONUTF8": "1",
    "OMP_NUM_THREADS": "2",
    "OPENBLAS_NUM_THREADS": "2",
    "MALLOC_ARENA_MAX": "2",
}
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading one file may cost: seconds on the clock, bytes of address space."""

    seconds: float
    memory_bytes: int


def load_apart(
    loader: str, path: Path, external_id: str, limits: Limits
) -> Iterator[LoadedDocument]:
    """Yield what the loader `module:function` reads, run in a process of its own.

    Raises:
        Unreadable: whatever the loader says; or it took too long, too much memory, or crashed.
        OnlyPictures: the loader found pages without text.
    """
    order = {
        "loader": loader,
        "path": str(path.resolve()),
        "external_id": external_id,
        "memory_bytes": limits.memory_bytes,
        "cpu_seconds": int(limits.seconds) + 1,
    }
    reply = _run(json.dumps(order).encode(), path, limits.seconds)
    if "documents" not in reply:
        raise _refusal(path, reply)
    for found in reply["documents"]:
        yield LoadedDocument(found["external_id"], found["text"], found["title"])


def _run(order: bytes, path: Path, seconds: float) -> dict[str, Any]:
    with subprocess.Popen(
        [sys.executable, "-B", "-m", "ingestion.isolation"],
        cwd=_ROOT,
        # Windows cannot start a process without its environment.
        env=None if os.name == "nt" else _ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as child:
        try:
            out, _ = child.communicate(order, timeout=seconds)
        except subprocess.TimeoutExpired as error:
            raise Unreadable(path, texts.TOO_SLOW) from error
        finally:
            if child.poll() is None:
                child.kill()
    if child.returncode == -getattr(signal, "SIGXCPU", 0):
        raise Unreadable(path, texts.TOO_SLOW)
    if child.returncode != 0 or not out:
        # Without its name, which may be a person's, as may the words of a parser's error.
        _log.warning("the reader of a %s file ended with %s", path.suffix, child.returncode)
        raise Unreadable(path, texts.BROKEN)
    reply: dict[str, Any] = json.loads(out)
    return reply


def _refusal(path: Path, reply: dict[str, Any]) -> Unreadable:
    if "pages" in reply:
        return OnlyPictures(path, reply["reason"], reply["pages"])
    if "crash" in reply:
        _log.warning("a %s file could not be read: %s", path.suffix, reply["crash"])
    return Unreadable(path, reply["reason"], reply.get("line"))


def _limit(memory_bytes: int, cpu_seconds: int) -> None:
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    if sys.platform != "darwin":  # macOS knows the limit and refuses to set it.
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))


def _work(order: dict[str, Any]) -> dict[str, Any]:
    """Run the loader and put what it gives, or why it gives nothing, into plain values."""
    module, _, function = order["loader"].partition(":")
    path = Path(order["path"])
    try:
        load = getattr(importlib.import_module(module), function)
        documents = [
            {"external_id": d.external_id, "text": d.text, "title": d.title}
            for d in load(path, order["external_id"])
        ]
    except OnlyPictures as error:
        return {"reason": error.reason, "pages": error.pages}
    except Unreadable as error:
        return {"reason": error.reason, "line": error.line}
    except MemoryError:
        return {"reason": texts.TOO_HUNGRY}
    except Exception as error:  # noqa: BLE001  A parser may raise anything at all on a broken file.
        return {
            "reason": texts.BROKEN,
            "crash": f"{type(error).__module__}.{type(error).__qualname__}",
        }
    if sum(len(document["text"]) for document in documents) > MOST_CHARACTERS:
        return {"reason": texts.TOO_MUCH_TEXT}
    return {"documents": documents}


def main() -> None:
    """Read one order from standard input, write one reply to standard output."""
    order = json.loads(sys.stdin.buffer.read())
    # What a parser prints must not get into the reply.
    reply_to = os.dup(1)
    os.dup2(2, 1)
    _limit(order["memory_bytes"], order["cpu_seconds"])
    with os.fdopen(reply_to, "wb") as out:
        out.write(json.dumps(_work(order)).encode())


if __name__ == "__main__":
    main()
