"""Date formats as people write them: `dd/MM/yyyy HH:mm`."""

import re
from datetime import datetime

# token: the part of a moment it stands for, how it is read, how it is written
TOKENS = {
    "yyyy": ("year", r"\d{4}", "{0.year:04d}"),
    "yy": ("year", r"\d{2}", "{0:%y}"),
    "MM": ("month", r"\d{1,2}", "{0.month:02d}"),
    "M": ("month", r"\d{1,2}", "{0.month}"),
    "dd": ("day", r"\d{1,2}", "{0.day:02d}"),
    "d": ("day", r"\d{1,2}", "{0.day}"),
    "HH": ("hour", r"\d{1,2}", "{0.hour:02d}"),
    "H": ("hour", r"\d{1,2}", "{0.hour}"),
    "mm": ("minute", r"\d{1,2}", "{0.minute:02d}"),
    "m": ("minute", r"\d{1,2}", "{0.minute}"),
    "ss": ("second", r"\d{1,2}", "{0.second:02d}"),
    "s": ("second", r"\d{1,2}", "{0.second}"),
}
PIECE = re.compile(r"yyyy|yy|MM|M|dd|d|HH|H|mm|m|ss|s|T|[^A-Za-z]|(?P<unknown>[A-Za-z]+)")
DAY = {"year", "month", "day"}
TIME = {"hour", "minute", "second"}
LAST_YEAR_OF_2000S = 68  # two-digit years, read as POSIX does
SAMPLE = datetime(2026, 3, 9, 14, 5)  # noqa: DTZ001 - an example for messages, not a moment


class BadPattern(ValueError):
    """This is not a date format."""


class DatePattern:
    """Reads and writes moments in one format; knows no language and no time zone."""

    def __init__(self, text: str, *, with_time: bool) -> None:
        """
        Understand the format.

        :raises BadPattern: if it has unknown letters, lacks a part of the date or repeats one
        """
        parts: list[str] = []
        reading, writing = "", ""
        for piece in PIECE.finditer(text):
            if piece["unknown"]:
                raise BadPattern(f"{piece[0]!r} means nothing in a date format.")
            part, digits, written = TOKENS.get(piece[0], ("", "", ""))
            parts += [part] * bool(part)
            reading += f"(?P<{part}>{digits})" if part else re.escape(piece[0])
            writing += written or piece[0].replace("{", "{{").replace("}", "}}")
        _check_parts(parts, with_time=with_time)
        self._reading = re.compile(reading, re.ASCII)
        self._writing = writing

    def read(self, text: str) -> datetime | None:
        """Return the moment that the text names, None if it names none."""
        found = self._reading.fullmatch(text)
        if found is None:
            return None
        parts = {name: int(digits) for name, digits in found.groupdict().items()}
        if len(found["year"]) < 4:
            parts["year"] += 2000 if parts["year"] <= LAST_YEAR_OF_2000S else 1900
        try:
            return datetime(**parts)  # type: ignore[arg-type]  # noqa: DTZ001 - sheets have no zone
        except ValueError:
            return None

    def write(self, moment: datetime) -> str:
        """Return the moment in this format."""
        return self._writing.format(moment)

    @property
    def sample(self) -> str:
        """Return what a moment looks like in this format."""
        return self.write(SAMPLE)


def _check_parts(parts: list[str], *, with_time: bool) -> None:
    if not set(parts) >= DAY:
        raise BadPattern("A date format needs a day, a month and a year, such as dd/MM/yyyy.")
    if len(parts) > len(set(parts)):
        raise BadPattern("A date format has each part once.")
    if TIME & set(parts) and not with_time:
        raise BadPattern("The format has a time; use the type datetime for it.")
