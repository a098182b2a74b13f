"""A corrected workbook comes back: changed and unsuccessful rows are sent, succeeded ones never."""

from contextlib import ExitStack
from datetime import timedelta

import orjson
import pytest
from django.utils import timezone

from apps.batches.models import BatchAttempt, BatchRow, BatchRun, BatchSession
from apps.batches.services.apply_corrections import (
    ForeignWorkbook,
    NotAWorkbook,
    NotFinished,
    apply_corrections,
)
from apps.batches.services.submit_records import submit_records
from apps.jobs.models import JobEvent
from apps.jobs.services.cancel_job import cancel_job
from apps.jobs.status import JobStatus
from tests.batches.correcting_world import (
    HEADER,
    SCRIPT,
    corrected,
    editing,
    found,
    lines,
    sent,
    session_with,
    small_workbook,
    states,
    submitted,
    upload_of,
    uploaded,
)
from tests.conftest import CallerClient
from tests.support.partner import RecordingPartner

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def process():
    with ExitStack() as stack:
        yield stack.enter_context(RecordingPartner())


@pytest.fixture
def partner(process):
    process.reset()
    process.script(SCRIPT)
    yield process
    process.script(dict.fromkeys(SCRIPT, "ok"))


@pytest.fixture
def run(partner):
    session = session_with(partner)
    return sent(submitted(session, small_workbook(session.owner)))


def applied(run, book, **options):
    upload = uploaded(book, run.session.owner)
    return apply_corrections(run=found(run.pk), upload=upload, actor="desk-1", **options)


def counts(found):
    names = ("changed", "resent", "invalid", "unchanged_invalid", "ignored_succeeded")
    names += ("outdated", "unknown_rows")
    return {name: value for name in names if (value := getattr(found, name))}


def body(run, seq):
    return orjson.loads(BatchRow.objects.get(run=run, seq=seq).payload)


def test_exactly_the_changed_and_the_failed_rows_are_called_with_the_right_keys(run, partner):
    assert states(run) == {
        "RX-1": "succeeded",
        "RX-2": "needsAction",
        "RX-3": "failed",
        "RX-4": "needsAction",
        "RX-5": "succeeded",
    }
    first = {call["request_id"]: call["key"] for call in partner.calls()}
    partner.reset()
    partner.script(dict.fromkeys(SCRIPT, "ok"))
    book = corrected(run)
    with editing(book) as cells:
        cells[3, "Days"] = 3
        cells[5, "Days"] = 90
        cells[2, "Days"] = 31

    result = applied(run, book)
    after = sent(run)

    assert counts(result) == {"changed": 2, "resent": 1, "ignored_succeeded": 1}
    called = {call["request_id"]: call["key"] for call in partner.calls()}
    job = run.job.public_id
    assert called == {"RX-2": f"{job}-2-2", "RX-3": first["RX-3"], "RX-4": f"{job}-4-2"}
    assert first["RX-3"] == f"{job}-3-1"
    bodies = {call["request_id"]: orjson.loads(call["body"]) for call in partner.calls()}
    assert (bodies["RX-2"]["daysOfSupply"], bodies["RX-4"]["daysOfSupply"]) == (3, 90)
    assert set(states(after).values()) == {"succeeded"}
    assert (after.outcome, after.job.status) == ("all_succeeded", JobStatus.COMPLETED)
    assert after.job.progress_done == after.total == after.succeeded == 5
    assert partner.effects() == {"RX-2": 1, "RX-3": 1, "RX-4": 1}


def test_the_attempts_tell_both_revisions(run, partner):
    partner.script(dict.fromkeys(SCRIPT, "ok"))
    book = corrected(run)
    with editing(book) as cells:
        cells[3, "Days"] = 3

    applied(run, book)
    sent(run)

    attempts = BatchAttempt.objects.filter(run=run, seq=2).order_by("number")
    job = run.job.public_id
    assert [each.idempotency_key for each in attempts] == [f"{job}-2-1", f"{job}-2-2"]
    assert JobEvent.objects.filter(job=run.job, kind="JOB_RETRIED").get().data["corrected"] == 2


