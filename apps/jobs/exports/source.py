from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from psycopg import Connection
from psycopg.sql import SQL, Composable, Literal

from apps.jobs.exports.columns import Column
from apps.jobs.files.kinds import Kind

# (connection, how many rows at most, what is called now and then and may raise to end the work)
Load = Callable[[Connection[Any], int | None, Callable[[], None]], None]

LOADED = SQL("exported e")
KEY_OF_LOADED = SQL("e.seq")
# What the text of a payload is read as, to be compared and sorted; it is shown as it is.
TYPES = {
    Kind.INTEGER: "numeric",
    Kind.DECIMAL: "numeric",
    Kind.BOOLEAN: "boolean",
    Kind.DATE: "date",
    Kind.DATETIME: "timestamptz",
    Kind.TIME: "time",
}


@dataclass(frozen=True)
class Source:
    """Where rows come from."""

    name: str
    title: str
    relation: Composable
    key: Composable
    columns: tuple[Column, ...]
    # How many rows there are, where that is known without counting.
    rows: int | None = None
    # What fills the temporary table `exported (seq, payload)`, where there is no other relation.
    load: Load | None = None

    @cached_property
    def by_name(self) -> dict[str, Column]:
        """Return the columns by their names, in their order."""
        return {column.name: column for column in self.columns}


def payload_column(
    payload: str, key: str | int, name: str, kind: Kind, scale: int = 0, *, zoned: bool = True
) -> Column:
    """Return a value of a JSON document as a column; `payload` is our own constant SQL."""
    if kind == Kind.ANY:
        value = SQL("nullif(" + payload + " -> {}, 'null'::jsonb)").format(Literal(key))
        return Column(name, kind, value)
    text = SQL("(" + payload + " ->> {})").format(Literal(key))
    if kind == Kind.TEXT:
        return Column(name, kind, text)
    value = SQL("{}::" + TYPES[kind]).format(text)
    return Column(name, kind, value, scale=scale, shown=text, zoned=zoned)
