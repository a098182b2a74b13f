"""
Server-sent events about jobs, as a small ASGI application of its own.

It reads the ledger and nothing else, knows the same tokens as the API, and is a comfort: polling
`/status/{id}` with its ETag tells the same and is always possible.
"""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from importlib import import_module
from threading import Barrier, BrokenBarrierError
from typing import Any
from uuid import UUID

import orjson
import structlog
from django.conf import settings
from django.contrib.auth import get_user
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, parse_cookie
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from apps.accounts.authentication import BearerAuthentication, StaffSessionAuthentication
from apps.accounts.permissions import HasRole
from apps.core.api.errors import error_body
from apps.core.errors import Missing
from apps.jobs.api.live_hub import Hub, Viewer, with_database
from apps.jobs.api.lookup import caller, find_job
from apps.jobs.api.status import JobEvents

log = structlog.get_logger(__name__)

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

PATH = re.compile(r"/status/([^/]{1,64})/events/?")
WHOLE = re.compile(r"[0-9]{1,18}")
THREADS = 4
HEARTBEAT_SECONDS = 15.0
# After that the client comes back by itself: with a token that is still good, or not at all.
LONGEST_SECONDS = 600.0
RETRY_MS = 2_000
STREAM = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx must not collect what is meant to arrive at once
]
CODES = {401: "not_authenticated", 403: "forbidden", 404: "not_found", 429: "rate_limited"}
CODES |= {405: "method_not_allowed", 503: "unavailable"}


class Refused(Exception):
    """This request gets no stream."""

    def __init__(self, status: int, message: str, code: str = "") -> None:
        super().__init__(message)
        self.status, self.message, self.code = status, message, code or CODES[status]


class LiveApplication:
    """`GET /status/{id}/events` for as long as the job runs."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="ledger")
        self._hub = Hub(self._threads)
        self._streams = Counter[str]()

    def close(self) -> None:
        """End the threads, and with them their connections."""
        everybody = Barrier(THREADS)
        for _ in range(THREADS):
            self._threads.submit(_hang_up, everybody)
        self._threads.shutdown()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
            self.close()
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        allowed = _cors(scope)
        try:
            if scope["path"].rstrip("/") == "/healthz":
                await _whole(send, 200, {"status": "ok", "streams": self._streams.total()}, [])
            elif scope["method"] == "OPTIONS":
                await _preflight(send, allowed)
            else:
                await self._stream(scope, receive, send, allowed)
        except Refused as error:
            headers = [*allowed, (b"retry-after", b"5")] if error.status in (429, 503) else allowed
            if error.status == 401:
                headers = [*headers, (b"www-authenticate", b"Bearer")]
            await _whole(send, error.status, error_body(error.message, error.code), headers)

    async def _stream(self, scope: Scope, receive: Receive, send: Send, allowed: Any) -> None:
        match = PATH.fullmatch(scope["path"])
        if match is None:
            raise Refused(404, "There is nothing at this address.")
        if scope["method"] != "GET":
            raise Refused(405, f"Method {scope['method'][:10]} is not allowed.")
        if self._streams.total() >= settings.EVENTS_MAX_STREAMS:
            raise Refused(503, "Too many streams are open; poll the job's status instead.")
        loop = asyncio.get_running_loop()
        admit = partial(with_database, _admit, scope, match[1])
        try:
            subject, job_id = await loop.run_in_executor(self._threads, admit)
        except (DatabaseError, InterfaceError):
            raise Refused(503, "The database is not reachable; try again shortly.") from None
        if self._streams[subject] >= settings.EVENTS_MAX_STREAMS_PER_USER:
            raise Refused(429, "You have too many streams open; close one.")
        self._streams[subject] += 1
        viewer = Viewer(job_id, _last_event(scope))
        try:
            await _follow(self._hub, viewer, receive, send, [*STREAM, *allowed])
        finally:
            self._hub.leave(viewer)
            self._streams[subject] -= 1
            self._streams += Counter()  # forget who has none


def _hang_up(everybody: Barrier) -> None:
    connection.close()
    with suppress(BrokenBarrierError):
        everybody.wait(timeout=5)  # so that each thread closes its own, and none two


async def _follow(
    hub: Hub, viewer: Viewer, receive: Receive, send: Send, headers: list[tuple[bytes, bytes]]
) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await _part(send, b"retry: %d\n\n" % RETRY_MS)
    gone = asyncio.ensure_future(_until_gone(receive))
    until = time.monotonic() + LONGEST_SECONDS
    hub.join(viewer)
    try:
        while time.monotonic() < until and not gone.done():
            following = asyncio.ensure_future(viewer.unsent.get())
            await asyncio.wait(
                (following, gone), timeout=HEARTBEAT_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            if not following.done():
                following.cancel()
                if not gone.done():
                    await _part(send, b": still here\n\n")
                continue
            message = following.result()
            if message is None:
                break
            await _part(send, _as_event(*message))
    finally:
        gone.cancel()
    await send({"type": "http.response.body", "body": b""})


def _as_event(kind: str, number: int | None, data: dict[str, Any]) -> bytes:
    # Only events move the client's mark: a progress says the same when it is said again.
    mark = b"id: %d\n" % number if number is not None else b""
    return mark + b"event: %b\ndata: %b\n\n" % (kind.encode(), orjson.dumps(data, default=str))


def _admit(scope: Scope, job_id: str) -> tuple[str, UUID]:
    """
    Return who asks, and for which job.

    :raises Refused: if the API would refuse it, too
    """
    request = _request(scope)
    try:
        if not HasRole().has_permission(request, JobEvents()):
            raise Refused(403, HasRole.message)
        return str(caller(request).pk), find_job(request, job_id).pk
    except Missing as error:
        raise Refused(404, str(error), error.code) from None
    except APIException as error:
        raise Refused(error.status_code, str(error.detail)) from None


def _request(scope: Scope) -> Request:
    """Return the request as authentication wants it: with its headers, cookie and session."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    plain = HttpRequest()
    plain.method = "GET"
    plain.META = {f"HTTP_{name.upper().replace('-', '_')}": text for name, text in headers.items()}
    plain.COOKIES = parse_cookie(headers.get("cookie", ""))
    engine = import_module(settings.SESSION_ENGINE)
    plain.session = engine.SessionStore(plain.COOKIES.get(settings.SESSION_COOKIE_NAME))
    plain.user = get_user(plain)
    return Request(plain, authenticators=[BearerAuthentication(), StaffSessionAuthentication()])


def _last_event(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"last-event-id":
            text = value.decode("latin-1")
            return int(text) if WHOLE.fullmatch(text) else 0
    return 0


def _cors(scope: Scope) -> list[tuple[bytes, bytes]]:
    origin = next((value for name, value in scope["headers"] if name == b"origin"), b"")
    if origin.decode("latin-1") not in settings.CORS_ALLOWED_ORIGINS:
        return []
    return [
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-credentials", b"true"),
        (b"vary", b"origin"),
    ]


async def _preflight(send: Send, allowed: list[tuple[bytes, bytes]]) -> None:
    more = [
        (b"access-control-allow-methods", b"GET"),
        (b"access-control-allow-headers", b"authorization, last-event-id"),
    ]
    headers = allowed + more if allowed else []
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def _whole(
    send: Send, status: int, body: dict[str, Any], headers: list[tuple[bytes, bytes]]
) -> None:
    content = orjson.dumps(body)
    about = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(content))]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *about]})
    await send({"type": "http.response.body", "body": content})


async def _part(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
