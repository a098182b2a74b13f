import json
import os
import tempfile
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from apps.accounts.models import User
from apps.batches.console import batch_as_json, exit_of_batch, find_batch, looking_at
from apps.batches.models import BatchRun, BatchSession
from apps.batches.services.apply_corrections import Corrections, apply_corrections
from apps.batches.services.export_corrected import export_corrected
from apps.batches.services.rehearse import rehearse_source
from apps.batches.services.submit_source import submit_source
from apps.core.console import CODES, ConsoleCommand, Exit, Help, add_verb, ask_what_now, watch
from apps.core.errors import Detail, Invalid, Missing
from apps.core.ids import from_public_id
from apps.jobs.services.cancel_job import cancel_job
from apps.uploads.services.store_file import store_file

RUN = (
    """examples:
  manage.py batch run march.xlsx --session ses_01J9ZC3M4QW5YB6N8T2VKX7RHD --dry-run
  manage.py batch run march.xlsx --session ses_… --mapping claims.json --corrected result.xlsx
  manage.py batch run march.csv --session ses_… --mapping-name claims --no-wait --json

A mapping file holds what the API takes: {"Claim": "requestId", "Days": {"field": "days", "type":
"integer"}}, or an object with "mapping", "constants", "groupBy", "collect" and so on.

"""
    + CODES
)
CORRECTED = """example:
  manage.py batch corrected job_01J9ZD0V7KF3E2M8Q6R5T4W9XA result.xlsx --only-failed

The workbook is your own, with _status, _error, _column and _hint beside each row. Correct the
cells, save it as .xlsx, and hand it in with `manage.py batch corrections`."""
CORRECTIONS = (
    """example:
  manage.py batch corrections job_01J9ZD0V7KF3E2M8Q6R5T4W9XA result.xlsx --dry-run

Changed rows are sent under a new key, unchanged ones that failed under the key they had.
Rows that succeeded are never sent again; rows that you took out stay as they are.

"""
    + CODES
)
MAPPING_WORDS = {"mapping", "constants", "groupBy", "collect", "skipBlankRows", "maxRows"}


class UserNotFound(Missing):
    """There is no such user."""


class SessionNotFound(Missing):
    """There is no such session, or it is not this user's."""


