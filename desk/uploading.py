"""A file from a clerk's machine: taken in whole or not at all, and parsed in a process apart."""

import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from booking.staff_access import DeskVisit
from desk.guard import refuse_other_sites, refuse_without_secret
from desk.wording import TEXTS
from ingestion import texts
from ingestion.loaded import LoadedDocument, Refused, Unreadable
from ingestion.loaders import LOADERS, SAVE_AS, load

_LONGEST_NAME = 200
# Each of these is one document; a collection is read in on the command line.
READABLE = tuple(suffix for suffix in LOADERS if suffix != ".jsonl")


@asynccontextmanager
async def uploaded_file(request: Request, visit: DeskVisit) -> AsyncIterator[UploadFile]:
    """Yield the one file of a form, whose other fields prove where it comes from.

    The form is read only now, after the clerk is known: nobody else may fill the disk.

    Raises:
        ChangeRefused: the form is not from a page of ours.
        Refused: there is no file in it.
    """
    refuse_other_sites(request)
    async with AsyncExitStack() as stack:
        try:
            form = await stack.enter_async_context(request.form(max_files=1, max_fields=4))
        except HTTPException as error:
            raise Refused(TEXTS.say("documents.no_file")) from error
        csrf, file = form.get("csrf"), form.get("file")
        refuse_without_secret(request, visit, csrf if isinstance(csrf, str) else "")
        if not isinstance(file, UploadFile) or not file.filename:
            raise Refused(TEXTS.say("documents.no_file"))
        yield file


def read_upload(name: str, content: BinaryIO) -> LoadedDocument:
    """Read an uploaded file; its id is its name. Takes as long as the parser does.

    Raises:
        Refused: it cannot be read; the message says why and what to do.
    """
    name = _plain_name(name)
    suffix = PurePosixPath(name).suffix.lower()
    if suffix not in READABLE:
        raise Refused(_of_other_kind(suffix))
    with tempfile.TemporaryDirectory(prefix="junxiu-upload-") as folder:
        path = Path(folder) / f"document{suffix}"
        with path.open("wb") as copy:
            shutil.copyfileobj(content, copy)
        try:
            (document,) = load(path)
        except Unreadable as error:
            raise Refused(error.reason) from error
    return replace(document, external_id=name)


def _of_other_kind(suffix: str) -> str:
    if suffix in SAVE_AS:
        return texts.SAVE_AS.format(suffix=SAVE_AS[suffix])
    kinds = "、".join(each.removeprefix(".") for each in READABLE)
    return TEXTS.say("documents.other_kind", kinds=kinds)


def _plain_name(name: str) -> str:
    """Return the last part of the name, without what no one can see; its ending stays."""
    last = name.replace("\\", "/").rpartition("/")[2]
    seen = "".join(sign for sign in last if sign.isprintable()).strip()
    path = PurePosixPath(seen or "document")
    return f"{path.stem[: _LONGEST_NAME - 10]}{path.suffix[:10]}"
