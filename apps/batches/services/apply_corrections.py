from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import orjson
from django.db import transaction

from apps.batches.correcting import ledger
from apps.batches.correcting.ledger import Known
from apps.batches.correcting.returned import Returned, ReturnedSheet, chunked, open_returned
from apps.batches.intake import Prepared
from apps.batches.loading import told
from apps.batches.models import BatchRun
from apps.batches.services.export_corrected import corrected_header_row
from apps.batches.status import UNSUCCESSFUL, Category, RowState
from apps.batches.validation import Issue
from apps.core.errors import Detail, DomainError, Invalid
from apps.core.locking import lock
from apps.jobs.models import Job
from apps.jobs.services.retry_job import retry_job
from apps.uploads.kinds import Kind
from apps.uploads.models import Upload

AT_ONCE = 1_000
SHOWN_DETAILS = 100


class NotFinished(DomainError):
    """The batch is still at work; wait until it has finished, or cancel it first."""

    code = "job_still_open"


class ForeignWorkbook(Invalid):
    """This workbook belongs to another batch; download the corrected workbook of this one."""

    code = "foreign_workbook"


class NotAWorkbook(Invalid):
    """Corrections come back as the .xlsx workbook that was downloaded."""

    code = "not_a_workbook"


@dataclass
class Corrections:
    """What became of the rows of a corrected workbook."""

    changed: int = 0
    resent: int = 0
    invalid: int = 0
    unchanged_invalid: int = 0
    ignored_succeeded: int = 0
    outdated: int = 0
    left_unknown: int = 0
    unknown_rows: int = 0
    details: list[Detail] = field(default_factory=list)

    @property
    def reopened(self) -> int:
        """Return how many rows are to be sent now."""
        return self.changed + self.resent

    def as_json(self, run: BatchRun, *, dry_run: bool) -> dict[str, Any]:
        """Return the counts as clients read them."""
        return {
            "jobId": run.job.public_id,
            "status": "dryRun" if dry_run else "queued" if self.reopened else "unchanged",
            "changed": self.changed,
            "resent": self.resent,
            "invalid": self.invalid,
            "unchangedInvalid": self.unchanged_invalid,
            "ignoredSucceeded": self.ignored_succeeded,
            "outdated": self.outdated,
            "leftUnknown": self.left_unknown,
            "unknownRows": self.unknown_rows,
            "details": [
                {"row": each.row, "code": each.code, "message": each.message}
                for each in self.details
            ],
        }

    def tell(self, row: int, code: str, message: str) -> None:
        """Add a sentence about a row of the sheet, as long as somebody may read it."""
        if len(self.details) < SHOWN_DETAILS:
            self.details.append(Detail("", code, message, row=row))


@transaction.atomic
def apply_corrections(
    *, run: BatchRun, upload: Upload, actor: str, dry_run: bool = False
) -> Corrections:
    """
    Take a corrected workbook back, and send what was changed or had not succeeded.

    Rows that succeeded are never sent again; rows taken out of the sheet stay as they are.

    :param dry_run: whether to change nothing, and only say what would happen
    :raises NotFinished: if the batch is still at work
    :raises ForeignWorkbook: if the rows are those of another batch
    :raises NotAWorkbook: if it is no .xlsx file
    :raises Unreadable: if it cannot be read
    """
    if upload.kind != Kind.XLSX:
        raise NotAWorkbook
    lock(run.job)
    if run.job.is_open:
        raise NotFinished
    run.refresh_from_db(fields=["outcome"])
    BatchRun.objects.filter(pk=run.pk).update(outcome=None, cursor=0)
    with open_returned(run, upload, corrected_header_row(run)) as sheet:
        corrections = _Correction(run, sheet).work()
    if not corrections.reopened:
        BatchRun.objects.filter(pk=run.pk).update(outcome=run.outcome)
    elif not dry_run:
        _go_on(run, upload, actor, corrections)
    if dry_run:
        transaction.set_rollback(True)
    return corrections


def _go_on(run: BatchRun, upload: Upload, actor: str, corrections: Corrections) -> None:
    params = {"corrected": corrections.reopened, "uploadId": str(upload.pk)}
    retry_job(job=run.job, actor=actor, params=params)
    run.refresh_from_db()
    Job.objects.filter(pk=run.pk).update(progress_done=run.done_rows)


