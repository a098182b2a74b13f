"""Dates as the contract takes them: ISO, with or without a time, or milliseconds since 1970."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

ISO = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A day's room on both sides: a time zone's offset must not lead out of what PostgreSQL holds.
EARLIEST, LATEST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)


class NotADate(ValueError):
    """This is no date."""


def to_moment(value: Any) -> datetime:
    """
    Return the moment in UTC; a date alone is its midnight, a time without an offset is UTC.

    :raises NotADate: if it is neither ISO nor a number, or no day of the calendar
    """
    try:
        moment = _read(value)
        if EARLIEST <= moment <= LATEST:
            return moment
    except (ValueError, OverflowError):
        pass
    raise NotADate


def _read(value: Any) -> datetime:
    if isinstance(value, str) and ISO.fullmatch(value.strip()):
        moment = datetime.fromisoformat(value.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return EPOCH + timedelta(milliseconds=value)
    raise NotADate
