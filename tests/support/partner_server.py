"""
The process behind `RecordingPartner`: HTTP/1.1 by hand, so that no bench waits for it.

Bodies come with Content-Length; calls on one connection are answered one after the other.
"""

import argparse
import asyncio
import socket
import struct
import sys
from typing import Any

import orjson

from tests.support.partner_behaviour import parse_behaviour
from tests.support.partner_ledger import (
    END_OF_HEAD,
    Call,
    Deed,
    Ledger,
    answer_call,
    header_of,
    response,
)

BACKLOG = 4096
RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER without waiting: close sends RST


class Connection(asyncio.Protocol):
    """One kept-alive connection."""

    transport: asyncio.Transport

    def __init__(self, ledger: Ledger, latency: float) -> None:
        self.ledger = ledger
        self.latency = latency
        self.loop = asyncio.get_running_loop()
        self.buffer = b""
        self.answering = False
        self.continued = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    def connection_lost(self, error: Exception | None) -> None:
        # The caller may give up waiting; the call itself still ends when it was going to.
        self.buffer = b""

    def data_received(self, data: bytes) -> None:
        self.buffer = self.buffer + data if self.buffer else data
        if not self.answering:
            self._serve()

    def _serve(self) -> None:
        end = self.buffer.find(END_OF_HEAD)
        if end < 0:
            return
        head = self.buffer[:end]
        lowered = head.lower()
        if b"\r\ntransfer-encoding:" in lowered:
            self.transport.write(response(411, {"message": "Send a Content-Length"}))
            self.transport.close()
            return
        size = int(header_of(head, lowered, b"\r\ncontent-length:") or 0)
        start = end + len(END_OF_HEAD)
        if len(self.buffer) < start + size:
            self._continue(lowered)
            return
        body, self.buffer = self.buffer[start : start + size], self.buffer[start + size :]
        self.answering, self.continued = True, False
        path = head.split(b" ", 2)[1]
        if path.startswith(b"/_control/"):
            self._finish(answer_control(self.ledger, path, body))
            return
        self._answer(head, lowered, body)

    def _continue(self, lowered: bytes) -> None:
        if not self.continued and b"\r\nexpect: 100-continue" in lowered:
            self.continued = True
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _answer(self, head: bytes, lowered: bytes, body: bytes) -> None:
        self.ledger.arrive()
        deed = answer_call(self.ledger, head, lowered, body)
        delay = self.latency + (deed.delay_ms / 1000 if deed.kind == "send" else 0)
        if delay:
            self.loop.call_later(delay, self._leave, deed)
        else:
            self._leave(deed)

    def _leave(self, deed: Deed) -> None:
        if deed.kind == "drip":
            self._drip(deed.answer, deed.delay_ms / 1000)
            return
        self.ledger.in_flight -= 1
        if deed.kind == "send":
            self._finish(deed.answer)
            return
        if deed.kind == "reset":
            connection: socket.socket = self.transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        self.transport.close()

    def _drip(self, rest: bytes, pace: float) -> None:
        if self.transport.is_closing() or len(rest) == 1:
            self.ledger.in_flight -= 1
            self._finish(rest)
            return
        self.transport.write(rest[:1])
        self.loop.call_later(pace, self._drip, rest[1:], pace)

    def _finish(self, answer: bytes) -> None:
        self.answering = False
        if self.transport.is_closing():
            return
        self.transport.write(answer)
        if self.buffer:
            self._serve()


def answer_control(ledger: Ledger, path: bytes, body: bytes) -> bytes:
    """Answer the test that started this process."""
    match path.removeprefix(b"/_control/"):
        case b"calls":
            return response(200, [_described(call) for call in ledger.calls])
        case b"effects":
            return response(200, dict(ledger.effects))
        case b"load":
            load = {"maxInFlight": ledger.max_in_flight, "inFlight": ledger.in_flight}
            return response(200, load | {"calls": len(ledger.calls)})
        case b"reset":
            ledger.forget()
            return response(200, {})
        case b"script":
            try:
                script = {key: parse_behaviour(text) for key, text in orjson.loads(body).items()}
            except ValueError as error:
                return response(400, {"message": str(error)})
            ledger.script.update(script)
            return response(200, {})
    return response(404, {"message": "No such question"})


def _described(call: Call) -> dict[str, Any]:
    first, *lines = call.head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    pairs = (line.partition(":") for line in lines)
    described = call._asdict()
    del described["head"]
    return described | {
        "method": method,
        "path": path,
        "headers": {name.strip().lower(): value.strip() for name, _, value in pairs},
        "body": call.body.decode(errors="replace"),
    }


async def serve(ledger: Ledger, *, port: int, latency: float, with_parent: bool) -> None:
    """Listen until told to stop; with a parent, until the parent's end of stdin closes."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Connection(ledger, latency), "127.0.0.1", port, backlog=BACKLOG
    )
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    if with_parent:
        stop = asyncio.Event()
        loop.add_reader(sys.stdin, stop.set)
        await stop.wait()
        return
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.support.partner")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency-ms", type=float, default=0)
    parser.add_argument("--ignore-keys", action="store_true", help="do not honour Idempotency-Key")
    parser.add_argument("--with-parent", action="store_true", help="stop when stdin is closed")
    options = parser.parse_args()
    ledger = Ledger(honours_keys=not options.ignore_keys)
    latency = options.latency_ms / 1000
    try:
        asyncio.run(
            serve(ledger, port=options.port, latency=latency, with_parent=options.with_parent)
        )
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
