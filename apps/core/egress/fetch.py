"""One call from ordinary, synchronous code: for what is rare, like a set of public keys."""

import asyncio
from collections.abc import Mapping

from apps.core.egress.calls import ANSWER_LIMIT, OutgoingCall, UpstreamAnswer, send
from apps.core.egress.client import open_client
from apps.core.egress.policy import EgressPolicy
from apps.core.egress.urls import check_url


def fetch(
    url: str,
    policy: EgressPolicy,
    *,
    method: str = "GET",
    timeout: float,
    max_bytes: int = ANSWER_LIMIT,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
) -> UpstreamAnswer:
    """
    Make one call under the policy, and wait for its answer.

    :param timeout: seconds for the whole call
    :raises EgressDenied: if the policy does not allow the address
    :raises NetworkFailure: if there is no complete answer
    """
    call = OutgoingCall(
        method=method,
        url=check_url(url, policy),
        timeout_ms=round(timeout * 1000),
        body=body,
        headers=headers,
        max_bytes=max_bytes,
    )
    return asyncio.run(_fetch(call, policy))


async def _fetch(call: OutgoingCall, policy: EgressPolicy) -> UpstreamAnswer:
    async with open_client(policy, width=1) as client:
        return await send(client, call)
