"""The courier: carries opened attempts to the partner on an asyncio loop of its own thread."""

import asyncio
import base64
import threading
import time
from collections import deque
from dataclasses import dataclass, replace

import structlog

from apps.batches.engine.verdict import Verdict, judge_answer, judge_failure
from apps.batches.models import BatchSession
from apps.batches.status import AuthType
from apps.core.egress import (
    CheckedUrl,
    EgressClient,
    EgressPolicy,
    NetworkFailure,
    OutgoingCall,
    UpstreamAnswer,
    check_url,
    open_client,
    send,
)

log = structlog.get_logger(__name__)

EXTRA_TIMEOUT_MS = 5000
START_SECONDS = 10
SPACED_AHEAD_SECONDS = 0.25
MOST_UNSENT = 1000
# What the ledger stores of a body, and one byte more to tell that there was more.
KEPT_BODY = 64 * 1024 + 1
SHORTEST_SECRET = 4


@dataclass(slots=True)
class Parcel:
    """One opened attempt: the row, what is sent, and under which key."""

    seq: int
    number: int
    tries: int
    key: str
    payload: str


@dataclass(slots=True)
class Delivery:
    """How an attempt ended; without a verdict it was never sent."""

    parcel: Parcel
    verdict: Verdict | None
    answer: UpstreamAnswer | None = None


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


