"""What a caller is told about a limit."""

import math
import time

from apps.core.limits.gcra import Verdict

TOO_MANY = "Too many requests, please try again later."
# Where a layer before Django leaves its verdict in the WSGI environment, so that a request is
# charged once. Callers cannot write there: what they send begins with HTTP_.
CHARGED = "backroom.charged"


def headers(verdict: Verdict) -> dict[str, str]:
    """Return the headers that go with every answer to a counted request."""
    told = {
        "X-RateLimit-Limit": str(verdict.limit),
        "X-RateLimit-Remaining": str(verdict.remaining),
        "X-RateLimit-Reset": str(math.ceil(time.time() + verdict.reset_after)),
    }
    return told if verdict.allowed else told | {"Retry-After": str(verdict.retry_after)}
