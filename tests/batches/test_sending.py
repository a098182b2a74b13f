"""Rows on their way: real HTTP to a recording partner, slices run in this process."""

from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import connection
from django.utils import timezone

from apps.batches.engine.ledger import open_attempts
from apps.batches.models import BatchAnswer, BatchAttempt, BatchRow, BatchRun
from apps.batches.services.expand_run import expand_run
from apps.batches.services.submit_records import submit_records
from apps.batches.status import Category, Outcome, RowState
from apps.jobs.models import Job
from apps.jobs.services.claim_job import claim_job
from apps.jobs.services.retry_job import retry_job
from apps.jobs.services.run_slice import run_slice
from apps.jobs.services.work_slice import Slice
from apps.jobs.status import JobState
from tests.factories.batches import BatchSessionFactory
from tests.support.partner import RecordingPartner

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def no_patience(settings):
    settings.BATCH_PATIENCE_SECONDS = 0


@pytest.fixture
def partner():
    with RecordingPartner() as partner:
        yield partner


def record(number: int, behave: str = "ok", **more) -> dict:
    return {"requestId": f"RX-{number}", "memberId": f"M-{number}", "behave": behave, **more}


def submit(partner, *records: dict, **options) -> Job:
    options = {"min_interval_ms": 0, "requests_per_minute": 600_000} | options
    session = BatchSessionFactory(api_url=partner.url, **options)
    return submit_records(
        session=session, owner=session.owner, records=list(records), now=timezone.now()
    )


def run(job: Job, *, slices: int = 1) -> BatchRun:
    """Run slices one after the other, pretending that due times have come in between."""
    for _ in range(slices):
        make_due(job)
        run_slice(job_id=job.pk)
    return BatchRun.objects.select_related("job", "session").get(pk=job.pk)


