"""The page's style, script and icon: read once, served under an address that changes with them."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from fastapi import Response

_FOLDER = Path(__file__).with_name("static")
_KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    kind: str


class Assets:
    """Every file below static/, and one digest over all of them.

    One digest for all lets the scripts import each other by relative address.
    """

    def __init__(self) -> None:
        """Read the files."""
        paths = sorted(path for path in _FOLDER.iterdir() if path.suffix in _KINDS)
        self._files = {path.name: _File(path.read_bytes(), _KINDS[path.suffix]) for path in paths}
        whole = hashlib.sha256()
        for name, file in self._files.items():
            whole.update(name.encode() + b"\0" + file.content)
        self._digest = whole.hexdigest()[:16]

    def address(self, name: str) -> str:
        """Return where a file is served.

        Raises:
            KeyError: there is no such file.
        """
        self._files[name]
        return f"/chat/static/{self._digest}/{name}"

    def serve(self, digest: str, name: str) -> Response:
        """Answer with a file; only under today's digest may it be kept."""
        file = self._files.get(name)
        if file is None:
            return Response(status_code=404)
        # While an old and a new process run side by side, a page of one may ask the other.
        kept = _FOR_EVER if digest == self._digest else "no-cache"
        return Response(file.content, media_type=file.kind, headers={"Cache-Control": kept})
