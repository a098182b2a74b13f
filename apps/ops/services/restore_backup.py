"""Put a backup in the place of what is there, checked before and after."""

from pathlib import Path

from django.core.files.storage import default_storage
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader

from apps.core.errors import DomainError, Invalid
from apps.ops.backup.comparing import Comparison, compare_database, compare_files
from apps.ops.backup.files import paths_in
from apps.ops.backup.loading import is_filled, load_database, load_files, tables_set_aside
from apps.ops.backup.manifest import Manifest, check_backup, read_manifest
from apps.ops.backup.meter import Meter
from apps.ops.backup.programs import own_connection

OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> ALL (%s)
"""


class NotEmpty(DomainError):
    """There is data already."""

    code = "not_empty"


class InUse(DomainError):
    """Others are connected to the database; stop every process of Backroom first."""

    code = "database_in_use"


class NewerBackup(Invalid):
    """The backup was made by newer code."""

    code = "newer_backup"


class RestoredDifferently(DomainError):
    """What was restored is not what was written down; everything is as it was before."""

    code = "restored_differently"


def restore_backup(
    *, folder: Path, replace: bool = False, meter: Meter | None = None
) -> Comparison:
    """
    Restore database and files; until all has been compared, what was there can come back.

    :param replace: whether data that is there already may go
    :raises NotABackup: if there is none in the folder
    :raises DamagedBackup: before anything is changed
    :raises NewerBackup: if this code does not know its tables
    :raises NotEmpty: if there is data and it may not go
    :raises InUse: if somebody else is connected
    :raises RestoredDifferently: if the comparison fails
    """
    meter = meter or Meter()
    manifest = read_manifest(folder)
    _check_age(manifest)
    begin(manifest, meter)
    with own_connection() as own:
        _check_target(own, manifest, replace=replace)
        meter.step("checking the backup")
        check_backup(folder, manifest, meter)
        load_files(default_storage, folder, manifest, meter)
        outcome = Comparison()
        compare_files(default_storage, manifest, outcome, meter)
        with tables_set_aside(own):
            load_database(own, folder, manifest, meter)
            compare_database(own, manifest, outcome, meter)
            if outcome.differences:
                sentence = "; ".join(outcome.differences[:5])
                raise RestoredDifferently(f"Not as it was written down: {sentence}.")
    return outcome


def begin(manifest: Manifest, meter: Meter) -> None:
    """Tell how much there is to do: files are read three times, the database about as often."""
    meter.begin(3 * manifest.bytes)


def migrations_lacking(manifest: Manifest) -> list[str]:
    """Return the migrations to be run after the restore."""
    return sorted(_known() - set(manifest.migrations))


def _known() -> set[str]:
    return {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}


def _check_age(manifest: Manifest) -> None:
    unknown = sorted(set(manifest.migrations) - _known())
    if unknown:
        raise NewerBackup(
            f"The backup was made by newer code ({manifest.version}): this one does not know"
            f" {', '.join(unknown[:3])}."
        )


def _check_target(own: BaseDatabaseWrapper, manifest: Manifest, *, replace: bool) -> None:
    wanted = {file.path for file in manifest.files}
    if not replace and is_filled(own):
        raise NotEmpty("The database is not empty; --replace has the backup take its place.")
    if not replace and any(path in wanted for path in paths_in(default_storage)):
        raise NotEmpty("The storage holds files of these names; --replace has them replaced.")
    with own.cursor() as cursor:
        ours = [own.connection.info.backend_pid]
        if connection.connection is not None:
            ours.append(connection.connection.info.backend_pid)
        cursor.execute(OTHERS, [ours])
        if (others := cursor.fetchone()[0]) > 0:
            raise InUse(f"{others} others are connected to the database; stop every process first.")
