"""Values as text, a column at a time."""

from typing import Any

import orjson

from apps.jobs.files.kinds import Kind

PLAIN = (Kind.TEXT, Kind.DATE, Kind.DATETIME, Kind.TIME)


def texts_of(values: list[Any], kind: Kind, scale: int = 0) -> list[str | None]:
    """Return each value as a file would show it, None where there is none."""
    if kind in PLAIN:
        return values
    if kind == Kind.INTEGER:
        return [None if value is None else str(value) for value in values]
    if kind == Kind.DECIMAL:
        form = f"%.{scale}f"
        return [None if value is None else form % value for value in values]
    if kind == Kind.BOOLEAN:
        return [None if value is None else "true" if value else "false" for value in values]
    return [None if value is None else _any_text(value) for value in values]


def _any_text(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()
