from datetime import datetime
from typing import Any

from django.db import transaction

from apps.accounts.models import User
from apps.jobs.models import Job
from apps.jobs.services.record_event import record_event
from apps.jobs.services.start_generation import start_generation

CHOSEN_BY_US = ("generator", "schemaVersion")


@transaction.atomic
def clone_generation(*, job: Job, overrides: dict[str, Any], owner: User, now: datetime) -> Job:
    """
    Start a generation like an earlier one, with changes; without any it makes the same bytes.

    :raises InvalidSchema: naming everything that is wrong
    :raises TooManyOpenJobs: if the owner has as many unfinished jobs as are possible
    """
    document = {name: value for name, value in job.params.items() if name not in CHOSEN_BY_US}
    if "format" in overrides and "formatOptions" not in overrides:
        document.pop("formatOptions", None)
    clone = start_generation(document=document | overrides, owner=owner, now=now).job
    record_event(clone, "CLONED", f"Cloned from {job.public_id}", of=str(job.pk))
    return clone
