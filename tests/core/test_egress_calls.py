"""One call is made exactly once, within its limits, and says truly what became of it."""

import asyncio
import gzip
import pickle
import socket
import threading
import tracemalloc
import zlib
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from time import perf_counter

import pytest

from apps.core.egress import (
    EgressDenied,
    EgressPolicy,
    NetworkFailure,
    OutgoingCall,
    check_url,
    fetch,
    open_client,
    send,
)
from tests.core.egress_world import (
    PUBLIC_ADDRESS,
    Authority,
    Names,
    a_partner,
    a_trap,
    answering,
    network,
    on_network,
    read_request,
)

PRIVATE = EgressPolicy(allowed_hosts=("*",), allow_private=True, user_agent="Shop/1")
MEBIBYTE = 1024 * 1024


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


def post(port, policy=PRIVATE, **changes) -> OutgoingCall:
    given = {"method": "POST", "timeout_ms": 30_000, "body": b'{"a":1}'} | changes
    return OutgoingCall(url=check_url(f"http://127.0.0.1:{port}/in?x=1", policy), **given)


def plain(body: bytes = b"ok", *headers: bytes, status: bytes = b"200 OK") -> bytes:
    length = b"Content-Length: %d" % len(body)
    return b"\r\n".join([b"HTTP/1.1 " + status, length, *headers, b"", body])


@asynccontextmanager
async def a_client(**options):
    async with open_client(PRIVATE, width=4, **options) as client:
        yield client


async def result_of(client, call):
    try:
        return await send(client, call)
    except NetworkFailure as failure:
        return failure


def result_from(handler, **changes):
    """Return what a call to a partner with this behaviour comes to."""

    async def scene():
        async with a_partner(handler) as port, a_client() as client:
            return await result_of(client, post(port, **changes))

    return on_network(scene())


@contextmanager
def memory_stays_below(limit: int):
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < limit
    finally:
        tracemalloc.stop()


def test_an_answer_brings_status_body_duration_and_the_useful_headers():
    useful = [b"Retry-After: 7", b"Response-Description: Too fast", b"X-Request-Id: 9"]
    secret = [b"Set-Cookie: session=1", b"Authorization: Basic abc"]

    answer = result_from(answering(plain(b"later", *useful, *secret, status=b"429 Too Many")))

    assert answer.status == 429
    assert answer.body == b"later"
    assert answer.headers == {
        "content-length": "5",
        "retry-after": "7",
        "response-description": "Too fast",
        "x-request-id": "9",
    }
    assert 0 <= answer.duration_ms < 400


def test_the_request_carries_what_the_caller_gave_and_nothing_of_the_environment(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    seen = []

    async def handler(reader, writer):
        seen.append(await read_request(reader))
        writer.write(plain())

    answer = result_from(handler, method="PUT", headers={"Idempotency-Key": "row-1"})

    [(line, headers, body)] = seen
    assert answer.status == 200
    assert line == "PUT /in?x=1 HTTP/1.1"
    assert body == b'{"a":1}'
    assert headers["idempotency-key"] == "row-1"
    assert headers["user-agent"] == "shop/1"
    assert headers["host"].startswith("127.0.0.1:")


def test_cookies_of_an_answer_are_forgotten():
    requests = []

    async def handler(reader, writer):
        while True:
            requests.append(await read_request(reader))
            writer.write(plain(b"", b"Set-Cookie: a=1; Path=/"))

    async def scene():
        async with a_partner(handler) as port, a_client() as client:
            await send(client, post(port))
            await send(client, post(port))

    on_network(scene())

    assert len(requests) == 2
    assert all("cookie" not in headers for _, headers, _ in requests)


def test_a_compressed_answer_is_inflated():
    body = gzip.compress(b'{"ok":true}')

    answer = result_from(answering(plain(body, b"Content-Encoding: gzip")))

    assert answer.body == b'{"ok":true}'


def test_an_answer_without_a_body_is_an_answer():
    answer = result_from(answering(b"HTTP/1.1 204 No Content\r\n\r\n"))

    assert (answer.status, answer.body) == (204, b"")


def test_an_answer_of_exactly_the_limit_is_taken_and_one_byte_more_is_not():
    largest = result_from(answering(plain(b"x" * MEBIBYTE)), timeout_ms=30_000)
    larger = result_from(answering(plain(b"x" * (MEBIBYTE + 1))), timeout_ms=30_000)

    assert len(largest.body) == MEBIBYTE
    assert larger.subcode == "response_too_large"
    assert larger.may_have_left


def test_an_endless_body_is_cut_off_at_the_limit():
    sent = 0

    async def handler(reader, writer):
        nonlocal sent
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2147483648\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            sent += 65536
            await writer.drain()

    failure = result_from(handler, timeout_ms=30_000)

    assert failure.subcode == "response_too_large"
    assert sent < 16 * MEBIBYTE


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_bomb_is_counted_while_it_inflates(encoding):
    window = 31 if encoding == "gzip" else 15
    packer = zlib.compressobj(9, wbits=window)
    bomb = packer.compress(bytes(64 * MEBIBYTE)) + packer.flush()
    header = f"Content-Encoding: {encoding}".encode()

    with memory_stays_below(16 * MEBIBYTE):
        failure = result_from(answering(plain(bomb, header)), timeout_ms=30_000)

    assert len(bomb) < MEBIBYTE
    assert failure.subcode == "response_too_large"


def test_a_slow_drip_ends_at_the_time_out():
    async def handler(reader, writer):
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            writer.write(b"x")
            await asyncio.sleep(0.01)

    started = perf_counter()
    failure = result_from(handler, timeout_ms=200)

    assert failure.subcode == "read_timeout"
    assert failure.may_have_left
    assert 0.15 < perf_counter() - started < 8  # all of it would drip for ten seconds


def test_a_partner_that_is_silent_may_have_got_the_request():
    async def handler(reader, writer):
        await asyncio.sleep(5)

    failure = result_from(handler, timeout_ms=300)

    assert failure.subcode == "read_timeout"
    assert failure.may_have_left


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nbody\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbodybody\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
        b"HTTP/1.1 banana\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 20_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000 + b"\r\n",
    ],
)
def test_an_answer_that_is_not_valid_http_is_a_protocol_failure(answer):
    failure = result_from(answering(answer))

    assert failure.subcode == "protocol"
    assert failure.may_have_left
    assert failure.code == "network_error"


