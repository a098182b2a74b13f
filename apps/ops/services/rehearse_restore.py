"""Restore a backup for practice: beside the real database, compared to the last row."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from secrets import token_hex

from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.db import ProgrammingError
from psycopg.errors import InsufficientPrivilege

from apps.core.errors import DomainError
from apps.ops.backup.comparing import Comparison, compare_database, compare_files, compare_keys
from apps.ops.backup.loading import is_filled, load_database, load_files
from apps.ops.backup.manifest import Manifest, check_backup, read_manifest
from apps.ops.backup.meter import Meter
from apps.ops.backup.programs import own_connection
from apps.ops.models import BackupRecord
from apps.ops.services.restore_backup import NotEmpty, begin


class NoScratch(DomainError):
    """This database user may not make a database to practise in; name an empty one."""

    code = "no_scratch_database"


@dataclass
class Drill:
    """How a restore went that was only practice."""

    name: str
    outcome: Comparison
    restored_in: float
    age: float
    refusal: str = ""

    @property
    def has_passed(self) -> bool:
        """Return whether everything was there, and the same."""
        return not self.refusal and not self.outcome.differences

    def as_json(self) -> dict[str, object]:
        """Return the report."""
        found = asdict(self.outcome)
        differences = ([self.refusal] if self.refusal else []) + found.pop("differences")
        return {
            "backup": self.name,
            "passed": self.has_passed,
            **found,
            "differences": differences,
            "restoreSeconds": round(self.restored_in, 1),
            "backupAgeSeconds": round(self.age, 1),
        }


def rehearse_restore(
    *, folder: Path, now: datetime, scratch: str | None = None, meter: Meter | None = None
) -> Drill:
    """
    Restore a backup beside what is there, compare everything, clear it away, and note the result.

    :param scratch: an empty database of the same server; one is made and removed if not given
    :raises NotABackup: if there is none in the folder
    :raises NoScratch: if no database can be made
    :raises NotEmpty: if the named one is not empty
    """
    meter, begun = meter or Meter(), time.monotonic()
    manifest = read_manifest(folder)
    begin(manifest, meter)
    drill = Drill(folder.name, Comparison(), 0.0, (now - manifest.created_at).total_seconds())
    try:
        with _scratch(scratch) as database, _place() as storage:
            meter.step("checking the backup")
            check_backup(folder, manifest, meter)
            _restore(folder, manifest, database, storage, drill.outcome, meter)
    except (NoScratch, NotEmpty):
        raise
    except DomainError as error:
        drill.refusal = str(error)
    drill.restored_in = time.monotonic() - begun
    BackupRecord.objects.create(
        kind=BackupRecord.Kind.DRILL,
        name=folder.name,
        has_passed=drill.has_passed,
        seconds=drill.restored_in,
        report=drill.as_json(),
    )
    return drill


def _restore(
    folder: Path,
    manifest: Manifest,
    database: str,
    storage: FileSystemStorage,
    outcome: Comparison,
    meter: Meter,
) -> None:
    with own_connection(database) as own:
        load_database(own, folder, manifest, meter)
        compare_database(own, manifest, outcome, meter)
        compare_keys(own, outcome)
    load_files(storage, folder, manifest, meter)
    compare_files(storage, manifest, outcome, meter)


@contextmanager
def _scratch(named: str | None) -> Iterator[str]:
    if named is not None:
        with own_connection(named) as own:
            if is_filled(own):
                raise NotEmpty(f"The database {named} is not empty.")
        yield named
        return
    name = f"backroom_drill_{token_hex(4)}"
    with own_connection() as own, own.cursor() as cursor:
        try:
            cursor.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        except ProgrammingError as error:
            if isinstance(error.__cause__, InsufficientPrivilege):
                raise NoScratch from error
            raise
        try:
            yield name
        finally:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def _place() -> Iterator[FileSystemStorage]:
    with tempfile.TemporaryDirectory(prefix="drill-", dir=settings.FILE_UPLOAD_TEMP_DIR) as place:
        yield FileSystemStorage(location=place, file_permissions_mode=0o600)
