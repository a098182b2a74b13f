"""Dates and times, always relative to the job's own moment, never to the clock."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

from apps.jobs.files.kinds import Kind
from apps.jobs.generation.columns import Column, Indexed, Values
from apps.jobs.generation.field_type import Param, Spec, field_type, need_order
from apps.jobs.unacceptable import Unacceptable

GROUP = "time"
RELATIVE = re.compile(r"([+-])(\d{1,5})([dwmy])")
DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}
FORMAT = re.compile(r"(?:[^%]|%[aAbBdHIjmMpSUwyYfz%])*")
FORMAT_PARAM = Param("format", "string", "As in strftime, such as %d.%m.%Y; ISO unless told.")
WORDS = ("now", "today")
LONGEST_FORMAT = 60


def read_moment(given: str, as_of: datetime, name: str) -> datetime:
    """
    Understand an ISO date or time, `now`, or a distance from it such as -90d, +2w, -6m or -5y.

    :raises Unacceptable: if it is none of these
    """
    if given in WORDS:
        return as_of
    try:
        if match := RELATIVE.fullmatch(given):
            days = int(match[2]) * DAYS[match[3]]
            return as_of + timedelta(days=days if match[1] == "+" else -days)
        moment = datetime.fromisoformat(given)
    except (ValueError, OverflowError):
        message = f"{name} must be a date such as 2025-10-31, now, or a distance such as -90d."
        raise Unacceptable(name, "invalid", message) from None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _range(spec: Spec) -> tuple[datetime, datetime]:
    least = read_moment(spec["min"], spec.as_of, "min")
    most = read_moment(spec["max"], spec.as_of, "max")
    if least > most:
        raise Unacceptable("min", "out_of_range", "min is later than max.")
    return least, most


def _pattern(spec: Spec) -> str | None:
    pattern: str | None = spec["format"]
    if pattern is not None and (len(pattern) > LONGEST_FORMAT or not FORMAT.fullmatch(pattern)):
        raise Unacceptable("format", "invalid", "format has a mark that is not known.")
    return pattern


def _day_text(ordinal: int, pattern: str | None) -> str:
    found = date.fromordinal(ordinal)
    return found.strftime(pattern) if pattern else found.isoformat()


@field_type(
    "date",
    GROUP,
    "A day.",
    Param("min", "moment", "The first possible one.", "-5y"),
    Param("max", "moment", "The last possible one.", "today"),
    FORMAT_PARAM,
    distributes=True,
)
def day(spec: Spec) -> Column:
    least, most = (moment.date().toordinal() for moment in _range(spec))
    pattern = _pattern(spec)
    size = most - least + 1

    def value_of(indexes: Sequence[int]) -> Values:
        if size > len(indexes):
            return [_day_text(least + index, pattern) for index in indexes]
        texts = [_day_text(least + index, pattern) for index in range(size)]
        return [texts[index] for index in indexes]

    kind = Kind.TEXT if pattern else Kind.DATE
    return Indexed(size, value_of, kind=kind, distribution=spec.spread())


@field_type(
    "datetime",
    GROUP,
    "A moment, to the second.",
    Param("min", "moment", "The first possible one.", "-5y"),
    Param("max", "moment", "The last possible one.", "now"),
    Param("tz", "string", "A time zone such as Europe/Berlin.", "UTC"),
    FORMAT_PARAM,
    distributes=True,
)
def moment(spec: Spec) -> Column:
    least, most = _range(spec)
    pattern = _pattern(spec)
    if spec["tz"] not in available_timezones():
        raise Unacceptable("tz", "unknown", f"There is no time zone {spec['tz'][:40]}.")
    zone = ZoneInfo(spec["tz"])
    start = int(least.timestamp())
    is_utc = spec["tz"] == "UTC"

    def text_of(second: int) -> str:
        found = datetime.fromtimestamp(second, tz=zone)
        if pattern:
            return found.strftime(pattern)
        return found.isoformat()[:-6] + "Z" if is_utc else found.isoformat()

    def value_of(indexes: Sequence[int]) -> Values:
        return [text_of(start + index) for index in indexes]

    size = int(most.timestamp()) - start + 1
    kind = Kind.TEXT if pattern or not is_utc else Kind.DATETIME
    return Indexed(size, value_of, kind=kind, distribution=spec.spread())


@field_type(
    "time",
    GROUP,
    "A time of day.",
    Param("min", "string", "The earliest.", "00:00:00"),
    Param("max", "string", "The latest.", "23:59:59"),
    FORMAT_PARAM,
)
def time_of_day(spec: Spec) -> Column:
    least, most = _second(spec, "min"), _second(spec, "max")
    need_order(least, most)
    pattern = _pattern(spec)

    def text_of(second: int) -> str:
        hours, rest = divmod(second, 3600)
        found = time(hours, *divmod(rest, 60))
        return found.strftime(pattern) if pattern else found.isoformat()

    def value_of(indexes: Sequence[int]) -> Values:
        return [text_of(least + index) for index in indexes]

    return Indexed(most - least + 1, value_of, kind=Kind.TEXT if pattern else Kind.TIME)


def _second(spec: Spec, name: str) -> int:
    try:
        found = time.fromisoformat(spec[name])
    except ValueError:
        message = f"{name} must be a time such as 08:30."
        raise Unacceptable(name, "invalid", message) from None
    return found.hour * 3600 + found.minute * 60 + found.second
