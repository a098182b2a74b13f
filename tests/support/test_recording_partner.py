"""The recording partner itself: what tests rely on must be tested."""

import http.client
import json
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.http import call
from tests.support.partner import RecordingPartner

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def partner():
    with RecordingPartner() as partner:
        yield partner


def submit(partner, key=None, **record):
    port = int(partner.origin.rpartition(":")[2])
    headers = {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {})
    return call(port, "POST", "/v2/claims", json.dumps(record).encode(), headers)


def test_a_call_is_recorded_with_all_it_said(partner):
    submit(partner, key="k-1", requestId="RX-1", memberId="007")

    (seen,) = partner.calls()
    assert (seen["request_id"], seen["key"], seen["status"]) == ("RX-1", "k-1", 201)
    assert (seen["method"], seen["path"], seen["effect"]) == ("POST", "/v2/claims", True)
    assert json.loads(seen["body"])["memberId"] == "007"
    assert seen["headers"]["content-type"] == "application/json"


def test_a_repeated_key_has_one_effect(partner):
    replies = [submit(partner, key="k-1", requestId="RX-1") for _ in range(3)]

    assert [reply.status for reply in replies] == [201, 201, 201]
    assert replies[2].headers["Idempotency-Replayed"] == "true"
    assert partner.effects() == {"RX-1": 1}
    assert [seen["effect"] for seen in partner.calls()] == [True, False, False]


def test_without_key_support_every_call_has_its_effect():
    with RecordingPartner(honours_keys=False) as partner:
        for _ in range(3):
            submit(partner, key="k-1", requestId="RX-1")

        assert partner.effects() == {"RX-1": 3}


def test_a_key_with_another_body_is_refused(partner):
    submit(partner, key="k-1", requestId="RX-1")

    reply = submit(partner, key="k-1", requestId="RX-2")

    assert reply.status == 409
    assert partner.effects() == {"RX-1": 1}


@pytest.mark.parametrize(
    ("behave", "statuses"),
    [
        ("ok", [201, 201]),
        ("status:422", [422, 422]),
        ("flaky:503:2", [503, 503, 201]),
        ("429:2", [429, 201]),
        ("429:1:2", [429, 429, 201]),
    ],
)
def test_a_record_says_how_it_is_answered(partner, behave, statuses):
    replies = [submit(partner, requestId="RX-1", behave=behave) for _ in statuses]

    assert [reply.status for reply in replies] == statuses
    assert partner.effects().get("RX-1", 0) == statuses.count(201)


def test_a_429_says_when_to_come_back(partner):
    assert submit(partner, requestId="RX-1", behave="429:7").headers["Retry-After"] == "7"


def test_a_dropped_call_was_done_and_its_repetition_answered(partner):
    with pytest.raises(http.client.RemoteDisconnected):
        submit(partner, key="k-1", requestId="RX-1", behave="drop")

    assert submit(partner, key="k-1", requestId="RX-1", behave="drop").status == 201
    assert partner.effects() == {"RX-1": 1}
    assert [seen["status"] for seen in partner.calls()] == [None, 201]


def test_a_record_can_be_dropped_each_time_and_still_be_done_once(partner):
    for _ in range(3):
        with pytest.raises(http.client.RemoteDisconnected):
            submit(partner, key="k-1", requestId="RX-1", behave="drop:3")

    assert partner.effects() == {"RX-1": 1}


def test_a_reset_call_was_not_done(partner):
    with pytest.raises(ConnectionResetError):
        submit(partner, key="k-1", requestId="RX-1", behave="reset")

    assert partner.effects() == {}


def test_a_slow_answer_comes_after_the_effect(partner):
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(submit, partner, requestId="RX-1", behave="slow:300")
        while not partner.call_count():
            time.sleep(0.005)

        assert partner.effects() == {"RX-1": 1}
        assert not slow.done()
        assert slow.result().status == 201


def test_a_dripping_answer_is_whole_at_the_end(partner):
    begun = time.monotonic()

    reply = submit(partner, requestId="RX-1", behave="drip:1")

    assert reply.body["ref"] == "A-RX-1"
    assert time.monotonic() - begun > 0.1


def test_a_script_speaks_for_records_that_do_not():
    with RecordingPartner(script={"RX-1": "status:403"}) as partner:
        forbidden, fine = (submit(partner, requestId=number) for number in ("RX-1", "RX-2"))

    assert (forbidden.status, fine.status) == (403, 201)
    assert forbidden.body["requiredPermissions"] == ["claims:submit"]


def test_a_misspelt_behaviour_is_an_error_not_a_success(partner):
    assert submit(partner, requestId="RX-1", behave="staus:422").status == 400
    assert partner.effects() == {}


def test_calls_at_the_same_time_are_counted():
    with RecordingPartner(latency_ms=100) as partner, ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: submit(partner, requestId=f"RX-{n}"), range(8)))

        assert 2 <= partner.max_in_flight() <= 8
        assert partner.call_count() == 8


def test_a_reset_partner_remembers_nothing(partner):
    submit(partner, key="k-1", requestId="RX-1")

    partner.reset()
    submit(partner, key="k-1", requestId="RX-1")

    assert partner.effects() == {"RX-1": 1}
    assert partner.call_count() == 1


def test_a_call_in_pieces_and_two_in_one_are_read_rightly(partner):
    body = b'{"requestId":"RX-1"}'
    head = b"POST /v2/claims HTTP/1.1\r\nHost: x\r\ncontent-length: %d\r\n\r\n" % len(body)
    port = int(partner.origin.rpartition(":")[2])

    with socket.create_connection(("127.0.0.1", port), 60) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in (head[:30], head[30:] + body[:5], body[5:] + head + body):
            connection.sendall(piece)
            time.sleep(0.02)
        answers = b""
        while answers.count(b'"A-RX-1"}') < 2:
            answers += connection.recv(65536) or pytest.fail("closed early")

    assert answers.count(b"HTTP/1.1 201 Created") == 2


def test_the_partner_goes_when_its_test_dies():
    script = (
        "import os\nfrom tests.support.partner import RecordingPartner\n"
        "print(RecordingPartner().__enter__().origin, flush=True)\nos._exit(9)\n"
    )
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE)
    port = int(run.stdout.decode().strip().rpartition(":")[2])

    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except ConnectionRefusedError:
            return
        time.sleep(0.02)
    pytest.fail("The partner outlived the test that started it")
