"""From the fields of a schema to columns."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from apps.jobs.generation import types
from apps.jobs.generation.columns import Column, Mixed
from apps.jobs.generation.data_set import MOST_REFERRED, DataSet, Target
from apps.jobs.generation.distributions import NAMES
from apps.jobs.generation.field import Field
from apps.jobs.generation.field_type import CATALOGUE, FieldType, Spec, check_text
from apps.jobs.generation.locales import read_locale
from apps.jobs.generation.types.numbers import Sequential
from apps.jobs.unacceptable import Unacceptable

assert types.__all__  # noqa: S101 - the import fills the catalogue

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_ .-]{0,63}")
COMMON = {
    "name",
    "type",
    "nullPercent",
    "unique",
    "distribution",
    "description",
    "hidden",
    "locale",
}


@dataclass
class Builder:
    """Builds the columns of one data set; knows those that are ready already."""

    dataset: DataSet
    others: dict[str, DataSet]
    locale: dict[str, int]
    as_of: datetime
    fields_left: int
    earlier: dict[str, Column] = field(default_factory=dict)

    def field(self, given: Any) -> Field:
        """
        Build a field.

        :raises Unacceptable: saying what is wrong, and where within the field
        """
        name = self.name_of(given)
        if name in self.earlier:
            raise Unacceptable("name", "duplicate", f"There are two fields {name}.")
        made = self.inner(given, name, None)
        made.hidden = self._flag(given, "hidden")
        self.earlier[name] = made.column
        return made

    def inner(self, given: Any, path: str, locale: dict[str, int] | None) -> Field:
        """
        Build a field, or one within a field.

        :param locale: what a field within a field inherits
        :raises Unacceptable: saying what is wrong
        """
        made = Field(
            path,
            self.column(given, path, locale),
            null_percent=self._percent(given),
            unique=self._flag(given, "unique"),
        )
        if made.unique:
            self._check_unique(made, given)
        return made

    def name_of(self, given: Any) -> str:
        """
        Return the field's name.

        :raises Unacceptable: if it has none, or a bad one
        """
        if not isinstance(given, dict):
            raise Unacceptable("", "invalid", "A field must be an object.")
        name = given.get("name")
        if not isinstance(name, str) or not NAME.fullmatch(name):
            message = "A name begins with a letter or _; letters, digits, _ . - and blanks follow."
            raise Unacceptable("name", "invalid_name", message)
        return name

    def column(self, given: Any, path: str, locale: dict[str, int] | None) -> Column:
        """
        Build the column of a field.

        :raises Unacceptable: saying what is wrong
        """
        self.fields_left -= 1
        if self.fields_left < 0:
            raise Unacceptable("", "too_many_fields", "There are more fields than are possible.")
        kind = self._type_of(given)
        options = kind.read_options({k: v for k, v in given.items() if k not in COMMON})
        if given.get("description") is not None:
            check_text("description", str(given["description"]))
        distribution = given.get("distribution", NAMES[0])
        if distribution != NAMES[0] and not kind.distributes:
            message = f"Fields of type {kind.name} have no distribution."
            raise Unacceptable("distribution", "unknown", message)

        shares = self._shares(given, locale) if kind.localized else self.locale

        def build(code: str) -> Column:
            rows, as_of = self.dataset.rows, self.as_of
            spec = Spec(kind, options, code, shares, rows, as_of, distribution, self, path)
            return kind.build(spec)

        if len(shares) == 1 or not kind.localized or kind.holds_others:
            return build(next(iter(shares)))
        return Mixed([build(code) for code in shares], list(shares.values()))

    def target(self, dataset: str, name: str) -> Target:
        """
        Return the field of another data set that a reference means.

        :raises Unacceptable: if there is none, or it cannot be referred to
        """
        found = self.others.get(dataset)
        if found is None:
            message = f"There is no data set {dataset[:64]}."
            raise Unacceptable("dataset", "unknown_dataset", message)
        fields = {made.name: made for made in found.fields}
        if name not in fields:
            message = f"{dataset} has no field {name[:64]}."
            raise Unacceptable("field", "unknown_field", message)
        is_counted = isinstance(fields[name].column, Sequential)
        if found.rows > MOST_REFERRED and not is_counted:
            message = f"Beyond {MOST_REFERRED:,} rows only a sequence can be referred to."
            raise Unacceptable("field", "limit_exceeded", message)
        return Target(found, fields[name])

    def _type_of(self, given: Any) -> FieldType:
        wanted = given.get("type") if isinstance(given, dict) else None
        if not isinstance(wanted, str) or wanted not in CATALOGUE:
            shown = f" {wanted[:40]}" if isinstance(wanted, str) else ""
            message = f"There is no type{shown}; GET /generate/types lists all."
            raise Unacceptable("type", "unknown_type", message)
        return CATALOGUE[wanted]

    def _shares(self, given: dict[str, Any], locale: dict[str, int] | None) -> dict[str, int]:
        if given.get("locale") is not None:
            return read_locale(given["locale"])
        return locale or self.locale

    def _percent(self, given: dict[str, Any]) -> float:
        percent = given.get("nullPercent", 0)
        is_number = isinstance(percent, int | float) and not isinstance(percent, bool)
        if not is_number or not 0 <= percent <= 100:
            message = "nullPercent must be a number from 0 to 100."
            raise Unacceptable("nullPercent", "out_of_range", message)
        return float(percent)

    def _flag(self, given: dict[str, Any], name: str) -> bool:
        flag = given.get(name, False)
        if not isinstance(flag, bool):
            raise Unacceptable(name, "invalid", f"{name} must be true or false.")
        return flag

    def _check_unique(self, made: Field, given: dict[str, Any]) -> None:
        column = made.column
        if isinstance(column, Mixed):
            message = "In a mix of locales only fields that have none can be unique."
            raise Unacceptable("unique", "impossible_uniqueness", message)
        if column.size is None:
            message = f"Fields of type {given['type']} cannot be unique; a sequence or uuid can."
            raise Unacceptable("unique", "impossible_uniqueness", message)
        if given.get("distribution", NAMES[0]) != NAMES[0] or given.get("weights"):
            message = "What is unique has no distribution: every value comes once."
            raise Unacceptable("unique", "impossible_uniqueness", message)
        if column.size < self.dataset.rows:
            message = (
                f"There are only {column.size:,} different values for {self.dataset.rows:,} rows."
            )
            raise Unacceptable("unique", "impossible_uniqueness", message)
