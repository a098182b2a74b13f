"""
The carrier: a process of its own that makes a slice's calls on an asyncio loop.

It serves one slice after the other, for as long as the other end of its socket is open. Beside the
ledger in one process, each would wait for the interpreter half of the time.

    python -m apps.batches.engine.carrier FD
"""

import asyncio
import pickle
import signal
import socket
import struct
import sys
import time
import traceback
from collections import deque
from dataclasses import replace
from typing import Any

from apps.batches.engine.parcels import KEPT_BODY, Delivery, News, Parcel, Terms
from apps.batches.engine.verdict import judge_answer, judge_failure
from apps.core.egress import (
    CheckedUrl,
    EgressClient,
    EgressDenied,
    EgressPolicy,
    NetworkFailure,
    OutgoingCall,
    UpstreamAnswer,
    check_url,
    open_client,
    send,
)
from apps.core.interpreter import tune_interpreter

EXTRA_TIMEOUT_MS = 5000
NEWS_SECONDS = 0.1
# The framing of multiprocessing.connection, which the other end reads and writes.
LENGTH = struct.Struct("!i")


class Carrier:
    """Makes the calls of one slice, at most `width` at a time and spaced as the session asks."""

    def __init__(self, terms: Terms, tell: "Link") -> None:
        """Prepare the calls; nothing is sent yet."""
        self._terms, self._tell = terms, tell
        self._url: CheckedUrl = check_url(terms.url, terms.policy)
        self._parcels: asyncio.Queue[Parcel] = asyncio.Queue()
        self._done: deque[Delivery] = deque()
        self._next_slot = time.monotonic() + terms.interval
        self._blocked_until = 0.0
        self._on_the_wire = 0
        self._outstanding = 0
        self._low = 0
        self._closing = False
        self._timer: asyncio.TimerHandle | None = None

    async def deliver_all(self, client: EgressClient) -> None:
        """Work until cancelled."""
        await asyncio.gather(*(self._deliver(client) for _ in range(self._terms.width)))

    def accept(self, parcels: list[Parcel], low: int) -> None:
        """Send these, too; there is news as soon as fewer than `low` are left waiting."""
        self._outstanding += len(parcels)
        if self._closing:
            for parcel in parcels:
                self._hand_in(Delivery(parcel, None))
            return
        self._low = low
        for parcel in parcels:
            self._parcels.put_nowait(parcel)

    def recall(self) -> None:
        """Send nothing any more; parcels that wait go back unsent, calls in flight finish."""
        self._closing = True
        while not self._parcels.empty():
            self._hand_in(Delivery(self._parcels.get_nowait(), None))
        self._tell_news()

    def end(self) -> None:
        """Have nothing to tell any more."""
        if self._timer:
            self._timer.cancel()

    def _hand_in(self, delivery: Delivery) -> None:
        self._done.append(delivery)
        self._outstanding -= 1
        if not self._outstanding:
            self._tell_news()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(NEWS_SECONDS, self._tell_news)

    def _tell_news(self) -> None:
        self.end()
        self._timer = None
        deliveries = list(self._done)
        self._done.clear()
        self._tell("news", News(deliveries, self._on_the_wire, self._blocked_until))

    async def _deliver(self, client: EgressClient) -> None:
        spaced = self._terms.interval
        while True:
            parcel = await self._parcels.get()
            if (spaced or self._blocked_until) and not await self._slot():
                self._hand_in(Delivery(parcel, None))
                continue
            self._on_the_wire += 1
            if self._parcels.qsize() < self._low:
                self._low = 0  # said once; the answer brings a new mark
                self._tell_news()
            try:
                delivery = await self._carried(client, parcel)
            finally:
                self._on_the_wire -= 1
            self._hand_in(delivery)

    async def _slot(self) -> bool:
        """Wait for our turn: the session's spacing, and the partner's Retry-After."""
        while True:
            now = time.monotonic()
            wait = max(self._next_slot, self._blocked_until) - now
            if self._closing:
                return False
            if wait <= 0:
                self._next_slot = max(now, self._next_slot) + self._terms.interval
                return True
            await asyncio.sleep(min(wait, 0.2))

    async def _carried(self, client: EgressClient, parcel: Parcel) -> Delivery:
        """Carry the parcel, whatever happens: one that never came back would end no slice."""
        try:
            return await self._carry(client, parcel)
        except NetworkFailure as failure:
            return self._failed(parcel, failure)
        except Exception:
            self._tell("odd", (parcel.seq, parcel.number, traceback.format_exc()))
            return self._failed(parcel, NetworkFailure("protocol"))

    def _failed(self, parcel: Parcel, failure: NetworkFailure) -> Delivery:
        may_repeat = self._terms.may_repeat
        return Delivery(parcel, judge_failure(failure, tries=parcel.tries, may_repeat=may_repeat))

    async def _carry(self, client: EgressClient, parcel: Parcel) -> Delivery:
        terms = self._terms
        headers = terms.headers
        if terms.key_header:
            headers = {**headers, terms.key_header: parcel.key}
        call = OutgoingCall(
            method=terms.method,
            url=self._url,
            timeout_ms=terms.timeout_ms + EXTRA_TIMEOUT_MS * (parcel.tries - 1),
            body=parcel.payload.encode(),
            headers=headers,
        )
        answer = self._masked(await send(client, call))
        verdict = judge_answer(answer, tries=parcel.tries, may_repeat=terms.may_repeat)
        if verdict.retry_after:
            until = time.monotonic() + verdict.retry_after
            self._blocked_until = max(self._blocked_until, until)
        if len(answer.body) > KEPT_BODY:
            answer = replace(answer, body=answer.body[:KEPT_BODY])
        return Delivery(parcel, verdict, answer)

    def _masked(self, answer: UpstreamAnswer) -> UpstreamAnswer:
        """Return the answer without our own secrets, should the partner have echoed them."""
        secrets = self._terms.secrets
        told = "\n".join(answer.headers.values()).encode() + answer.body
        if not any(secret in told for secret in secrets):
            return answer
        body, headers = answer.body, dict(answer.headers)
        for secret in secrets:
            body = body.replace(secret, b"***")
            headers = {name: text.replace(secret.decode(), "***") for name, text in headers.items()}
        return replace(answer, body=body, headers=headers)


