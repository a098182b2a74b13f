"""What every format does with a run of rows."""

from typing import Any, Protocol

from apps.jobs.files.kinds import Sheet


class RowWriter(Protocol):
    """Turns columns into bytes. Runs of rows may be made anywhere, and are joined in order."""

    extension: str
    content_type: str
    # What stands between two runs.
    between: bytes

    def head(self, sheet: Sheet) -> bytes:
        """Return what comes before the first row."""

    def rows(self, sheet: Sheet, columns: list[list[Any]], first: int) -> bytes:
        """Return the rows; `first` is the number of the first of them, from 0."""

    def tail(self, sheet: Sheet) -> bytes:
        """Return what comes after the last row."""
