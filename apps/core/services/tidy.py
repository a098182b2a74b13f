from datetime import datetime, timedelta

from apps.core.retention import rules
from apps.core.services.purge import Purge, purge

SHORT = timedelta(hours=24)


def tidy(*, now: datetime, seconds: float) -> Purge:
    """Remove what is kept for a day at most; the rest has time until the night."""
    short_lived = [rule.name for rule in rules() if rule.age() <= SHORT]
    return purge(now=now, types=short_lived, seconds=seconds)
