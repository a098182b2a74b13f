from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from apps.core.lean import columns, fetch_as
from apps.jobs.models import Job
from apps.jobs.services.fail_job import fail_job
from apps.jobs.services.record_event import record_event
from apps.jobs.services.release_lane import wake_next_in_lane
from apps.jobs.services.worker import worker_id

# Time is the database's: workers whose clocks differ must agree on when a lease ends.
CLAIM = f"""
UPDATE jobs SET
    status = 'in-progress',
    fence = fence + 1,
    worker_id = %(worker)s,
    lease_until = clock.now + make_interval(secs => %(lease)s),
    heartbeat_at = clock.now,
    last_slice_at = clock.now,
    started_at = coalesce(started_at, clock.now),
    attempts = greatest(attempts, 1),
    next_attempt_at = NULL,
    crashes = crashes + (lease_until IS NOT NULL)::int
FROM (SELECT clock_timestamp() AS now) AS clock
WHERE id = %(id)s AND status IN ('pending', 'in-progress') AND paused_at IS NULL
  AND (next_attempt_at IS NULL OR next_attempt_at <= clock.now)
  AND (lease_until IS NULL OR lease_until < clock.now)
  AND NOT EXISTS (SELECT 1 FROM queue_states
                  WHERE name IN ('slices', jobs.type) AND paused_at IS NOT NULL)
RETURNING {columns(Job, "jobs")}
"""  # noqa: S608 - made of our own model


def claim_job(job_id: UUID) -> Job | None:
    """
    Take the job for one slice, or return None: not due, in other hands, or its lane is busy.

    A lease that ran out unreleased counts as a crash; the fifth in a row without progress
    makes the job `poison_job`.
    """
    try:
        return _claim(job_id)
    except IntegrityError:
        return None  # job_one_lease_a_lane: another job of this lane is being worked on


@transaction.atomic
def _claim(job_id: UUID) -> Job | None:
    lease = settings.JOB_LEASE_SECONDS
    claimed = fetch_as(Job, CLAIM, id=job_id, worker=worker_id(), lease=lease)
    if not claimed:
        return None
    (job,) = claimed
    if job.crashes >= settings.JOB_MAX_CRASHES:
        fail_job(
            job,
            code="poison_job",
            message=f"Its worker died {job.crashes} times in a row without getting further.",
        )
        wake_next_in_lane(job)
        return None
    if job.started_at == job.last_slice_at:
        record_event(job, "JOB_STARTED", "Job started", totalRecords=job.progress_total)
    return job
