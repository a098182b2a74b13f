from contextlib import suppress
from select import POLLIN, poll
from typing import Any

from django.conf import settings
from django.db.backends.postgresql import base
from django.db.backends.utils import CursorWrapper
from psycopg import Cursor


class PreparedCursor(Cursor[Any]):
    """A cursor whose statements PostgreSQL parses and plans once a connection."""

    def execute(self, query: Any, params: Any = None) -> Any:  # type: ignore[override]
        return super().execute(query, params, prepare=settings.PREPARE_STATEMENTS)


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