class Courier:
    """
    Sends parcels, at most `max_concurrent` at a time and spaced as the session asks.

    All methods are for the ledger's thread; the loop's thread touches only what is marked so.
    """

    def __init__(self, session: BatchSession, policy: EgressPolicy, *, most: int) -> None:
        """
        Prepare the calls of a session.

        :param most: how many parcels there can be; no more connections than that are opened
        :raises EgressDenied: if its address may not be called any more
        :raises OSError: if no client can be opened, as without its certificates
        """
        self.width: int = max(1, min(session.max_concurrent, most))
        self.has_news = threading.Event()
        self._url: CheckedUrl = check_url(session.api_url, policy)
        self._policy = policy
        self._method = session.method
        self._timeout_ms = session.timeout_ms
        self._key_header = session.idempotency_header
        self._may_repeat = bool(session.idempotency_header) and session.retry_ambiguous
        self._headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            **auth_headers(session),
        }
        self._secrets = secrets_of(session)
        self._interval = max(session.min_interval_ms / 1000, 60 / session.requests_per_minute)
        self._interval = self._interval if self._interval > 0.0005 else 0.0
        # Where calls are spaced, opening many early would only mean handing them back.
        self.most_unsent: int = (
            1 + int(SPACED_AHEAD_SECONDS / self._interval) if self._interval else MOST_UNSENT
        )
        self.on_the_wire = 0
        self._next_slot = time.monotonic() + self._interval
        self._done: deque[Delivery] = deque()
        self._loop = asyncio.new_event_loop()
        self._parcels: asyncio.Queue[Parcel] = asyncio.Queue()
        self._blocked_until = 0.0
        self._closing = False
        self._low = 0
        self._outstanding = 0
        self._broken: BaseException | None = None
        self._is_up = threading.Event()
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)
        self._thread.start()
        # No attempt is opened before there is somebody to carry it.
        self._is_up.wait(START_SECONDS)
        try:
            self._raise_if_broken()
        except BaseException:
            self.close()
            raise

    def hand_over(self, parcels: list[Parcel], *, low: int) -> None:
        """Send these, too; news is announced when fewer than `low` are left waiting."""
        self._loop.call_soon_threadsafe(self._accept, parcels, low)

    def collect(self) -> list[Delivery]:
        """Return what has come back since the last time; raise what the loop died of."""
        self.has_news.clear()
        self._raise_if_broken()
        return [self._done.popleft() for _ in range(len(self._done))]

    def _raise_if_broken(self) -> None:
        if self._broken:
            raise self._broken

    @property
    def blocked_for(self) -> float:
        """Return for how many seconds a Retry-After forbids every call."""
        return self._blocked_until - time.monotonic()

    def recall(self) -> None:
        """Send nothing any more; parcels that wait come back unsent, calls in flight finish."""
        self._loop.call_soon_threadsafe(self._return_waiting)

    def close(self) -> None:
        """Cut whatever is still in flight, and end the thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)

    # From here on: the loop's thread.

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            with_client = self._loop.create_task(self._deliver_all())
            with_client.add_done_callback(self._note_end)
            self._loop.run_forever()
            for task in asyncio.all_tasks(self._loop):
                task.cancel()
            self._loop.run_until_complete(asyncio.wait([with_client], timeout=5))
        finally:
            self._loop.close()

    def _note_end(self, delivering: "asyncio.Task[None]") -> None:
        if not delivering.cancelled():
            self._broken = delivering.exception()
        self._is_up.set()
        self.has_news.set()

    def _accept(self, parcels: list[Parcel], low: int) -> None:
        self._low = low
        if self._closing:
            self._done.extend(Delivery(parcel, None) for parcel in parcels)
            self.has_news.set()
            return
        self._outstanding += len(parcels)
        for parcel in parcels:
            self._parcels.put_nowait(parcel)

    def _return_waiting(self) -> None:
        self._closing = True
        while not self._parcels.empty():
            self._hand_in(Delivery(self._parcels.get_nowait(), None))
        self.has_news.set()

    def _hand_in(self, delivery: Delivery) -> None:
        self._done.append(delivery)
        self._outstanding -= 1
        if not self._outstanding:
            self.has_news.set()

    async def _deliver_all(self) -> None:
        async with open_client(self._policy, width=self.width) as client:
            self._is_up.set()
            await asyncio.gather(*(self._deliver(client) for _ in range(self.width)))

    async def _deliver(self, client: EgressClient) -> None:
        while True:
            parcel = await self._parcels.get()
            if self._parcels.qsize() < self._low:
                self.has_news.set()
            if (self._interval or self._blocked_until) and not await self._slot():
                self._hand_in(Delivery(parcel, None))
            else:
                self._hand_in(await self._carried(client, parcel))

    async def _carried(self, client: EgressClient, parcel: Parcel) -> Delivery:
        """Carry the parcel, whatever happens: one that never came back would end no slice."""
        self.on_the_wire += 1
        try:
            return await self._carry(client, parcel)
        except Exception:
            log.exception("courier.failed", seq=parcel.seq, number=parcel.number)
            failure = NetworkFailure("protocol")
            verdict = judge_failure(failure, tries=parcel.tries, may_repeat=self._may_repeat)
            return Delivery(parcel, verdict)
        finally:
            self.on_the_wire -= 1

    async def _slot(self) -> bool:
        """Wait for our turn: the session's spacing, and the partner's Retry-After."""
        while True:
            now = time.monotonic()
            wait = max(self._next_slot, self._blocked_until) - now
            if self._closing:
                return False
            if wait <= 0:
                self._next_slot = max(now, self._next_slot) + self._interval
                return True
            await asyncio.sleep(min(wait, 0.2))

    def _masked(self, answer: UpstreamAnswer) -> UpstreamAnswer:
        """Return the answer without our own secrets, should the partner have echoed them."""
        told = "\n".join(answer.headers.values()).encode() + answer.body
        if not any(secret in told for secret in self._secrets):
            return answer
        body, headers = answer.body, dict(answer.headers)
        for secret in self._secrets:
            body = body.replace(secret, b"***")
            headers = {name: text.replace(secret.decode(), "***") for name, text in headers.items()}
        return replace(answer, body=body, headers=headers)

    async def _carry(self, client: EgressClient, parcel: Parcel) -> Delivery:
        headers = self._headers
        if self._key_header:
            headers = {**headers, self._key_header: parcel.key}
        call = OutgoingCall(
            method=self._method,
            url=self._url,
            timeout_ms=self._timeout_ms + EXTRA_TIMEOUT_MS * (parcel.tries - 1),
            body=parcel.payload.encode(),
            headers=headers,
        )
        try:
            answer = self._masked(await send(client, call))
        except NetworkFailure as failure:
            verdict = judge_failure(failure, tries=parcel.tries, may_repeat=self._may_repeat)
            return Delivery(parcel, verdict)
        verdict = judge_answer(answer, tries=parcel.tries, may_repeat=self._may_repeat)
        if verdict.retry_after:
            until = time.monotonic() + verdict.retry_after
            self._blocked_until = max(self._blocked_until, until)
        if len(answer.body) > KEPT_BODY:
            answer = replace(answer, body=answer.body[:KEPT_BODY])
        return Delivery(parcel, verdict, answer)
