"""Records become rows: each once, whatever happens in between."""

from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256

import orjson
import pytest
from django.db import connection

from apps.batches.models import BatchRow, BatchRun
from apps.batches.services import expand_run as module
from apps.batches.services.expand_run import expand_all, expand_run
from apps.batches.services.submit_records import submit_records
from apps.batches.services.submit_source import submit_source
from apps.batches.status import RowState
from apps.jobs.services.claim_job import claim_job
from apps.jobs.services.work_slice import LostLease, Slice
from apps.uploads.services.find_upload import UploadGone
from demo.workbook import MAPPING, REQUIRED_FIELDS, SHEET, WORKBOOK
from tests.factories.batches import BatchSessionFactory, upload_of

NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db(transaction=True)


def records(count, start=1):
    return [
        {"requestId": f"RX-{number}", "memberId": f"{number:09d}", "note": 'a\\b "c"\n\t\0é'}
        for number in range(start, start + count)
    ]


def submitted(session, given, **options):
    job = submit_records(session=session, owner=session.owner, records=given, now=NOW, **options)
    return BatchRun.objects.select_related("session", "job").get(pk=job.pk)


def submitted_sheet(session, path, **source):
    upload = upload_of(path, session.owner)
    job = submit_source(
        session=session,
        owner=session.owner,
        source={"uploadId": str(upload.pk), **source},
        now=NOW,
    )
    return BatchRun.objects.select_related("session", "job", "upload").get(pk=job.pk)


def csv(path, *lines):
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@contextmanager
def slice_of(run):
    with Slice(claim_job(run.pk)) as work:
        yield work


def expand(run):
    with slice_of(run) as work:
        done = expand_run(work, run)
    run.refresh_from_db()
    return done


def test_inline_records_become_rows_with_the_exact_bodies():
    given = records(3)
    run = submitted(BatchSessionFactory(), given)

    assert expand(run)

    rows = list(BatchRow.objects.filter(run=run))
    assert [(row.seq, row.row) for row in rows] == [(1, 2), (2, 3), (3, 4)]
    assert [row.payload for row in rows] == [orjson.dumps(each).decode() for each in given]
    assert all(bytes(row.fingerprint) == sha256(row.payload.encode()).digest() for row in rows)
    assert [row.key for row in rows] == ["RX-1", "RX-2", "RX-3"]
    assert rows[0].member == "000000001"
    assert (run.is_expanded, run.staged, run.expanded, run.pending) == (True, None, 3, 3)


def test_a_crash_between_chunks_neither_loses_nor_doubles_a_record(monkeypatch):
    monkeypatch.setattr(module, "CHUNK", 2)
    run = submitted(BatchSessionFactory(), records(5))
    with slice_of(run) as work:
        work.is_over = lambda: True
        assert not expand_run(work, run)
    run.refresh_from_db()
    assert (run.expanded, run.is_expanded) == (2, False)
    run.job.__class__.objects.filter(pk=run.pk).update(lease_until=None)

    assert expand(run)

    keys = BatchRow.objects.filter(run=run).values_list("seq", "key")
    assert list(keys) == [(number, f"RX-{number}") for number in range(1, 6)]


def test_a_worker_without_its_lease_writes_nothing():
    run = submitted(BatchSessionFactory(), records(5))
    with slice_of(run) as work:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE jobs SET fence = fence + 1 WHERE id = %s", [run.pk])

        with pytest.raises(LostLease):
            expand_run(work, run)

    assert not BatchRow.objects.filter(run=run).exists()


def test_a_cancelled_batch_is_expanded_without_a_slice():
    run = submitted(BatchSessionFactory(), records(5))

    expand_all(run)

    run.refresh_from_db()
    assert (run.expanded, run.is_expanded, run.staged) == (5, True, None)


def test_keys_that_the_session_has_seen_before_are_counted():
    session = BatchSessionFactory()
    expand(earlier := submitted(session, records(4)))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE jobs SET lease_until = NULL WHERE id = %s", [earlier.pk])
    elsewhere = submitted(BatchSessionFactory(), records(4))

    expand(later := submitted(session, records(4, start=3)))
    expand(elsewhere)

    assert (earlier.possible_duplicates, later.possible_duplicates) == (0, 2)
    assert elsewhere.possible_duplicates == 0


