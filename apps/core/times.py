from datetime import UTC, datetime


def iso(moment: datetime | None) -> str | None:
    """Return `2025-11-03T09:15:02.418Z`: UTC with milliseconds."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
