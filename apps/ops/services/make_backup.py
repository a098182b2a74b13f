"""Write down one instant of the database, and the files that belong to it."""

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.core.files.storage import default_storage
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.recorder import MigrationRecorder

from apps.core.errors import NoSpace, Unavailable
from apps.core.locking import alone
from apps.core.services.purge import SECTION
from apps.ops.backup.files import StoredFile, digest, fetch, paths_in
from apps.ops.backup.fingerprints import Fingerprint, fingerprints, sequences, tables
from apps.ops.backup.manifest import DUMP, FILES, Manifest, read_manifest
from apps.ops.backup.meter import Meter
from apps.ops.backup.programs import own_connection, run_program
from apps.ops.models import BackupRecord
from apps.uploads.receiving import room_on_disk

log = structlog.get_logger(__name__)

PREFIX, PARTIAL = "backroom-", ".partial"
PATIENCE = 60.0
# Files without which a row would promise what is not there.
REFERRED_TO = """
SELECT stored_path FROM uploaded_files WHERE deleted_at IS NULL AND status = 'completed'
UNION SELECT substr(result_uri, 9) FROM jobs WHERE result_uri LIKE 'storage:%'
UNION SELECT image_path FROM items WHERE image_path IS NOT NULL
UNION SELECT image_path FROM item_designs WHERE image_path <> ''
"""


class BackupBusy(Unavailable):
    """Another backup, or a purge that takes long, is at work; try again when it is over."""

    code = "backup_busy"


@dataclass(frozen=True)
class Backup:
    """A backup that is complete."""

    folder: Path
    manifest: Manifest
    seconds: float


@dataclass(frozen=True)
class _Database:
    migrations: list[str]
    tables: dict[str, Fingerprint]
    sequences: dict[str, int]
    referred_to: set[str]


def make_backup(*, place: Path, now: datetime, meter: Meter | None = None) -> Backup:
    """
    Make a backup in a folder of its own; it has its name only when it is complete.

    :raises BackupBusy: if another one is being made there
    :raises NoSpace: if the disk is full; nothing is left
    :raises ProgramMissing: if pg_dump is not installed
    :raises ProgramFailed: if it fails
    """
    meter, begun = meter or Meter(), time.monotonic()
    with room_on_disk(), _partial(place, now) as folder:
        with own_connection() as own, _instant(own) as (cursor, snapshot):
            paths = list(paths_in(default_storage))
            _announce(cursor, paths, folder, meter)
            found = _look(cursor, own, meter)
            dump = _dump(own, snapshot, folder, tables(cursor), meter)
            meter.step("copying files")
            files = list(_fetched(paths, folder, meter))
            server = own.connection.info.parameter_status("server_version")
        manifest = Manifest(
            created_at=now,
            version=settings.SERVICE_VERSION,
            server=server or "",
            migrations=found.migrations,
            tables=found.tables,
            sequences=found.sequences,
            dump=dump,
            files=files,
            missing=_missing(found.referred_to - {file.path for file in files}),
        )
        manifest.write(folder)
    backup = Backup(place / folder.stem, manifest, time.monotonic() - begun)
    _record(backup)
    return backup


def remove_old_backups(*, place: Path, now: datetime, kept: timedelta) -> list[str]:
    """Remove complete backups of before; the latest one always stays."""
    removed = []
    for folder in backups_in(place)[:-1]:
        if read_manifest(folder).created_at < now - kept:
            shutil.rmtree(folder)
            removed.append(folder.name)
    return removed


def backups_in(place: Path) -> list[Path]:
    """Return the complete backups of a place, the oldest first."""
    found = place.glob(f"{PREFIX}*")
    return sorted(path for path in found if path.is_dir() and path.suffix != PARTIAL)


