"""What the recording partner remembers, and how it answers one call."""

import time
from collections import Counter
from hashlib import sha256
from http import HTTPStatus
from typing import Any, NamedTuple

import orjson

from tests.support.partner_behaviour import OK, Behaviour, parse_behaviour

END_OF_HEAD = b"\r\n\r\n"
REPLAYED = b"\r\nIdempotency-Replayed: true\r\n"
ACCEPTED = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"


class Call(NamedTuple):
    """One call as it came, and what became of it."""

    request_id: str
    key: str | None
    head: bytes
    body: bytes
    body_sha: str
    status: int | None
    at: float
    effect: bool


class Ledger:
    """Everything the partner remembers."""

    def __init__(self, *, honours_keys: bool) -> None:
        self.honours_keys = honours_keys
        self.script: dict[str, Behaviour] = {}
        self.in_flight = 0
        self.forget()

    def forget(self) -> None:
        self.calls: list[Call] = []
        self.effects: Counter[str] = Counter()
        self.meetings: Counter[str] = Counter()
        self.kept: dict[str, tuple[str, bytes]] = {}
        self.max_in_flight = self.in_flight

    def arrive(self) -> None:
        self.in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.in_flight)


class Deed(NamedTuple):
    """What to do with the connection now: how to end, what to send, after how long."""

    kind: str
    answer: bytes
    delay_ms: float = 0


def answer_call(ledger: Ledger, head: bytes, lowered: bytes, body: bytes) -> Deed:
    """Apply the effect if there is one, write the call down, and say what to send."""
    at = time.time()
    key = header_of(head, lowered, b"\r\nidempotency-key:")
    digest = sha256(body).hexdigest()
    try:
        record = orjson.loads(body)
        request_id = str(record.get("requestId"))
        told = record.get("behave")
        behaviour = parse_behaviour(told) if told else ledger.script.get(request_id, OK)
    except (ValueError, AttributeError) as error:
        ledger.calls.append(Call("", key, head, body, digest, 400, at, False))
        return Deed("send", response(400, {"message": str(error)}))

    kept = ledger.kept.get(key) if key and ledger.honours_keys else None
    deed, effect, status = _decide(ledger, request_id, behaviour, kept, digest)
    if behaviour.kind == "echo":
        # An indiscreet partner: repeats the caller's own headers in its complaint.
        deed = Deed("send", response(behaviour.number, {"message": head.decode("latin-1")}))
        effect, status = False, behaviour.number
    if effect:
        ledger.effects[request_id] += 1
        if key:
            ledger.kept[key] = digest, _accepted(request_id)
    ledger.calls.append(Call(request_id, key, head, body, digest, status, at, effect))
    return deed


def _decide(
    ledger: Ledger,
    request_id: str,
    behaviour: Behaviour,
    kept: tuple[str, bytes] | None,
    digest: str,
) -> tuple[Deed, bool, int | None]:
    if kept and kept[0] != digest:
        return Deed("send", response(409, {"message": "Key used with another body"})), False, 409
    if not _meets(ledger, request_id, behaviour, repeated=kept is not None):
        answer = kept[1].replace(b"\r\n", REPLAYED, 1) if kept else _accepted(request_id)
        return Deed("send", answer), kept is None, 201
    kind, number, _ = behaviour
    if kind in ("status", "429"):
        status = number if kind == "status" else 429
        seconds = number if kind == "429" else None
        effect = kept is None and HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES
        return Deed("send", _refusal(status, seconds)), effect, status
    if kind == "reset":
        return Deed("reset", b""), False, None
    if kind == "drop":
        return Deed("drop", b""), kept is None, None
    if kind == "drip":
        return Deed("drip", _accepted(request_id), number), kept is None, 201
    return Deed("send", _accepted(request_id), number), kept is None, 201


def _meets(ledger: Ledger, request_id: str, behaviour: Behaviour, *, repeated: bool) -> bool:
    if behaviour is OK:
        return False
    if behaviour.times is None:
        return not repeated
    ledger.meetings[request_id] += 1
    return ledger.meetings[request_id] <= behaviour.times


def _accepted(request_id: str) -> bytes:
    body = orjson.dumps({"accepted": True, "ref": f"A-{request_id}"})
    return ACCEPTED % (len(body), body)


def _refusal(status: int, retry_after: int | None) -> bytes:
    body: dict[str, Any] = {"message": f"Scripted {status}"}
    if status in (400, 422):
        body["errors"] = [{"field": "memberId", "code": "scripted", "message": "not accepted"}]
        body["userAction"] = "Correct the member id"
    if status == HTTPStatus.FORBIDDEN:
        body["requiredPermissions"] = ["claims:submit"]
    return response(status, body, b"" if retry_after is None else b"Retry-After: %d" % retry_after)


def response(status: int, body: object, extra: bytes = b"") -> bytes:
    content = orjson.dumps(body)
    try:
        reason = HTTPStatus(status).phrase
    except ValueError:
        reason = "Scripted"
    lines = [f"HTTP/1.1 {status} {reason}".encode(), b"Content-Type: application/json"]
    lines += [b"Content-Length: %d" % len(content)] + ([extra] if extra else [])
    return b"\r\n".join(lines) + END_OF_HEAD + content


def header_of(head: bytes, lowered: bytes, name: bytes) -> str | None:
    start = lowered.find(name)
    if start < 0:
        return None
    start += len(name)
    end = head.find(b"\r\n", start)
    return head[start : end if end >= 0 else len(head)].strip().decode("latin-1")