def test_an_untouched_workbook_sends_what_failed_and_nothing_else(run, partner):
    partner.reset()

    result = applied(run, corrected(run))
    sent(run)

    assert counts(result) == {"resent": 2, "unchanged_invalid": 1}
    assert sorted(call["request_id"] for call in partner.calls()) == ["RX-2", "RX-3"]
    assert all(call["key"].endswith("-1") for call in partner.calls())


def test_a_correction_that_is_none_needs_another_one(run, partner):
    partner.reset()
    book = corrected(run, only_failed=True)
    with editing(book) as cells:
        cells[4, "Days"] = "lots"
        cells.remove(2)
        cells.remove(2)

    result = applied(run, book)

    assert counts(result) == {"invalid": 1}
    assert result.details[0].message.startswith('"lots" is not a whole number.')
    row = BatchRow.objects.get(run=run, seq=4)
    assert (row.state, row.revision) == ("needsAction", 2)
    assert row.message.startswith('"lots"')
    after = found(run.pk)
    assert (after.job.status, after.outcome) == (JobStatus.COMPLETED, "partial")
    assert partner.call_count() == 0


def test_a_rehearsal_counts_and_changes_nothing(run):
    book = corrected(run)
    with editing(book) as cells:
        cells[3, "Days"] = 3

    result = applied(run, book, dry_run=True)

    assert counts(result) == {"changed": 1, "resent": 1, "unchanged_invalid": 1}
    after = found(run.pk)
    assert (after.job.status, after.outcome) == (JobStatus.COMPLETED, "partial")
    assert after.counts == run.counts
    assert BatchRow.objects.get(run=run, seq=2).revision == 1


def test_rows_taken_out_of_the_sheet_stay_as_they_are(run, partner):
    partner.reset()
    book = corrected(run)
    with editing(book) as cells:
        cells.remove(3)

    applied(run, book)
    after = sent(run)

    assert states(after)["RX-2"] == "needsAction"
    assert [call["request_id"] for call in partner.calls()] == ["RX-3"]


def test_rows_may_come_back_in_another_order_and_with_columns_moved(run, partner):
    partner.reset()
    book = corrected(run)
    sheet = book.active
    rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    sheet.delete_rows(1, sheet.max_row)
    for row in [rows[0], *reversed(rows[1:])]:
        sheet.append(list(reversed(row)))

    result = applied(run, book)

    assert counts(result) == {"resent": 2, "unchanged_invalid": 1}


def test_a_line_without_its_mark_is_found_by_its_key_and_a_strange_one_is_told(run):
    book = corrected(run)
    with editing(book) as cells:
        cells[3, "_row"] = None
        cells[3, "Days"] = 3
        cells[7, "Claim"] = "RX-99"
        cells[7, "Member"] = "099"
        cells[8, "Claim"], cells[8, "_row"] = "RX-3", cells[4, "_row"].value

    result = applied(run, book, dry_run=True)

    assert counts(result) == {"changed": 1, "resent": 1, "unchanged_invalid": 1, "unknown_rows": 2}
    assert [(each.row, each.code) for each in result.details] == [
        (7, "unknown_row"),
        (8, "repeated_row"),
    ]


def test_the_workbook_of_another_batch_is_refused(run, partner):
    other = sent(submitted(run.session, small_workbook(run.session.owner, ["RX-9", "1", 1, ""])))

    with pytest.raises(ForeignWorkbook):
        applied(run, corrected(other))

    assert found(run.pk).counts == run.counts


def test_a_key_that_another_row_holds_is_refused(run):
    book = corrected(run)
    with editing(book) as cells:
        cells[3, "Claim"] = "RX-5"
        cells[5, "Claim"], cells[5, "Days"] = "RX-2", 5

    result = applied(run, book)

    assert counts(result) == {"changed": 1, "resent": 1, "invalid": 1}
    row = BatchRow.objects.get(run=run, seq=2)
    assert (row.state, row.issues[0]["code"]) == ("needsAction", "duplicate")
    assert row.issues[0]["column"] == "Claim"
    assert BatchRow.objects.get(run=run, seq=4).state == "pending"


