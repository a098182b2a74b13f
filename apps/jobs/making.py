"""What the commands that make files share: whose job it is, following it, and fetching its file."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage
from django.utils import timezone

from apps.accounts.models import User
from apps.core.console import ConsoleCommand, Exit, ask_what_now, watch
from apps.core.errors import Detail, Invalid, Missing
from apps.jobs.console import exit_of, job_as_json, looking_at
from apps.jobs.models import Job
from apps.jobs.services.assemble_result import STORED
from apps.jobs.services.cancel_job import cancel_job

FORMAT_OF = {".csv": "csv", ".xlsx": "xlsx", ".json": "json", ".ndjson": "ndjson"}


class UserNotFound(Missing):
    """There is no such user."""


def owner_of(name: str | None) -> User:
    """
    Return whose job it is.

    :raises UserNotFound: if there is no such user, or no admin
    """
    users = User.objects.filter(is_active=True)
    if name:
        owner = users.filter(username=name).first()
    else:
        owner = users.filter(role="admin").order_by("date_joined").first()
    if owner is None:
        raise UserNotFound(f"There is no user {name}." if name else "There is no admin; --as-user.")
    return owner


def check_writable(out: Path) -> None:
    """
    Refuse a file that could not be written in the end.

    :raises Invalid: if its directory is not there
    """
    if not out.parent.is_dir():
        message = f"There is no directory {out.parent}."
        raise Invalid(message, details=[Detail("--out", "not_found", message)])


def fetch(job: Job, out: Path) -> None:
    """Write the job's file there, whole or not at all."""
    # Beside its place first: a file that is there already is replaced in one go.
    stored_path = (job.result_uri or "").removeprefix(STORED)
    with tempfile.NamedTemporaryFile(dir=out.parent, suffix=".part", delete=False) as file:
        part = Path(file.name)
        try:
            with default_storage.open(stored_path) as stored:
                shutil.copyfileobj(stored, file, 1024 * 1024)
            file.close()
            part.replace(out)
        finally:
            part.unlink(missing_ok=True)


class MakingCommand(ConsoleCommand):
    """A command that starts a job, follows it and fetches its file."""

    def follow(self, job: Job, options: dict[str, Any], *, told: dict[str, Any]) -> Exit:
        """
        Follow the job to its end and fetch its file.

        :param told: what is told of it beside what every job has
        """
        self.tell(f"{job.public_id}: {job.title}")
        while True:
            try:
                watch(looking_at(job), self.tell)
                break
            except KeyboardInterrupt:
                answer = ask_what_now()
            if answer == "cancel":
                cancel_job(job=job, actor="console", now=timezone.now())
            elif answer == "detach":
                self.tell(f"Detached; manage.py jobs watch {job.public_id} watches again.")
                return Exit.DETACHED
        code = exit_of(job)
        if code is Exit.OK and options["out"] is not None:
            fetch(job, options["out"])
            self.tell(f"Wrote {options['out']}")
        self._show(job, options, told)
        return code

    def _show(self, job: Job, options: dict[str, Any], told: dict[str, Any]) -> None:
        if options["json"]:
            out = str(options["out"]) if options["out"] else None
            self.put_json(job_as_json(job) | told | {"result": job.result_meta, "file": out})
        elif job.error_message:
            self.stdout.write(f"{job.public_id} {job.state}: {job.error_message}")
        else:
            more = "".join(f", {name} {value}" for name, value in told.items())
            self.stdout.write(f"{job.public_id} {job.state}: {job.progress_done:,} rows{more}")
