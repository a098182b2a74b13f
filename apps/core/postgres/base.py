from collections.abc import Iterator
from contextlib import contextmanager, suppress
from select import POLLIN, poll
from typing import Any

from django.conf import settings
from django.db.backends.postgresql import base
from django.db.backends.utils import CursorWrapper
from psycopg import Connection, Cursor
from psycopg.errors import FeatureNotSupported
from psycopg.pq import TransactionStatus


class PreparedCursor(Cursor[Any]):
    """A cursor whose statements PostgreSQL parses and plans once a connection."""

    def execute(self, query: Any, params: Any = None) -> Any:  # type: ignore[override]
        if not settings.PREPARE_STATEMENTS:
            return super().execute(query, params)
        with _preparing(self.connection):
            try:
                return super().execute(query, params, prepare=True)
            except FeatureNotSupported:
                # A migration has changed the type of a column since. Nothing was executed; within
                # a transaction its end makes psycopg forget the plans.
                if self.connection.info.transaction_status != TransactionStatus.IDLE:
                    raise
                self.connection.execute("DEALLOCATE ALL")
                return super().execute(query, params, prepare=True)


@contextmanager
def _preparing(connection: Connection[Any]) -> Iterator[None]:
    """
    Let this connection prepare what asks for it.

    Django switches that off, rightly: psycopg would remember the last hundred other statements as
    well, values and all, to find out which come often.
    """
    connection.prepare_threshold = 0
    try:
        yield
    finally:
        connection.prepare_threshold = None


class DatabaseWrapper(base.DatabaseWrapper):
    """PostgreSQL, with a cheap look at a kept connection, and with prepared statements."""

    health_check_done: bool
    health_check_enabled: bool

    def close_if_health_check_failed(self) -> None:
        """Ask the server only where it has something to tell: that it is gone, for instance."""
        if self.health_check_enabled and not self.health_check_done and self._is_silent():
            self.health_check_done = True
        super().close_if_health_check_failed()

    def _is_silent(self) -> bool:
        """Return whether there is nothing to read: a server that left has closed the socket."""
        connection = self.connection
        if connection is None or connection.closed:
            return False
        with suppress(Exception):  # whatever is odd about it, the server shall be asked
            wire = poll()
            wire.register(connection.fileno(), POLLIN)
            return not wire.poll(0)
        return False

    def prepared_cursor(self) -> CursorWrapper:
        """
        Return a cursor for constant statements; the values travel beside them.

        Where somebody rewrites statements (pghistory's context puts one more in front, and a
        prepared one stands alone), it is an ordinary cursor.
        """
        if self.execute_wrappers:
            return self.cursor()
        self.close_if_health_check_failed()
        self.ensure_connection()
        with self.wrap_database_errors:
            cursor: CursorWrapper = self._prepare_cursor(  # type: ignore[attr-defined]
                PreparedCursor(self.connection)
            )
            return cursor