def test_a_corrected_row_shows_its_new_values_the_next_time(run, partner):
    book = corrected(run)
    with editing(book) as cells:
        cells[3, "Days"] = 3
        cells[3, "Note"] = "corrected"
    applied(run, book)
    again = sent(run)

    told = lines(corrected(again).active)[1]

    assert (told["Days"], told["Note"], told["_status"]) == (3, "corrected", "Needs action")
    assert told["_row"].split(":")[2] == "2"
    assert counts(applied(run, corrected(again), dry_run=True)) == {
        "resent": 2,
        "unchanged_invalid": 1,
    }


def test_an_old_copy_does_not_undo_a_colleagues_correction(run, partner):
    old = corrected(run)
    book = corrected(run)
    with editing(book) as cells:
        cells[3, "Days"] = 3
    applied(run, book)
    sent(run)

    result = applied(run, old)

    assert counts(result) == {"resent": 1, "unchanged_invalid": 1, "outdated": 1}
    assert body(run, 2)["daysOfSupply"] == 3


def test_the_same_copy_may_be_corrected_further(run, partner):
    book = corrected(run)
    with editing(book) as cells:
        cells[3, "Days"] = 3
        applied(run, book)
        sent(run)
        cells[3, "Days"] = 4
        result = applied(run, book)

    assert result.changed == 1
    assert body(run, 2)["daysOfSupply"] == 4
    assert BatchRow.objects.get(run=run, seq=2).revision == 3


def test_clearing_an_optional_cell_is_a_correction(run):
    book = corrected(run)
    with editing(book) as cells:
        cells[5, "Days"] = None

    assert applied(run, book).changed == 1
    assert "daysOfSupply" not in body(run, 4)


def test_a_text_file_keeps_its_texts(partner, tmp_path):
    path = tmp_path / "claims.csv"
    path.write_text("requestId,memberId,days\nRX-1,007,30\nRX-2,008,5\nRX-6,,5\n", encoding="utf-8")
    session = session_with(partner)
    run = sent(submitted(session, upload_of(path, session.owner), mapping=None))
    book = corrected(run)
    with editing(book) as cells:
        cells[3, "days"] = 6
        cells[4, "memberId"] = "011"

    result = applied(run, book)

    assert counts(result) == {"changed": 2}
    assert body(run, 2) == {"requestId": "RX-2", "memberId": "008", "days": "6"}


def test_inline_records_keep_their_types(partner):
    session = session_with(partner)
    record = {
        "requestId": "RX-2",
        "memberId": "008",
        "days": 5,
        "rate": 3.0,
        "big": 2**60,
        "codes": ["a", {"b": 1}],
        "rush": True,
        "none": None,
        "text": "5",
    }
    other = {"requestId": "RX-3", "memberId": "9", "extra": " x "}
    job = submit_records(
        session=session, owner=session.owner, records=[record, other], now=timezone.now()
    )
    run = sent(found(job.pk))
    book = corrected(run)
    with editing(book) as cells:
        cells[2, "days"] = "6"
        cells[2, "text"] = 7
        cells[2, "codes"] = '["c"]'

    result = applied(run, book)

    assert counts(result) == {"changed": 1, "resent": 1}
    changed = body(run, 1)
    assert changed == record | {"days": 6, "text": "7", "codes": ["c"]}
    assert list(changed) == list(record)


def test_the_lines_of_a_group_are_one_record(partner, tmp_path):
    path = tmp_path / "lines.csv"
    path.write_text(
        "Claim,Member,Code\nRX-2,M1,aa\nRX-2,M1,bb\nRX-3,M2,cc\nRX-3,M2,dd\n", encoding="utf-8"
    )
    mapping = {"Claim": "requestId", "Member": "memberId", "Code": "codes"}
    session = session_with(partner)
    upload = upload_of(path, session.owner)
    run = sent(submitted(session, upload, mapping=mapping, groupBy="Claim", collect=["codes"]))
    book = corrected(run)
    with editing(book) as cells:
        cells[3, "Code"] = "bc"

    result = applied(run, book)

    assert counts(result) == {"changed": 1, "resent": 1}
    assert body(run, 1)["codes"] == ["aa", "bc"]
    sent(run)
    again = lines(corrected(found(run.pk)).active)
    assert [line["Code"] for line in again] == ["aa", "bc", "cc", "dd"]


