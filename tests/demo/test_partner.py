"""The demo's partner, spoken to over real HTTP as `make up` starts it."""

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from demo.hiccups import NEVER_UP, hiccup_of
from demo.partner import DEFAULT_SEED
from tests.support.http import call

ROOT = Path(__file__).resolve().parents[2]
USER, API_KEY = "backroom", "a-key-for-tests"
BASIC = "Basic " + base64.b64encode(f"{USER}:{API_KEY}".encode()).decode()
CALM = [number for number in (f"RX-{n}" for n in range(500_000, 500_400))
        if hiccup_of(number, seed=DEFAULT_SEED).outages == 0
        and hiccup_of(number, seed=DEFAULT_SEED).delay < 0.1]  # fmt: skip


class DemoPartner:
    """The partner as `make up` starts it, on a port of its own."""

    def __init__(self, *flags):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "demo.partner", "--port", str(self.port), *flags],
            cwd=ROOT,
            env=os.environ | {"PARTNER_USER": USER, "PARTNER_KEY": API_KEY},
        )

    def __enter__(self):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return self
        raise RuntimeError("The demo partner does not listen")

    def __exit__(self, *error):
        self.process.kill()
        self.process.wait()

    def send(self, claim, *, method="POST", key=None, authorization=BASIC):
        headers = {"Content-Type": "application/json", "Authorization": authorization}
        if key:
            headers["Idempotency-Key"] = key
        body = claim if isinstance(claim, bytes) else json.dumps(claim).encode()
        return call(self.port, method, "/v2/claims", body, headers)


def a_claim(**changes):
    proper = {
        "requestId": CALM[0],
        "memberId": "004417702",
        "payerId": 402,
        "drugCode": "00172-5728-60",
        "serviceDate": "2026-03-09",
        "daysOfSupply": 30,
        "quantity": "60",
        "amount": "8.40",
    }
    return proper | changes


@pytest.fixture(scope="module")
def demo():
    with DemoPartner("--burst", "100000") as partner:
        yield partner


def test_a_proper_claim_is_accepted_with_a_reference(demo):
    reply = demo.send(a_claim(requestId=CALM[1]))

    assert reply.status == 201
    assert reply.body["accepted"] is True
    assert reply.body["ref"].startswith("A-")


@pytest.mark.parametrize("authorization", ["", "Bearer x", BASIC[:-4] + "AAA=", "Basic ü"])
def test_a_stranger_is_turned_away(demo, authorization):
    authorization = authorization.encode().decode("latin-1")

    reply = demo.send(a_claim(requestId=CALM[2]), authorization=authorization)

    assert reply.status == 401
    assert reply.headers["WWW-Authenticate"].startswith("Basic")


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"text"', b"[" * 60_000, b"\xff\xfe", b'{"requestId":"\\ud800"}']
)
def test_a_body_that_is_no_claim_is_a_bad_request(demo, body):
    assert demo.send(body).status == 400


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("memberId", None, "missing"),
        ("drugCode", "  ", "missing"),
        ("memberId", "4417702", "pattern"),
        ("amount", "8.405", "decimals"),
        ("amount", 8.405, "decimals"),
        ("amount", "1e99999999", "decimals"),
        ("quantity", "many", "number"),
        ("daysOfSupply", 1.5, "integer"),
        ("payerId", True, "integer"),
        ("serviceDate", "31/02/2026", "date"),
    ],
)
def test_a_malformed_field_is_named(demo, field, value, code):
    reply = demo.send(a_claim(requestId=CALM[3], **{field: value}))

    assert reply.status == 400
    assert [(error["field"], error["code"]) for error in reply.body["errors"]] == [(field, code)]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("daysOfSupply", 0),
        ("daysOfSupply", -3),
        ("quantity", -1),
        ("drugCode", "O0172-5728-60"),
        ("serviceDate", "2062-03-09"),
    ],
)
def test_a_claim_against_the_rules_comes_back_with_guidance(demo, field, value):
    reply = demo.send(a_claim(requestId=CALM[4], **{field: value}))

    assert reply.status == 422
    assert [error["field"] for error in reply.body["errors"]] == [field]
    assert reply.body["userAction"]


def test_a_payer_without_contract_is_forbidden(demo):
    reply = demo.send(a_claim(requestId=CALM[5], payerId=417))

    assert reply.status == 403
    assert reply.body["requiredPermissions"] == ["payer:417:submit"]


def test_a_claim_number_is_filed_once(demo):
    first = demo.send(a_claim(requestId=CALM[6]))
    same = demo.send(a_claim(requestId=CALM[6]))
    other = demo.send(a_claim(requestId=CALM[6], amount="9.99"))

    assert (first.status, same.status, other.status) == (201, 200, 409)
    assert same.body["ref"] == first.body["ref"]


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_filed_claim_can_be_corrected(demo, method):
    number = {"PUT": CALM[7], "PATCH": CALM[8]}[method]
    demo.send(a_claim(requestId=number))

    reply = demo.send(a_claim(requestId=number, amount="9.99"), method=method)

    assert reply.status == 200


def test_a_repeated_key_is_answered_as_at_first(demo):
    first = demo.send(a_claim(requestId=CALM[9]), key="key-9")
    again = demo.send(a_claim(requestId=CALM[9]), key="key-9")

    assert first.headers["Idempotency-Replayed"] is None
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (again.status, again.body) == (201, first.body)


def test_a_key_is_good_for_one_claim(demo):
    demo.send(a_claim(requestId=CALM[10]), key="key-10")

    reply = demo.send(a_claim(requestId=CALM[11]), key="key-10")

    assert reply.status == 409


def test_some_claims_pass_at_a_later_try_and_a_few_never(demo):
    numbers = [f"RX-{n}" for n in range(600_000, 602_000)]
    outages = {number: hiccup_of(number, seed=DEFAULT_SEED).outages for number in numbers}
    passing = next(number for number in numbers if outages[number] == 1)
    lost = next(number for number in numbers if outages[number] == NEVER_UP)

    assert [demo.send(a_claim(requestId=passing)).status for _ in range(2)] == [503, 201]
    assert [demo.send(a_claim(requestId=lost)).status for _ in range(4)] == [503] * 4


def test_whoever_is_too_fast_is_told_how_long_to_wait():
    with DemoPartner("--burst", "2", "--rate", "0.001") as partner:
        replies = [partner.send(a_claim(requestId=number)) for number in CALM[20:23]]

    assert [reply.status for reply in replies] == [201, 201, 429]
    assert replies[2].headers["Retry-After"] == "1"


def test_a_terminated_partner_leaves_in_good_order(demo):
    with DemoPartner() as partner:
        partner.process.send_signal(signal.SIGTERM)

        assert partner.process.wait(timeout=60) == 0


def test_a_partner_without_credentials_does_not_start():
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PARTNER_")}
    command = [sys.executable, "-m", "demo.partner", "--port", "0"]

    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=60)

    assert run.returncode == 1
    assert b"PARTNER_USER is not set" in run.stderr
