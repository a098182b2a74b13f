"""What PostgreSQL is asked to write of each column, so that little is left to do."""

from typing import Any

from psycopg.sql import SQL, Composable, Literal

from apps.jobs.exports.columns import Column
from apps.jobs.files.csv_rows import FORMULA_SIGNS
from apps.jobs.files.kinds import Kind

# The first letter's number tells faster than any pattern.
GUARD = (
    "CASE WHEN ascii({0}) IN ("
    + ", ".join(str(ord(sign)) for sign in FORMULA_SIGNS)
    + ") THEN '''' || {0} ELSE {0} END"
)
TEXT_OF_ANY = SQL("({} #>> '{{}}')")


def text_of(column: Column, form: str, options: dict[str, Any]) -> Composable:
    """Return the SQL of what a file of this format needs to know of the column."""
    if form == "csv":
        return _for_csv(column, options)
    if form != "xlsx":
        return _for_json(column, options)
    return column.value if column.kind == Kind.BOOLEAN else column.text


def copy_options(form: str, options: dict[str, Any]) -> Composable:
    """Return how COPY is to write."""
    if form != "csv":
        return SQL("FORMAT text" if form == "xlsx" else "FORMAT text, NULL 'null'")
    quote = SQL(", FORCE_QUOTE *" if options["quote"] == "all" else "")
    return SQL("FORMAT csv, DELIMITER {}, NULL {}{}").format(
        Literal(options["delimiter"]), Literal(options["nullText"]), quote
    )


def _for_csv(column: Column, options: dict[str, Any]) -> Composable:
    guarded = options["formulaGuard"] and column.typed
    if column.kind == Kind.TEXT:
        return SQL(GUARD).format(column.text) if guarded else column.text
    if column.kind == Kind.BOOLEAN:
        return SQL("{}::text").format(column.text)
    if column.kind == Kind.DECIMAL and options["decimal"] == ",":
        return SQL("replace({}::text, '.', ',')").format(column.text)
    if column.kind == Kind.DATETIME and column.shown is None:
        # The session's zone is UTC. to_char, and the way by JSON, would take longer.
        return SQL("replace({}::timestamp::text, ' ', 'T') || 'Z'").format(column.value)
    if column.kind == Kind.ANY:
        return _any_for_csv(column, guarded=guarded)
    return column.text


def _any_for_csv(column: Column, *, guarded: bool) -> Composable:
    text = TEXT_OF_ANY.format(column.value)
    if not guarded:
        return text
    # Numbers are not touched, also negative ones.
    return SQL("CASE jsonb_typeof({}) WHEN 'string' THEN {} ELSE {} END").format(
        column.value, SQL(GUARD).format(text), text
    )


def _for_json(column: Column, options: dict[str, Any]) -> Composable:
    if column.kind == Kind.ANY:
        return column.value
    if column.kind == Kind.BOOLEAN:
        return SQL("{}::text").format(column.value)
    is_number = column.kind in (Kind.INTEGER, Kind.DECIMAL)
    if is_number and (column.kind == Kind.INTEGER or options["decimals"] == "number"):
        return column.text
    return SQL("to_json({})" if not is_number else "to_json({}::text)").format(column.text)
