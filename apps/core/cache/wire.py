"""Redis with one round trip for several commands, and never for longer than our patience."""

import os
import threading
from collections.abc import Sequence
from typing import Any

from redis import ConnectionPool
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import RedisError, ResponseError
from redis.retry import Retry

from apps.core.breaker import Breaker
from apps.core.cache.figures import BREAKER

PATIENCE = 0.15  # seconds; what a request may lose to a Redis that hangs
ASK_AGAIN_SECONDS = 1.0  # a busy machine may look like a hung Redis; that must not last
Command = Sequence[str | bytes | int]


class CacheAway(Exception):
    """Redis does not answer, or has not answered lately."""


class Wire:
    """
    A connection for each thread.

    redis-py's client and pipeline take twice the time of the answer itself; its connection, which
    we use here, brings what matters: the parser, passwords, TLS, sockets.
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
            if isinstance(reply, ResponseError):
                raise CacheAway from reply
        return replies

    def ask_packed(self, data: bytes, replies: int) -> list[Any]:
        """
        Send commands that `packed` has made; of those refused the reply is a ResponseError.

        :raises CacheAway: if Redis does not answer in time
        """
        if not self.breaker.lets_through():
            raise CacheAway
        connection = self._connection()
        try:
            found = _exchange(connection, data, replies)
        except (RedisError, OSError) as error:
            connection.disconnect()
            self.breaker.failed()
            BREAKER.set(self.breaker.is_open)
            raise CacheAway from error
        if self.breaker.is_open:
            BREAKER.set(0)
        self.breaker.succeeded()
        return found

    def _connection(self) -> Any:
        local = self._local
        if getattr(local, "pid", None) != os.getpid():  # a forked child must not share sockets
            local.connection, local.pid = self._pool.make_connection(), os.getpid()
        return local.connection


def packed(command: Command) -> bytes:
    """Return the command as it goes over the wire."""
    parts = [part if isinstance(part, bytes) else str(part).encode() for part in command]
    head = b"*%d\r\n" % len(parts)
    return head + b"".join(b"$%d\r\n%b\r\n" % (len(part), part) for part in parts)


def _exchange(connection: Any, data: bytes, replies: int) -> list[Any]:
    is_used = connection.is_connected
    try:
        connection.send_packed_command([data], check_health=False)
        return [_reply(connection) for _ in range(replies)]
    except ConnectionLost:
        if not is_used:
            raise
    connection.disconnect()  # Redis was restarted since; that is no reason to do without it
    connection.send_packed_command([data], check_health=False)
    return [_reply(connection) for _ in range(replies)]


def _reply(connection: Any) -> Any:
    try:
        return connection.read_response()
    except ResponseError as error:  # the replies after it are still to be read
        return error