def make_due(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(next_attempt_at=None)
    BatchRow.objects.filter(run_id=job.pk, state=RowState.RETRYING).update(
        next_attempt_at=timezone.now() - timedelta(seconds=1)
    )
    batch = BatchRun.objects.get(pk=job.pk)
    type(batch.session).objects.filter(pk=batch.session_id).update(not_before=None)


def row(job: Job, seq: int = 1) -> BatchRow:
    return BatchRow.objects.get(run_id=job.pk, seq=seq)


def test_every_row_is_sent_once_and_its_answer_kept(partner):
    job = submit(partner, *(record(n) for n in range(1, 51)))

    batch = run(job)

    assert batch.outcome == Outcome.ALL_SUCCEEDED
    assert batch.counts["succeeded"] == 50
    assert batch.job.state == JobState.COMPLETED
    assert partner.call_count() == 50
    assert BatchAnswer.objects.filter(run=batch, status_code=201).count() == 50


def test_the_attempt_is_written_with_key_and_fingerprint_before_the_partner_sees_it(partner):
    job = submit(partner, record(1))

    run(job)

    attempt = BatchAttempt.objects.get(run_id=job.pk)
    (call,) = partner.calls()
    assert attempt.idempotency_key == call["key"] == f"{job.public_id}-1-1"
    assert bytes(attempt.fingerprint).hex() == call["body_sha"]
    assert attempt.at.timestamp() < call["at"]


@pytest.mark.parametrize(
    ("status", "state", "category"),
    [
        (400, RowState.NEEDS_ACTION, Category.USER_ACTION),
        (403, RowState.NEEDS_ACTION, Category.USER_ACTION),
        (404, RowState.NEEDS_ACTION, Category.USER_ACTION),
        (409, RowState.NEEDS_ACTION, Category.USER_ACTION),
        (422, RowState.NEEDS_ACTION, Category.USER_ACTION),
        (401, RowState.FAILED, Category.AUTH),
        (302, RowState.FAILED, Category.UNKNOWN),
        (418, RowState.FAILED, Category.UNKNOWN),
        (500, RowState.FAILED, Category.SYSTEM),
        (408, RowState.RETRYING, Category.TEMPORARY),
        (425, RowState.RETRYING, Category.TEMPORARY),
        (502, RowState.RETRYING, Category.SYSTEM),
        (503, RowState.RETRYING, Category.SYSTEM),
        (504, RowState.RETRYING, Category.SYSTEM),
    ],
)
def test_a_status_decides_the_state_and_category_of_its_row(partner, status, state, category):
    job = submit(partner, record(1, f"status:{status}"))

    run(job)

    assert (row(job).state, row(job).category, row(job).status_code) == (state, category, status)


def test_a_row_that_fails_twice_and_then_works_succeeds_under_one_key(partner):
    job = submit(partner, record(1, "flaky:503:2"))

    batch = run(job, slices=3)

    assert batch.outcome == Outcome.ALL_SUCCEEDED
    assert row(job).attempts == 3
    assert len({call["key"] for call in partner.calls()}) == 1


def test_after_three_tries_a_row_has_failed(partner):
    job = submit(partner, record(1, "status:503"), record(2))

    batch = run(job, slices=3)

    assert row(job).state == RowState.FAILED
    assert batch.outcome == Outcome.PARTIAL
    assert batch.job.state == JobState.PARTIAL
    assert partner.call_count() == 4


def test_a_retry_waits_two_and_then_four_seconds_with_a_fifth_of_jitter(partner):
    job = submit(partner, record(1, "status:503"))

    waits = []
    for _ in range(2):
        run(job)
        waits.append((row(job).next_attempt_at - row(job).updated_at).total_seconds())

    assert 1.6 <= waits[0] <= 2.4
    assert 3.2 <= waits[1] <= 4.8


@pytest.mark.parametrize("behave", ["slow:1500", "drop"])
def test_without_a_key_work_that_was_done_unseen_is_unknown_and_never_sent_again(behave):
    with RecordingPartner(honours_keys=False) as partner:
        job = submit(partner, record(1, behave), idempotency_header=None, timeout_ms=300)

        batch = run(job, slices=2)

        assert row(job).state == RowState.UNKNOWN
        assert batch.counts["unknown"] == 1
        assert partner.effects() == {"RX-1": 1}
        assert partner.call_count() == 1


def test_with_a_key_work_that_was_done_unseen_is_asked_for_again_and_done_once(partner):
    job = submit(partner, record(1, "slow:1500:1"), record(2, "drop:1"), timeout_ms=300)

    batch = run(job, slices=3)

    assert batch.outcome == Outcome.ALL_SUCCEEDED
    assert partner.effects() == {"RX-1": 1, "RX-2": 1}


def test_when_the_answer_is_never_seen_even_with_a_key_the_row_is_unknown(partner):
    job = submit(partner, record(1, "drop:3"))

    run(job, slices=3)

    assert row(job).state == RowState.UNKNOWN
    assert partner.effects() == {"RX-1": 1}


def test_ambiguous_answers_are_not_repeated_where_the_session_says_so(partner):
    job = submit(partner, record(1, "status:504"), retry_ambiguous=False)

    run(job)

    assert row(job).state == RowState.UNKNOWN


def test_never_more_calls_at_once_than_the_session_allows():
    with RecordingPartner(latency_ms=10) as partner:
        job = submit(partner, *(record(n) for n in range(60)), max_concurrent=3)

        run(job)

        assert partner.max_in_flight() <= 3


def test_calls_keep_the_distance_that_the_session_asks_for(partner):
    job = submit(partner, *(record(n) for n in range(8)), min_interval_ms=30)

    run(job)

    moments = sorted(call["at"] for call in partner.calls())
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert sum(gaps) >= 7 * 0.029


def test_a_long_retry_after_holds_the_whole_session_and_costs_no_further_call(partner):
    rows = [record(1, "429:30"), *(record(n) for n in range(2, 40))]
    job = submit(partner, *rows, max_concurrent=1)

    batch = run(job)

    session = batch.session
    assert (session.not_before - timezone.now()).total_seconds() > 25
    assert batch.job.state == JobState.SCHEDULED
    assert partner.call_count() == 1
    assert batch.counts["inFlight"] == 0

    other = submit_records(
        session=session, owner=session.owner, records=[record(99)], now=timezone.now()
    )
    run_slice(job_id=other.pk)

    assert partner.call_count() == 1
    other.refresh_from_db()
    assert other.state == JobState.SCHEDULED


def test_rows_handed_back_unsent_go_out_later_as_if_nothing_had_happened(partner):
    rows = [record(1, "429:30:1"), *(record(n) for n in range(2, 30))]
    job = submit(partner, *rows, max_concurrent=2)

    run(job)
    batch = run(job)

    assert batch.outcome == Outcome.ALL_SUCCEEDED
    assert set(BatchRow.objects.filter(run=batch).values_list("tries", flat=True)) <= {1, 2}
    assert max(partner.effects().values()) == 1


def test_three_refused_logins_in_a_row_pause_the_job_and_the_rest_stays_pending(partner):
    rows = [record(n, "status:401") for n in range(1, 41)]
    job = submit(partner, *rows, max_concurrent=1)

    batch = run(job)

    assert (batch.job.state, batch.job.pause_reason) == (JobState.PAUSED, "auth_failed")
    assert batch.counts["failed"] < 10
    assert batch.counts["pending"] > 30
    assert batch.counts["inFlight"] == 0


def test_a_session_may_ask_to_pause_when_everything_is_denied(partner):
    rows = [record(n, "status:403") for n in range(1, 61)]
    job = submit(partner, *rows, max_concurrent=1, pause_on_permission_denied=True)

    batch = run(job)

    assert batch.job.pause_reason == "permission_denied"
    assert batch.counts["pending"] > 0


def test_an_expired_session_pauses_its_jobs_and_loses_nothing(partner):
    job = submit(partner, record(1))
    session = BatchRun.objects.get(pk=job.pk).session
    type(session).objects.filter(pk=session.pk).update(expires_at=timezone.now())

    batch = run(job)

    assert (batch.job.state, batch.job.pause_reason) == (JobState.PAUSED, "session_expired")
    assert batch.counts["pending"] == 1
    assert partner.call_count() == 0


def test_an_address_that_is_not_allowed_any_more_pauses_the_job(partner, settings):
    job = submit(partner, record(1))
    settings.EGRESS_ALLOWED_HOSTS = ["elsewhere.example"]

    batch = run(job)

    assert (batch.job.state, batch.job.pause_reason) == (JobState.PAUSED, "egress_denied")
    assert partner.call_count() == 0


def test_the_partners_words_reach_the_row(partner):
    job = submit(partner, record(1, "status:422"))

    run(job)

    assert row(job).message
    assert row(job).hint


def test_a_succeeded_row_can_never_leave_its_state_not_even_by_sql(partner):
    job = submit(partner, record(1))
    run(job)

    with pytest.raises(Exception, match="succeeded and stays so"), connection.cursor() as cursor:
        cursor.execute("UPDATE batch_records SET state = 'pending'")


def test_counts_that_do_not_add_up_are_refused_by_the_database(partner):
    job = submit(partner, record(1))
    run(job)

    with pytest.raises(Exception, match="batch_run_rows_add_up"):
        BatchRun.objects.filter(pk=job.pk).update(succeeded=0)


def test_a_batch_cannot_be_completed_while_rows_are_open(partner):
    job = submit(partner, record(1, "status:503"))
    run(job)

    with pytest.raises(Exception, match="batch_run_finished_when_all_rows_are"):
        BatchRun.objects.filter(pk=job.pk).update(outcome=Outcome.PARTIAL)


def test_attempts_and_answers_cannot_be_rewritten(partner):
    job = submit(partner, record(1))
    run(job)

    for model in (BatchAttempt, BatchAnswer):
        with pytest.raises(Exception, match="append_only"):
            model.objects.filter(run_id=job.pk).update(number=7)


def test_the_states_of_all_rows_follow_from_attempts_and_answers(partner):
    kinds = ["ok", "status:422", "status:500", "flaky:503:1", "drop:1", "status:403"]
    job = submit(partner, *(record(n, kinds[n % 6]) for n in range(60)))
    run(job, slices=3)

    for each in BatchRow.objects.filter(run_id=job.pk):
        last = BatchAnswer.objects.filter(run_id=job.pk, seq=each.seq).latest("number")
        assert last.number == each.attempts
        assert last.status_code == each.status_code
        assert last.category == each.category
        assert (each.state == RowState.SUCCEEDED) == (last.category is None)


def test_secrets_that_a_partner_echoes_are_never_stored(partner):
    secret = "kept-between-us-4711"
    job = submit(
        partner,
        record(1, "echo:422"),
        auth_type="bearer",
        credentials={"token": secret},
    )

    run(job)

    stored = BatchAnswer.objects.get(run_id=job.pk)
    assert "***" in stored.body
    assert secret not in stored.body + stored.message + row(job).message


def test_rows_in_flight_of_a_job_that_failed_are_unknown_and_can_be_sent_again(partner):
    job = submit(partner, record(1), record(2))
    claimed = claim_job(job.pk)
    with Slice(claimed) as work:
        expand_run(work, BatchRun.objects.get(pk=job.pk))
        open_attempts(
            BatchRun.objects.get(pk=job.pk), prefix="x", fence=work.fence, cursor_seq=0, most=1
        )
        work.fail(code="internal", message="Something broke.")

    assert BatchRun.objects.get(pk=job.pk).counts["unknown"] == 1

    retry_job(job=job, actor="desk", params={"scope": "all_unsuccessful"})
    batch = run(job)

    assert batch.outcome == Outcome.ALL_SUCCEEDED


def test_a_reopened_row_forgets_what_was_wrong_with_it(partner):
    job = submit(partner, record(1, "status:500"))
    run(job)

    retry_job(job=Job.objects.get(pk=job.pk), actor="desk", params={"scope": "failed"})

    assert (row(job).state, row(job).category, row(job).message) == (RowState.PENDING, None, None)