def test_a_batch_at_work_takes_no_corrections(partner):
    session = session_with(partner)
    upload = small_workbook(session.owner)
    run = submitted(session, upload)

    with pytest.raises(NotFinished):
        apply_corrections(run=run, upload=upload, actor="desk-1")


def test_a_cancelled_batch_sends_only_what_was_corrected(partner):
    session = session_with(partner)
    inline = [{"requestId": f"RX-{n}", "memberId": "1"} for n in (1, 5)]
    job = submit_records(session=session, owner=session.owner, records=inline, now=timezone.now())
    cancel_job(job=job, actor="desk-1", now=timezone.now())
    run = found(job.pk)
    book = corrected(run)
    with editing(book) as cells:
        cells[2, "memberId"] = "2"

    assert counts(applied(run, book)) == {"changed": 1}
    after = sent(run)

    assert states(after) == {"RX-1": "succeeded", "RX-5": "cancelled"}


def test_a_text_file_is_no_corrected_workbook(run, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(",".join(HEADER), encoding="utf-8")

    with pytest.raises(NotAWorkbook):
        apply_corrections(run=run, upload=upload_of(path, run.session.owner), actor="desk-1")


class TestOverHttp:
    def url(self, run):
        return f"/api/jobs/{run.job.public_id}/corrections"

    @pytest.fixture
    def api(self, run):
        return CallerClient(run.session.owner)

    def test_the_answer_says_what_happens(self, run, api):
        book = corrected(run)
        with editing(book) as cells:
            cells[3, "Days"] = 3
        upload = uploaded(book, run.session.owner)
        wanted = {"uploadId": str(upload.pk)}

        rehearsed = api.post(self.url(run), {**wanted, "dryRun": True}, format="json")
        answer = api.post(self.url(run), wanted, format="json", HTTP_IDEMPOTENCY_KEY="k1")
        again = api.post(self.url(run), wanted, format="json", HTTP_IDEMPOTENCY_KEY="k1")

        assert (rehearsed.status_code, rehearsed.json()["status"]) == (200, "dryRun")
        assert answer.status_code == 202, answer.json()
        assert answer.json() == {
            "jobId": run.job.public_id,
            "status": "queued",
            "changed": 1,
            "resent": 1,
            "invalid": 0,
            "unchangedInvalid": 1,
            "ignoredSucceeded": 0,
            "outdated": 0,
            "leftUnknown": 0,
            "unknownRows": 0,
            "details": [],
        }
        assert (again.json(), again["Idempotency-Replayed"]) == (answer.json(), "true")

    def test_a_stranger_finds_neither_job_nor_file(self, run, api, operator_api, viewer_api):
        upload = uploaded(corrected(run), operator_api.user)
        wanted = {"uploadId": str(upload.pk)}

        assert operator_api.post(self.url(run), wanted, format="json").status_code == 404
        assert api.post(self.url(run), wanted, format="json").status_code == 404
        assert viewer_api.post(self.url(run), wanted, format="json").status_code == 403

    def test_a_missing_upload_is_told(self, run, api):
        answer = api.post(self.url(run), {}, format="json")

        assert (answer.status_code, answer.json()["code"]) == (400, "missing_data")


def test_an_expired_session_pauses_the_corrected_batch(run):
    past = timezone.now() - timedelta(hours=1)
    BatchSession.objects.filter(pk=run.session_id).update(expires_at=past)

    applied(run, corrected(run))

    assert found(run.pk).job.status == JobStatus.PENDING
    assert BatchRun.objects.get(pk=run.pk).outcome is None


def test_an_untouched_unknown_row_is_not_sent_again_where_no_key_protects_it(partner):
    partner.script({"RX-2": "drop", "RX-3": "ok"})
    session = session_with(partner, idempotency_header=None)
    run = sent(submitted(session, small_workbook(session.owner)))
    calls = partner.call_count()

    result = applied(run, corrected(run))

    assert states(run)["RX-2"] == "unknown"
    assert (result.left_unknown, result.resent) == (1, 0)
    assert partner.call_count() == calls
