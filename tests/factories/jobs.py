from datetime import UTC, datetime, timedelta
from typing import Any

import factory
from factory.django import DjangoModelFactory

from apps.jobs.models import Job
from apps.jobs.status import JobStatus, JobType
from tests.factories.accounts import UserFactory


class JobFactory(DjangoModelFactory[Job]):
    """A job that waits; each state that a job can be in is a trait."""

    class Meta:
        model = Job

    class Params:
        running = factory.Trait(
            status=JobStatus.IN_PROGRESS,
            started_at=factory.LazyFunction(lambda: _in(minutes=-1)),
            lease_until=factory.LazyFunction(lambda: _in(minutes=1)),
            attempts=1,
            fence=1,
        )
        crashed = factory.Trait(
            status=JobStatus.IN_PROGRESS,
            started_at=factory.LazyFunction(lambda: _in(minutes=-1)),
            lease_until=factory.LazyFunction(lambda: _in(seconds=-1)),
            attempts=1,
            fence=1,
        )
        between_slices = factory.Trait(
            status=JobStatus.IN_PROGRESS,
            started_at=factory.LazyFunction(lambda: _in(minutes=-1)),
            attempts=1,
            fence=1,
        )
        scheduled = factory.Trait(next_attempt_at=factory.LazyFunction(lambda: _in(minutes=5)))
        paused = factory.Trait(paused_at=factory.LazyFunction(lambda: _in()), pause_reason="user")
        cancelling = factory.Trait(cancel_requested_at=factory.LazyFunction(lambda: _in()))
        completed = factory.Trait(
            status=JobStatus.COMPLETED, finished_at=factory.LazyFunction(lambda: _in())
        )
        failed = factory.Trait(
            status=JobStatus.FAILED,
            finished_at=factory.LazyFunction(lambda: _in()),
            error_code="internal",
            error_message="It broke.",
        )
        cancelled = factory.Trait(
            status=JobStatus.FAILED,
            finished_at=factory.LazyFunction(lambda: _in()),
            error_code="cancelled",
            error_message="Cancelled on request.",
        )

    type = JobType.SYNC
    title = factory.Sequence(lambda number: f"Stock of shop {number}")
    owner = factory.SubFactory(UserFactory, operator=True)
    status = JobStatus.PENDING
    priority = 5
    fence = 0
    crashes = 0
    attempts = 0
    progress_done = 0


def _in(**distance: Any) -> datetime:
    return datetime.now(UTC) + timedelta(**distance)
