"""
Visitors who look at what they get: keep-alive connections, one call after the other.

wrk is faster, and cannot tell an old answer from a new one.
"""

import asyncio
import time
from dataclasses import dataclass, field
from typing import NamedTuple


class Answer(NamedTuple):
    """What came back, and how long it took."""

    status: int
    head: bytes
    body: bytes
    milliseconds: float


@dataclass
class Notes:
    """What all visitors have met."""

    milliseconds: dict[str, list[float]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    reconnected: int = 0


class Visitor:
    """One connection; it is opened again when the server has closed it between two calls."""

    def __init__(self, port: int, token: str, notes: Notes) -> None:
        self.port, self.notes = port, notes
        self.head = f"Host: localhost\r\nAuthorization: Bearer {token}\r\n"
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def call(self, kind: str, method: str, path: str, body: bytes = b"") -> Answer | None:
        """Return the answer, or note why there is none."""
        begun = time.perf_counter()
        try:
            status, head, content = await self._try(method, path, body)
        except (OSError, EOFError, asyncio.IncompleteReadError, TimeoutError) as error:
            self.notes.failures.append(f"{method} {path}: {type(error).__name__} {error}")
            self._close()
            return None
        answer = Answer(status, head, content, (time.perf_counter() - begun) * 1000)
        self.notes.milliseconds.setdefault(kind, []).append(answer.milliseconds)
        if status >= 400:
            self.notes.failures.append(f"{method} {path}: {status} {content[:200]!r}")
        return answer

    async def _try(self, method: str, path: str, body: bytes) -> tuple[int, bytes, bytes]:
        kind = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
        request = f"{method} {path} HTTP/1.1\r\n{self.head}{kind}\r\n".encode() + body
        is_used = self.streams is not None
        try:
            return await asyncio.wait_for(self._exchange(request), 20)
        except (ConnectionError, asyncio.IncompleteReadError) as error:
            # A server may close a connection that is idle; every client then opens another one.
            if not is_used or getattr(error, "partial", b""):
                raise
        self._close()
        self.notes.reconnected += 1
        return await asyncio.wait_for(self._exchange(request), 20)

    async def _exchange(self, request: bytes) -> tuple[int, bytes, bytes]:
        if self.streams is None:
            self.streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self.streams
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        lower = head.lower()
        length = lower.partition(b"content-length:")[2].split(b"\r\n", 1)[0]
        content = await reader.readexactly(int(length or 0))
        if b"connection: close" in lower:
            self._close()
        return int(head[9:12]), head, content

    def _close(self) -> None:
        if self.streams is not None:
            self.streams[1].close()
        self.streams = None
