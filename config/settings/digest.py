"""The daily list of orders that are due: when it goes out, and who may ask for it."""

from datetime import time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from config import env


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise env.MisconfiguredEnvironment(
            f"BUSINESS_TIME_ZONE={name} is no time zone; Europe/Berlin is one."
        ) from error


def _time(text: str) -> time:
    try:
        return time.fromisoformat(text).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError as error:
        raise env.MisconfiguredEnvironment(
            f"DIGEST_TIME={text} is no time; 09:00 is one."
        ) from error


BUSINESS_TIME_ZONE = _zone(env.text("BUSINESS_TIME_ZONE", default="Asia/Kolkata"))
DIGEST_TIME = _time(env.text("DIGEST_TIME", default="09:00"))
# Whoever sends one of them may have the digest sent; without either the route is closed.
DIGEST_JOB_SECRET = env.secret("DIGEST_JOB_SECRET") if env.optional("DIGEST_JOB_SECRET") else None
CRON_SECRET = env.secret("CRON_SECRET") if env.optional("CRON_SECRET") else None
