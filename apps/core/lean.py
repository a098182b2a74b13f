"""
The lean path: a constant SQL statement that makes the JSON of an answer, prepared by the server.

Compiling a queryset costs as much as running it, building rows and serializing them twice that
again (docs/architecture.md). A test compares each statement's bytes with the plain serializer's.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar, cast

from django.db import connection
from django.db.models import Field, Model

from apps.core.postgres.base import DatabaseWrapper

Row = TypeVar("Row", bound=Model)


def fetch(statement: str, **values: Any) -> list[tuple[Any, ...]]:
    """Return the rows of one of our own constant statements; values are `%(name)s` in it."""
    with cast(DatabaseWrapper, connection).prepared_cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def run(statement: str, **values: Any) -> int:
    """Run one of our own constant statements; return how many rows it has changed."""
    with cast(DatabaseWrapper, connection).prepared_cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


def fetch_as(
    model: type[Row], statement: str, *, without: tuple[str, ...] = (), **values: Any
) -> list[Row]:
    """Return rows that begin with `columns(model, without=without)` as instances of the model."""
    return [instance(model, row, without=without) for row in fetch(statement, **values)]


def instance(model: type[Row], row: tuple[Any, ...], *, without: tuple[str, ...] = ()) -> Row:
    """Return what a row that begins with the model's columns says."""
    names, converters = _reading(model, without)
    values = list(row[: len(names)])
    for index, convert, column in converters:
        values[index] = convert(values[index], column, connection)
    return model.from_db("default", names, values)


def insert(row: Model) -> None:
    """Add the row as `save` does, without signals; what has a `db_default` keeps to it."""
    statement, fields = _writing(type(row))
    values = {
        field.attname: field.get_db_prep_save(getattr(row, field.attname), connection)
        for field in fields
    }
    run(statement, **values)
    row._state.adding, row._state.db = False, "default"  # noqa: SLF001 - as `from_db` leaves it


def columns(model: type[Model], table: str = "", *, without: tuple[str, ...] = ()) -> str:
    """Return SQL for the columns of a model, in the order in which `fetch_as` reads them."""
    prefix = f"{table}." if table else ""
    return ", ".join(
        f'{prefix}"{field.column}"'
        for field in model._meta.concrete_fields
        if field.name not in without
    )


@cache
def _reading(
    model: type[Model], without: tuple[str, ...]
) -> tuple[list[str], list[tuple[int, Callable[..., Any], Any]]]:
    """Return the attributes to fill, and what turns which of the values into Python's."""
    fields = [each for each in model._meta.concrete_fields if each.name not in without]
    converters = [
        (index, convert, field.cached_col)
        for index, field in enumerate(fields)
        for convert in field.get_db_converters(connection)
    ]
    return [field.attname for field in fields], converters


@cache
def _writing(model: type[Model]) -> "tuple[str, list[Field[Any, Any]]]":
    """Return the statement that adds a row, and the fields whose values it takes."""
    fields = [each for each in model._meta.concrete_fields if not each.has_db_default()]
    names = ", ".join(f'"{field.column}"' for field in fields)
    places = ", ".join(f"%({field.attname})s" for field in fields)
    table = model._meta.db_table
    return f'INSERT INTO "{table}" ({names}) VALUES ({places})', fields  # noqa: S608 - our models


def moment(column: str) -> str:
    """Return SQL for a moment as JSON, `null` for none: UTC, and cut to milliseconds."""
    form = r'\"YYYY-MM-DD"T"HH24:MI:SS.MS"Z"\"'
    return f"coalesce(to_char({column} AT TIME ZONE 'UTC', '{form}'), 'null')"


def text(column: str) -> str:
    """Return SQL for a text as JSON, `""` for none."""
    return f"to_json(coalesce({column}, ''))"
