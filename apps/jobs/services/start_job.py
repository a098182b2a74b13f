from typing import Any

import orjson
from django.db import transaction
from psycopg.types.json import Jsonb

from apps.accounts.models import User
from apps.core.ids import new_id
from apps.core.lean import columns, fetch_as
from apps.core.request_id import current_request_id
from apps.jobs.models import Job
from apps.jobs.services.wake_job import wake_job

# One statement: accepting a job is part of many POSTs, and each round trip counts there.
INSERT = f"""
WITH event AS (
    INSERT INTO job_events (job_id, kind, level, message, data, actor)
    VALUES (%(id)s, 'START', 'info', 'Job accepted', %(data)s, %(actor)s)
)
INSERT INTO jobs
    (id, type, title, params, owner_id, parent_id, priority, lane, request_id, progress_total)
VALUES (%(id)s, %(type)s, %(title)s, %(params)s, %(owner)s, %(parent)s, %(priority)s, %(lane)s,
    %(request_id)s, %(total)s)
RETURNING {columns(Job)}
"""  # noqa: S608 - made of our own model


# Without a savepoint: whoever accepts a job wants all of it or nothing.
@transaction.atomic(savepoint=False)
def start_job(
    *,
    type: str,  # noqa: A002 - the column's documented name
    owner: User,
    title: str = "",
    params: dict[str, Any] | None = None,
    priority: int = 5,
    lane: str = "",
    total: int | None = None,
    parent: Job | None = None,
) -> Job:
    """Accept a job: its row, its first event and its wake-up commit together."""
    values: dict[str, Any] = {
        "id": new_id(),
        "type": type,
        "title": title[:200],
        "params": _json(params or {}),
        "owner": owner.pk,
        "parent": parent and parent.pk,
        "priority": priority,
        "lane": lane,
        "request_id": current_request_id() or "",
        "total": total,
        "data": _json({"totalRecords": total}),
        "actor": owner.get_username(),
    }
    (job,) = fetch_as(Job, INSERT, **values)
    job.owner = owner
    wake_job(job)
    return job


def _json(value: Any) -> Jsonb:
    return Jsonb(value, dumps=orjson.dumps)