@contextmanager
def _partial(place: Path, now: datetime) -> Iterator[Path]:
    """Lend a folder that gets its name at the end, or is gone."""
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (place / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupBusy from None
        for left in place.glob(f"{PREFIX}*{PARTIAL}"):  # by one that was killed
            shutil.rmtree(left)
        stamp = f"{now:%Y%m%dT%H%M%S}{now.microsecond // 1000:03}Z"
        folder = place / f"{PREFIX}{stamp}{PARTIAL}"
        folder.mkdir(mode=0o700)
        try:
            yield folder
            os.sync()
            folder.rename(folder.with_suffix(""))
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise


@contextmanager
def _instant(own: BaseDatabaseWrapper) -> Iterator[tuple[Any, str]]:
    """Look at one instant of the database, in which no purge removes files."""
    give_up_at = time.monotonic() + PATIENCE
    with own.cursor() as cursor:
        while True:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            if alone(SECTION, cursor=cursor):
                break
            cursor.execute("ROLLBACK")
            if time.monotonic() > give_up_at:
                raise BackupBusy
            time.sleep(0.1)
        cursor.execute("SELECT pg_export_snapshot()")
        yield cursor, cursor.fetchone()[0]


def _announce(cursor: Any, paths: list[str], folder: Path, meter: Meter) -> None:
    """
    Tell how much there is to do.

    :raises NoSpace: if the files alone would fill the disk
    """
    size = sum(_size(path) for path in paths)
    if size > shutil.disk_usage(folder).free:
        raise NoSpace(f"The files are {size:,} bytes; there is not that much room.")
    meter.begin(size + 2 * sum(tables(cursor).values()))


def _look(cursor: Any, own: BaseDatabaseWrapper, meter: Meter) -> _Database:
    meter.step("reading tables")
    sizes, found = tables(cursor), {}
    for name, fingerprint in fingerprints(cursor):
        found[name] = fingerprint
        meter.advance(sizes[name])
    applied = MigrationRecorder(own).applied_migrations()
    cursor.execute(REFERRED_TO)
    referred_to = {path for (path,) in cursor.fetchall()}
    migrations = sorted(f"{app}.{name}" for app, name in applied)
    return _Database(migrations, found, sequences(cursor), referred_to)


def _dump(
    own: BaseDatabaseWrapper, snapshot: str, folder: Path, sizes: dict[str, int], meter: Meter
) -> StoredFile:
    meter.step("writing the database")
    path = folder / DUMP
    path.touch(mode=0o600)
    run_program(
        "pg_dump",
        [
            *("--format=custom", "--compress=3", "--no-owner", "--no-privileges"),
            *(f"--snapshot={snapshot}", f"--file={path}"),
        ],
        database=own,
        on_table=lambda name: meter.advance(sizes.get(name, 0)),
    )
    with path.open("rb") as written:
        return digest(DUMP, written, Meter())


def _fetched(paths: list[str], folder: Path, meter: Meter) -> Iterator[StoredFile]:
    for path in paths:
        try:
            yield fetch(default_storage, path, folder / FILES / path, meter)
        except FileNotFoundError:  # somebody has removed it a moment ago
            (folder / FILES / path).unlink(missing_ok=True)


def _missing(absent: set[str]) -> list[str]:
    """Return which of these files rows still refer to: the others were removed meanwhile."""
    if not absent:
        return []
    with own_connection() as own, own.cursor() as cursor:
        cursor.execute(REFERRED_TO)
        return sorted(absent & {path for (path,) in cursor.fetchall()})


def _size(path: str) -> int:
    try:
        return default_storage.size(path)
    except FileNotFoundError:
        return 0


def _record(backup: Backup) -> None:
    manifest = backup.manifest
    BackupRecord.objects.create(
        kind=BackupRecord.Kind.BACKUP,
        name=backup.folder.name,
        has_passed=True,
        seconds=backup.seconds,
        report={
            "tables": len(manifest.tables),
            "rows": manifest.rows,
            "files": len(manifest.files),
            "bytes": manifest.bytes,
            "missing": manifest.missing,
        },
    )
    log.info("backup.made", name=backup.folder.name, bytes=manifest.bytes)
