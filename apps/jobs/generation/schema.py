"""A schema as somebody wrote it, checked as a whole and made ready to give rows."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import mimesis

from apps.core.errors import Detail, Invalid
from apps.jobs.generation.builder import NAME, Builder
from apps.jobs.generation.data_set import DataSet
from apps.jobs.generation.field_type import check_text
from apps.jobs.generation.locales import LOCALE_DEFAULT, read_locale
from apps.jobs.generation.types.times import read_moment
from apps.jobs.unacceptable import Unacceptable

ENGINE, VERSION = "backroom", f"1+mimesis{mimesis.__version__}"
CHUNK_ROWS = 5_000
MOST_FIELDS = 200
MOST_CELLS = 20_000_000
MOST_DATASETS = 10
LARGEST_SEED = 2**53 - 1
FORMATS = ("csv", "xlsx", "json", "ndjson")
STORES = ("file", "table", "both")
MOST_IN_TABLE = 100_000
KNOWN = {"schemaVersion", "name", "rows", "seed", "locale", "fields", "datasets", "store", "format"}
KNOWN |= {"formatOptions", "asOf", "filename", "keepDays"}


class InvalidSchema(Invalid):
    """Validation failed"""


@dataclass(frozen=True)
class Schema:
    """Data sets that are ready to give rows, and all that a repetition needs to know."""

    document: dict[str, Any]
    datasets: list[DataSet]

    @property
    def rows(self) -> int:
        """Return how many rows there are in all data sets together."""
        return sum(dataset.rows for dataset in self.datasets)

    @property
    def seed(self) -> int:
        """Return what all randomness begins with."""
        return int(self.document["seed"])

    @property
    def as_of(self) -> datetime:
        """Return the moment that dates are relative to."""
        return datetime.fromisoformat(self.document["asOf"])

    def chunks(self) -> Iterator[tuple[int, int]]:
        """Return every chunk as the numbers of its data set and its own, in order."""
        for number, dataset in enumerate(self.datasets):
            for chunk in range(dataset.chunks):
                yield number, chunk


def read_schema(given: Any, *, most_rows: int, now: datetime) -> Schema:
    """
    Understand a schema, and choose what it leaves open.

    :raises InvalidSchema: naming every field that is wrong
    """
    reader = _Reader(most_rows, now)
    schema = reader.read(given)
    if reader.details or schema is None:
        raise InvalidSchema(details=reader.details)
    return schema


class _Reader:
    def __init__(self, most_rows: int, now: datetime) -> None:
        self._most_rows, self._now = most_rows, now
        self.details: list[Detail] = []
        self._fields_left = MOST_FIELDS

    def read(self, given: Any) -> Schema | None:
        if not isinstance(given, dict):
            self._complain("", Unacceptable("", "invalid", "Send an object."))
            return None
        for name in sorted(set(given) - KNOWN):
            self._complain("", Unacceptable(str(name)[:60], "unknown", "There is no such field."))
        seed = self._seed(given.get("seed"))
        locale = self._tried("", lambda: read_locale(given.get("locale") or LOCALE_DEFAULT))
        as_of = self._tried("", lambda: self._as_of(given.get("asOf")))
        parts = self._datasets(given)
        if locale is None or as_of is None or parts is None:
            return None
        datasets = self._built(parts, seed, locale, as_of)
        document = self._document(given, seed, as_of, datasets)
        return Schema(document, datasets)

    def _datasets(self, given: dict[str, Any]) -> list[tuple[str, dict[str, Any]]] | None:
        """Return where each data set stands in the document, and what it says."""
        if "datasets" not in given:
            name = given.get("name") or "data"
            part = {"name": name, "rows": given.get("rows"), "fields": given.get("fields")}
            return [("", part)] if self._is_dataset("", part) else None
        sets = given["datasets"]
        if "fields" in given or "rows" in given:
            message = "Give either fields and rows, or datasets."
            self._complain("", Unacceptable("datasets", "invalid", message))
        if not isinstance(sets, list) or not 1 <= len(sets) <= MOST_DATASETS:
            message = f"datasets must be a list of 1 to {MOST_DATASETS} objects."
            self._complain("", Unacceptable("datasets", "out_of_range", message))
            return None
        parts = [(f"datasets[{number}]", part) for number, part in enumerate(sets)]
        good = [(path, part) for path, part in parts if self._is_dataset(path, part)]
        names = [part["name"] for _, part in good]
        for path, part in good:
            if names.count(part["name"]) > 1:
                self._complain(path, Unacceptable("name", "duplicate", "The name is taken."))
                return None
        return good if len(good) == len(parts) else None

    def _is_dataset(self, path: str, part: Any) -> bool:
        if not isinstance(part, dict):
            self._complain(path, Unacceptable("", "invalid", "A data set must be an object."))
            return False
        for name in sorted(set(part) - {"name", "rows", "fields"}):
            self._complain(path, Unacceptable(str(name)[:60], "unknown", "No such field."))
        name = part.get("name")
        if not isinstance(name, str) or not NAME.fullmatch(name):
            message = "A data set needs a name of letters, digits, _ . - or blanks."
            self._complain(path, Unacceptable("name", "invalid_name", message))
            return False
        return True

    def _built(
        self,
        parts: list[tuple[str, dict[str, Any]]],
        seed: int,
        locale: dict[str, int],
        as_of: datetime,
    ) -> list[DataSet]:
        words = (ENGINE, VERSION, seed)
        found = {
            part["name"]: DataSet(
                part["name"], self._rows(path, part), (*words, part["name"]), CHUNK_ROWS
            )
            for path, part in parts
        }
        for path, part in self._in_order(parts):
            dataset = found[part["name"]]
            builder = Builder(dataset, found, locale, as_of, self._fields_left)
            self._build(path, part.get("fields"), builder)
            self._fields_left = builder.fields_left
        cells = sum(dataset.rows * max(1, len(dataset.fields)) for dataset in found.values())
        if cells > MOST_CELLS:
            message = f"Rows times fields must not exceed {MOST_CELLS:,}."
            self._complain("", Unacceptable("rows", "out_of_range", message))
        if sum(dataset.rows for dataset in found.values()) > self._most_rows:
            message = f"All data sets together may have {self._most_rows:,} rows."
            self._complain("", Unacceptable("rows", "out_of_range", message))
        return list(found.values())

    def _build(self, path: str, fields: Any, builder: Builder) -> None:
        if not isinstance(fields, list) or not 1 <= len(fields) <= MOST_FIELDS:
            message = f"fields must be a list of 1 to {MOST_FIELDS} objects."
            self._complain(path, Unacceptable("fields", "out_of_range", message))
            return
        for number, given in enumerate(fields):
            where = f"{path}.fields[{number}]".lstrip(".")
            made = self._tried(where, partial(builder.field, given))
            if made is not None:
                builder.dataset.fields.append(made)
        if builder.dataset.fields and not builder.dataset.shown:
            message = "At least one field must not be hidden."
            self._complain(path, Unacceptable("fields", "invalid", message))

    def _in_order(self, parts: list[tuple[str, dict[str, Any]]]) -> list[tuple[str, Any]]:
        """Return the data sets so that each comes after those that it refers to."""
        waiting, ready, order = dict(parts), set[str](), list[tuple[str, Any]]()
        names = {part["name"] for part in waiting.values()}
        while waiting:
            free = [
                path
                for path, part in waiting.items()
                if (set(_referred(part.get("fields"))) & names) <= ready
            ]
            for path in free:
                ready.add(waiting[path]["name"])
                order.append((path, waiting.pop(path)))
            if not free:
                message = "References must not go round in circles."
                self._complain(min(waiting), Unacceptable("fields", "cyclic_reference", message))
                return order
        return order

    def _rows(self, path: str, part: dict[str, Any]) -> int:
        rows = part.get("rows")
        if isinstance(rows, bool) or not isinstance(rows, int) or not 1 <= rows <= self._most_rows:
            message = f"rows must be a whole number from 1 to {self._most_rows:,}."
            self._complain(path, Unacceptable("rows", "out_of_range", message))
            return 1
        return rows

    def _seed(self, seed: Any) -> int:
        if seed is None:
            return secrets.randbelow(LARGEST_SEED + 1)
        if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= LARGEST_SEED:
            message = f"seed must be a whole number from 0 to {LARGEST_SEED}."
            self._complain("", Unacceptable("seed", "out_of_range", message))
            return 0
        return seed

    def _as_of(self, given: Any) -> datetime:
        midnight = self._now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        if given is None:
            return midnight
        if not isinstance(given, str):
            raise Unacceptable("asOf", "invalid", "asOf must be a date or time.")
        return read_moment(given, midnight, "asOf")

    def _document(
        self, given: dict[str, Any], seed: int, as_of: datetime, datasets: list[DataSet]
    ) -> dict[str, Any]:
        rows = sum(dataset.rows for dataset in datasets)
        store = given.get("store") or ("both" if rows <= MOST_IN_TABLE else "file")
        self._check_word("store", store, STORES)
        form = given.get("format") or "csv"
        self._check_word("format", form, FORMATS)
        for name in ("name", "filename"):
            self._check_short_text(name, given.get(name))
        keep = given.get("keepDays")
        if keep is not None and (type(keep) is not int or not 1 <= keep <= 365):
            message = "keepDays must be a whole number from 1 to 365."
            self._complain("", Unacceptable("keepDays", "out_of_range", message))
        chosen = {
            "schemaVersion": 1,
            "seed": seed,
            "locale": given.get("locale") or LOCALE_DEFAULT,
            "asOf": as_of.isoformat(),
            "store": store,
            "format": form,
            "formatOptions": given.get("formatOptions") or {},
            "generator": {"engine": ENGINE, "version": VERSION},
        }
        return {name: value for name, value in given.items() if value is not None} | chosen

    def _check_word(self, name: str, word: Any, words: tuple[str, ...]) -> None:
        if word not in words:
            message = f"{name} must be one of {', '.join(words)}."
            self._complain("", Unacceptable(name, "invalid_choice", message))

    def _check_short_text(self, name: str, text: Any) -> None:
        if text is None:
            return
        if not isinstance(text, str) or not 1 <= len(text) <= 100:
            message = f"{name} must be a text of 1 to 100 characters."
            self._complain("", Unacceptable(name, "invalid", message))
            return
        self._tried("", lambda: check_text(name, text))

    def _tried(self, path: str, act: Callable[[], Any]) -> Any:
        try:
            return act()
        except Unacceptable as error:
            self._complain(path, error)
            return None

    def _complain(self, path: str, error: Unacceptable) -> None:
        where = ".".join(part for part in (path, error.field) if part)
        self.details.append(Detail(where, error.code, error.message))


def _referred(fields: Any) -> Iterator[str]:
    """Find the data sets that fields, and fields within them, refer to."""
    if isinstance(fields, list):
        for given in fields:
            yield from _referred(given)
    elif isinstance(fields, dict):
        if fields.get("type") == "reference" and isinstance(fields.get("dataset"), str):
            yield fields["dataset"]
        yield from _referred(fields.get("fields"))
        yield from _referred(fields.get("of"))