class Link:
    """Our end of the socket; says which slice a message is about."""

    def __init__(self, writer: asyncio.StreamWriter, slice_number: int) -> None:
        """Speak for one slice."""
        self._writer, self._slice = writer, slice_number

    def __call__(self, kind: str, what: Any) -> None:
        """Send a message; the other end reads whenever it has nothing to send."""
        message = pickle.dumps((self._slice, kind, what), protocol=pickle.HIGHEST_PROTOCOL)
        self._writer.write(LENGTH.pack(len(message)) + message)


class Office:
    """Takes orders, and has one carrier at a time; its connections outlive it by some seconds."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        """Begin without a carrier."""
        self._writer = writer
        self._carrier: Carrier | None = None
        self._delivering: asyncio.Task[None] | None = None
        self._client: EgressClient | None = None
        self._policy: EgressPolicy | None = None

    async def obey(self, order: str, *what: Any) -> None:
        """Carry out one order."""
        if order == "open":
            await self._close()
            await self._open(*what)
        elif order == "close":
            await self._close()
        elif self._carrier and order == "carry":
            self._carrier.accept(*what)
        elif self._carrier and order == "recall":
            self._carrier.recall()

    async def _open(self, slice_number: int, terms: Terms) -> None:
        tell = Link(self._writer, slice_number)
        try:
            client = await self._client_under(terms.policy)
            self._carrier = Carrier(terms, tell)
        except (OSError, EgressDenied) as error:
            tell("broken", error)
            return
        tell("up", None)
        self._delivering = asyncio.create_task(self._carrier.deliver_all(client))
        self._delivering.add_done_callback(lambda task: _tell_end(task, tell))

    async def _client_under(self, policy: EgressPolicy) -> EgressClient:
        """Return a client, the last slice's if its policy was the same."""
        if self._client is None or self._policy != policy:
            former, self._client = self._client, None
            if former:
                await former.close()
            # As many connections as carriers ask for: they keep to their session's width.
            self._client, self._policy = open_client(policy, width=0), policy
        return self._client

    async def _close(self) -> None:
        if self._carrier and self._delivering:
            self._carrier.end()
            self._delivering.cancel()
            await asyncio.wait([self._delivering], timeout=5)
            self._carrier.end()
        self._carrier = self._delivering = None


def _tell_end(delivering: "asyncio.Task[None]", tell: Link) -> None:
    if not delivering.cancelled() and (error := delivering.exception()):
        tell("broken", error)


async def serve(ours: socket.socket) -> None:
    """Obey until the other end is gone; then nobody would book an answer any more."""
    reader, writer = await asyncio.open_connection(sock=ours)
    office = Office(writer)
    try:
        while True:
            (length,) = LENGTH.unpack(await reader.readexactly(LENGTH.size))
            # Both ends are ours, and nobody else can write to the socket.
            await office.obey(*pickle.loads(await reader.readexactly(length)))  # noqa: S301
    except (asyncio.IncompleteReadError, ConnectionError):
        return


def main() -> None:
    """Serve the inherited socket."""
    # Whoever stops the worker's whole group still wants the calls in flight to be booked.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tune_interpreter()
    asyncio.run(serve(socket.socket(fileno=int(sys.argv[1]))))


if __name__ == "__main__":
    main()
