"""Rows that are in no table become a temporary one, which ends with its transaction."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from psycopg import Connection

DROP = "DROP TABLE IF EXISTS pg_temp.exported"
CREATE = "CREATE TEMPORARY TABLE exported (seq bigint, payload jsonb) ON COMMIT DROP"
COPY = "COPY exported (seq, payload) FROM STDIN"
# As JSON writes them: a character that PostgreSQL knows neither in texts nor in JSON.
ZERO = b"\\u0000"


@contextmanager
def loading(connection: Connection[Any]) -> Iterator[Callable[[list[bytes]], None]]:
    """Give a function that adds rows, each of them JSON, in their order."""
    count = 0
    connection.execute(DROP)
    connection.execute(CREATE)
    with connection.cursor() as cursor, cursor.copy(COPY) as copy:

        def put(rows: list[bytes]) -> None:
            nonlocal count
            numbered = enumerate(map(_escaped, rows), count)
            copy.write(b"".join([b"%d\t%b\n" % row for row in numbered]))
            count += len(rows)

        yield put


def _escaped(row: bytes) -> bytes:
    if b"\\" not in row:
        return row
    return _without_zeros(row).replace(b"\\", b"\\\\")


def _without_zeros(row: bytes) -> bytes:
    if ZERO not in row:
        return row
    # A backslash that is itself escaped begins nothing.
    return b"\\\\".join(part.replace(ZERO, b"") for part in row.split(b"\\\\"))
