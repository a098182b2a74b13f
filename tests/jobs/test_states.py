"""What people are told about a job is the same in Python and in a query."""

import pytest

from apps.jobs.models import Job
from apps.jobs.status import JobState
from tests.factories.jobs import JobFactory

pytestmark = pytest.mark.django_db

STATES = [
    ({}, JobState.QUEUED),
    ({"scheduled": True}, JobState.SCHEDULED),
    ({"between_slices": True, "scheduled": True}, JobState.SCHEDULED),
    ({"running": True}, JobState.RUNNING),
    ({"crashed": True}, JobState.RUNNING),
    ({"between_slices": True}, JobState.RUNNING),
    ({"paused": True}, JobState.PAUSED),
    ({"running": True, "paused": True}, JobState.PAUSED),
    ({"scheduled": True, "paused": True}, JobState.PAUSED),
    ({"running": True, "cancelling": True}, JobState.CANCELLING),
    ({"running": True, "cancelling": True, "paused": True}, JobState.CANCELLING),
    ({"completed": True}, JobState.COMPLETED),
    ({"completed": True, "partial": True}, JobState.PARTIAL),
    ({"failed": True}, JobState.FAILED),
    ({"cancelled": True}, JobState.CANCELLED),
]


@pytest.mark.parametrize(("traits", "state"), STATES)
def test_a_state_is_found_by_the_query_of_its_name_and_no_other(traits, state):
    job = JobFactory(**traits)

    assert job.state == state
    found_by = [each for each in JobState if Job.objects.in_states([each]).exists()]
    assert found_by == [state]


def test_an_expired_result_is_no_state_of_any_job_yet():
    JobFactory(completed=True)

    assert not Job.objects.in_states([JobState.EXPIRED]).exists()