class _Correction:
    def __init__(self, run: BatchRun, sheet: ReturnedSheet) -> None:
        self._run, self._sheet = run, sheet
        self._job = run.job.public_id
        self._result = Corrections()
        self._seen: set[int] = set()
        self._sent: dict[int, int] = {}
        self._changes: list[dict[str, Any]] = []
        self._resent: list[int] = []

    def work(self) -> Corrections:
        for chunk in chunked(self._sheet.records(), AT_ONCE):
            self._take(chunk)
            ledger.write_corrections(self._run, self._changes)
            ledger.send_again(self._run, self._resent)
            self._changes, self._resent = [], []
        if not self._run.allow_duplicates:
            self._refuse_repeated()
        return self._result

    def _take(self, chunk: Sequence[Returned]) -> None:
        with_payload = self._sheet.plan is None
        self._refuse_foreign(chunk)
        seqs = [each.mark.seq for each in chunk if each.mark]
        rows = ledger.known_rows(self._run, with_payload=with_payload, seqs=seqs)
        by_seq = {row.seq: row for row in rows}
        by_key = self._by_key([each for each in chunk if not each.mark], with_payload)
        for each in chunk:
            row = by_seq.get(each.mark.seq) if each.mark else by_key.get(each.built.row)
            if row is None:
                self._leave_out(each, "unknown_row", "This is no row of the batch.")
            elif row.seq in self._seen:
                self._leave_out(each, "repeated_row", "This row is in the sheet twice.")
            else:
                self._seen.add(row.seq)
                self._judge(each, row)

    def _refuse_foreign(self, chunk: Sequence[Returned]) -> None:
        for each in chunk:
            if each.mark and each.mark.job != self._job:
                message = f"Row {each.built.row} belongs to {each.mark.job}, not to {self._job}."
                detail = Detail("uploadId", "foreign_workbook", message, row=each.built.row)
                raise ForeignWorkbook(details=[detail])

    def _by_key(self, unmarked: list[Returned], with_payload: bool) -> dict[int, Known]:
        """Find rows without a mark by their business key, provided that it is only one's."""
        keys = {each.built.row: self._sheet.prepare(each, None).key for each in unmarked}
        wanted = {key for key in keys.values() if key}
        if not wanted:
            return {}
        found: dict[str, list[Known]] = {}
        for row in ledger.known_rows(self._run, with_payload=with_payload, keys=wanted):
            found.setdefault(row.key, []).append(row)
        return {
            number: found[key][0] for number, key in keys.items() if len(found.get(key, ())) == 1
        }

    def _leave_out(self, each: Returned, code: str, message: str) -> None:
        self._result.unknown_rows += 1
        self._result.tell(each.built.row, code, message)

    def _judge(self, each: Returned, row: Known) -> None:
        if each.mark and each.mark.digest == each.digest:
            self._judge_untouched(each, row)
            return
        prepared = self._sheet.prepare(each, row.payload)
        is_same = sha256(prepared.payload).digest() == row.fingerprint
        # Of a row that was never fit its body shows only what was: look at it anew.
        if is_same and not row.is_locally_invalid:
            self._send_again(row)
        elif is_same and prepared.issues and not each.mark:
            self._result.unchanged_invalid += 1
        elif row.state == RowState.SUCCEEDED:
            self._result.ignored_succeeded += 1
            message = "This row has succeeded already; its change was not sent."
            self._result.tell(each.built.row, "succeeded", message)
        else:
            self._change(each, row, prepared)

    def _judge_untouched(self, each: Returned, row: Known) -> None:
        assert each.mark is not None  # noqa: S101 - the caller compared its digest
        if row.state == RowState.SUCCEEDED:
            return
        if each.mark.revision != row.revision:
            self._result.outdated += 1
            message = "Somebody corrected this row since the workbook was downloaded."
            self._result.tell(each.built.row, "outdated", message)
        elif row.is_locally_invalid:
            self._result.unchanged_invalid += 1
        else:
            self._send_again(row)

    def _send_again(self, row: Known) -> None:
        """Send an untouched row once more, unless that could do its work twice unnoticed."""
        if row.state == RowState.UNKNOWN and not self._run.session.idempotency_header:
            self._result.left_unknown += 1
        elif row.state in UNSUCCESSFUL:
            self._result.resent += 1
            self._resent.append(row.seq)

    def _change(self, each: Returned, row: Known, prepared: Prepared) -> None:
        change = {
            "seq": row.seq,
            "payload": prepared.payload.decode(),
            "digest": sha256(prepared.payload).hexdigest(),
            "key": prepared.key,
            "member": prepared.member,
            "state": RowState.PENDING,
        }
        if prepared.issues:
            change |= _complaint(prepared.issues)
            change |= {"state": RowState.NEEDS_ACTION, "category": Category.USER_ACTION}
            self._result.invalid += 1
            self._result.tell(each.built.row, ledger.INVALID, prepared.issues[0]["message"])
        else:
            self._result.changed += 1
            self._sent[row.seq] = each.built.row
        self._changes.append(change)

    def _refuse_repeated(self) -> None:
        refused = []
        for seq, first in ledger.repeated_keys(self._run, list(self._sent)):
            issue = self._repeat(first)
            refused.append({"seq": seq, **_complaint([issue])})
            self._result.changed -= 1
            self._result.invalid += 1
            self._result.tell(self._sent[seq], "duplicate", issue["message"])
        ledger.refuse_rows(self._run, refused)

    def _repeat(self, first: int) -> Issue:
        name = self._run.session.key_field
        message = f"The same {name} is in row {first}. Remove one, or allow duplicates."
        issue = Issue(field=name, code="duplicate", message=message)
        if column := self._sheet.column_of.get(name):
            issue["column"] = column
        return issue


def _complaint(issues: list[Issue]) -> dict[str, Any]:
    message, as_json, hint = told(issues)
    return {
        "subcode": ledger.INVALID,
        "message": message,
        "issues": orjson.loads(as_json),
        "hint": hint,
    }
