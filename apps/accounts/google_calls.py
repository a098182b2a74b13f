"""How we call Google: through egress, and only where the settings say that Google is."""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from apps.core.egress import EgressPolicy, UpstreamAnswer, fetch

SECONDS = 5.0
LARGEST_ANSWER = 64 * 1024


def call_google(
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
) -> UpstreamAnswer:
    """
    Make one call to an address of the settings, whose host need not be allowed for partners.

    :raises EgressDenied: if the address is none that may be called from here
    :raises NetworkFailure: if there is no complete answer
    """
    host = (urlsplit(url).hostname or "").lower()
    policy = replace(EgressPolicy.from_settings(), allowed_hosts=(host,))
    return fetch(
        url,
        policy,
        method=method,
        timeout=SECONDS,
        max_bytes=LARGEST_ANSWER,
        headers=headers,
        body=body,
    )
