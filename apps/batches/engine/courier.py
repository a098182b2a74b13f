"""The courier: the ledger's end of the line to a carrier, which makes the calls."""

import base64
import os
import pickle
import socket
import subprocess
import sys
import time
from collections import deque
from contextlib import suppress
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import structlog

from apps.batches.engine.parcels import Delivery, News, Parcel, Terms
from apps.batches.models import BatchSession
from apps.batches.status import AuthType
from apps.core.egress import EgressPolicy, check_url

log = structlog.get_logger(__name__)

PROJECT = Path(__file__).resolve().parents[3]
START_SECONDS = 20
SPACED_AHEAD_SECONDS = 0.25
MOST_UNSENT = 1000
SHORTEST_SECRET = 4


class CarrierLost(Exception):
    """The process that made our calls is gone; nobody will see their answers."""


def auth_headers(session: BatchSession) -> dict[str, str]:
    """Return the headers by which the session proves itself."""
    secret = session.credentials or {}
    if session.auth_type == AuthType.BASIC:
        pair = f"{secret.get('userId', '')}:{secret.get('apiKey', '')}".encode()
        token = base64.b64encode(pair).decode()
        return {"Authorization": f"Basic {token}", "X-User-Id": secret.get("userId", "")}
    if session.auth_type == AuthType.BEARER:
        return {"Authorization": f"Bearer {secret.get('token', '')}"}
    if session.auth_type == AuthType.API_KEY:
        return {secret.get("headerName", "X-API-Key"): secret.get("value", "")}
    return {}


def secrets_of(session: BatchSession) -> list[bytes]:
    """Return what must never be stored or shown, in every form in which it is sent."""
    secret = session.credentials or {}
    hidden = [secret.get(name, "") for name in ("apiKey", "token", "value")]
    hidden += [header.partition(" ")[2] for header in auth_headers(session).values()]
    return [text.encode() for text in hidden if len(text) >= SHORTEST_SECRET]


def terms_of(session: BatchSession, policy: EgressPolicy, *, most: int) -> Terms:
    """
    Return what the carrier must know of a session.

    :raises EgressDenied: if its address may not be called any more
    """
    check_url(session.api_url, policy)
    interval = max(session.min_interval_ms / 1000, 60 / session.requests_per_minute)
    return Terms(
        url=session.api_url,
        policy=policy,
        method=session.method,
        headers={
            "Content-Type": "application/json",
            "Accept": "application/json",
            **auth_headers(session),
        },
        secrets=secrets_of(session),
        key_header=session.idempotency_header,
        may_repeat=bool(session.idempotency_header) and session.retry_ambiguous,
        timeout_ms=session.timeout_ms,
        interval=interval if interval > 0.0005 else 0.0,
        width=max(1, min(session.max_concurrent, most)),
    )


class Courier:
    """Sends parcels, at most `max_concurrent` at a time and spaced as the session asks."""

    def __init__(self, session: BatchSession, policy: EgressPolicy, *, most: int) -> None:
        """
        Prepare the calls of a session.

        :param most: how many parcels there can be; no more connections than that are opened
        :raises EgressDenied: if its address may not be called any more
        :raises OSError: if no client can be opened, as without its certificates
        """
        terms = terms_of(session, policy, most=most)
        self.width = terms.width
        # Where calls are spaced, opening many early would only mean handing them back.
        self.most_unsent: int = (
            1 + int(SPACED_AHEAD_SECONDS / terms.interval) if terms.interval else MOST_UNSENT
        )
        self.on_the_wire = 0
        self._blocked_until = 0.0
        self._is_up = False
        self._done: deque[Delivery] = deque()
        self._carrier = _hire()
        self._slice = next(_slice_numbers)
        self._order("open", self._slice, terms)
        try:
            self._wait_until_up()
        except BaseException:
            self.close()
            raise

    def hand_over(self, parcels: list[Parcel], *, low: int) -> None:
        """Send these, too; there is news as soon as fewer than `low` are left waiting."""
        self._order("carry", parcels, low)

    def wait(self, seconds: float) -> None:
        """
        Wait for news.

        :raises CarrierLost: if there will be none any more
        """
        try:
            while self._carrier.line.poll(seconds):
                # Both ends are ours, and nobody else can write to the socket.
                self._take(*pickle.loads(self._carrier.line.recv_bytes()))  # noqa: S301
                seconds = 0
        except (EOFError, OSError) as error:
            raise CarrierLost from error

    def collect(self) -> list[Delivery]:
        """Return what has come back since the last time."""
        self.wait(0)
        deliveries = list(self._done)
        self._done.clear()
        return deliveries

    @property
    def blocked_for(self) -> float:
        """Return for how many seconds a Retry-After forbids every call."""
        return self._blocked_until - time.monotonic()

    def recall(self) -> None:
        """Send nothing any more; parcels that wait come back unsent, calls in flight finish."""
        self._order("recall")

    def close(self) -> None:
        """Cut whatever is still in flight."""
        with suppress(CarrierLost):
            self._order("close")
            _idle.append(self._carrier)

    def _order(self, *order: Any) -> None:
        try:
            self._carrier.line.send_bytes(pickle.dumps(order, protocol=pickle.HIGHEST_PROTOCOL))
        except OSError as error:
            raise CarrierLost from error

    def _wait_until_up(self) -> None:
        # No attempt is opened before there is somebody to carry it.
        given_up_at = time.monotonic() + START_SECONDS
        while not self._is_up:
            if time.monotonic() > given_up_at:
                raise CarrierLost
            self.wait(1)

    def _take(self, slice_number: int, kind: str, what: Any) -> None:
        if slice_number != self._slice:
            return  # an earlier slice's last words
        if kind == "broken":
            raise what
        if kind == "odd":
            seq, number, story = what
            log.error("courier.failed", seq=seq, number=number, exception=story)
        elif kind == "up":
            self._is_up = True
        else:
            self._take_news(what)

    def _take_news(self, news: News) -> None:
        self._done.extend(news.deliveries)
        self.on_the_wire, self._blocked_until = news.on_the_wire, news.blocked_until


class _CarrierProcess:
    """A carrier and the line to it; it ends when we do, or when the line is closed."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self.child = subprocess.Popen(
                [sys.executable, "-m", "apps.batches.engine.carrier", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                cwd=PROJECT,
                stdin=subprocess.DEVNULL,
            )
        self.line = Connection(ours.detach())
        self.owner = os.getpid()

    def is_usable(self) -> bool:
        """Return whether it lives, and is not a fork's copy of somebody else's."""
        return self.owner == os.getpid() and self.child.poll() is None


_slice_numbers = count(1)
# Starting one takes half a second, so a worker keeps those that it has.
_idle: deque[_CarrierProcess] = deque()


def _hire() -> _CarrierProcess:
    with suppress(IndexError):
        while True:
            carrier = _idle.popleft()
            if carrier.is_usable():
                return carrier
    return _CarrierProcess()
