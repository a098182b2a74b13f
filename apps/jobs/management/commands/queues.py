from collections.abc import Callable
from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction
from django.utils import timezone

from apps.core.console import CODES, ConsoleCommand, Exit, Help, add_verb, add_writing_verb
from apps.core.errors import Missing
from apps.jobs.failures import failure_groups
from apps.jobs.models import Job, QueueState
from apps.jobs.queue_console import (
    failure_as_json,
    periodic_as_json,
    periodic_row,
    queue_as_json,
    queue_row,
    worker_as_json,
    worker_row,
)
from apps.jobs.queue_figures import standing_of_queues
from apps.jobs.services.pause_queue import (
    ALL,
    key_of_queue,
    name_of_queue,
    pause_queue,
    resume_queue,
)
from apps.jobs.services.steer_many import ask_to_steer
from apps.jobs.status import JobType
from apps.jobs.timetable import timetable
from apps.jobs.workers import benches

LIST = """examples:
  manage.py queues list
  manage.py queues list --json | jq 'select(.open.queued > 100) | .name'"""
PAUSE = """example:
  manage.py queues pause export --reason "The storage is being moved" --dry-run

`all` stops everything. Slices that run give their job back within seconds; a restart changes
nothing."""
RESUME = """example:
  manage.py queues resume export"""
FAILURES = """example:
  manage.py queues failures                   which causes there are, the most frequent first"""
RETRY = """examples:
  manage.py queues retry 0f3a8c51d2b47e96 --dry-run       how many would be tried again
  manage.py queues retry 0f3a8c51d2b47e96 && manage.py jobs list --open"""
WORKERS = """example:
  manage.py queues workers --json | jq 'select(.state == "lost") | .name'

Exit code 3 if nobody works."""


class UnknownFailure(Missing):
    """No job failed in this way; `manage.py queues failures` lists the ways."""

    code = "failure_not_found"


class Command(ConsoleCommand):
    help = "Look at the queues, the workers and what failed, and steer them."

    def create_parser(self, *args: Any, **options: Any) -> CommandParser:
        return super().create_parser(*args, formatter_class=Help, epilog=CODES, **options)

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        add_verb(actions, "list", "Show what waits, what was done, what stands still.", text=LIST)
        kinds = ", ".join([ALL, *JobType.values])
        for name, purpose, text in (
            ("pause", "Let no worker take a job of a queue.", PAUSE),
            ("resume", "Let workers take jobs of a queue again.", RESUME),
        ):
            verb = add_writing_verb(actions, name, purpose, text=text)
            verb.add_argument("queue", metavar="QUEUE", help=f"one of {kinds}")
            verb.add_argument("--reason", default="", metavar="TEXT", help="why; people will ask")
        add_verb(actions, "failures", "Group failed jobs by their cause.", text=FAILURES)
        retried = add_writing_verb(actions, "retry", "Try all jobs of one cause again.", text=RETRY)
        retried.add_argument("fingerprint", metavar="FAILURE", help="as `failures` names it")
        add_verb(actions, "workers", "List who works, and on what.", text=WORKERS)
        add_verb(actions, "periodic", "List what runs by itself: when last, how, when next.")

    def act(self, options: dict[str, Any]) -> Exit:
        verbs: dict[str, Callable[[dict[str, Any]], Exit]] = {
            "list": self._list,
            "pause": self._switch,
            "resume": self._switch,
            "failures": self._failures,
            "retry": self._retry,
            "workers": self._workers,
            "periodic": self._periodic,
        }
        return verbs[options["action"]](options)

    def _list(self, options: dict[str, Any]) -> Exit:
        standing = standing_of_queues(timezone.now())
        lines = [standing.total, *standing.lines]
        if options["json"]:
            for line in lines:
                self.put_json(queue_as_json(line))
            return Exit.OK
        titles = ("queue", "#waiting", "#scheduled", "#running", "#paused", "oldest")
        self.put_table(
            (*titles, "#done 24 h", "#failed 24 h", "stands still"), map(queue_row, lines)
        )
        if standing.unsent or standing.set_aside:
            self.tell(f"Messages: {standing.unsent} not sent, {standing.set_aside} set aside.")
        return Exit.OK

    @transaction.atomic
    def _switch(self, options: dict[str, Any]) -> Exit:
        key, actor, reason = key_of_queue(options["queue"]), options["as_user"], options["reason"]
        before = QueueState.objects.filter(name=key, paused_at__isnull=False).exists()
        if options["action"] == "pause":
            pause_queue(queue=key, actor=actor, reason=reason, now=timezone.now())
        else:
            resume_queue(queue=key, actor=actor, reason=reason)
        answer = {
            "queue": name_of_queue(key),
            "action": options["action"],
            "wasPaused": before,
            "paused": options["action"] == "pause",
            "dryRun": options["dry_run"],
        }
        would = "would be" if options["dry_run"] else "is"
        stands = "paused" if answer["paused"] else "open"
        self._answer(options, answer, f"Queue {answer['queue']} {would} {stands}.")
        return Exit.OK

    def _failures(self, options: dict[str, Any]) -> Exit:
        groups = failure_groups(Job.objects.filter(archived_at=None))
        if options["json"]:
            for group in groups:
                self.put_json(failure_as_json(group))
        elif not groups:
            self.tell("No job has failed.")
        else:
            self.put_table(
                ("failure", "#jobs", "type", "code", "last", "message"),
                (
                    (
                        group.fingerprint,
                        group.count,
                        group.latest.type,
                        group.latest.error_code,
                        f"{group.last_at:%Y-%m-%d %H:%M}",
                        group.origin or group.message,
                    )
                    for group in groups
                ),
            )
        return Exit.OK

    @transaction.atomic
    def _retry(self, options: dict[str, Any]) -> Exit:
        fingerprint = options["fingerprint"]
        jobs = Job.objects.filter(archived_at=None).alike(fingerprint)
        which = f"that failed as {fingerprint}"
        count = ask_to_steer(jobs, action="retry", actor=options["as_user"], which=which)
        if not count:
            raise UnknownFailure
        answer = {"failure": fingerprint, "count": count, "dryRun": options["dry_run"]}
        would = "would be" if options["dry_run"] else "are"
        self._answer(options, answer, f"{count:,} jobs {would} tried again.")
        return Exit.OK

    def _answer(self, options: dict[str, Any], answer: dict[str, Any], sentence: str) -> None:
        if options["dry_run"]:
            # Done and undone: what a rehearsal says is what would have happened.
            transaction.set_rollback(True)
        if options["json"]:
            self.put_json(answer)
        else:
            self.stdout.write(sentence)

    def _workers(self, options: dict[str, Any]) -> Exit:
        found = benches(timezone.now())
        if options["json"]:
            for bench in found:
                self.put_json(worker_as_json(bench))
        elif found:
            titles = (
                "worker",
                "state",
                "#busy",
                "#of",
                "queues",
                "version",
                "heard of",
                "works on",
            )
            self.put_table(titles, map(worker_row, found))
        if all(bench.state == "lost" for bench in found):
            self.tell("No worker has been heard of lately.")
            return Exit.JOB_FAILED
        return Exit.OK

    def _periodic(self, options: dict[str, Any]) -> Exit:
        entries = timetable(timezone.now())
        if options["json"]:
            for entry in entries:
                self.put_json(periodic_as_json(entry))
            return Exit.OK
        self.put_table(
            ("name", "when", "last", "#took ms", "next", "how"), map(periodic_row, entries)
        )
        return Exit.OK
