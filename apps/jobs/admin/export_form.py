"""The form of an export: what file it becomes, and lines for its conditions."""

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
from apps.jobs.exports.datasets import Dataset
from apps.jobs.exports.typed import typed_value
from apps.jobs.exports.wanted import MOST_LIMIT
from apps.jobs.files.options import FORMATS

LINES = 3
IN_WORDS = {
    "eq": "is",
    "ne": "is not",
    "lt": "is less than",
    "lte": "is at most",
    "gt": "is more than",
    "gte": "is at least",
    "in": "is one of",
    "contains": "contains",
    "startsWith": "begins with",
    "isNull": "is missing",
}
DIRECTIONS = (("asc", "Smallest first"), ("desc", "Largest first"))


class ExportForm(forms.Form):
    """What the file is to be."""

    format = forms.ChoiceField(
        choices=[(form, form.upper()) for form in FORMATS], widget=UnfoldAdminSelectWidget()
    )
    filename = forms.CharField(
        max_length=100,
        required=False,
        widget=UnfoldAdminTextInputWidget({"autocomplete": "off"}),
        help_text="The data set's name if you leave it empty.",
    )
    limit = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MOST_LIMIT,
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text="At most so many rows; all of them if you leave it empty.",
    )
    sort = forms.ChoiceField(required=False, widget=UnfoldAdminSelectWidget(), label="Order by")
    direction = forms.ChoiceField(choices=DIRECTIONS, widget=UnfoldAdminSelectWidget())

    def __init__(self, dataset: Dataset, *given: Any, **more: Any) -> None:
        """Offer the columns of the data set."""
        super().__init__(*given, **more)
        names = [(column.name, column.name) for column in dataset.columns]
        self.fields["sort"].choices = [("", "Its number"), *names]  # type: ignore[attr-defined]


@dataclass
class Line:
    """A condition as somebody typed it."""

    position: int
    name: str = ""
    op: str = "eq"
    value: str = ""
    errors: list[str] = field(default_factory=list)

    def as_filter(self, dataset: Dataset) -> dict[str, Any]:
        """Return the filter, its value of the column's kind."""
        kinds = {column.name: column.kind for column in dataset.columns}
        value = typed_value(self.value, self.op, kinds.get(self.name))
        return {"field": self.name, "op": self.op, "value": value}


def empty_lines() -> list[Line]:
    """Return some lines to fill in."""
    return [Line(position) for position in range(LINES)]


def sent_lines(data: QueryDict) -> list[Line]:
    """Return the lines that were sent."""
    return [
        Line(
            position,
            data.get(f"field-{position}", ""),
            data.get(f"op-{position}", "eq"),
            data.get(f"value-{position}", "").strip(),
        )
        for position in range(LINES)
    ]


def document_of(
    dataset: Dataset, data: dict[str, Any], columns: list[str], lines: list[Line]
) -> dict[str, Any]:
    """Return the export as POST /export takes it."""
    document: dict[str, Any] = {
        "source": {"kind": "dataset", "dataset": dataset.name},
        "format": data["format"],
        "columns": columns,
        "filters": [line.as_filter(dataset) for line in lines if line.name],
        "limit": data["limit"],
        "filename": data["filename"] or None,
    }
    if data["sort"]:
        document["sort"] = [{"field": data["sort"], "dir": data["direction"]}]
    return document


def complain(lines: list[Line], details: list[Detail]) -> list[str]:
    """Put each complaint beside the condition that it is about; return the others."""
    used, others = [line for line in lines if line.name], []
    for detail in details:
        position = detail.field.removeprefix("filters[").partition("]")[0]
        if position.isdecimal() and int(position) < len(used):
            used[int(position)].errors.append(detail.message)
        else:
            others.append(f"{detail.field}: {detail.message}")
    return others
