"""
The generic cell rate algorithm: one number a caller, one script, one clock.

A caller may make all calls of a limit at once; each call is given back after its share of the
time. The number is the moment at which all of them will have been given back.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

SECOND = 1_000_000  # the clock of Redis counts microseconds

# A step back of the clock must lock nobody out for longer than the limit's own time: math.min.
SCRIPT = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local share, all = tonumber(ARGV[1]), tonumber(ARGV[2])
local full = tonumber(redis.call('GET', KEYS[1]) or 0)
full = math.min(math.max(full, now), now + all)
local calls, wait = all / share, full + share - all - now
if wait > 0 then
  return {0, calls, 0, full - now, wait}
end
full = full + share
redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000))
return {1, calls, math.floor((now + all - full) / share), full - now, 0}
"""
SCRIPT_SHA = hashlib.sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class Limit:
    """So many calls in so many seconds; the name keeps its counts apart from other limits'."""

    name: str
    calls: int
    seconds: int

    @cached_property
    def share(self) -> int:
        """Return the microseconds after which one call is given back."""
        return max(self.seconds * SECOND // self.calls, 1)

    @cached_property
    def all(self) -> int:
        """Return the microseconds after which all calls are given back."""
        return self.share * self.calls


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a call may pass, and what its caller should know; times are seconds from now."""

    allowed: bool
    limit: int
    remaining: int
    reset_after: float
    retry_after: int


def command(subject: str, limit: Limit) -> tuple[str | int, ...]:
    """Return the Redis command that charges one call, for a pipeline of one's own."""
    return ("EVALSHA", SCRIPT_SHA, *arguments(subject, limit))


def arguments(subject: str, limit: Limit) -> tuple[int, str, int, int]:
    """Return what the script takes after its text or digest."""
    return (1, f"limit:{limit.name}:{subject}", limit.share, limit.all)


def verdict_of(reply: Sequence[int]) -> Verdict:
    """Read what the script answered."""
    allowed, limit, remaining, reset, wait = reply
    return Verdict(
        allowed=bool(allowed),
        limit=limit,
        remaining=remaining,
        reset_after=reset / SECOND,
        retry_after=math.ceil(wait / SECOND),
    )
