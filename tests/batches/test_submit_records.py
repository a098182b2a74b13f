"""Inline records are accepted all or none, and what is accepted is one committed transaction."""

import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from django.db import connection

from apps.batches.models import BatchRun
from apps.batches.services.admit_job import SessionExpired, TooManyJobs
from apps.batches.services.rehearse import rehearse_records
from apps.batches.services.submit_records import BadRecords, NoRecords, submit_records
from apps.core.models import OutboxMessage
from apps.jobs.models import Job
from tests.factories.batches import BatchSessionFactory

NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)
MASK = "••••"


def records(count):
    return [
        {"requestId": f"RX-{number}", "memberId": f"M-{number}", "payerId": 402}
        for number in range(count)
    ]


def submit(session, given, **options):
    return submit_records(session=session, owner=session.owner, records=given, now=NOW, **options)


def refusal(session, given, **options):
    with pytest.raises(BadRecords) as caught:
        submit(session, given, **options)
    assert not Job.objects.exists()
    return caught.value


@pytest.mark.django_db
def test_records_are_accepted_as_a_job_with_its_staged_bodies():
    session = BatchSessionFactory(name="March")
    given = records(2)

    job = submit(session, given, verbose=True, priority=7)

    run = BatchRun.objects.get(job=job)
    assert zlib.decompress(run.staged).split(b"\n") == [orjson.dumps(each) for each in given]
    assert (job.type, job.lane, job.progress_total) == ("batch", session.public_id, 2)
    assert (job.priority, job.title) == (7, "2 records to March")
    assert (run.total, run.expanded, run.verbose) == (2, 0, True)
    assert run.first_record == {"TransactionId": "RX-0", "MemberId": "M-0", "PayerId": 402}
    assert OutboxMessage.objects.filter(kwargs={"job_id": str(job.pk)}).count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("given", [None, [], {}, ""])
def test_no_records_are_missing_data(given):
    with pytest.raises(NoRecords) as caught:
        submit(BatchSessionFactory(), given)

    assert (str(caught.value), caught.value.code) == ("Missing data", "missing_data")


@pytest.mark.django_db
def test_every_bad_record_is_named_and_nothing_is_accepted():
    given = records(20)
    del given[17]["memberId"]
    given[18] = "x"

    error = refusal(BatchSessionFactory(), given)

    assert str(error) == "Job data validation failed"
    assert (error.extra["invalidCount"], error.extra["totalRecords"]) == (2, 20)
    first = error.extra["details"][0]
    assert (first["index"], first["row"]) == (17, 19)
    assert (first["issues"][0]["field"], first["issues"][0]["code"]) == ("memberId", "missing")


@pytest.mark.django_db
def test_a_hundred_details_are_enough():
    error = refusal(BatchSessionFactory(), [{}] * 150)

    assert len(error.extra["details"]) == 100
    assert error.extra["invalidCount"] == 150


@pytest.mark.django_db
def test_a_key_comes_once_in_a_job_unless_duplicates_are_allowed():
    session = BatchSessionFactory()
    given = [*records(2), *records(1)]

    error = refusal(session, given)
    assert error.extra["details"][0]["index"] == 2
    assert error.extra["details"][0]["issues"][0]["code"] == "duplicate"

    assert submit(session, given, allow_duplicates=True).batch.allow_duplicates


@pytest.mark.django_db
def test_records_without_a_key_do_not_repeat_each_other():
    session = BatchSessionFactory(required_fields=[])

    assert submit(session, [{"a": 1}, {"a": 1}]).batch.total == 2


@pytest.mark.django_db
def test_more_records_than_the_limit_belong_into_a_file(settings):
    settings.BATCH_MAX_RECORDS = 3

    error = refusal(BatchSessionFactory(), records(4))

    assert error.details[0].code == "too_many"


@pytest.mark.django_db
def test_records_are_a_list():
    assert refusal(BatchSessionFactory(), {"requestId": "x"}).details[0].field == "records"


@pytest.mark.django_db
def test_an_expired_session_accepts_nothing():
    session = BatchSessionFactory(expires_at=NOW)

    with pytest.raises(SessionExpired) as caught:
        submit(session, records(1))

    assert caught.value.code == "session_expired"


@pytest.mark.django_db
def test_a_session_that_was_deleted_meanwhile_accepts_nothing():
    session = BatchSessionFactory(expires_at=NOW + timedelta(hours=1))
    type(session).objects.filter(pk=session.pk).update(deleted_at=NOW, credentials=None)

    with pytest.raises(SessionExpired):
        submit(session, records(1))

    assert not Job.objects.exists()


@pytest.mark.django_db
def test_a_nul_in_the_first_record_is_no_reason_to_fail():
    job = submit(BatchSessionFactory(), [{"requestId": "a\0b", "memberId": "m"}])

    assert job.batch.first_record["TransactionId"] == "ab"


@pytest.mark.django_db
def test_the_number_of_queries_does_not_depend_on_the_number_of_records(
    django_assert_num_queries,
):
    session = BatchSessionFactory()

    for count in (1, 500):
        # savepoint and release, lock, count, job with its event, outbox line with its wake-up, run
        with django_assert_num_queries(7):
            submit(session, records(count))


@pytest.mark.django_db(transaction=True)
def test_no_race_lets_one_job_too_many_into_a_session(settings):
    settings.BATCH_MAX_ACTIVE_JOBS = 3
    session = BatchSessionFactory()

    def attempt(_number):
        try:
            submit(session, records(1))
        except TooManyJobs as error:
            return error
        finally:
            connection.close()
        return None

    with ThreadPoolExecutor(8) as pool:
        refusals = [error for error in pool.map(attempt, range(8)) if error]

    assert Job.objects.count() == 3
    assert {(error.code, error.retry_after) for error in refusals} == {("too_many_jobs", 30)}


@pytest.mark.django_db
def test_a_rehearsal_counts_and_shows_requests_without_secrets():
    session = BatchSessionFactory(requests_per_minute=60)
    given = [*records(3), {"requestId": "RX-9"}]

    found = rehearse_records(session=session, records=given)

    assert not Job.objects.exists()
    assert (found["dryRun"], found["totalRecords"]) == (True, 4)
    assert (found["validCount"], found["invalidCount"]) == (3, 1)
    assert found["details"][0]["index"] == 3
    assert found["estimatedSeconds"] == 3.0
    request = found["requests"][0]
    assert (request["url"], request["body"]) == (session.api_url, given[0])
    assert request["headers"]["Authorization"] == f"Basic {MASK}"
    assert "s3cret" not in repr(found)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("auth_type", "credentials", "header", "shown"),
    [
        ("bearer", {"token": "s3cret"}, "Authorization", f"Bearer {MASK}"),
        ("apiKey", {"headerName": "X-Key", "value": "a s3cret"}, "X-Key", MASK),
    ],
)
def test_a_rehearsal_masks_every_kind_of_secret(auth_type, credentials, header, shown):
    session = BatchSessionFactory(auth_type=auth_type, credentials=credentials)

    found = rehearse_records(session=session, records=records(1))

    assert found["requests"][0]["headers"][header] == shown
    assert "s3cret" not in repr(found)
