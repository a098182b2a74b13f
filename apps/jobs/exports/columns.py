from dataclasses import dataclass

from psycopg.sql import SQL, Composable

from apps.jobs.files.kinds import Kind


@dataclass(frozen=True)
class Column:
    """A column that can be exported, filtered and sorted by."""

    name: str
    kind: Kind
    # Its value in SQL; of kind ANY it is JSON.
    value: Composable
    description: str = ""
    scale: int = 0
    # Whether somebody typed it: then it may look like a formula.
    typed: bool = True
    # What a file shows where that is not the value's own text.
    shown: Composable | None = None
    # Whether a moment is in UTC; one without a zone is shown as it is.
    zoned: bool = True

    @property
    def text(self) -> Composable:
        """Return what a file shows of it."""
        return self.shown or self.value


def column(
    name: str,
    kind: Kind,
    value: str,
    description: str,
    *,
    scale: int = 0,
    typed: bool = True,
) -> Column:
    """Return a column whose value is one of our own constant SQL expressions."""
    return Column(name, kind, SQL(value), description, scale, typed)
