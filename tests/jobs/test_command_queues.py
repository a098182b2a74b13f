"""`manage.py queues`: what it prints, and what its exit code says."""

import io
import json

import pytest
from django.core.management import call_command
from django.utils import timezone
from structlog.testing import capture_logs

from apps.core.models import OutboxMessage
from apps.jobs.models import QueueAction, QueueState
from apps.jobs.services.note_worker import note_worker
from tests.factories.jobs import JobFactory

pytestmark = pytest.mark.django_db(transaction=True)


def command(*words):
    """Run the command; return its exit code, its result and what it told beside it."""
    out, told = io.StringIO(), io.StringIO()
    code = 0
    try:
        call_command("queues", *words, stdout=out, stderr=told)
    except SystemExit as end:
        code = end.code
    return code, out.getvalue(), told.getvalue()


def lines(*words):
    code, out, _ = command(*words, "--json")
    assert code == 0
    return [json.loads(line) for line in out.splitlines()]


def test_the_list_has_a_line_for_all_and_one_for_each_queue():
    JobFactory.create_batch(2, type="export")

    queues = {line["name"]: line for line in lines("list")}
    code, out, _ = command("list")

    assert queues["all"]["open"]["queued"] == queues["export"]["open"]["queued"] == 2
    assert code == 0
    assert "export" in out


def test_a_rehearsal_of_a_pause_changes_nothing_and_alarms_nobody():
    with capture_logs() as logs:
        (answer,) = lines("pause", "export", "--reason", "Moving", "--dry-run")

    assert not logs
    assert answer["dryRun"] is True
    assert not QueueState.objects.exists()
    assert not QueueAction.objects.exists()


def test_a_queue_is_paused_and_resumed_under_a_name():
    command("pause", "export", "--reason", "Moving", "--as-user", "mia")

    (paused,) = [line["pause"] for line in lines("list") if line["name"] == "export"]
    assert (paused["actor"], paused["reason"]) == ("mia", "Moving")
    (answer,) = lines("resume", "export")
    assert (answer["wasPaused"], answer["paused"]) == (True, False)


def test_what_does_not_exist_is_bad_input():
    code, _, told = command("pause", "exports")
    assert (code, told.strip()) == (2, "There is no such queue")

    code, out, _ = command("retry", "0" * 16, "--json")
    assert (code, json.loads(out)["code"]) == (2, "failure_not_found")


def test_a_cause_is_tried_again_as_a_whole():
    JobFactory.create_batch(2, failed=True, error_fingerprint="f" * 16)
    (group,) = lines("failures")
    assert (group["failure"], group["count"]) == ("f" * 16, 2)

    (rehearsal,) = lines("retry", group["failure"], "--dry-run")
    assert rehearsal["count"] == 2
    assert not OutboxMessage.objects.exists()

    code, out, _ = command("retry", group["failure"])

    assert (code, out.strip()) == (0, "2 jobs are tried again.")
    (message,) = OutboxMessage.objects.filter(task="jobs.steer_many")
    assert len(message.kwargs["job_ids"]) == 2


def test_that_nobody_works_is_an_exit_code():
    code, _, told = command("workers")
    assert (code, told.strip()) == (3, "No worker has been heard of lately.")

    note_worker(
        name="slices@here", queues=["slices"], pids=[8], processes=1, started_at=timezone.now()
    )

    (worker,) = lines("workers")
    assert (worker["name"], worker["state"], worker["queues"]) == (
        "slices@here",
        "idle",
        ["slices"],
    )


def test_the_timetable_is_listed():
    names = {line["name"] for line in lines("periodic")}
    code, out, _ = command("periodic")

    assert "sweep-jobs" in names
    assert (code, "never" in out) == (0, True)
