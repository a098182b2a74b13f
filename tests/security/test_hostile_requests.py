"""What no client would send: NUL bytes, broken encodings, endless numbers, wrong bodies."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import get_resolver

from apps.accounts.models import Role
from tests.contracts.fuzz_world import KNOWN, TOKENS, filled_world, is_chosen
from tests.security.test_access_matrix import PARAMETER, Call, calls

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(600)]

EVERY = sorted(call for call in calls(get_resolver()) if call.route.startswith(("api/", "status",
               "upload", "generate", "export", "images/")))  # fmt: skip
WITH_PARAMETERS = [call for call in EVERY if PARAMETER.search(call.route)]
WRITES = [call for call in EVERY if call.method != "get"]

PARTS = ["%00", "a%00b", "%ff%fe", "%", "%zz", "%ED%A0%80", "%F0%9F%8E%89", "-1", "9" * 400,
         "2147483648", "1e400", "ses_" + "0" * 26, "job_" + "Z" * 26, "x" * 3000]  # fmt: skip
VALUES = ["%00", "a%00b%ff%", "9" * 400, "-1", "1&{0}=0001-01-01"]
CURSORS = [
    "2025-01-05T09:30:00.120Z:1%00",
    "0001-01-01T00:00:00Z:1",
    "bnVsbA==",
    "W10=",
    "x" * 5000,
]
NAMES = ("page", "pageSize", "limit", "cursor", "search", "status", "statusFilter", "from", "to",
         "count", "startTime", "format", "a[]", "%00")  # fmt: skip
BODIES = [b"", b"{", b"[]", b"null", b'"x"', b"1", b"[" * 100_000, b'{"a":' * 50_000, b"\x00",
          b'{"name":"a\\u0000b"}', b'{"name":"\\ud800"}', b'{"price":1e999}', b'{"price":NaN}',
          b'{"rows":' + b"9" * 5000 + b"}", b"\xef\xbb\xbf{}", b"\xff\xfe{\x00}\x00"]  # fmt: skip
TYPES = ["text/plain", "application/xml", "", "/", "multipart/form-data",
         "multipart/form-data; boundary=", "multipart/form-data; boundary=x; charset=nonsense",
         "application/json; charset=utf-7", "application/x-www-form-urlencoded; charset=x",
         "application/x-www-form-urlencoded"]  # fmt: skip
FORMS = [
    b"{}",
    b"name=%00&a=%ff&price=%",
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="a\x00.csv"\r\n\r\na,b\r\n--x--',
    b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\n\xff\x00\r\n--x--\r\n',
]


def ids(some: list[Call]) -> list[str]:
    return [f"{call.method} {call.route}" for call in some]


@pytest.fixture(scope="module")
def send(django_db_setup: None, django_db_blocker: Any) -> Iterator[Any]:
    """Return a function that sends a request, if it is among those of this run."""
    with django_db_blocker.unblock(), filled_world():
        yield _sender(Client(raise_request_exception=False))


def _sender(client: Client) -> Any:
    def sent(method: str, path: str, query: str = "", body: bytes = b"{}", **extra: str) -> None:
        if not is_chosen(method, path, query, body[:100], extra):
            return
        kind = extra.pop("kind", "application/json")
        before = transaction.savepoint()
        answer = client.generic(
            method.upper(), "/", body, content_type=kind, QUERY_STRING=query,
            # As a server hands it on: the bytes of the path, each as a character.
            PATH_INFO="/" + unquote_to_bytes(path).decode("latin-1"),
            HTTP_AUTHORIZATION=f"Bearer {TOKENS[Role.ADMIN]}", **extra,
        )  # fmt: skip
        content = content_of(answer)
        transaction.savepoint_rollback(before)
        sentence = (method, path[:60], query[:60], body[:60], kind, answer.status_code, content)
        if (
            "health" in path
        ):  # a probe may say, at any time and in its own words, that all is not well
            return
        assert answer.status_code < 500, sentence
        if answer.status_code >= 400:
            assert {"message", "error", "code", "details", "requestId"} <= set(answer.json()), (
                sentence
            )

    return sent


def content_of(answer: HttpResponseBase) -> bytes:
    streamed: Iterator[bytes] = iter(getattr(answer, "streaming_content", ()))
    return (b"".join(streamed) if answer.streaming else answer.content)[:300]


def filled_in(route: str, **parts: str) -> str:
    return PARAMETER.sub(lambda match: str((KNOWN | parts)[match[1]]), route)


@pytest.mark.parametrize("call", WITH_PARAMETERS, ids=ids(WITH_PARAMETERS))
def test_no_part_of_a_path_breaks_a_route(call, send):
    for name in PARAMETER.findall(call.route):
        for part in PARTS:
            send(call.method, filled_in(call.route, **{name: part}))


@pytest.mark.parametrize("call", EVERY, ids=ids(EVERY))
def test_no_query_string_breaks_a_route(call, send):
    for name in NAMES if call.method == "get" else NAMES[:1]:
        for value in VALUES:
            send(call.method, filled_in(call.route), f"{name}={value.format(name)}")
    for cursor in CURSORS if call.method == "get" else ():
        send(call.method, filled_in(call.route), f"cursor={cursor}")


@pytest.mark.parametrize("call", WRITES, ids=ids(WRITES))
def test_no_body_breaks_a_route(call, send):
    for body in BODIES:
        send(call.method, filled_in(call.route), body=body)
    for kind in TYPES:
        for body in FORMS:
            send(call.method, filled_in(call.route), body=body, kind=kind)
    send(call.method, filled_in(call.route), body=b"no gzip", HTTP_CONTENT_ENCODING="gzip")
    send(call.method, filled_in(call.route), HTTP_IDEMPOTENCY_KEY="a\x00b")
