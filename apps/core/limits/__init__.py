"""How many requests a caller may make: one count for all processes, kept in Redis."""

from apps.core.limits.gcra import Limit, Verdict, command, verdict_of
from apps.core.limits.limiter import charge
from apps.core.limits.telling import CHARGED, TOO_MANY, headers

__all__ = [
    "CHARGED",
    "TOO_MANY",
    "Limit",
    "Verdict",
    "charge",
    "command",
    "headers",
    "verdict_of",
]
