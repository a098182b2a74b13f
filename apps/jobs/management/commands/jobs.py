from collections.abc import Callable
from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction
from django.utils import timezone

from apps.core.console import (
    CODES,
    ConsoleCommand,
    Exit,
    Help,
    add_verb,
    add_writing_verb,
    ask_what_now,
    in_words,
    watch,
)
from apps.core.times import iso
from apps.jobs.console import exit_of, find_job, job_as_json, looking_at
from apps.jobs.models import Job
from apps.jobs.services.cancel_job import cancel_job
from apps.jobs.services.pause_job import pause_job, resume_job
from apps.jobs.services.retry_job import retry_job
from apps.jobs.status import JobState, JobType

LIST = """examples:
  manage.py jobs list --open                  what waits or runs now
  manage.py jobs list --state failed --type batch
  manage.py jobs list --json | jq .jobId      one JSON object a line"""
SHOW = """example:
  manage.py jobs show job_01J9ZD0V7KF3E2M8Q6R5T4W9XA"""
WATCH = (
    """A bar on a terminal, a line every 2 seconds elsewhere, a JSON line per change with --json.
Ctrl-C stops watching only; the job goes on.

"""
    + CODES
)
WRITES = """example:
  manage.py jobs {0} job_01J9ZD0V7KF3E2M8Q6R5T4W9XA --dry-run"""
RETRY = """example:
  manage.py jobs retry job_01J9ZD0V7KF3E2M8Q6R5T4W9XA --scope all_unsuccessful

Of a batch only rows that did not succeed are sent again, under the keys that they had."""
SCOPES = ["failed", "unknown", "all_unsuccessful"]
SHOWN_EVENTS = 20