def test_the_shipped_workbook_becomes_rows_and_its_faults_are_told():
    session = BatchSessionFactory(required_fields=REQUIRED_FIELDS)
    run = submitted_sheet(session, WORKBOOK, sheet=SHEET, mapping=MAPPING)
    assert run.total == 564  # four of them blank

    assert expand(run)

    assert (run.total, run.expanded, run.needs_action, run.pending) == (560, 560, 8, 552)
    first = run_body(run, 1)
    assert run.first_record == {
        "TransactionId": first["requestId"],
        "MemberId": first["memberId"],
        "PayerId": first["payerId"],
    }
    invalid = BatchRow.objects.filter(run=run, state=RowState.NEEDS_ACTION)
    assert {row.issues[0]["code"] for row in invalid} == {"missing", "cell_error", "date"}
    assert all(row.category == "REQUIRES_USER_ACTION" for row in invalid)
    wrong = invalid.get(issues__0__code="date")
    assert wrong.message.startswith('"31/02/2026" is not a date that exists.')
    assert wrong.hint == "Correct Service date, and send the row again."
    # The sheet's own row numbers, blank rows counted.
    last = BatchRow.objects.filter(run=run).last()
    assert (last.seq, last.row) == (560, 565)


def run_body(run, seq):
    return orjson.loads(BatchRow.objects.get(run=run, seq=seq).payload)


def test_a_key_that_comes_twice_in_a_sheet_is_sent_once(tmp_path):
    path = csv(tmp_path / "a.csv", "requestId,memberId", "A,1", "B,2", "A,3")

    expand(run := submitted_sheet(BatchSessionFactory(), path))

    second = BatchRow.objects.get(run=run, seq=3)
    assert second.state == RowState.NEEDS_ACTION
    assert second.issues == [
        {
            "field": "requestId",
            "column": "requestId",
            "code": "duplicate",
            "message": "The same requestId is in row 2. Remove one, or allow duplicates.",
        }
    ]
    assert (run.pending, run.needs_action) == (2, 1)


def test_a_resumed_sheet_goes_on_behind_its_last_row(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "CHUNK", 2)
    rows = [f"A{number},{number}" for number in range(7)]
    run = submitted_sheet(
        BatchSessionFactory(), csv(tmp_path / "a.csv", "requestId,memberId", *rows, "A1,again")
    )
    for _ in range(3):
        with slice_of(run) as work:
            work.is_over = lambda: True
            expand_run(work, run)
            work.again()
        run.refresh_from_db()

    assert expand(run)

    found = list(BatchRow.objects.filter(run=run).values_list("key", "state"))
    assert found == [(f"A{number}", "pending") for number in range(7)] + [("A1", "needsAction")]


def test_rows_of_one_claim_become_one_record(tmp_path):
    path = csv(
        tmp_path / "lines.csv",
        "Claim,Member,Code,Qty",
        "RX-1,M1,aa,1",
        "RX-1,M1,bb,2",
        "RX-2,M2,cc,3",
    )
    mapping = {
        "Claim": "requestId",
        "Member": "memberId",
        "Code": "codes",
        "Qty": {"field": "quantities", "type": "integer"},
    }

    run = submitted_sheet(
        BatchSessionFactory(),
        path,
        mapping=mapping,
        groupBy="Claim",
        collect=["codes", "quantities"],
    )
    expand(run)

    assert run_body(run, 1) == {
        "requestId": "RX-1",
        "memberId": "M1",
        "codes": ["aa", "bb"],
        "quantities": [1, 2],
    }
    assert BatchRow.objects.get(run=run, seq=2).row == 4
    assert (run.total, run.expanded) == (2, 2)


def test_text_that_postgresql_cannot_hold_does_not_stop_the_batch(tmp_path):
    path = csv(
        tmp_path / "odd.csv",
        "requestId,memberId,days",
        'A\\N\0,"tab\there",1\0x',
    )
    mapping = {
        "requestId": "requestId",
        "memberId": "memberId",
        "days": {"field": "days", "type": "integer"},
    }

    expand(run := submitted_sheet(BatchSessionFactory(), path, mapping=mapping))

    row = BatchRow.objects.get(run=run)
    assert row.key == "A\\N"
    assert row.member == "tab\there"
    assert row.issues[0]["field"] == "days"


def test_a_removed_file_ends_the_expansion_with_a_clear_error(tmp_path):
    path = csv(tmp_path / "a.csv", "requestId,memberId", "A,1")
    run = submitted_sheet(BatchSessionFactory(), path)
    run.upload.deleted_at = NOW

    with slice_of(run) as work, pytest.raises(UploadGone):
        expand_run(work, run)