def test_chunks_that_break_later_are_not_waited_for():
    async def handler(reader, writer):
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n")
        await asyncio.sleep(0.02)
        writer.write(b"zz\r\nbody\r\n0\r\n\r\n")
        await asyncio.sleep(5)

    failure = result_from(handler)

    assert failure.subcode == "protocol"
    assert failure.may_have_left


@pytest.mark.parametrize(
    "beginning",
    [
        b"",
        b"HTTP/1.1 200",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nhalf",
    ],
)
@pytest.mark.parametrize("politely", [True, False])
def test_a_connection_closed_before_the_end_of_the_answer_is_a_reset(beginning, politely):
    async def handler(reader, writer):
        await read_request(reader)
        writer.write(beginning)
        await writer.drain()
        await asyncio.sleep(0.02)
        if politely:
            writer.close()
        else:
            writer.transport.abort()

    failure = result_from(handler)

    assert failure.subcode == "reset"
    assert failure.may_have_left


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST"])
def test_a_call_on_a_kept_connection_that_breaks_is_not_made_twice(method):
    received = []

    async def handler(reader, writer):
        received.append((await read_request(reader))[0])
        writer.write(plain())
        await writer.drain()
        received.append((await read_request(reader))[0])

    async def scene():
        async with a_partner(handler) as port, a_client() as client:
            first = await result_of(client, post(port))
            second = await result_of(client, post(port, method=method))
        return first, second

    first, second = on_network(scene())

    assert first.status == 200
    assert second.subcode == "reset"
    assert second.may_have_left
    assert len(received) == 2


def test_a_kept_connection_that_the_partner_closed_is_replaced():
    async def handler(reader, writer):
        await read_request(reader)
        writer.write(plain())

    async def scene():
        async with a_partner(handler) as port, a_client() as client:
            first = await result_of(client, post(port))
            await asyncio.sleep(0.05)
            return first, await result_of(client, post(port))

    first, second = on_network(scene())

    assert (first.status, second.status) == (200, 200)


def test_connections_are_kept_and_never_more_than_the_width():
    connections = 0

    async def handler(reader, writer):
        nonlocal connections
        connections += 1
        await answering(plain())(reader, writer)

    async def scene():
        async with a_partner(handler) as port, a_client() as client:
            await asyncio.gather(*(send(client, post(port)) for _ in range(40)))

    on_network(scene())

    assert connections == 4


def test_a_refused_connection_sent_nothing():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    async def scene():
        async with a_client() as client:
            return await result_of(client, post(port))

    failure = on_network(scene())

    assert failure.subcode == "connect"
    assert not failure.may_have_left


def test_a_connection_that_is_not_taken_in_time_sent_nothing():
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(3)]
        for client_side in waiting:
            client_side.setblocking(False)
            client_side.connect_ex(full.getsockname())

        async def scene():
            async with a_client() as client:
                return await result_of(client, post(full.getsockname()[1], timeout_ms=150))

        failure = on_network(scene())
        for client_side in waiting:
            client_side.close()

    assert failure.subcode == "connect_timeout"
    assert not failure.may_have_left


def test_a_name_that_does_not_resolve_sent_nothing():
    names = Names(OSError(-2, "Name or service not known"))

    async def scene():
        async with a_client(resolver=names) as client:
            url = check_url("http://partner.example/", PRIVATE)
            return await result_of(client, OutgoingCall(method="GET", url=url, timeout_ms=30_000))

    failure = on_network(scene())

    assert failure.subcode == "dns"
    assert not failure.may_have_left


def test_a_resolver_that_hangs_is_given_up_in_time():
    class Silent(Names):
        async def resolve(self, host, port=0, family=socket.AF_INET):
            await asyncio.sleep(1)
            return []

    async def scene():
        async with a_client(resolver=Silent([])) as client:
            url = check_url("http://partner.example/", PRIVATE)
            return await result_of(client, OutgoingCall(method="GET", url=url, timeout_ms=100))

    failure = on_network(scene())

    assert failure.subcode == "connect_timeout"
    assert not failure.may_have_left


