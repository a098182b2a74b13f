"""Redis with one round trip for several commands, and never for longer than our patience."""

import os
import threading
from collections.abc import Sequence
from typing import Any

import hiredis
from redis import ConnectionPool
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from apps.core.breaker import Breaker
from apps.core.cache.figures import BREAKER

PATIENCE = 0.15  # seconds; what a request may lose to a Redis that hangs
ASK_AGAIN_SECONDS = 1.0  # a busy machine may look like a hung Redis; that must not last
PART = 65_536
NOT_YET = object()
Command = Sequence[str | bytes | int]


class CacheAway(Exception):
    """Redis does not answer, or has not answered lately."""


class Wire:
    """
    A connection for each thread.

    redis-py's client and pipeline would take several times as long as the answer itself.
    """

    def __init__(self, url: str, *, patience: float = PATIENCE) -> None:
        self.breaker = Breaker("cache", pause=ASK_AGAIN_SECONDS)
        self._pool = ConnectionPool.from_url(
            url,
            socket_timeout=patience,
            socket_connect_timeout=patience,
            retry=Retry(NoBackoff(), 0),
        )
        self._local = threading.local()

    def ask(self, *commands: Command) -> list[Any]:
        """
        Send the commands at once and return their replies.

        :raises CacheAway: if Redis does not answer in time, or refuses one of them
        """
        replies = self.ask_packed(b"".join(map(packed, commands)), len(commands))
        for reply in replies:
            if isinstance(reply, Exception):
                raise CacheAway from reply
        return replies

    def ask_packed(self, data: bytes, replies: int) -> list[Any]:
        """
        Send commands that `packed` has made; of those refused the reply is an exception.

        :raises CacheAway: if Redis does not answer in time
        """
        if not self.breaker.lets_through():
            raise CacheAway
        line = self._line()
        try:
            found = line.exchange(data, replies)
        except (RedisError, OSError) as error:
            line.close()
            self.breaker.failed()
            BREAKER.set(self.breaker.is_open)
            raise CacheAway from error
        if self.breaker.is_open:
            BREAKER.set(0)
        self.breaker.succeeded()
        return found

    def _line(self) -> "_Line":
        local = self._local
        if getattr(local, "pid", None) != os.getpid():  # a forked child must not share sockets
            local.line, local.pid = _Line(self._pool.make_connection()), os.getpid()
        line: _Line = local.line
        return line


class _Line:
    """One connection: redis-py opens it, with passwords and TLS; hiredis reads what comes."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._socket: Any = None

    def exchange(self, data: bytes, replies: int) -> list[Any]:
        """Send and receive; a connection that was lost since the last time is opened again."""
        if self._socket is not None:
            try:
                return self._exchange(data, replies)
            except TimeoutError:
                raise
            except OSError:  # Redis was restarted since; that is no reason to do without it
                self.close()
        self._connection.connect()
        self._socket = self._connection._sock  # noqa: SLF001 - no other way to the socket
        self._reader = hiredis.Reader(notEnoughData=NOT_YET)
        return self._exchange(data, replies)

    def _exchange(self, data: bytes, replies: int) -> list[Any]:
        self._socket.sendall(data)
        found: list[Any] = []
        while len(found) < replies:
            part = self._socket.recv(PART)
            if not part:
                raise ConnectionResetError
            self._reader.feed(part)
            while (reply := self._reader.gets()) is not NOT_YET:
                found.append(reply)
        return found

    def close(self) -> None:
        """Forget the connection: a late reply must not be taken for the next one's."""
        self._connection.disconnect()
        self._socket = None


def packed(command: Command) -> bytes:
    """Return the command as it goes over the wire."""
    parts = [part if isinstance(part, bytes) else str(part).encode() for part in command]
    head = b"*%d\r\n" % len(parts)
    return head + b"".join(b"$%d\r\n%b\r\n" % (len(part), part) for part in parts)
