"""What can go wrong on the way out, in words that callers decide by."""

import asyncio
from typing import Literal

import aiohttp
from aiohttp.http_exceptions import ContentLengthError, TransferEncodingError

from apps.core.errors import DomainError, Invalid

Subcode = Literal[
    "dns",
    "connect",
    "connect_timeout",
    "read_timeout",
    "reset",
    "tls_verify",
    "egress_denied",
    "response_too_large",
    "protocol",
]

_SENTENCES: dict[Subcode, str] = {
    "dns": "The name of the host could not be resolved.",
    "connect": "The host did not accept the connection.",
    "connect_timeout": "The host did not take the connection in time.",
    "read_timeout": "The host did not answer in time.",
    "reset": "The host closed the connection before it had answered.",
    "tls_verify": "The host's certificate could not be verified.",
    "egress_denied": "The host's address may not be called from here.",
    "response_too_large": "The answer is larger than we accept.",
    "protocol": "The host's answer is not valid HTTP.",
}
# In these cases no byte of a request can have been written.
_NEVER_LEFT: frozenset[Subcode] = frozenset(
    {"dns", "connect", "connect_timeout", "tls_verify", "egress_denied"}
)


class EgressDenied(Invalid):
    """Calls to this address are not allowed."""

    code = "egress_denied"


class NetworkFailure(DomainError):
    """The call brought no usable answer."""

    code = "network_error"

    def __init__(self, subcode: Subcode) -> None:
        """Say what failed, and whether the partner may have got the request all the same."""
        super().__init__(_SENTENCES[subcode])
        self.subcode = subcode
        self.may_have_left = subcode not in _NEVER_LEFT

    def __reduce__(self) -> tuple[type["NetworkFailure"], tuple[Subcode]]:
        """Cross process borders whole."""
        return type(self), (self.subcode,)


class AddressDenied(OSError):
    """The policy refuses the resolved address (an OSError, so that the next one is tried)."""

    def __init__(self) -> None:
        """Look the same for every address, so that several of them stay this one error."""
        super().__init__(0, "address refused by the egress policy")


class AnswerTooLarge(Exception):
    """The body went over the caller's limit."""


def failure_behind(error: Exception) -> NetworkFailure:
    """Return the failure that this error of the HTTP client stands for."""
    return NetworkFailure(_subcode(error))


def _subcode(error: Exception) -> Subcode:
    match error:
        case AnswerTooLarge():
            return "response_too_large"
        case aiohttp.ClientConnectorCertificateError():
            return "tls_verify"
        case aiohttp.ClientConnectorDNSError():
            return "dns"
        case aiohttp.ClientConnectorError():
            return "egress_denied" if isinstance(error.os_error, AddressDenied) else "connect"
        case aiohttp.ConnectionTimeoutError():
            return "connect_timeout"
        case aiohttp.InvalidURL():
            return "egress_denied"  # an address in a form that only some parsers understand
        case asyncio.TimeoutError():
            return "read_timeout"
        case aiohttp.ClientConnectionError():
            return "reset"
        case aiohttp.ClientPayloadError(__cause__=ContentLengthError() | TransferEncodingError()):
            return "reset"  # the body stopped short
        case _:
            return "protocol"
