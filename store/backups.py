"""Backups: one file that holds every row as it was at one moment, and names its key.

A backup is a zip of `manifest.json` and one file of lines for each table (`store.tables`), made
while the system goes on working, the same from both databases, so that it can be restored into
either. What is encrypted in the database is encrypted in it: whoever keeps it must keep the key,
elsewhere.
"""

import io
import json
import os
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from store.copying import fill, standing_still
from store.database import Database
from store.errors import BackupBroken, KeyWrong
from store.migration import SCRIPTS, current_revision, refuse_newer
from store.tables import Content, Reading, last_id, lines_of, tables_of

FORMAT = 1
_MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself: its day, its schema, the fingerprints of its keys."""

    made_at: str
    revision: str
    keys: tuple[str, ...]
    tables: dict[str, Content]

    @property
    def rows(self) -> int:
        """How many rows there are in all."""
        return sum(table.rows for table in self.tables.values())


def make_backup(database: Database, target: Path, *, now: datetime) -> Manifest:
    """Write a backup of a database that may be at work; `target` appears when it is whole."""
    draft = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        with draft.open("xb") as file:
            draft.chmod(0o600)
            manifest = _write(database, file, now)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(target)
    finally:
        draft.unlink(missing_ok=True)
    return manifest


def _write(database: Database, file: io.BufferedWriter, now: datetime) -> Manifest:
    contents: dict[str, Content] = {}
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive,
        standing_still(database) as connection,
    ):
        revision = current_revision(connection)
        for table in tables_of(connection):
            reading = Reading(lines_of(connection, table))
            with archive.open(_name_of(table.name), "w", force_zip64=True) as entry:
                for line in reading:
                    entry.write(line.encode() + b"\n")
            contents[table.name] = Content(
                reading.rows, reading.checksum, last_id(connection, table)
            )
        manifest = Manifest(
            now.isoformat(), revision or "", database.keyring.fingerprints, contents
        )
        told = {"format": FORMAT, **asdict(manifest)}
        archive.writestr(_MANIFEST, json.dumps(told, ensure_ascii=False, indent=1))
    return manifest


def read_manifest(path: Path) -> Manifest:
    """Read what a backup says of itself.

    Raises:
        BackupBroken: it is no backup, or not a whole one.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            told = json.loads(archive.read(_MANIFEST))
        if told.pop("format") != FORMAT:
            raise BackupBroken(f"{path} 是更新的版本做的备份，这个版本读不了。请先升级程序。")
        tables = {name: Content(**content) for name, content in told.pop("tables").items()}
        return Manifest(**{**told, "keys": tuple(told["keys"]), "tables": tables})
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError, AttributeError) as error:
        raise BackupBroken(f"{path} 不是完整的备份文件，没有恢复。请换一份备份。") from error
    except OSError as error:
        raise BackupBroken(f"{path} 读不了（{error.strerror or error}）。") from error


def restore(path: Path, target: Database, *, scripts: Path = SCRIPTS) -> Manifest:
    """Write a backup into an empty database, with its own schema; `migrate` brings it up later.

    Raises:
        BackupBroken, DatabaseNewer, KeyWrong: it cannot be read here, and why.
        DatabaseInUse: the target is not empty. CopyDiffers: the file was damaged.
    """
    manifest = read_manifest(path)
    refuse_newer(manifest.revision, scripts=scripts)
    missing = [key for key in manifest.keys if key not in target.keyring.fingerprints]
    if missing:
        raise KeyWrong(
            f"这份备份要用指纹是 {'、'.join(missing)} 的密钥才打得开；"
            f"现在的密钥指纹是 {'、'.join(target.keyring.fingerprints)}。请放回当时的密钥再恢复。"
        )
    try:
        with zipfile.ZipFile(path) as archive:
            fill(
                target,
                manifest.revision,
                lambda name: _lines(archive, name),
                lambda: manifest.tables,
                names=manifest.tables,
                scripts=scripts,
            )
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise BackupBroken(f"{path} 坏了，什么也没有恢复。请换一份备份。") from error
    return manifest


def _lines(archive: zipfile.ZipFile, name: str) -> Iterator[str]:
    with archive.open(_name_of(name)) as entry:
        for line in io.TextIOWrapper(entry, encoding="utf-8", newline="\n"):
            yield line.rstrip("\n")


def _name_of(table: str) -> str:
    return f"tables/{table}.jsonl"
