"""What somebody wants exported, as far as it can be understood without looking at the source."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from apps.core.errors import Detail, Invalid
from apps.jobs.files.options import FORMATS, read_export_options
from apps.jobs.unacceptable import Unacceptable

KNOWN = {"schemaVersion", "source", "format", "columns", "rename", "filters", "sort", "limit"}
KNOWN |= {"formatOptions", "filename", "keepDays"}
SOURCES = {
    "dataset": ("dataset", frozenset({"dataset"})),
    "upload": ("uploadId", frozenset({"uploadId"})),
    "generation": ("jobId", frozenset({"jobId", "dataset"})),
}
MOST_COLUMNS = 1_600  # PostgreSQL's own limit, nearly
MOST_FILTERS = 20
MOST_SORTS = 5
MOST_LIMIT = 100_000_000
LONGEST_NAME = 255
LONGEST_HEADER = 32_767  # of a column that somebody has uploaded


class InvalidExport(Invalid):
    """Validation failed"""


@dataclass(frozen=True)
class Wanted:
    """An export as it was asked for; names of columns are not checked yet."""

    source: dict[str, str]
    form: str
    options: dict[str, Any]
    columns: list[str] | None
    rename: dict[str, str]
    filters: list[dict[str, Any]]
    sort: list[dict[str, str]]
    limit: int | None
    filename: str | None
    keep_days: int | None

    @property
    def document(self) -> dict[str, Any]:
        """Return it as it is kept, with all that was chosen for it."""
        return {
            "schemaVersion": 1,
            "source": self.source,
            "format": self.form,
            "formatOptions": self.options,
            "columns": self.columns,
            "rename": self.rename,
            "filters": self.filters,
            "sort": self.sort,
            "limit": self.limit,
            "filename": self.filename,
            "keepDays": self.keep_days,
        }


def read_wanted(given: Any) -> Wanted:
    """
    Understand what is wanted.

    :raises InvalidExport: naming everything that is wrong
    """
    reader = _Reader()
    wanted = reader.read(given)
    if reader.details or wanted is None:
        raise InvalidExport(details=reader.details)
    return wanted


@dataclass
class _Reader:
    details: list[Detail] = field(default_factory=list)

    def read(self, given: Any) -> Wanted | None:
        if not isinstance(given, dict):
            self.details.append(Detail("", "invalid", "Send an object."))
            return None
        for name in sorted(map(str, set(given) - KNOWN)):
            self.details.append(Detail(name[:60], "unknown", "There is no such field."))
        form = self._tried(lambda: _format(given.get("format", "csv")), "csv")
        given_options = given.get("formatOptions") or {}
        return Wanted(
            source=self._tried(lambda: _source(given.get("source")), {}),
            form=form,
            options=self._tried(lambda: read_export_options(form, given_options), {}),
            columns=self._tried(lambda: _columns(given.get("columns")), None),
            rename=self._tried(lambda: _rename(given.get("rename")), {}),
            filters=self._tried(lambda: _objects(given, "filters", MOST_FILTERS, _filter), []),
            sort=self._tried(lambda: _objects(given, "sort", MOST_SORTS, _sort), []),
            limit=self._tried(lambda: _number(given, "limit", MOST_LIMIT), None),
            filename=self._tried(lambda: _filename(given.get("filename")), None),
            keep_days=self._tried(lambda: _number(given, "keepDays", 365), None),
        )

    def _tried(self, read: Callable[[], Any], otherwise: Any) -> Any:
        try:
            return read()
        except Unacceptable as error:
            self.details.append(Detail(error.field, error.code, error.message))
            return otherwise


def is_text(value: Any, longest: int = LONGEST_NAME) -> bool:
    """Return whether PostgreSQL and JSON can hold it: no zero bytes, no halves of characters."""
    if not isinstance(value, str) or not value or len(value) > longest or "\0" in value:
        return False
    return not any("\ud800" <= letter <= "\udfff" for letter in value)


def _format(given: Any) -> str:
    if not isinstance(given, str) or given not in FORMATS:
        message = f"format must be one of {', '.join(FORMATS)}."
        raise Unacceptable("format", "invalid_choice", message)
    return given


def _source(given: Any) -> dict[str, str]:
    if not isinstance(given, dict):
        message = 'source must be an object such as {"kind": "dataset", "dataset": "orders"}.'
        raise Unacceptable("source", "required" if given is None else "invalid", message)
    kind = given.get("kind")
    if not isinstance(kind, str) or kind not in SOURCES:
        message = f"kind must be one of {', '.join(SOURCES)}."
        raise Unacceptable("source.kind", "invalid_choice", message)
    key, known = SOURCES[kind]
    for name in sorted(map(str, set(given) - known - {"kind"})):
        raise Unacceptable(f"source.{name[:60]}", "unknown", "There is no such field.")
    for name in [key, *sorted(set(given) & known)]:
        if not is_text(given.get(name)):
            raise Unacceptable(f"source.{name}", "required", f"{name} must be a text.")
    return {name: given[name] for name in ("kind", *sorted(known)) if name in given}


def _columns(given: Any) -> list[str] | None:
    if given is None:
        return None
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_COLUMNS:
        message = f"columns must be a list of 1 to {MOST_COLUMNS:,} names."
        raise Unacceptable("columns", "invalid", message)
    known = set[str]()
    for position, name in enumerate(given):
        if not is_text(name, LONGEST_HEADER):
            raise Unacceptable(f"columns[{position}]", "invalid", "A name must be a text.")
        if name in known:
            raise Unacceptable(f"columns[{position}]", "duplicate", "It is named twice.")
        known.add(name)
    return given


def _rename(given: Any) -> dict[str, str]:
    if given is None:
        return {}
    if not isinstance(given, dict) or len(given) > MOST_COLUMNS:
        message = 'rename must be an object such as {"email": "E-mail"}.'
        raise Unacceptable("rename", "invalid", message)
    for name, new in given.items():
        if not is_text(new) or not new.isprintable():
            message = f"A name has 1 to {LONGEST_NAME} printable characters."
            raise Unacceptable(f"rename.{str(name)[:60]}", "invalid", message)
    return given


def _objects(
    given: dict[str, Any], name: str, most: int, read: Callable[[str, Any], dict[str, Any]]
) -> list[dict[str, Any]]:
    values = given.get(name)
    if values is None:
        return []
    if not isinstance(values, list) or len(values) > most:
        raise Unacceptable(name, "invalid", f"{name} must be a list of at most {most} objects.")
    return [read(f"{name}[{position}]", value) for position, value in enumerate(values)]


def _filter(where: str, given: Any) -> dict[str, Any]:
    if not isinstance(given, dict) or not is_text(given.get("field"), LONGEST_HEADER):
        message = 'A filter is an object such as {"field": "status", "op": "eq", "value": "paid"}.'
        raise Unacceptable(where, "invalid", message)
    for name in sorted(map(str, set(given) - {"field", "op", "value"})):
        raise Unacceptable(f"{where}.{name[:60]}", "unknown", "There is no such field.")
    return {"field": given["field"], "op": given.get("op", "eq"), "value": given.get("value")}


def _sort(where: str, given: Any) -> dict[str, str]:
    if not isinstance(given, dict) or not is_text(given.get("field"), LONGEST_HEADER):
        message = 'An order is an object such as {"field": "createdAt", "dir": "desc"}.'
        raise Unacceptable(where, "invalid", message)
    for name in sorted(map(str, set(given) - {"field", "dir"})):
        raise Unacceptable(f"{where}.{name[:60]}", "unknown", "There is no such field.")
    direction = given.get("dir", "asc")
    if direction not in ("asc", "desc"):
        raise Unacceptable(f"{where}.dir", "invalid_choice", "dir must be asc or desc.")
    return {"field": given["field"], "dir": direction}


def _number(given: dict[str, Any], name: str, most: int) -> int | None:
    value = given.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        message = f"{name} must be a whole number from 1 to {most:,}."
        raise Unacceptable(name, "out_of_range", message)
    return value


def _filename(given: Any) -> str | None:
    if given is None:
        return None
    if not is_text(given, 100) or not given.isprintable():
        message = "filename must be a text of at most 100 printable characters."
        raise Unacceptable("filename", "invalid", message)
    return str(given)
