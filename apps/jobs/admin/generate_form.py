"""The form of a generation: some lines about the file, and a line for each field."""

import json
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.http import QueryDict
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from apps.core.errors import Detail
from apps.jobs.files.options import FORMATS
from apps.jobs.generation.field_type import CATALOGUE
from apps.jobs.generation.locales import LOCALE_DEFAULT, TAGS
from apps.jobs.generation.schema import LARGEST_SEED

EMPTY_LINES = 3
MOST_LINES = 200
FIRST_FIELDS: list[dict[str, Any]] = [
    {"name": "id", "type": "sequence"},
    {"name": "name", "type": "fullName"},
    {"name": "email", "type": "email", "unique": True},
    {"name": "joined", "type": "date", "min": "-5y", "max": "today"},
]
OWN_COLUMNS = {"name", "type", "nullPercent", "unique"}


class GenerationForm(forms.Form):
    """What the file is to be."""

    name = forms.CharField(
        max_length=64,
        initial="customers",
        widget=UnfoldAdminTextInputWidget({"autocomplete": "off"}),
        help_text="The file is called like this.",
    )
    rows = forms.IntegerField(min_value=1, initial=1000, widget=UnfoldAdminIntegerFieldWidget())
    format = forms.ChoiceField(
        choices=[(form, form.upper()) for form in FORMATS], widget=UnfoldAdminSelectWidget()
    )
    locale = forms.ChoiceField(
        choices=[(tag, tag) for tag in TAGS],
        initial=LOCALE_DEFAULT,
        widget=UnfoldAdminSelectWidget(),
        help_text="Of names, places and words.",
    )
    seed = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=LARGEST_SEED,
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text="The same seed makes the same rows; one is chosen if you leave it empty.",
    )


@dataclass
class Line:
    """A field as somebody typed it."""

    position: int
    name: str = ""
    type: str = ""
    options: str = ""
    null_percent: str = ""
    unique: bool = False
    errors: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, position: int, given: dict[str, Any]) -> "Line":
        """Return the line that means this field."""
        options = {name: value for name, value in given.items() if name not in OWN_COLUMNS}
        shown = json.dumps(options, ensure_ascii=False) if options else ""
        percent = str(given.get("nullPercent", ""))
        unique = bool(given.get("unique"))
        return cls(position, given.get("name", ""), given.get("type", ""), shown, percent, unique)

    @classmethod
    def sent(cls, position: int, data: QueryDict) -> "Line":
        """Return the line as it was sent."""
        name, kind, options, percent = (
            data.get(f"{what}-{position}", "").strip()
            for what in ("name", "type", "options", "nulls")
        )
        return cls(position, name, kind, options, percent, f"unique-{position}" in data)

    @property
    def is_empty(self) -> bool:
        """Return whether nothing was typed."""
        return not (self.name or self.type or self.options)

    def as_field(self) -> dict[str, Any]:
        """Return the field of the schema; what is no JSON is noted as an error."""
        given = _object(self.options) if self.options else {}
        if given is None:
            given = {}
            self.errors.append('Options are JSON, such as {"min": 1, "max": 5}.')
        given |= {"name": self.name, "type": self.type}
        if self.null_percent:
            given["nullPercent"] = _number(self.null_percent)
        return given | ({"unique": True} if self.unique else {})


def _object(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def first_lines(fields: list[dict[str, Any]] | None = None) -> list[Line]:
    """Return the lines of these fields, and some empty ones."""
    lines = [Line.of(number, given) for number, given in enumerate(fields or FIRST_FIELDS)]
    return with_room(lines)


def sent_lines(data: QueryDict) -> list[Line]:
    """Return the lines that were sent, without empty ones."""
    known = (name.rpartition("-") for name in data if name.startswith("name-"))
    numbers = sorted(int(number) for _, _, number in known if number.isdecimal())
    lines = [Line.sent(number, data) for number in numbers[:MOST_LINES]]
    kept = [line for line in lines if not line.is_empty]
    for position, line in enumerate(kept):
        line.position = position
    return kept


def with_room(lines: list[Line]) -> list[Line]:
    """Add some empty lines."""
    return lines + [Line(len(lines) + more) for more in range(EMPTY_LINES)]


def complain(lines: list[Line], details: list[Detail]) -> list[str]:
    """Put each complaint beside the field that it is about; return the others."""
    others = []
    for detail in details:
        where, _, rest = detail.field.partition("]")
        position = where.removeprefix("fields[")
        if position.isdecimal() and int(position) < len(lines):
            lines[int(position)].errors.append(f"{rest.lstrip('.')}: {detail.message}".lstrip(": "))
        else:
            others.append(f"{detail.field}: {detail.message}".lstrip(": "))
    return others


def type_groups() -> list[tuple[str, list[str]]]:
    """Return the types of fields by group, for a list to choose from."""
    groups: dict[str, list[str]] = {}
    for kind in sorted(CATALOGUE.values(), key=lambda kind: (kind.group, kind.name)):
        groups.setdefault(kind.group, []).append(kind.name)
    return list(groups.items())
