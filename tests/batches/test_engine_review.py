"""What a hostile partner, a lost database or a late worker must not do to a batch."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import time_machine
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from apps.batches.engine.courier import Courier
from apps.batches.engine.parcels import KEPT_BODY, Parcel
from apps.batches.engine.verdict import judge_answer, retry_after
from apps.batches.models import BatchAnswer, BatchRow, BatchRun, BatchSession
from apps.batches.services.expand_run import expand_all
from apps.batches.services.reopen_rows import reopen_rows
from apps.batches.services.send_rows import _go_on
from apps.batches.services.submit_records import submit_records
from apps.batches.status import Outcome, RowState
from apps.core.egress import EgressPolicy, UpstreamAnswer
from apps.jobs.models import Job
from apps.jobs.services.run_slice import run_slice
from apps.jobs.services.work_slice import LostLease, Slice
from apps.jobs.status import JobState
from tests.batches.test_sending import record, row, run, submit
from tests.factories.batches import BatchSessionFactory
from tests.jobs.world import until
from tests.support.partner import RecordingPartner

pytestmark = pytest.mark.django_db(transaction=True)
NESTED = b"[" * 1000 + b"]" * 1000


@pytest.fixture(autouse=True)
def short_slices(settings):
    settings.BATCH_PATIENCE_SECONDS = 0
    settings.JOB_SLICE_SECONDS = 5


@pytest.fixture
def partner():
    with RecordingPartner() as partner:
        yield partner


@pytest.mark.parametrize(
    "body",
    [b'{"errors":[%b]}' % NESTED, b'{"errors":[{"field":%b,"message":%b}]}' % (NESTED, NESTED)],
)
def test_an_answer_nested_beyond_reason_is_judged_like_any_other(body):
    answer = UpstreamAnswer(422, {}, body, 1)

    verdict = judge_answer(answer, tries=1, may_repeat=True)

    assert verdict.state == RowState.NEEDS_ACTION
    assert len(verdict.issues) == 1


@pytest.mark.parametrize(
    "header",
    ["Wed, 21 Oct 99999999999999999999 07:28:00 GMT", "Wed, 21 Oct 2015 99999999999:28:00 GMT"],
)
def test_a_retry_after_beyond_all_calendars_is_none(header):
    assert retry_after(header) is None


def test_a_call_that_cannot_even_be_written_ends_its_row_and_not_the_slice(partner):
    job = submit(partner, record(1), auth_type="bearer", credentials={"token": "two\nlines"})

    batch = run(job, slices=3)

    assert row(job).state == RowState.UNKNOWN
    assert batch.outcome == Outcome.ALL_FAILED
    assert partner.call_count() == 0


def test_no_attempt_is_opened_when_nobody_can_carry_it(partner, settings, tmp_path):
    settings.EGRESS_CA_BUNDLE = str(tmp_path / "missing.pem")
    job = submit(partner, record(1))

    batch = run(job)

    assert (row(job).state, row(job).attempts) == (RowState.PENDING, 0)
    assert batch.job.state == JobState.SCHEDULED
    assert batch.job.error_detail["failures"] == 1


def test_calls_in_flight_outlive_a_lost_database_connection_even_without_a_key():
    with RecordingPartner(honours_keys=False) as partner:
        slow = record(1, "slow:1500")
        job = submit(partner, slow, record(2), idempotency_header=None, max_concurrent=1)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            (ours,) = cursor.fetchone()

        def cut_off() -> None:
            until(lambda: partner.call_count() == 1)
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(%s)", [ours])
            connection.close()

        accident = threading.Thread(target=cut_off)
        accident.start()
        batch = run(job)
        accident.join()

        assert batch.outcome == Outcome.ALL_SUCCEEDED
        assert partner.effects() == {"RX-1": 1, "RX-2": 1}


def test_a_late_worker_does_not_move_the_cursor_of_rows_that_were_reopened(partner):
    job = submit(partner, record(1), record(2, "status:500"))
    run(job)
    late = Job.objects.get(pk=job.pk)
    reopen_rows(job, scope="failed")
    batch = BatchRun.objects.get(pk=job.pk)

    with pytest.raises(LostLease):
        _go_on(Slice(late), batch, None)

    batch.refresh_from_db()
    assert batch.cursor == 0


def test_open_rows_that_the_cursor_has_passed_are_found_again(partner):
    job = submit(partner, record(1), record(2))
    BatchRun.objects.filter(pk=job.pk).update(cursor=2)

    batch = run(job, slices=2)

    assert batch.outcome == Outcome.ALL_SUCCEEDED


def test_rows_that_were_never_sent_say_nothing_about_permissions(partner):
    rows = [record(n, "status:403") for n in range(1, 81)]
    job = submit(partner, *rows, max_concurrent=1, pause_on_permission_denied=True)
    expand_all(BatchRun.objects.get(pk=job.pk))
    BatchRow.objects.filter(run_id=job.pk, seq__lte=20).update(
        state=RowState.NEEDS_ACTION, subcode="invalid"
    )

    batch = run(job)

    assert batch.job.pause_reason == "permission_denied"
    assert batch.counts["pending"] > 0


@pytest.mark.parametrize("minutes", [10, -10])
def test_a_retry_after_holds_though_a_workers_clock_is_wrong(partner, minutes):
    job = submit(partner, record(1, "429:30"), max_concurrent=1)
    run(job)
    session = BatchRun.objects.get(pk=job.pk).session

    with time_machine.travel(timezone.now() + timedelta(minutes=minutes)):
        other = submit_records(
            session=session, owner=session.owner, records=[record(2)], now=timezone.now()
        )
        run_slice(job_id=other.pk)

    assert partner.call_count() == 1
    other.refresh_from_db()
    assert other.next_attempt_at == session.not_before


def test_a_retry_after_is_written_by_the_clock_of_the_database(partner):
    job = submit(partner, record(1, "429:30"))

    with time_machine.travel(timezone.now() - timedelta(minutes=10)):
        run(job)

    held = BatchSession.objects.filter(not_before__gt=Now() + timedelta(seconds=25))
    assert held.count() == 1


def test_a_batch_with_nothing_left_to_send_ends_though_its_session_has_expired(partner):
    job = submit(partner, record(1))
    expand_all(BatchRun.objects.get(pk=job.pk))
    BatchRow.objects.filter(run_id=job.pk).update(state=RowState.FAILED)
    BatchSession.objects.update(expires_at=timezone.now())

    batch = run(job)

    assert batch.outcome == Outcome.ALL_FAILED
    assert batch.job.state == JobState.PARTIAL


def test_a_slowly_spaced_session_opens_few_rows_that_it_cannot_send(partner, settings):
    settings.JOB_SLICE_SECONDS = 0.5
    job = submit(partner, *(record(n) for n in range(20)), min_interval_ms=300, max_concurrent=10)

    batch = run(job)

    handed_back = BatchAnswer.objects.filter(run=batch, subcode="not_sent").count()
    assert partner.call_count() >= 1
    assert handed_back <= 1


class Verbose(BaseHTTPRequestHandler):
    """A partner that answers a little under the limit of a megabyte."""

    BODY = b"x" * 1_000_000

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(201)
        self.send_header("Content-Length", str(len(self.BODY)))
        self.end_headers()
        self.wfile.write(self.BODY)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def verbose_url() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Verbose) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_answers_that_wait_for_the_ledger_keep_only_what_it_stores(verbose_url):
    session = BatchSessionFactory(api_url=verbose_url, min_interval_ms=0)
    courier = Courier(session, EgressPolicy.from_settings(), most=1)
    courier.hand_over([Parcel(1, 1, 1, "key", "{}", 1)], low=1)
    deliveries = []

    until(lambda: bool(deliveries.extend(courier.collect()) or deliveries))
    courier.close()

    assert deliveries[0].verdict.state == RowState.SUCCEEDED
    assert len(deliveries[0].answer.body) == KEPT_BODY
