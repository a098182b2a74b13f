"""What a type of field is: its name, its parameters, and how its column is built."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from apps.jobs.generation.columns import Column
from apps.jobs.generation.distributions import Distribution, read_distribution
from apps.jobs.unacceptable import Unacceptable

if TYPE_CHECKING:
    from apps.jobs.generation.builder import Builder

CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
LONGEST_TEXT = 2000
LARGEST_NUMBER = 10**15
KINDS: dict[str, tuple[type, ...]] = {
    "integer": (int,),
    "number": (int, float),
    "string": (str,),
    "boolean": (bool,),
    "list": (list,),
    "object": (dict,),
    "moment": (str,),
    "value": (str, int, float, bool, type(None)),
}


@dataclass(frozen=True)
class Param:
    """One thing that may be said about a field of some type."""

    name: str
    type: str
    description: str
    default: Any = None
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()
    required: bool = False

    def read(self, given: Any) -> Any:
        """
        Return the value.

        :raises Unacceptable: if it is of another type, or outside the limits
        """
        is_right = isinstance(given, KINDS[self.type])
        if not is_right or (isinstance(given, bool) and bool not in KINDS[self.type]):
            what = {"value": "a text, number or yes/no", "moment": "a date or time"}
            self._refuse("invalid", f"must be {what.get(self.type, f'of type {self.type}')}")
        if isinstance(given, str):
            check_text(self.name, given)
        if self.choices and given not in self.choices:
            self._refuse("invalid_choice", f"must be one of {', '.join(self.choices)}")
        if isinstance(given, int | float) and not isinstance(given, bool):
            self._check_range(given)
        return given

    def _check_range(self, given: float) -> None:
        least = -LARGEST_NUMBER if self.least is None else self.least
        most = LARGEST_NUMBER if self.most is None else self.most
        if not least <= given <= most:
            self._refuse("out_of_range", f"must be from {least:g} to {most:g}")

    def _refuse(self, code: str, what: str) -> None:
        raise Unacceptable(self.name, code, f"{self.name} {what}.")


def check_text(name: str, text: str) -> None:
    """
    Refuse what no file could hold.

    :raises Unacceptable: if the text is too long or has control characters
    """
    if len(text) > LONGEST_TEXT:
        raise Unacceptable(name, "too_long", f"At most {LONGEST_TEXT} characters are possible.")
    if CONTROL.search(text):
        raise Unacceptable(name, "invalid", f"{name} must not contain control characters.")


@dataclass
class Spec:
    """A field as somebody asked for it, ready to be built."""

    type: "FieldType"
    options: dict[str, Any]
    locale: str
    # The locales of the rows with their shares of hundred; `locale` is the one of this column.
    shares: dict[str, int]
    rows: int
    as_of: datetime
    distribution: Any
    builder: "Builder"
    path: str

    def __getitem__(self, name: str) -> Any:
        return self.options[name]

    def spread(self, *, start: float = 0.0, unit: float = 1.0) -> Distribution:
        """Return how likely each value is."""
        return read_distribution(self.distribution, start=start, unit=unit)


@dataclass(frozen=True)
class FieldType:
    """One entry of the catalogue."""

    name: str
    group: str
    description: str
    params: tuple[Param, ...]
    build: Callable[[Spec], Column]
    localized: bool = False
    distributes: bool = False
    # Whether it is made of fields, each of which may be in a locale of its own.
    holds_others: bool = False

    def read_options(self, given: dict[str, Any]) -> dict[str, Any]:
        """
        Return the parameters with their defaults.

        :raises Unacceptable: if one is unknown, missing or wrong
        """
        known = {param.name: param for param in self.params}
        for name in given:
            if name not in known:
                message = f"Fields of type {self.name} have no parameter {name[:60]}."
                raise Unacceptable(name[:60], "unknown", message)
        options = {}
        for name, param in known.items():
            if given.get(name) is not None:
                options[name] = param.read(given[name])
            elif param.required:
                raise Unacceptable(name, "required", f"Fields of type {self.name} need {name}.")
            else:
                options[name] = param.default
        return options


CATALOGUE: dict[str, FieldType] = {}


def field_type(
    name: str,
    group: str,
    description: str,
    *params: Param,
    localized: bool = False,
    distributes: bool = False,
    holds_others: bool = False,
) -> Callable[[Callable[[Spec], Column]], Callable[[Spec], Column]]:
    """Put what the function builds into the catalogue."""

    def register(build: Callable[[Spec], Column]) -> Callable[[Spec], Column]:
        CATALOGUE[name] = FieldType(
            name, group, description, params, build, localized, distributes, holds_others
        )
        return build

    return register


def need_order(least: float, most: float, name: str = "min") -> None:
    """
    Refuse a range that holds nothing.

    :raises Unacceptable: if it ends before it begins
    """
    if least > most:
        raise Unacceptable(name, "out_of_range", "min is larger than max.")


def join_names(names: Iterable[str]) -> str:
    """Return names for a sentence."""
    return ", ".join(sorted(names))
