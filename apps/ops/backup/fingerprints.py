"""What is in a database, in numbers that are equal only if it is the same."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection

TABLES = """
SELECT relname, pg_table_size(oid) FROM pg_class
WHERE relnamespace = to_regnamespace('public') AND relkind = 'r' ORDER BY relname
"""
SEQUENCES = """
SELECT relname FROM pg_class
WHERE relnamespace = to_regnamespace('public') AND relkind = 'S' ORDER BY relname
"""
# The order of rows is not kept by a restore, hence a sum. These decide how values read as text.
READING = """
SET LOCAL TIME ZONE 'UTC'; SET LOCAL DateStyle = 'ISO'; SET LOCAL IntervalStyle = 'postgres';
SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'; SET LOCAL search_path = public
"""
FINGERPRINT = """
SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text FROM public.{} t
"""


@dataclass(frozen=True)
class Fingerprint:
    """How many rows a table has, and what is in all of them together."""

    rows: int
    checksum: str


def tables(cursor: Any) -> dict[str, int]:
    """Return the tables, and how large each is."""
    cursor.execute(TABLES)
    return dict(cursor.fetchall())


def fingerprints(cursor: Any) -> Iterator[tuple[str, Fingerprint]]:
    """Read every table; call it in a transaction."""
    cursor.execute(READING)
    for name in tables(cursor):
        cursor.execute(FINGERPRINT.format(connection.ops.quote_name(name)))
        rows, checksum = cursor.fetchone()
        yield name, Fingerprint(rows, checksum)


def sequences(cursor: Any) -> dict[str, int]:
    """Return how far each sequence has counted."""
    cursor.execute(SEQUENCES)
    found = {}
    for (name,) in cursor.fetchall():
        cursor.execute(f"SELECT last_value FROM public.{connection.ops.quote_name(name)}")  # noqa: S608 - a name of the catalogue
        found[name] = cursor.fetchone()[0]
    return found
