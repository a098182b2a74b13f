"""The one HTTP client: it checks every address at the moment of connecting."""

import socket
import ssl
from functools import lru_cache
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp.abc import AbstractResolver

from apps.core.egress.failures import AddressDenied
from apps.core.egress.policy import EgressPolicy

# Shorter than what common servers keep: a connection that the partner is just closing
# makes a call whose fate nobody knows.
_KEEP_ALIVE_SECONDS = 4
_DNS_SECONDS = 10


class EgressClient:
    """Open connections under one policy; close it, or use it as `async with`."""

    __slots__ = ("session",)

    def __init__(self, session: aiohttp.ClientSession) -> None:
        """Wrap the session, so that `send` stays the only way to use it."""
        self.session = session

    async def close(self) -> None:
        """Close all connections."""
        await self.session.close()

    async def __aenter__(self) -> Self:
        """Return the client itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close all connections."""
        await self.close()


def open_client(
    policy: EgressPolicy, *, width: int, resolver: AbstractResolver | None = None
) -> EgressClient:
    """
    Return a client for this event loop.

    :param width: connections at once, 0 for any number; a call that waits for one counts as
        connecting
    :param resolver: another source of names than the system's
    """
    session = aiohttp.ClientSession(
        connector=_connector(policy, width, resolver),
        headers={"User-Agent": policy.user_agent, "Accept-Encoding": "gzip, deflate"},
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
    )
    # aiohttp would send GET, PUT and DELETE a second time when a kept connection breaks;
    # there is no public switch. Whether to repeat a call is the caller's decision.
    session._retry_connection = False  # noqa: SLF001
    return EgressClient(session)


def _connector(
    policy: EgressPolicy, width: int, resolver: AbstractResolver | None
) -> aiohttp.TCPConnector:
    def open_socket(target: Any) -> socket.socket:
        # Called for each address that is about to be connected, literals included; names and
        # earlier look-ups prove nothing.
        family, kind, protocol, _, endpoint = target
        if not policy.permits_address(endpoint[0]):
            raise AddressDenied
        return socket.socket(family, kind, protocol)

    return aiohttp.TCPConnector(
        limit=width,
        keepalive_timeout=_KEEP_ALIVE_SECONDS,
        ttl_dns_cache=_DNS_SECONDS,
        ssl=_trust(policy.ca_bundle) if policy.ca_bundle else True,
        socket_factory=open_socket,
        resolver=resolver,
    )


@lru_cache(maxsize=8)
def _trust(ca_bundle: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.load_verify_locations(ca_bundle)
    context.set_alpn_protocols(["http/1.1"])
    return context
