"""
The only way out to the network.

Check an address once with `check_url`, open a client per slice of work, and `send` through it;
`fetch` is for the rare single call. Nothing else in the project imports an HTTP client.
Neither headers nor bodies are ever logged here, and failures carry no trace of them.
"""

from apps.core.egress.calls import OutgoingCall, UpstreamAnswer, send
from apps.core.egress.client import EgressClient, open_client
from apps.core.egress.failures import EgressDenied, NetworkFailure, Subcode
from apps.core.egress.fetch import fetch
from apps.core.egress.policy import EgressPolicy
from apps.core.egress.urls import CheckedUrl, check_url

__all__ = [
    "CheckedUrl",
    "EgressClient",
    "EgressDenied",
    "EgressPolicy",
    "NetworkFailure",
    "OutgoingCall",
    "Subcode",
    "UpstreamAnswer",
    "check_url",
    "fetch",
    "open_client",
    "send",
]
