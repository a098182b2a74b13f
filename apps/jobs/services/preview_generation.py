from dataclasses import dataclass
from typing import Any

from apps.jobs.generation.columns import Values
from apps.jobs.generation.data_set import DataSet
from apps.jobs.services.generation_plan import Plan

MOST_PREVIEWED = 20
SAMPLED = 10


@dataclass(frozen=True)
class Preview:
    """The first rows that a plan would make, and how large all of them would be."""

    datasets: dict[str, list[dict[str, Any]]]
    estimated_bytes: int
    warnings: list[str]


def preview_generation(plan: Plan, *, rows: int = SAMPLED) -> Preview:
    """
    Make the first rows, exactly as the job will.

    :raises FormulaFailed: if a formula cannot work with its values
    """
    writer, size, found = plan.recipe.writer(), 0, {}
    for dataset, sheet in zip(plan.schema.datasets, plan.recipe.sheets, strict=True):
        columns = first_columns(dataset, rows)
        found[dataset.name] = _objects(dataset, columns)
        sample = len(columns[0])
        size += len(writer.head(sheet)) + len(writer.tail(sheet))
        size += len(writer.rows(sheet, columns, 0)) * dataset.rows // sample
    return Preview(found, size // plan.recipe.packed_to, list(_warnings(plan)))


def first_columns(dataset: DataSet, rows: int) -> list[Values]:
    """Return the beginning of every column that is shown."""
    columns = dataset.chunk(0, most=rows)
    return [columns[field.name] for field in dataset.shown]


def _objects(dataset: DataSet, columns: list[Values]) -> list[dict[str, Any]]:
    names = [field.name for field in dataset.shown]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _warnings(plan: Plan) -> list[str]:
    found = []
    options = plan.recipe.options
    if options.get("formulaGuard") is False:
        found.append("Texts that look like formulas are not made harmless for spreadsheets.")
    hidden = [f.name for d in plan.schema.datasets for f in d.fields if f.hidden]
    unused = [name for name in hidden if not _is_used(plan, name)]
    found += [f"The hidden field {name} is used by no other field." for name in unused]
    return found


def _is_used(plan: Plan, name: str) -> bool:
    fields = (field for dataset in plan.schema.datasets for field in dataset.fields)
    return any(name in field.column.needs for field in fields)
