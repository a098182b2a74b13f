"""COPY, read as it comes: thousands of rows at a time, and never deaf to a cancellation."""

import select
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection
from psycopg import Connection
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult
from psycopg.sql import SQL, Composable

ROWS = 5_000
BYTES = 1024 * 1024
LOOK_SECONDS = 0.1
# What the server can send into the socket before it has to wait for us, and about the time that
# it takes: to be woken for each of its packets would slow both down.
NAP_SECONDS = 0.0008
READS = 12
Rows = list[bytes]
Step = Callable[[], None]


@contextmanager
def snapshot() -> Iterator[Connection[Any]]:
    """Give a connection that sees the database as it is at this moment, until the block ends."""
    wrapper = connection.copy()
    wrapper.ensure_connection()
    reader: Connection[Any] = wrapper.connection
    try:
        reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        set_up(reader)
        yield reader
    finally:
        if reader.info.transaction_status == TransactionStatus.ACTIVE:
            with suppress(psycopg.Error):  # whoever does not hear it ends with the connection
                reader.cancel_safe(timeout=2)
        wrapper.close()


def set_up(reader: Connection[Any], *, milliseconds: int = 0) -> None:
    """
    Have values written alike everywhere, until the transaction ends.

    :param milliseconds: how long a statement may take; as long as it wants to unless told
    """
    for name, value in (
        ("TimeZone", "UTC"),
        ("DateStyle", "ISO, YMD"),
        ("statement_timeout", str(milliseconds)),
        # A process that freezes must not keep old rows from being tidied up for ever.
        ("idle_in_transaction_session_timeout", str(4000 * settings.JOB_LEASE_SECONDS)),
    ):
        reader.execute("SELECT set_config(%s, %s, true)", [name, value])


def copy_of(reader: Connection[Any], query: Composable, options: Composable | None = None) -> bytes:
    """Return the COPY of a query, as text unless the options say otherwise."""
    copy = SQL("COPY ({}) TO STDOUT WITH ({})").format(query, options or SQL("FORMAT text"))
    return copy.as_bytes(reader)


def read_copy(reader: Connection[Any], text: bytes, step: Step) -> Iterator[Rows]:
    """
    Yield what a COPY says, some thousand rows at a time.

    :param step: called again and again, also while nothing comes; it may raise to end the work
    """
    wire = reader.pgconn
    wire.send_query(text)
    while wire.flush():
        select.select([], [wire.socket], [], LOOK_SECONDS)
    _expect(wire, step, ExecStatus.COPY_OUT)
    yield from _blocks(wire, step)
    _expect(wire, step, ExecStatus.COMMAND_OK)
    _drain(wire, step)


def _blocks(wire: PGconn, step: Step) -> Iterator[Rows]:
    # The busiest loop of an export: each row costs what these few lines cost.
    rows, held, receive = Rows(), 0, wire.get_copy_data
    while True:
        size, row = receive(1)
        if size > 0:
            # Not the view itself: thousands of those would be a feast for the garbage collector.
            rows.append(bytes(row))
            held += size
            if len(rows) < ROWS and held < BYTES:
                continue
        elif size == 0:
            _wait(wire, step)
            _gather(wire)
            continue
        if rows:
            step()
            yield rows
            rows, held = Rows(), 0
        if size < 0:
            return


def _result(wire: PGconn, step: Step) -> PGresult | None:
    while wire.is_busy():
        _wait(wire, step)
    return wire.get_result()


def _wait(wire: PGconn, step: Step) -> None:
    if not select.select([wire.socket], [], [], LOOK_SECONDS)[0]:
        step()
    wire.consume_input()


def _gather(wire: PGconn) -> None:
    """Let more come before it is taken, which is 16 KiB at a time."""
    time.sleep(NAP_SECONDS)
    for _ in range(READS):
        wire.consume_input()


def _expect(wire: PGconn, step: Step, status: ExecStatus) -> None:
    result = _result(wire, step)
    if result is None:
        raise psycopg.OperationalError("The server said nothing.")
    if result.status != status:
        _drain(wire, step)  # so that the connection can be used again
        raise error_from_result(result)


def _drain(wire: PGconn, step: Step) -> None:
    while _result(wire, step) is not None:
        continue