class Command(ConsoleCommand):
    help = "Look at background jobs of every kind, and steer them."

    def create_parser(self, *args: Any, **options: Any) -> CommandParser:
        return super().create_parser(*args, formatter_class=Help, epilog=CODES, **options)

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        listed = add_verb(actions, "list", "List jobs, the newest first.", text=LIST)
        listed.add_argument(
            "--state",
            choices=JobState.values,
            metavar="STATE",
            help=f"one of {', '.join(JobState.values)}",
        )
        listed.add_argument(
            "--type",
            choices=JobType.values,
            metavar="KIND",
            help=f"one of {', '.join(JobType.values)}",
        )
        listed.add_argument("--open", action="store_true", help="only jobs that are not finished")
        listed.add_argument(
            "--limit", type=int, default=20, metavar="N", help="at most so many (20)"
        )
        shown = add_verb(actions, "show", "Show one job and what happened to it.", text=SHOW)
        shown.add_argument("job", help="job_… or its UUID")
        watched = add_verb(actions, "watch", "Follow a job until its end.", text=WATCH)
        watched.add_argument("job", help="job_… or its UUID")
        for name, purpose in (
            ("cancel", "Stop a job for good: what is in flight finishes, the rest is not begun."),
            ("pause", "Have a job stand still until it is resumed."),
            ("resume", "Let a paused or waiting job go on."),
        ):
            self._add_writing(actions, name, purpose, WRITES.format(name))
        purpose = "Open a finished job again."
        retried = self._add_writing(actions, "retry", purpose, RETRY)
        retried.add_argument(
            "--scope", choices=SCOPES, default="failed", help="which rows (failed)"
        )

    def _add_writing(self, actions: Any, name: str, purpose: str, text: str) -> CommandParser:
        parser = add_writing_verb(actions, name, purpose, text=text)
        parser.add_argument("job", help="job_… or its UUID")
        return parser

    def act(self, options: dict[str, Any]) -> Exit:
        verbs: dict[str, Callable[[dict[str, Any]], Exit]] = {
            "list": self._list,
            "show": self._show,
            "watch": self._watch,
        }
        return verbs.get(options["action"], self._write)(options)

    def _list(self, options: dict[str, Any]) -> Exit:
        jobs = Job.objects.filter(archived_at=None).select_related("owner")
        if options["open"]:
            jobs = jobs.open()
        if options["type"]:
            jobs = jobs.filter(type=options["type"])
        if options["state"]:
            jobs = jobs.in_states([options["state"]])
        found = list(jobs.order_by("-created_at", "-pk")[: max(1, options["limit"])])
        if options["json"]:
            for job in found:
                self.put_json(job_as_json(job))
        elif not found:
            self.tell("There is no such job. `manage.py batch run --help` tells how to start one.")
        else:
            self.put_table(
                ("job", "type", "state", "#done", "#of", "owner", "created", "title"),
                (_line(job) for job in found),
            )
        return Exit.OK

    def _show(self, options: dict[str, Any]) -> Exit:
        job = find_job(options["job"])
        events = list(job.events.order_by("-pk")[:SHOWN_EVENTS])[::-1]
        body = job_as_json(job)
        if options["json"]:
            told = [
                {"at": iso(event.at), "kind": event.kind, "message": event.message}
                | ({"actor": event.actor} if event.actor else {})
                for event in events
            ]
            self.put_json(body | {"events": told})
            return Exit.OK
        self.put_table(("", ""), _story(body))
        self.put_table(
            ("at", "what", "who", "message"),
            ((iso(event.at), event.kind, event.actor, event.message) for event in events),
        )
        return Exit.OK

    def _watch(self, options: dict[str, Any]) -> Exit:
        job = find_job(options["job"])
        on_change = (lambda _: self.put_json(job_as_json(job))) if options["json"] else None
        while True:
            try:
                standing = watch(looking_at(job), self.tell, on_change=on_change)
                break
            except KeyboardInterrupt:
                answer = ask_what_now()
            if answer == "cancel":
                cancel_job(job=job, actor="console", now=timezone.now())
            elif answer == "detach":
                self.tell(f"Detached; manage.py jobs watch {job.public_id} watches again.")
                return Exit.DETACHED
        return Exit.JOB_FAILED if standing.halted else exit_of(job)

    @transaction.atomic
    def _write(self, options: dict[str, Any]) -> Exit:
        job, name, actor = find_job(options["job"]), options["action"], options["as_user"]
        before = str(job.state)
        if name == "cancel":
            cancel_job(job=job, actor=actor, now=timezone.now())
        elif name == "pause":
            pause_job(job=job, actor=actor, now=timezone.now())
        elif name == "resume":
            resume_job(job=job, actor=actor)
        else:
            params = {"scope": options["scope"]} if job.type == JobType.BATCH else {}
            retry_job(job=job, actor=actor, params=params)
        job.refresh_from_db()
        after = str(job.state)
        if options["dry_run"]:
            # Done and undone: what a rehearsal says is what would have happened.
            transaction.set_rollback(True)
        answer = {
            "jobId": job.public_id,
            "action": name,
            "before": before,
            "after": after,
            "dryRun": options["dry_run"],
        }
        if options["json"]:
            self.put_json(answer)
        else:
            would = "would go" if options["dry_run"] else "went"
            self.stdout.write(f"{job.public_id} {would} from {before} to {after}.")
        return Exit.OK


def _line(job: Job) -> tuple[Any, ...]:
    owner = job.owner.get_username() if job.owner else ""
    created = f"{job.created_at:%Y-%m-%d %H:%M}"
    done, total = job.progress_done, job.progress_total
    return (job.public_id, job.type, job.state, done, total, owner, created, job.title[:28])


def _story(body: dict[str, Any]) -> list[tuple[str, Any]]:
    progress, error = body["progress"], body["error"]
    left = body["etaSeconds"]
    story = [
        ("job", body["jobId"]),
        ("type", body["type"]),
        ("title", body["title"]),
        ("state", body["state"]),
        ("paused because", body["pauseReason"]),
        ("done", f"{progress['done']} of {progress['total']}, {progress['percent']} %"),
        ("rate", f"{body['ratePerSecond']:.1f}/s" if body["ratePerSecond"] else None),
        ("remaining", in_words(left) if left else None),
        ("error", f"{error['code']}: {error['message']}" if error else None),
        ("owner", body["owner"]),
        ("created", body["createdAt"]),
        ("started", body["startedAt"]),
        ("finished", body["finishedAt"]),
    ]
    return [(name, value) for name, value in story if value not in (None, "")]
