from datetime import datetime
from typing import Any

from django.db import transaction

from apps.accounts.models import User
from apps.core.errors import Detail
from apps.jobs.exports.wanted import InvalidExport
from apps.jobs.models import Job
from apps.jobs.services.record_event import record_event
from apps.jobs.services.start_export import start_export


@transaction.atomic
def clone_export(*, job: Job, overrides: dict[str, Any], owner: User, now: datetime) -> Job:
    """
    Start an export like an earlier one, of the rows as they are now, with changes.

    :raises InvalidExport: naming everything that is wrong
    :raises DomainError: as `start_export`
    """
    if "source" in overrides:  # to read something else is a new request, with checks of its own
        message = "Start a new export to read from another source."
        raise InvalidExport(message, details=[Detail("overrides.source", "invalid", message)])
    document = {name: value for name, value in job.params.items() if value is not None}
    if "format" in overrides and "formatOptions" not in overrides:
        document.pop("formatOptions", None)
    clone = start_export(document=document | overrides, owner=owner, now=now)
    record_event(clone, "CLONED", f"Cloned from {job.public_id}", of=str(job.pk))
    return clone
