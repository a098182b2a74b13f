from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings

from apps.core.errors import Detail, DomainError
from apps.jobs.files.kinds import Head, Sheet
from apps.jobs.files.options import read_format_options
from apps.jobs.files.package import Recipe, file_name
from apps.jobs.generation.data_set import DataSet
from apps.jobs.generation.schema import (
    ENGINE,
    VERSION,
    InvalidSchema,
    Schema,
    read_schema,
)
from apps.jobs.models import Job
from apps.jobs.unacceptable import Unacceptable


class OtherEngine(DomainError):
    """This job was made by another version of the generator, which would give other values."""

    code = "other_engine"


@dataclass(frozen=True)
class Plan:
    """What a generation makes: its data sets, and the file that they become."""

    schema: Schema
    recipe: Recipe

    @property
    def document(self) -> dict[str, Any]:
        """Return the schema as it is kept, with all that was chosen for it."""
        return self.schema.document

    @property
    def makes_file(self) -> bool:
        """Return whether there is a file in the end."""
        return bool(self.document["store"] != "table")

    @property
    def fills_table(self) -> bool:
        """Return whether the rows go into the database."""
        return bool(self.document["store"] != "file")

    @property
    def keep_days(self) -> int | None:
        """Return for how long the file is to be kept, if the schema says so."""
        days: int | None = self.document.get("keepDays")
        return days

    @property
    def file_name(self) -> str:
        """Return what the file is called."""
        wanted = self.document.get("filename") or self.document.get("name") or "data"
        return file_name(wanted, self.recipe.extension)


def plan_generation(document: Any, *, now: datetime) -> Plan:
    """
    Check a schema and its format, and decide what they leave open.

    :raises InvalidSchema: naming everything that is wrong
    """
    schema = read_schema(document, most_rows=settings.MAX_ROWS, now=now)
    try:
        options = read_format_options(schema.document["format"], schema.document["formatOptions"])
    except Unacceptable as error:
        details = [Detail(error.field, error.code, error.message)]
        raise InvalidSchema(details=details) from None
    return Plan(schema, _recipe(schema, options))


def plan_of(job: Job) -> Plan:
    """
    Return the plan of a job that was accepted earlier.

    :raises OtherEngine: if it was made by a version whose values were others
    """
    if job.params.get("generator") != {"engine": ENGINE, "version": VERSION}:
        raise OtherEngine
    return _planned(job.pk, orjson.dumps(job.params, option=orjson.OPT_SORT_KEYS))


# Compiled once a process: columns that others refer to are made once, not for every part.
@lru_cache(maxsize=2)
def _planned(_key: UUID, document: bytes) -> Plan:
    params = orjson.loads(document)
    given = {name: value for name, value in params.items() if name != "generator"}
    return plan_generation(given, now=datetime.fromisoformat(params["asOf"]))


def sheet_of(dataset: DataSet) -> Sheet:
    """Return how a data set looks in a file."""
    heads = (Head(field.name, field.column.kind, field.column.scale) for field in dataset.shown)
    return Sheet(dataset.name, tuple(heads), dataset.rows)


def _recipe(schema: Schema, options: dict[str, Any]) -> Recipe:
    meta = {"synthetic": True, "seed": schema.seed, "generator": schema.document["generator"]}
    return Recipe(
        form=schema.document["format"],
        options=options,
        sheets=[sheet_of(dataset) for dataset in schema.datasets],
        meta=meta,
        created=schema.as_of,
    )
