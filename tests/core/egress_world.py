"""The world outside for the tests of egress: a network, names, certificates and bad partners."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from aiohttp.abc import AbstractResolver, ResolveResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

T = TypeVar("T")
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

PUBLIC_ADDRESS = "93.184.216.34"
CORPUS = [
    tuple(part.strip() for part in line.split("|"))
    for line in (Path(__file__).parent / "ssrf_corpus.txt").read_text().splitlines()
    if not line.startswith("#")
]


class Network(asyncio.SelectorEventLoop):
    """Notes where connections are tried, and leads chosen public addresses to local servers."""

    def __init__(self) -> None:
        super().__init__()
        self.routes: dict[tuple[str, int], tuple[str, int]] = {}
        self.attempts: list[tuple[str, int]] = []

    async def sock_connect(self, sock: socket.socket, address: Any) -> None:
        self.attempts.append(address[:2])
        await super().sock_connect(sock, self.routes.get(address[:2], address))


def on_network(scene: Coroutine[Any, Any, T]) -> T:
    """Play the scene to its end; on the busiest machine a minute is more than any of them takes."""
    with asyncio.Runner(loop_factory=Network) as runner:
        return runner.run(asyncio.wait_for(scene, 60))


def network() -> Network:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, Network)
    return loop


class Names(AbstractResolver):
    """A resolver that gives each answer in turn, and the last for ever."""

    def __init__(self, *answers: list[str] | Exception) -> None:
        self.answers = list(answers)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)
            for address in answer
        ]

    async def close(self) -> None:
        """Nothing to close."""


class Trap:
    """Listens on every loopback address at one port, and counts who knocks."""

    def __init__(self, sockets: list[socket.socket]) -> None:
        self.sockets = sockets
        self.port: int = sockets[0].getsockname()[1]

    @property
    def visits(self) -> int:
        count = 0
        for listener in self.sockets:
            try:
                while True:
                    listener.accept()[0].close()
                    count += 1
            except BlockingIOError:
                continue
        return count


@contextmanager
def a_trap() -> Iterator[Trap]:
    any_ipv4 = socket.create_server(("0.0.0.0", 0))
    sockets = [any_ipv4]
    if socket.has_ipv6:
        port = any_ipv4.getsockname()[1]
        sockets.append(socket.create_server(("::1", port), family=socket.AF_INET6))
    for listener in sockets:
        listener.setblocking(False)
    try:
        yield Trap(sockets)
    finally:
        for listener in sockets:
            listener.close()


@asynccontextmanager
async def a_partner(handler: Handler, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Run a server on loopback that does with each connection what the handler does."""
    talks: set[asyncio.Task[None]] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        talks.add(task)
        try:
            await handler(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in talks:
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)


async def read_request(reader: asyncio.StreamReader) -> tuple[str, dict[str, str], bytes]:
    """Return the request line, the headers and the body of one request."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return head[0], headers, body


def answering(answer: bytes) -> Handler:
    """Give the same answer to every request, on connections that are kept."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await read_request(reader)
            writer.write(answer)
            await writer.drain()

    return handler


class Authority:
    """A private certificate authority in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name.from_rfc4514_string("CN=Test authority")
        certificate = self._certificate(self.name, self.key, timedelta(days=1), authority=True)
        self.bundle = folder / "ca.pem"
        self.bundle.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def server_side(
        self, host: str = "partner.example", *, lifetime: timedelta = timedelta(days=1)
    ) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name.from_rfc4514_string(f"CN={host}")
        certificate = self._certificate(subject, key, lifetime)
        path = self.folder / f"{host}-{lifetime.total_seconds():.0f}.pem"
        path.write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def _certificate(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        lifetime: timedelta,
        *,
        authority: bool = False,
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        host = subject.rfc4514_string().removeprefix("CN=")
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=2))
            .not_valid_after(now + lifetime)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
            .sign(self.key, hashes.SHA256())
        )