class Command(ConsoleCommand):
    help = "Send a workbook row by row to a partner, and get it back with the results."

    def create_parser(self, *args: Any, **options: Any) -> CommandParser:
        return super().create_parser(*args, formatter_class=Help, epilog=CODES, **options)

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        self._add_run(actions)
        corrected = add_verb(
            actions, "corrected", "Write a batch's workbook with its results.", text=CORRECTED
        )
        corrected.add_argument("job", help="job_…")
        corrected.add_argument("out", type=Path, help="the .xlsx file to write")
        corrected.add_argument(
            "--only-failed", action="store_true", help="leave out all but the unsuccessful rows"
        )
        corrections = add_verb(
            actions, "corrections", "Take a corrected workbook back.", text=CORRECTIONS
        )
        corrections.add_argument("job", help="job_…")
        corrections.add_argument("file", type=Path, help="the corrected .xlsx file")
        corrections.add_argument(
            "--dry-run", action="store_true", help="say what would be sent, change nothing"
        )
        _add_waiting(corrections)

    def _add_run(self, actions: Any) -> None:
        run = add_verb(actions, "run", "Send the rows of a file.", text=RUN)
        run.add_argument("file", type=Path, help=".xlsx, .csv, .tsv, .json or .ndjson")
        run.add_argument("--session", required=True, metavar="SES", help="ses_…: where and as whom")
        run.add_argument("--sheet", help="the first one if not given")
        run.add_argument(
            "--header-row", type=int, default=1, metavar="N", help="Excel's number of it; 0: none"
        )
        mapping = run.add_mutually_exclusive_group()
        mapping.add_argument(
            "--mapping", type=Path, metavar="JSON", help="a file that maps columns to fields"
        )
        mapping.add_argument(
            "--mapping-name", metavar="NAME", help="a mapping saved with the session"
        )
        run.add_argument("--as-user", metavar="NAME", help="the session's owner if not given")
        run.add_argument(
            "--priority",
            type=int,
            choices=range(10),
            default=5,
            metavar="0..9",
            help="9 is first (5)",
        )
        run.add_argument("--allow-duplicates", action="store_true", help="a key may come twice")
        run.add_argument(
            "--dry-run", action="store_true", help="check every row, send and store nothing"
        )
        run.add_argument(
            "--corrected", type=Path, metavar="OUT.xlsx", help="write the results there at the end"
        )
        _add_waiting(run)

    def act(self, options: dict[str, Any]) -> Exit:
        if options["action"] == "run":
            return self._run(options)
        if options["action"] == "corrected":
            return self._corrected(options)
        return self._corrections(options)

    def _run(self, options: dict[str, Any]) -> Exit:
        path = _readable(options["file"])
        session, owner = _session_and_user(options["session"], options["as_user"])
        source = _source(options)
        if options["corrected"]:
            _writable(options["corrected"])
        if options["dry_run"]:
            return self._rehearse(path, session, owner, source, options)
        now = timezone.now()
        with store_file(path=path, owner=owner, now=now) as upload:
            job = submit_source(
                session=session,
                owner=owner,
                source={**source, "uploadId": str(upload.pk)},
                now=now,
                priority=options["priority"],
                allow_duplicates=options["allow_duplicates"],
            )
        run = find_batch(job.public_id)
        self.tell(f"{job.public_id}: {run.total} rows to {session.host}")
        return self._wait(run, options)

    def _rehearse(
        self,
        path: Path,
        session: BatchSession,
        owner: User,
        source: dict[str, Any],
        options: dict[str, Any],
    ) -> Exit:
        now = timezone.now()
        with store_file(path=path, owner=owner, now=now, keep=False) as upload:
            found = rehearse_source(
                session=session,
                owner=owner,
                source={**source, "uploadId": str(upload.pk)},
                allow_duplicates=options["allow_duplicates"],
            )
        if options["json"]:
            self.put_json(found)
        else:
            self._show_rehearsal(found)
        return Exit.UNSUCCESSFUL_ROWS if found["invalidCount"] else Exit.OK

    def _show_rehearsal(self, found: dict[str, Any]) -> None:
        self.stdout.write(
            f"Nothing was sent. {found['totalRecords']} rows: {found['validCount']} can be sent,"
            f" {found['invalidCount']} cannot. At least {found['estimatedSeconds']} s."
        )
        if found["details"]:
            self.put_table(
                ("#row", "field", "what is wrong"),
                (
                    (detail["row"], issue.get("column") or issue["field"], issue["message"])
                    for detail in found["details"]
                    for issue in detail["issues"]
                ),
            )
        for request in found["requests"][:1]:
            self.stdout.write(f"The first request, row {request['row']}:")
            self.stdout.write(f"  {request['method']} {request['url']}")
            for name, value in request["headers"].items():
                self.stdout.write(f"  {name}: {value}")
            self.stdout.write(f"  {json.dumps(request['body'], default=str)}")

    def _wait(self, run: BatchRun, options: dict[str, Any]) -> Exit:
        """Watch the batch to its end, unless nobody wants to; then show how it went."""
        if not options["wait"]:
            self._show(run, options)
            return Exit.OK
        while True:
            try:
                standing = watch(looking_at(run), self.tell)
                break
            except KeyboardInterrupt:
                answer = ask_what_now()
            if answer == "cancel":
                cancel_job(job=run.job, actor="console", now=timezone.now())
            elif answer == "detach":
                self.tell(f"Detached; manage.py jobs watch {run.job.public_id} watches again.")
                return Exit.DETACHED
        self._show(run, options)
        if standing.halted:
            self.tell(
                f"The batch stands still ({run.job.pause_reason}). When that is cured:"
                f" manage.py jobs resume {run.job.public_id}"
            )
            return Exit.JOB_FAILED
        if options.get("corrected"):
            self._write(run, options["corrected"], only_failed=False)
        return exit_of_batch(run)

    def _show(self, run: BatchRun, options: dict[str, Any]) -> None:
        if options["json"]:
            self.put_json(batch_as_json(run))
            return
        counts = {name: number for name, number in run.counts.items() if number}
        told = ", ".join(f"{number} {name}" for name, number in counts.items())
        self.stdout.write(f"{run.job.public_id} {run.job.state}: {run.total} rows = {told}")

    def _corrected(self, options: dict[str, Any]) -> Exit:
        _writable(options["out"])
        run = find_batch(options["job"])
        self._write(run, options["out"], only_failed=options["only_failed"])
        if options["json"]:
            out = str(options["out"])
            self.put_json(
                {"jobId": run.job.public_id, "file": out, "bytes": options["out"].stat().st_size}
            )
        return Exit.OK

    def _write(self, run: BatchRun, out: Path, *, only_failed: bool) -> None:
        # Beside its place first: a workbook that is there already is replaced whole or not at all.
        with tempfile.NamedTemporaryFile(dir=out.parent, suffix=".part", delete=False) as file:
            part = Path(file.name)
            try:
                export_corrected(run=run, file=file, only_failed=only_failed)
                file.close()
                part.replace(out)
            finally:
                part.unlink(missing_ok=True)
        self.tell(f"Wrote {out}")

    def _corrections(self, options: dict[str, Any]) -> Exit:
        path, run = _readable(options["file"]), find_batch(options["job"])
        owner = run.job.owner or run.session.owner
        dry_run = options["dry_run"]
        now = timezone.now()
        with store_file(path=path, owner=owner, now=now, keep=not dry_run) as upload:
            found = apply_corrections(run=run, upload=upload, actor="console", dry_run=dry_run)
        run = find_batch(options["job"])
        if dry_run or not found.reopened:
            self._show_corrections(run, found, options)
            left = found.invalid + found.unchanged_invalid
            return Exit.UNSUCCESSFUL_ROWS if left else Exit.OK
        self.tell(_summary(found))
        return self._wait(run, options)

    def _show_corrections(self, run: BatchRun, found: Corrections, options: dict[str, Any]) -> None:
        if options["json"]:
            self.put_json(found.as_json(run, dry_run=options["dry_run"]))
            return
        self.stdout.write(_summary(found))
        if found.details:
            told = ((each.row, each.code, each.message) for each in found.details)
            self.put_table(("#row", "what", "why"), told)


