"""Send one request and take its whole answer, within limits of time and size."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import inf
from time import perf_counter

import aiohttp

from apps.core.egress.client import EgressClient
from apps.core.egress.failures import AnswerTooLarge, failure_behind
from apps.core.egress.urls import CheckedUrl

ANSWER_LIMIT = 1024 * 1024
_CONNECT_SECONDS = 5.0
_SHOWN_HEADERS = frozenset(
    {
        "cache-control",
        "content-length",
        "content-type",
        "etag",
        "location",
        "required-permission",
        "response-description",
        "retry-after",
        "user-action",
        "x-correlation-id",
        "x-request-id",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingCall:
    """One request to a partner; `timeout_ms` bounds all of it, from the name to the last byte."""

    method: str
    url: CheckedUrl
    timeout_ms: int
    body: bytes | None = None
    headers: Mapping[str, str] | None = None
    max_bytes: int = ANSWER_LIMIT


@dataclass(frozen=True, slots=True)
class UpstreamAnswer:
    """What came back, redirects included; header names are in lower case, only useful ones."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    duration_ms: int


async def send(client: EgressClient, call: OutgoingCall) -> UpstreamAnswer:
    """
    Make the call exactly once.

    :raises NetworkFailure: if there is no complete answer
    """
    started = perf_counter()
    try:
        response = await client.session.request(
            call.method,
            call.url,
            data=call.body,
            headers=call.headers,
            timeout=_limits(call.timeout_ms),
            allow_redirects=False,
        )
        try:
            body = await _read(response, call.max_bytes)
        finally:
            response.release()
    except (aiohttp.ClientError, TimeoutError, AnswerTooLarge) as error:
        # The cause may quote headers of either side, so it does not travel.
        raise failure_behind(error) from None
    return UpstreamAnswer(
        response.status,
        {
            lower: value
            for name, value in response.headers.items()
            if (lower := name.lower()) in _SHOWN_HEADERS
        },
        body,
        round((perf_counter() - started) * 1000),
    )


@lru_cache(maxsize=64)
def _limits(timeout_ms: int) -> aiohttp.ClientTimeout:
    seconds = timeout_ms / 1000
    # Connecting gives up before the whole does, so that a time-out of the whole means that
    # the request may have left. An infinite threshold keeps aiohttp from rounding up.
    connect = min(_CONNECT_SECONDS, seconds * 0.9)
    return aiohttp.ClientTimeout(total=seconds, connect=connect, ceil_threshold=inf)


async def _read(response: aiohttp.ClientResponse, limit: int) -> bytes:
    content = response.content
    if not content.is_eof():
        _fail_when_closed(response)
    # Chunk by chunk: `read()` would inflate a whole bomb before anybody could count.
    body = await content.readany()
    if len(body) <= limit and content.at_eof():
        return body
    chunks, size = [body], len(body)
    while size <= limit and not content.at_eof():
        chunk = await content.readany()
        chunks.append(chunk)
        size += len(chunk)
    if size > limit:
        raise AnswerTooLarge
    return b"".join(chunks)


def _fail_when_closed(response: aiohttp.ClientResponse) -> None:
    """
    Let a body end when its connection does.

    aiohttp closes the connection when it meets broken chunks after the first packet, but
    leaves the reader waiting for the time-out.
    """
    connection, content = response.connection, response.content
    protocol = None if connection is None else connection.protocol
    closed = None if protocol is None else protocol.closed
    if closed is None:
        return

    def fail(_: object) -> None:
        if not content.is_eof() and content.exception() is None:
            content.set_exception(aiohttp.ClientPayloadError())

    closed.add_done_callback(fail)
