"""What the ledger and the carrier hand each other, across the border of a process."""

from dataclasses import dataclass

from apps.batches.engine.verdict import Verdict
from apps.core.egress import EgressPolicy, UpstreamAnswer

# What the ledger stores of a body, and one byte more to tell that there was more.
KEPT_BODY = 64 * 1024 + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Where a session's calls go, as whom, and how fast; `interval` is seconds between calls."""

    url: str
    policy: EgressPolicy
    method: str
    headers: dict[str, str]
    # What must never be stored or shown, should the partner echo it.
    secrets: list[bytes]
    key_header: str | None
    may_repeat: bool
    timeout_ms: int
    interval: float
    width: int


@dataclass(slots=True)
class Parcel:
    """One opened attempt: the row, what is sent, and under which key."""

    seq: int
    number: int
    tries: int
    key: str
    payload: str
    row_id: int


@dataclass(slots=True)
class Delivery:
    """How an attempt ended; without a verdict it was never sent."""

    parcel: Parcel
    verdict: Verdict | None
    answer: UpstreamAnswer | None = None


@dataclass(slots=True)
class News:
    """What came back, and how the carrier stands; `blocked_until` is by the monotonic clock."""

    deliveries: list[Delivery]
    on_the_wire: int
    blocked_until: float