def _add_waiting(parser: CommandParser) -> None:
    waiting = parser.add_mutually_exclusive_group()
    waiting.add_argument(
        "--wait", action="store_true", default=True, help="watch it to its end (the default)"
    )
    waiting.add_argument(
        "--no-wait", action="store_false", dest="wait", help="return as soon as it is accepted"
    )


def _summary(found: Corrections) -> str:
    left = found.invalid + found.unchanged_invalid
    told = [f"{found.changed} changed and {found.resent} unchanged rows are to be sent"]
    if left:
        told.append(f"{left} cannot be sent yet")
    if found.ignored_succeeded:
        told.append(f"{found.ignored_succeeded} changes of succeeded rows are ignored")
    if found.outdated:
        told.append(f"{found.outdated} are outdated")
    if found.left_unknown:
        told.append(f"{found.left_unknown} may have been done already and stay unknown")
    if found.unknown_rows:
        told.append(f"{found.unknown_rows} are no rows of the batch")
    return "; ".join(told) + "."


def _readable(path: Path) -> Path:
    if not path.is_file():
        message = f"There is no file {path}."
        raise Invalid(message, details=[Detail("file", "missing", message)])
    return path


def _writable(path: Path) -> Path:
    message = ""
    if path.suffix.lower() != ".xlsx":
        message = f"{path.name} must end in .xlsx: it becomes a workbook."
    elif not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        message = f"{path.parent} is no directory to write to."
    if message:
        raise Invalid(message, details=[Detail("out", "not_writable", message)])
    return path


def _session_and_user(session_id: str, name: str | None) -> tuple[BatchSession, User]:
    """
    Return where to send, and who is noted as the owner.

    :raises UserNotFound: if there is nobody of that name
    :raises SessionNotFound: if there is no such session for the user
    """
    try:
        key = from_public_id("ses", session_id)
        session = BatchSession.objects.select_related("owner").get(pk=key, deleted_at=None)
    except (Missing, BatchSession.DoesNotExist):
        raise SessionNotFound from None
    if name is None:
        return session, session.owner
    user = User.objects.filter(username=name, is_active=True).first()
    if user is None:
        raise UserNotFound(f"There is no user {name}.")
    if not BatchSession.objects.visible_to(user).filter(pk=session.pk).exists():
        raise SessionNotFound
    return session, user


def _source(options: dict[str, Any]) -> dict[str, Any]:
    source: dict[str, Any] = {"headerRow": options["header_row"]}
    if options["sheet"]:
        source["sheet"] = options["sheet"]
    if options["mapping_name"]:
        source["mappingName"] = options["mapping_name"]
    if options["mapping"]:
        source |= _mapping(_readable(options["mapping"]))
    return source


def _mapping(path: Path) -> dict[str, Any]:
    """
    Read a mapping: the columns alone, or an object with all options.

    :raises Invalid: if it is not JSON
    """
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        message = f"{path.name} is not JSON: {error}."
        raise Invalid(message, details=[Detail("mapping", "not_json", message)]) from None
    if isinstance(given, dict) and set(given) <= MAPPING_WORDS and given:
        return given
    return {"mapping": given}
