from datetime import UTC, datetime, timedelta

import pytest

from apps.jobs.failures import failure_groups
from apps.jobs.fingerprints import fingerprint_of, without_particulars
from apps.jobs.models import Job
from apps.jobs.services.fail_job import fail_job
from apps.jobs.services.retry_job import retry_job
from apps.jobs.services.run_slice import run_slice
from tests.factories.jobs import JobFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 9, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Sheet 'March' not found", 'Sheet "April" not found'),
        ("Row 17 has 3 cells", "Row 1,204 has 12 cells"),
        (
            "Job 0190d1d0-5f1c-7aa2-8c1e-1f2a3b4c5d6e is gone",
            "Job 0190d1d1-0000-7aa2-8c1e-1f2a3b4c5d6e is gone",
        ),
        ("job_01J9ZD0V7KF3E2M8Q6R5T4W9XA was lost", "job_01J9ZD0V7KF3E2M8Q6R5T4W9XB was lost"),
    ],
)
def test_what_is_true_of_one_failure_only_makes_no_other_cause(one, other):
    assert without_particulars(one) == without_particulars(other)
    known = {"kind": "export", "code": "invalid_source"}
    assert fingerprint_of(message=one, **known) == fingerprint_of(message=other, **known)


def test_another_kind_code_or_place_is_another_cause():
    known = {"kind": "export", "code": "internal", "message": "It broke.", "origin": "KeyError"}
    others = [{"kind": "batch"}, {"code": "timeout"}, {"message": "Bah."}, {"origin": "OSError"}]

    assert len({fingerprint_of(**known | other) for other in [{}, *others]}) == 5


def fail(message, **job):
    failing = JobFactory(running=True, **job)
    fail_job(failing, code="invalid_source", message=message)
    return failing


def test_failures_of_one_cause_are_one_line_with_their_first_and_last():
    for number in range(3):
        fail(f"Sheet 'S{number}' not found")
    last = Job.objects.order_by("finished_at").last()
    fail("No such column")
    JobFactory(cancelled=True)

    groups = failure_groups(Job.objects.all())

    assert [(group.count, group.message) for group in groups] == [
        (3, "Sheet … not found"),
        (1, "No such column"),
    ]
    assert groups[0].latest == last
    assert groups[0].first_at <= groups[0].last_at == last.finished_at


def test_groups_cost_the_same_however_many_there_are(django_assert_num_queries):
    for word in ("one", "two", "three"):
        fail(f"Broke {word}")

    with django_assert_num_queries(2):
        groups = failure_groups(Job.objects.all(), since=datetime.now(UTC) - timedelta(days=1))
        assert [group.kind for group in groups] == ["Sync"] * 3


@pytest.mark.django_db(transaction=True)
def test_our_own_mistakes_are_told_apart_by_where_they_happened(handler):
    def stumble(work):
        raise KeyError("a secret of the customer")

    handler.act = stumble
    job = JobFactory(max_attempts=1)

    run_slice(job_id=job.pk)

    (group,) = failure_groups(Job.objects.all())
    assert group.origin.startswith("KeyError in tests/jobs/test_failures.py, stumble")
    attempt = group.latest.error_detail["attempts"][0]
    assert attempt["trace"][-1].startswith("tests/jobs/test_failures.py:")
    assert "secret" not in str(group.latest.error_detail)


def test_a_job_that_is_tried_again_is_no_failure_any_more(handler):
    job = fail("It broke")

    retry_job(job=job, actor="mia")

    job.refresh_from_db()
    assert job.error_fingerprint == ""
    assert failure_groups(Job.objects.all()) == []
