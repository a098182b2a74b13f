"""Put a backup's database and files somewhere: in their place, or where a drill wants them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.files.storage import Storage
from django.db.backends.base.base import BaseDatabaseWrapper

from apps.ops.backup.files import put
from apps.ops.backup.fingerprints import tables
from apps.ops.backup.manifest import DUMP, FILES, Manifest
from apps.ops.backup.meter import Meter
from apps.ops.backup.programs import run_program

BEFORE = "before_restore"
EXTENSIONS = """
SELECT quote_ident(extname) FROM pg_extension
WHERE extnamespace = to_regnamespace(%s) AND extrelocatable
"""


def load_database(own: BaseDatabaseWrapper, folder: Path, manifest: Manifest, meter: Meter) -> None:
    """
    Fill an empty database, in one transaction.

    :raises ProgramMissing: if pg_restore is not installed
    :raises ProgramFailed: if it fails
    """
    meter.step("restoring the database")
    rows = max(1, manifest.rows)
    shares = {name: manifest.dump.bytes * t.rows // rows for name, t in manifest.tables.items()}
    run_program(
        "pg_restore",
        [
            *("--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"),
            str(folder / DUMP),
        ],
        database=own,
        on_table=lambda name: meter.advance(shares.get(name, 0)),
    )


def load_files(storage: Storage, folder: Path, manifest: Manifest, meter: Meter) -> None:
    """Put every file of the backup into a storage; what else is there stays."""
    meter.step("restoring files")
    for file in manifest.files:
        put(folder / FILES / file.path, storage, file.path)
        meter.advance(file.bytes)


@contextmanager
def tables_set_aside(own: BaseDatabaseWrapper) -> Iterator[None]:
    """
    Make an empty place for tables; what was there is gone in the end, or back if the block fails.

    It is a matter of names, and takes no time however large the tables are.
    """
    with own.cursor() as cursor:
        take_back(cursor)
        cursor.execute(f"BEGIN; ALTER SCHEMA public RENAME TO {BEFORE}; CREATE SCHEMA public")
        cursor.execute("GRANT USAGE ON SCHEMA public TO PUBLIC")
        _move_extensions(cursor, BEFORE, "public")
        cursor.execute("COMMIT")
        try:
            yield
        except BaseException:
            take_back(cursor)
            raise
        cursor.execute(f"DROP SCHEMA {BEFORE} CASCADE")


def take_back(cursor: Any) -> None:
    """Undo a restore that did not come to its end; also one that was killed."""
    cursor.execute("SELECT to_regnamespace(%s)", [BEFORE])
    if cursor.fetchone()[0] is None:
        return
    cursor.execute("BEGIN")
    _move_extensions(cursor, "public", BEFORE)
    cursor.execute("DROP SCHEMA public CASCADE")
    cursor.execute(f"ALTER SCHEMA {BEFORE} RENAME TO public; COMMIT")


def is_filled(own: BaseDatabaseWrapper) -> bool:
    """Return whether there are tables, or were before a restore that was killed."""
    with own.cursor() as cursor:
        cursor.execute("SELECT to_regnamespace(%s)", [BEFORE])
        was_killed = cursor.fetchone()[0] is not None
        return was_killed or bool(tables(cursor))


def _move_extensions(cursor: Any, start: str, end: str) -> None:
    # Tables of both schemas use them.
    cursor.execute(EXTENSIONS, [start])
    for (name,) in cursor.fetchall():
        cursor.execute(f"ALTER EXTENSION {name} SET SCHEMA {end}")
