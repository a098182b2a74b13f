"""Whether what was restored is what was written down."""

from dataclasses import dataclass, field

from django.core.files.storage import Storage
from django.db.backends.base.base import BaseDatabaseWrapper

from apps.core.encryption import Undecryptable, decrypt
from apps.core.services.rotate_secrets import encrypted_fields
from apps.ops.backup.files import digest
from apps.ops.backup.fingerprints import fingerprints, sequences, tables
from apps.ops.backup.manifest import Manifest
from apps.ops.backup.meter import Meter


@dataclass
class Comparison:
    """What was compared, and each difference as a sentence."""

    tables: int = 0
    rows: int = 0
    files: int = 0
    bytes: int = 0
    differences: list[str] = field(default_factory=list)


def compare_database(
    own: BaseDatabaseWrapper, manifest: Manifest, into: Comparison, meter: Meter
) -> None:
    """Compare every table and sequence of a database with what the manifest says."""
    meter.step("comparing tables")
    with own.cursor() as cursor:
        cursor.execute("BEGIN")
        sizes, missing = tables(cursor), dict(manifest.tables)
        for name, found in fingerprints(cursor):
            meter.advance(sizes[name])
            wanted = missing.pop(name, None)
            into.tables += 1
            into.rows += found.rows
            if wanted is None:
                into.differences.append(f"table {name} is not in the backup")
            elif wanted.rows != found.rows:
                into.differences.append(f"table {name}: {found.rows} rows, not {wanted.rows}")
            elif wanted.checksum != found.checksum:
                into.differences.append(f"table {name}: other values in {found.rows} rows")
        into.differences += [f"table {name} is missing" for name in missing]
        counted = sequences(cursor)
        cursor.execute("ROLLBACK")
    into.differences += [
        f"sequence {name} is behind"
        for name, reached in manifest.sequences.items()
        if counted.get(name, -1) < reached
    ]


def compare_files(storage: Storage, manifest: Manifest, into: Comparison, meter: Meter) -> None:
    """Compare every file of a storage with what the manifest says."""
    meter.step("comparing files")
    for file in manifest.files:
        try:
            with storage.open(file.path) as source:
                found = digest(file.path, source, meter)
        except FileNotFoundError:
            into.differences.append(f"file {file.path} is missing")
            continue
        into.files += 1
        into.bytes += found.bytes
        if found != file:
            into.differences.append(f"file {file.path} is another one")


def compare_keys(own: BaseDatabaseWrapper, into: Comparison) -> None:
    """Make sure that the keys of this installation open the secrets of the database."""
    for model, column in encrypted_fields():
        table = own.ops.quote_name(model._meta.db_table)
        name = own.ops.quote_name(str(column.column))
        with own.cursor() as cursor:
            cursor.execute("SELECT to_regclass(%s)", [model._meta.db_table])
            if cursor.fetchone()[0] is None:
                continue
            cursor.execute(f"SELECT {name} FROM {table} WHERE {name} IS NOT NULL")  # noqa: S608 - names of our own tables
            closed = sum(not _opens(bytes(sealed)) for (sealed,) in cursor.fetchall())
        if closed:
            into.differences.append(
                f"{closed} secrets of {model._meta.db_table} are under a key that is not in"
                " FIELD_ENCRYPTION_KEYS"
            )


def _opens(sealed: bytes) -> bool:
    try:
        decrypt(sealed)
    except Undecryptable:
        return False
    return True
