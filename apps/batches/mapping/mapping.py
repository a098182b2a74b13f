from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from apps.batches.mapping.columns import Column
from apps.batches.mapping.plan import Plan
from apps.batches.mapping.problems import Problems, nearest
from apps.batches.mapping.reading import read_column
from apps.core.errors import Invalid

MOST_COLUMNS = 256
OPTIONS = ("mapping", "constants", "groupBy", "collect", "skipBlankRows", "maxRows")


class BadMapping(Invalid):
    """The mapping does not fit; see details."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """What the client wants the columns of a sheet to become."""

    # None: every column becomes a field of its own name, as it is read.
    columns: tuple[Column, ...] | None = None
    constants: dict[str, Any] = field(default_factory=dict)
    group_by: str | None = None
    collect: tuple[str, ...] = ()
    skip_blank_rows: bool = True
    max_rows: int | None = None
    path: str = "source"

    @classmethod
    def parse(
        cls, given: Any, header: Sequence[str] | None = None, path: str = "source"
    ) -> "Mapping":
        """
        Understand a mapping, and check it against the header if that is known already.

        :raises BadMapping: with everything that is wrong with it
        """
        problems = Problems()
        if not isinstance(given, dict):
            problems.note(path, "type", "A mapping is a JSON object.")
        problems.raise_if_any(BadMapping)
        problems.check_names(path, given, OPTIONS)
        if holds_nul(given):
            problems.note(path, "nul", "The mapping holds a NUL character; remove it.")
        mapping = cls(
            columns=_columns(given.get("mapping"), f"{path}.mapping", problems),
            constants=_constants(given.get("constants"), f"{path}.constants", problems),
            group_by=_text(given.get("groupBy"), f"{path}.groupBy", problems),
            collect=_names(given.get("collect"), f"{path}.collect", problems),
            skip_blank_rows=_switch(given, "skipBlankRows", path, problems),
            max_rows=_count(given.get("maxRows"), f"{path}.maxRows", problems),
            path=path,
        )
        mapping._check_fields(problems)
        if header is not None:
            mapping._check_header(header, problems)
        problems.raise_if_any(BadMapping)
        return mapping

    def bind(self, header: Sequence[str]) -> Plan:
        """
        Tie the mapping to a sheet.

        :raises BadMapping: if the sheet lacks a column that the mapping names
        """
        problems = Problems()
        self._check_header(header, problems)
        problems.raise_if_any(BadMapping)
        return Plan(
            header,
            self._columns_of(header),
            constants=self.constants,
            group_by=self.group_by,
            collect=self.collect,
        )

    def _columns_of(self, header: Sequence[str]) -> tuple[Column, ...]:
        if self.columns is not None:
            return self.columns
        return tuple(Column(name, name) for name in header if name not in self.constants)

    def _check_header(self, header: Sequence[str], problems: Problems) -> None:
        wanted = {column.column: f"{self.path}.mapping" for column in self.columns or ()}
        for name, where in wanted.items():
            if name not in header:
                guess = nearest(name, header)
                problems.note(
                    f"{where}.{name}", "unknown_column", f'The sheet has no column "{name}".{guess}'
                )
        if self.group_by is not None and self.group_by not in header:
            problems.note(
                f"{self.path}.groupBy",
                "unknown_column",
                f'The sheet has no column "{self.group_by}".{nearest(self.group_by, header)}',
            )
        if self.columns is None and len(header) > MOST_COLUMNS:
            problems.note(
                f"{self.path}.mapping",
                "too_many",
                f"The sheet has {len(header)} columns; name those to send, at most {MOST_COLUMNS}.",
            )

    def _check_fields(self, problems: Problems) -> None:
        fields = [column.field for column in self.columns or ()]
        for name, times in Counter([*fields, *self.constants]).items():
            if times > 1:
                problems.note(
                    f"{self.path}.mapping", "duplicate", f'"{name}" is filled {times} times.'
                )
        if (self.group_by is None) != (not self.collect):
            problems.note(
                f"{self.path}.collect", "missing", "groupBy and collect belong together; give both."
            )
        if self.columns is not None:
            for name in self.collect:
                if name not in fields:
                    guess = nearest(name, fields)
                    message = f'No column becomes the field "{name}".{guess}'
                    problems.note(f"{self.path}.collect", "unknown_field", message)


def holds_nul(value: Any) -> bool:
    """Return whether a NUL is anywhere in the JSON value: the database could not keep it."""
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(holds_nul(name) or holds_nul(inner) for name, inner in value.items())
    return isinstance(value, list) and any(map(holds_nul, value))


def _columns(given: Any, path: str, problems: Problems) -> tuple[Column, ...] | None:
    if given is None or given == {}:
        return None
    if not isinstance(given, dict):
        problems.note(path, "type", "A mapping is an object: column to field.")
        return ()
    if len(given) > MOST_COLUMNS:
        problems.note(path, "too_many", f"A mapping has at most {MOST_COLUMNS} columns.")
        return ()
    found = (
        read_column(name.strip(), entry, f"{path}.{name}", problems)
        for name, entry in given.items()
    )
    return tuple(column for column in found if column is not None)


def _constants(given: Any, path: str, problems: Problems) -> dict[str, Any]:
    if given is None:
        return {}
    if isinstance(given, dict) and len(given) <= MOST_COLUMNS:
        return given
    problems.note(path, "type", f"Constants are an object of at most {MOST_COLUMNS} fields.")
    return {}


def _text(given: Any, path: str, problems: Problems) -> str | None:
    if given is None or (isinstance(given, str) and given.strip()):
        return given.strip() if given else None
    problems.note(path, "type", "Name a column of the sheet.")
    return None


def _names(given: Any, path: str, problems: Problems) -> tuple[str, ...]:
    if given is None:
        return ()
    if isinstance(given, list) and all(isinstance(name, str) and name for name in given):
        return tuple(given)
    problems.note(path, "type", "Give a list of fields.")
    return ()


def _switch(given: dict[str, Any], name: str, path: str, problems: Problems) -> bool:
    value = given.get(name, True)
    if not isinstance(value, bool):
        problems.note(f"{path}.{name}", "type", "This must be true or false.")
    return value is not False


def _count(given: Any, path: str, problems: Problems) -> int | None:
    if given is None or (type(given) is int and given >= 1):
        return given
    problems.note(path, "type", "Give a whole number from 1.")
    return None
