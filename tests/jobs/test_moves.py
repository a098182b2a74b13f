"""The table of moves is the law, and PostgreSQL enforces it whoever writes."""

from itertools import product

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now

from apps.jobs.models import Job
from apps.jobs.status import BATCH_MOVES, MOVES, OPEN, JobStatus, JobType
from tests.factories.jobs import JobFactory

pytestmark = pytest.mark.django_db

MOVED = [pair for pair in product(JobStatus, JobStatus) if pair[0] != pair[1]]
TRAITS = {
    JobStatus.PENDING: {},
    JobStatus.IN_PROGRESS: {"between_slices": True},
    JobStatus.COMPLETED: {"completed": True},
    JobStatus.FAILED: {"failed": True},
}
SQL = """
UPDATE jobs SET status = %(status)s,
    finished_at = CASE WHEN %(ended)s THEN now() END,
    error_code = CASE WHEN %(status)s = 'failed' THEN 'internal' END
WHERE id = %(id)s
"""


def move_by_orm(job, status):
    ended = status not in OPEN
    Job.objects.filter(pk=job.pk).update(
        status=status,
        finished_at=Now() if ended else None,
        error_code="internal" if status == JobStatus.FAILED else None,
    )


def move_by_sql(job, status):
    with connection.cursor() as cursor:
        cursor.execute(SQL, {"status": status, "ended": status not in OPEN, "id": job.pk})


@pytest.mark.parametrize("move", [move_by_orm, move_by_sql])
@pytest.mark.parametrize(("start", "end"), MOVED)
@pytest.mark.parametrize("job_type", [JobType.SYNC, JobType.BATCH])
def test_only_the_moves_of_the_table_are_possible(start, end, job_type, move):
    job = JobFactory(type=job_type, **TRAITS[start])
    legal = (start, end) in MOVES or (job_type == JobType.BATCH and (start, end) in BATCH_MOVES)

    if legal:
        move(job, end)
    else:
        with (
            pytest.raises(IntegrityError, match="cannot move"),
            transaction.atomic(),
        ):
            move(job, end)

    job.refresh_from_db()
    assert job.status == (end if legal else start)


def test_a_batch_may_leave_completed_only_for_pending():
    assert {(start, end) for start, end in BATCH_MOVES} == {
        (JobStatus.COMPLETED, JobStatus.PENDING)
    }
    assert {end for start, end in MOVES if start == JobStatus.COMPLETED} == set()


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"status": "failed", "error_code": "internal"}, "job_finished_iff_terminal"),
        ({"finished_at": Now()}, "job_finished_iff_terminal"),
        ({"status": "failed", "finished_at": Now()}, "job_failed_has_code"),
        ({"status": "pending", "lease_until": Now()}, "job_leased_only_in_progress"),
        (
            {"status": "completed", "finished_at": Now(), "paused_at": Now()},
            "job_paused_only_open",
        ),
        ({"status": "limbo"}, "cannot move"),
        ({"priority": 10}, "job_priority_range"),
        ({"type": "gossip"}, "job_type_known"),
    ],
)
def test_what_makes_no_sense_is_refused(columns, constraint):
    job = JobFactory(between_slices=True)

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Job.objects.filter(pk=job.pk).update(**columns)


def test_each_write_counts_the_version_and_stamps_the_row():
    job = JobFactory()
    before = Job.objects.get(pk=job.pk)

    with connection.cursor() as cursor:
        cursor.execute("UPDATE jobs SET title = 'Stock' WHERE id = %s", [job.pk])

    after = Job.objects.get(pk=job.pk)
    assert after.version == before.version + 1
    assert after.updated_at > before.updated_at
