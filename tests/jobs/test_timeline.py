"""The timeline of a job tells everything, and is only ever added to."""

import pytest
from django.db import DatabaseError, connection, transaction

from apps.jobs.models import JobEvent
from apps.jobs.services.record_event import record_event
from apps.jobs.services.start_job import start_job
from apps.jobs.status import JobType
from tests.factories.accounts import UserFactory
from tests.factories.jobs import JobFactory

pytestmark = pytest.mark.django_db


def test_a_line_cannot_be_changed_by_the_orm():
    event = record_event(JobFactory(), "NOTE", "as it was")

    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        JobEvent.objects.filter(pk=event.pk).update(message="as I wish it had been")

    event.refresh_from_db()
    assert event.message == "as it was"


def test_a_line_cannot_be_changed_by_sql():
    event = record_event(JobFactory(), "NOTE", "as it was")

    with (
        pytest.raises(DatabaseError, match="Cannot update"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE job_events SET actor = 'nobody' WHERE id = %s", [event.pk])


def test_it_begins_with_who_asked_for_what():
    owner = UserFactory(operator=True)

    job = start_job(type=JobType.SYNC, owner=owner, total=12)

    event = job.events.get()
    assert (event.kind, event.actor) == ("START", owner.username)
    assert event.data == {"totalRecords": 12}


def test_it_is_served_in_order(operator_api):
    job = JobFactory(owner=operator_api.user)
    for kind in ("JOB_STARTED", "JOB_PAUSED", "JOB_RESUMED"):
        record_event(job, kind, actor="ada")

    body = operator_api.get(f"/status/{job.pk}/events").json()

    assert [event["kind"] for event in body["events"]] == [
        "JOB_STARTED",
        "JOB_PAUSED",
        "JOB_RESUMED",
    ]
