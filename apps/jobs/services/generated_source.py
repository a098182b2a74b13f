from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
from psycopg import Connection
from psycopg.sql import SQL, Literal

from apps.core.errors import Detail
from apps.jobs.exports.columns import Column
from apps.jobs.exports.loading import loading
from apps.jobs.exports.source import KEY_OF_LOADED, LOADED, Load, Source, payload_column
from apps.jobs.exports.wanted import InvalidExport
from apps.jobs.files.kinds import Kind
from apps.jobs.generation.data_set import DataSet
from apps.jobs.generation.field import Field
from apps.jobs.models import GeneratedRow, Job
from apps.jobs.services.generation_plan import Plan, plan_of


def generated_source(job: Job, dataset_name: str | None) -> Source:
    """
    Return the rows of a completed generation: those in the table, or the same ones made again.

    :raises InvalidExport: if the data set is not one of its own, or must be named
    :raises OtherEngine: if they were made by another version of the generator
    """
    plan = plan_of(job)
    dataset = _chosen(plan, dataset_name)
    # Rows go in their order when their time is over: without the first one there are not all.
    if plan.fills_table and GeneratedRow.objects.filter(job=job, seq=1).exists():
        relation = SQL(
            "(SELECT seq, payload FROM generated_data WHERE job_id = {} AND dataset = {}) g"
        ).format(Literal(job.pk), Literal(dataset.name))
        return Source(
            name=dataset.name,
            title=dataset.name,
            relation=relation,
            key=SQL("g.seq"),
            columns=tuple(_column("g.payload", field.name, field) for field in dataset.shown),
            rows=dataset.rows,
        )
    return Source(
        name=dataset.name,
        title=dataset.name,
        relation=LOADED,
        key=KEY_OF_LOADED,
        columns=tuple(
            _column("e.payload", position, field) for position, field in enumerate(dataset.shown)
        ),
        rows=dataset.rows,
        load=_load_again(dataset),
    )


def _column(payload: str, key: str | int, field: Field) -> Column:
    kind, scale = field.column.kind, field.column.scale
    found = payload_column(payload, key, field.name, kind, scale)
    if kind != Kind.DECIMAL:
        return found
    # A number's JSON has no zeros at its end, and the generation's own file has them.
    rounded = SQL("round({}, {})").format(found.value, Literal(scale))
    return replace(found, value=rounded, shown=rounded)


def _chosen(plan: Plan, name: str | None) -> DataSet:
    datasets = plan.schema.datasets
    if name is None and len(datasets) == 1:
        return datasets[0]
    found = [dataset for dataset in datasets if dataset.name == name]
    if not found:
        known = ", ".join(dataset.name for dataset in datasets)
        message = f"dataset must be one of {known}."
        detail = Detail("source.dataset", "required" if name is None else "unknown", message)
        raise InvalidExport(details=[detail])
    return found[0]


def _load_again(dataset: DataSet) -> Load:
    """Return what makes the rows anew: they are the same, whoever makes them."""

    def load(connection: Connection[Any], most: int | None, step: Callable[[], None]) -> None:
        with loading(connection) as put:
            for number in range(dataset.chunks):
                columns = dataset.chunk(number, most=most, step=step)
                rows = zip(*(columns[field.name] for field in dataset.shown), strict=True)
                put([orjson.dumps(row) for row in rows])
                if most is not None:
                    return

    return load