def call_over_tls(tls, ca_bundle, host="partner.example"):
    """Return what a call to a TLS partner comes to, and whether the partner saw a request."""
    requests = []

    async def handler(reader, writer):
        if tls is None:
            writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
        requests.append(await read_request(reader))
        writer.write(plain())

    async def scene():
        async with a_partner(handler, tls=tls) as port:
            network().routes[PUBLIC_ADDRESS, 443] = ("127.0.0.1", port)
            network().set_exception_handler(lambda loop, context: None)
            policy = EgressPolicy(allowed_hosts=("*",), ca_bundle=ca_bundle)
            url = check_url(f"https://{host}/", policy)
            async with open_client(policy, width=1, resolver=Names([PUBLIC_ADDRESS])) as client:
                call = OutgoingCall(method="GET", url=url, timeout_ms=30_000)
                return await result_of(client, call)

    return on_network(scene()), requests


def test_a_certificate_of_the_private_authority_is_trusted(authority):
    answer, requests = call_over_tls(authority.server_side(), str(authority.bundle))

    assert answer.status == 200
    assert requests[0][1]["host"] == "partner.example"


def test_an_unknown_authority_is_not_trusted(authority):
    failure, requests = call_over_tls(authority.server_side(), None)

    assert failure.subcode == "tls_verify"
    assert not failure.may_have_left
    assert requests == []


def test_an_expired_certificate_is_not_trusted(authority):
    expired = authority.server_side(lifetime=timedelta(days=-1))

    failure, requests = call_over_tls(expired, str(authority.bundle))

    assert failure.subcode == "tls_verify"
    assert requests == []


def test_a_certificate_for_another_host_is_not_trusted(authority):
    other = authority.server_side("other.example")

    failure, requests = call_over_tls(other, str(authority.bundle))

    assert failure.subcode == "tls_verify"
    assert requests == []


def test_a_partner_that_speaks_no_tls_gets_nothing(authority):
    failure, requests = call_over_tls(None, str(authority.bundle))

    assert failure.subcode == "connect"
    assert not failure.may_have_left
    assert requests == []


def test_a_failure_tells_nothing_of_headers_or_bodies(caplog):
    caplog.set_level(0)
    secret = {"Authorization": "Basic hunter2"}
    broken = b"HTTP/1.1 200 OK\r\nhunter2 is bad\r\n\r\n"

    failure = result_from(answering(broken), headers=secret, body=b"hunter2")

    assert failure.subcode == "protocol"
    assert failure.__cause__ is None
    assert failure.__suppress_context__
    assert "hunter2" not in str(failure) + caplog.text


def test_a_failure_crosses_process_borders_whole():
    failure = pickle.loads(pickle.dumps(NetworkFailure("reset")))

    assert (failure.subcode, failure.may_have_left) == ("reset", True)


def test_cancelling_a_call_frees_its_connection():
    async def handler(reader, writer):
        if (await read_request(reader))[2] == b"slow":
            await asyncio.sleep(5)
        writer.write(plain())

    async def scene():
        async with a_partner(handler) as port, open_client(PRIVATE, width=1) as client:
            slow = asyncio.create_task(send(client, post(port, body=b"slow")))
            await asyncio.sleep(0.05)
            slow.cancel()
            await asyncio.wait([slow])
            return slow.cancelled(), await result_of(client, post(port))

    cancelled, answer = on_network(scene())

    assert cancelled
    assert answer.status == 200


@pytest.fixture
def partner_in_a_thread():
    """Serve from another thread, as synchronous code has no loop of its own."""
    ready, ports = threading.Event(), []
    loop = asyncio.new_event_loop()

    async def serve():
        async with a_partner(answering(plain(b'{"keys":[]}', b"ETag: 1"))) as port:
            ports.append(port)
            ready.set()
            await stop.wait()

    stop = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    assert ready.wait(60)
    yield ports[0]
    loop.call_soon_threadsafe(stop.set)
    thread.join()
    loop.close()


def test_fetch_brings_one_answer_to_synchronous_code(partner_in_a_thread):
    answer = fetch(f"http://127.0.0.1:{partner_in_a_thread}/keys", PRIVATE, timeout=60)

    assert answer.status == 200
    assert answer.body == b'{"keys":[]}'
    assert answer.headers["etag"] == "1"


def test_fetch_keeps_to_its_own_limit(partner_in_a_thread):
    url = f"http://127.0.0.1:{partner_in_a_thread}/keys"

    with pytest.raises(NetworkFailure) as failure:
        fetch(url, PRIVATE, timeout=60, max_bytes=5)

    assert failure.value.subcode == "response_too_large"


def test_fetch_goes_nowhere_that_the_policy_forbids():
    with a_trap() as trap:
        with pytest.raises(EgressDenied):
            fetch(f"http://127.0.0.1:{trap.port}/", EgressPolicy(), timeout=60)

        assert trap.visits == 0
