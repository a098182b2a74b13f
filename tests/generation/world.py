"""A schema of a shop's customers, and a generation from its POST to its file."""

from typing import Any

from django.core.files.storage import default_storage
from django.utils import timezone

from apps.accounts.models import User
from apps.jobs.models import Job
from apps.jobs.services.assemble_result import STORED
from apps.jobs.services.run_slice import run_slice
from apps.jobs.services.start_generation import start_generation
from tests.factories.accounts import UserFactory

FIELDS: list[dict[str, Any]] = [
    {"name": "id", "type": "sequence"},
    {"name": "email", "type": "email", "unique": True},
    {"name": "tier", "type": "choice", "values": ["basic", "plus", "pro"], "weights": [70, 25, 5]},
    {"name": "joined", "type": "date", "min": "2021-01-01", "max": "2025-10-31"},
    {"name": "balance", "type": "decimal", "min": -50, "max": 5000},
    {"name": "note", "type": "sentence", "nullPercent": 40},
]


def customers(rows: int = 100, **more: Any) -> dict[str, Any]:
    """Return a schema of customers."""
    return {"name": "customers", "rows": rows, "seed": 7, "fields": FIELDS, **more}


def generate(document: dict[str, Any], owner: User | None = None) -> Job:
    """Accept a generation and work on it until it is over."""
    owner = owner or UserFactory(operator=True)
    return worked_on(start_generation(document=document, owner=owner, now=timezone.now()).job)


def worked_on(job: Job) -> Job:
    """Give the job slices until it is over."""
    while job.is_open:
        run_slice(job_id=job.pk)
        job.refresh_from_db()
    return job


def content_of(job: Job) -> bytes:
    """Return the bytes of the job's file."""
    with default_storage.open((job.result_uri or "").removeprefix(STORED)) as file:
        content: bytes = file.read()
    return content
