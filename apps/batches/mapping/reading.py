"""Reads one column's entry of a mapping: a field's name, or an object with its options."""

from typing import Any

from apps.batches.mapping.columns import USUAL_SEPARATOR, Column, FieldType
from apps.batches.mapping.converters import Unfit, converter_for
from apps.batches.mapping.patterns import BadPattern, DatePattern
from apps.batches.mapping.problems import Problems, nearest

LONGEST_NAME = 128
OPTIONS = {
    "field": str,
    "type": str,
    "format": str,
    "separator": str,
    "default": object,
    "required": bool,
    "trim": bool,
}
NAMES_OF = {str: "text", bool: "true or false"}
DATES = (FieldType.DATE, FieldType.DATETIME)


def read_column(column: str, entry: Any, path: str, problems: Problems) -> Column | None:
    """Return the column as the client describes it; None, and complaints, if that makes none."""
    if isinstance(entry, str):
        entry = {"field": entry}
    if not isinstance(entry, dict):
        problems.note(path, "type", "Give the name of a field, or an object with its options.")
        return None
    before = len(problems)
    problems.check_names(path, entry, OPTIONS)
    _check_types(entry, path, problems)
    _check_field(entry.get("field"), path, problems)
    _check_type(entry.get("type"), path, problems)
    if len(problems) > before:
        return None
    options = {name: value for name, value in entry.items() if value is not None}
    if "type" in options:
        options["type"] = FieldType(options["type"])
    found = Column(column=column, **options)
    _check_options(found, path, problems)
    return found if len(problems) == before else None


def _check_types(entry: dict[str, Any], path: str, problems: Problems) -> None:
    for name, kind in OPTIONS.items():
        value = entry.get(name)
        if value is not None and not isinstance(value, kind):
            problems.note(f"{path}.{name}", "type", f"This must be {NAMES_OF[kind]}.")


def _check_field(field: Any, path: str, problems: Problems) -> None:
    if field is None or (isinstance(field, str) and not field.strip()):
        problems.note(f"{path}.field", "missing", "Name the field that the column becomes.")
    elif isinstance(field, str) and len(field) > LONGEST_NAME:
        problems.note(f"{path}.field", "too_long", f"Use at most {LONGEST_NAME} characters.")


def _check_type(kind: Any, path: str, problems: Problems) -> None:
    if isinstance(kind, str) and kind not in list(FieldType):
        known = ", ".join(FieldType)
        guess = nearest(kind, FieldType)
        problems.note(f"{path}.type", "unknown", f'"{kind}" is none of {known}.{guess}')


def _check_options(column: Column, path: str, problems: Problems) -> None:
    before = len(problems)
    if column.format is not None:
        _check_format(column, f"{path}.format", problems)
    if column.separator != USUAL_SEPARATOR and column.type != FieldType.LIST:
        problems.note(f"{path}.separator", "not_used", "Only the type list has a separator.")
    if not column.separator:
        problems.note(f"{path}.separator", "missing", "Name at least one character.")
    if column.default is not None and len(problems) == before:
        _check_default(column, f"{path}.default", problems)


def _check_format(column: Column, path: str, problems: Problems) -> None:
    if column.type not in DATES:
        problems.note(path, "not_used", "Only the types date and datetime have a format.")
        return
    try:
        DatePattern(str(column.format), with_time=column.type == FieldType.DATETIME)
    except BadPattern as error:
        problems.note(path, "format", str(error))


def _check_default(column: Column, path: str, problems: Problems) -> None:
    try:
        as_cell(column)
    except Unfit as error:
        problems.note(path, "type", str(error))


def as_cell(column: Column) -> Any:
    """
    Return the default as the field's value: what a cell with it would become.

    :raises Unfit: if it is not of the column's type
    """
    default = column.default
    cell = {"j": default} if isinstance(default, list | dict) else default
    return converter_for(column)(cell)
