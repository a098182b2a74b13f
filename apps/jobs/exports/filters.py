"""Filters as SQL: operators and columns are ours, values are quoted by the driver."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from psycopg.sql import SQL, Composable, Literal

from apps.jobs.exports.columns import Column
from apps.jobs.files.kinds import Kind
from apps.jobs.unacceptable import Unacceptable

COMPARED = {"eq": "=", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
SEARCHED = {"contains": "%{}%", "startsWith": "{}%"}
OPERATORS = ("eq", "ne", "lt", "lte", "gt", "gte", "in", "contains", "startsWith", "isNull")
ONLY_EQUAL = ("eq", "ne", "in", "isNull")
MOST_VALUES = 1_000
LONGEST_TEXT = 5_000
MOST_DIGITS = 40
NUMBER = re.compile(r"-?\d{1,30}(\.\d{1,30})?", re.ASCII)
ESCAPED = str.maketrans({"\\": "\\\\", "%": "\\%", "_": "\\_"})


def operators_of(kind: Kind) -> tuple[str, ...]:
    """Return what values of this kind can be asked."""
    if kind == Kind.BOOLEAN:
        return ONLY_EQUAL
    if kind in (Kind.TEXT, Kind.ANY):
        return OPERATORS
    return tuple(name for name in OPERATORS if name not in SEARCHED)


def condition(column: Column, operator: Any, value: Any, where: str) -> Composable:
    """
    Return the condition as SQL.

    :raises Unacceptable: if the operator or the value does not fit the column
    """
    if operator not in OPERATORS:
        message = f"op must be one of {', '.join(OPERATORS)}."
        raise Unacceptable(f"{where}.op", "unknown_operator", message)
    if operator not in operators_of(column.kind):
        message = f"{operator} cannot be asked of a column of kind {column.kind}."
        raise Unacceptable(f"{where}.op", "unknown_operator", message)
    where = f"{where}.value"
    if operator == "isNull":
        return _is_null(column, value, where)
    if operator == "in":
        return _is_one_of(column, value, where)
    if operator in SEARCHED:
        _sides(column, value, where)
        return _is_found(column, operator, value, where)
    if column.kind == Kind.ANY and operator not in ONLY_EQUAL:
        value = _number_in(value)
    left, right = _sides(column, value, where)
    if operator == "ne":
        return SQL("{} IS DISTINCT FROM {}").format(left, right)
    return SQL("{} " + COMPARED[operator] + " {}").format(left, right)


def _is_null(column: Column, value: Any, where: str) -> Composable:
    if value is not None and not isinstance(value, bool):
        raise Unacceptable(where, "invalid", "value must be true or false.")
    return SQL("{} IS NOT NULL" if value is False else "{} IS NULL").format(column.value)


def _is_one_of(column: Column, values: Any, where: str) -> Composable:
    if not isinstance(values, list) or not 1 <= len(values) <= MOST_VALUES:
        message = f"value must be a list of 1 to {MOST_VALUES:,} values."
        raise Unacceptable(where, "invalid", message)
    sides = [_sides(column, value, f"{where}[{n}]") for n, value in enumerate(values)]
    equal = [SQL("{} = {}").format(left, right) for left, right in sides]
    return SQL("({})").format(SQL(" OR ").join(equal))


def _is_found(column: Column, operator: str, value: Any, where: str) -> Composable:
    if not isinstance(value, str):
        raise Unacceptable(where, "invalid", "value must be a text.")
    pattern = SEARCHED[operator].format(value.translate(ESCAPED))
    return SQL("{} ILIKE {}").format(_as_text(column), Literal(pattern))


def _as_text(column: Column) -> Composable:
    return SQL("({} #>> '{{}}')").format(column.value) if column.kind == Kind.ANY else column.value


def _sides(column: Column, value: Any, where: str) -> tuple[Composable, Composable]:
    """
    Return the column and the value so that they can be compared.

    :raises Unacceptable: if the value is not of the column's kind
    """
    if value is None:
        raise Unacceptable(where, "invalid", "Ask for missing values with isNull.")
    if column.kind == Kind.ANY:
        return _any_sides(column, value, where)
    try:
        return column.value, READ[column.kind](value)
    except (ValueError, TypeError, OverflowError, InvalidOperation):
        message = f"It must be a value of kind {column.kind}."
        raise Unacceptable(where, "invalid", message) from None


def number_of(column: Column) -> Composable:
    """Return what reads as a number in a column of several kinds; everything else is NULL."""
    number = SQL("CASE WHEN {0} ~ '^-?\\d{{1,30}}(\\.\\d{{1,30}})?$' THEN {0}::numeric END")
    return number.format(_as_text(column))


def _number_in(value: Any) -> Any:
    """Return the number that a text is: what is more than "900" is more than 900."""
    return Decimal(value) if isinstance(value, str) and NUMBER.fullmatch(value) else value


def _any_sides(column: Column, value: Any, where: str) -> tuple[Composable, Composable]:
    """Compare numbers with what reads as a number, and everything else as text."""
    text = _as_text(column)
    try:
        if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            return number_of(column), _decimal(value)
        return text, _text("true" if value is True else "false" if value is False else value)
    except (ValueError, InvalidOperation):
        raise Unacceptable(where, "invalid", "It must be a text or a number.") from None


def _text(value: Any) -> Composable:
    if not isinstance(value, str) or len(value) > LONGEST_TEXT or "\0" in value:
        raise ValueError
    value.encode()  # half a character cannot be asked for
    return Literal(value)


def _integer(value: Any) -> Composable:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError
    return Literal(value)


def _decimal(value: Any) -> Composable:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise TypeError
    number = Decimal(str(value))
    if not number.is_finite() or abs(number.adjusted()) > MOST_DIGITS or len(str(value)) > 80:
        raise ValueError
    return SQL("{}::numeric").format(Literal(str(number)))


def _boolean(value: Any) -> Composable:
    if not isinstance(value, bool):
        raise TypeError
    return Literal(value)


def _day(value: Any) -> Composable:
    return Literal(date.fromisoformat(value))


def _moment(value: Any) -> Composable:
    moment = datetime.fromisoformat(value)
    return Literal(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _time(value: Any) -> Composable:
    return Literal(time.fromisoformat(value))


READ: dict[Kind, Callable[[Any], Composable]] = {
    Kind.TEXT: _text,
    Kind.INTEGER: _integer,
    Kind.DECIMAL: _decimal,
    Kind.BOOLEAN: _boolean,
    Kind.DATE: _day,
    Kind.DATETIME: _moment,
    Kind.TIME: _time,
}
