from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

_READERS: dict[str, Callable[[Any], Any]] = {
    "d": date.fromisoformat,
    "dt": datetime.fromisoformat,
    "t": time.fromisoformat,
    "s": lambda seconds: timedelta(seconds=seconds),
}


def moment_of(cell: dict[str, Any]) -> Any:
    """Return a tagged date, time or duration as Python has it."""
    tag, value = next(iter(cell.items()))
    return _READERS[tag](value)
