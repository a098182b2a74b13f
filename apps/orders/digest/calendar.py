"""The shop's own days: where it is, when they begin, and when the digest is due."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings


def business_zone() -> ZoneInfo:
    """Return where the shop is."""
    return ZoneInfo(settings.BUSINESS_TIME_ZONE)


def business_day(now: datetime) -> date:
    """Return which day it is there."""
    return now.astimezone(business_zone()).date()


def start_of(day: date, *, days_later: int = 0) -> datetime:
    """Return when the day begins there: days are counted by the calendar, not by 24 hours."""
    # In UTC, because Python compares and subtracts times of one zone by their clocks.
    midnight = datetime.combine(day + timedelta(days=days_later), time(), business_zone())
    return midnight.astimezone(UTC)


def due_at(day: date) -> datetime:
    """Return when that day's digest is due; a time that the night skips is the moment after it."""
    return datetime.combine(day, settings.DIGEST_TIME, business_zone()).astimezone(UTC)
