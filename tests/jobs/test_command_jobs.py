"""`manage.py jobs`: what it prints, and what its exit code says."""

import io
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import call_command

from apps.core.console import Standing, in_words
from apps.core.ids import new_id
from apps.jobs.models import Job
from apps.jobs.status import JobStatus, JobType
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[2]
HELP = Path(__file__).with_name("help_of_jobs.txt")
NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)
VERBS = ("list", "show", "watch", "cancel", "pause", "resume", "retry")


def job(**values):
    values = {"type": JobType.UPLOAD, "title": "march.xlsx", "params": {"files": []}} | values
    owner = UserFactory(username="desk-7")
    return Job.objects.create(id=new_id(), owner=owner, created_at=NOON, **values)


def finished(*, status=JobStatus.COMPLETED, **values):
    return job(status=status, started_at=NOON, finished_at=NOON, **values)


def command(*words):
    """Run the command; return its exit code, its result and what it told beside it."""
    out, told = io.StringIO(), io.StringIO()
    code = 0
    try:
        call_command("jobs", *map(str, words), stdout=out, stderr=told)
    except SystemExit as end:
        code = end.code
    return code, out.getvalue(), told.getvalue()


def test_a_job_reads_as_one_json_object():
    running = finished(progress_done=3, progress_total=4)

    code, result, _ = command("list", "--json")

    assert code == 0
    assert json.loads(result) == {
        "jobId": running.public_id,
        "type": "upload",
        "title": "march.xlsx",
        "state": "completed",
        "owner": "desk-7",
        "priority": 5,
        "progress": {"done": 3, "total": 4, "percent": 75.0, "note": ""},
        "ratePerSecond": None,
        "etaSeconds": 0,
        "pauseReason": None,
        "error": None,
        "createdAt": "2026-03-09T12:00:00.000Z",
        "startedAt": "2026-03-09T12:00:00.000Z",
        "finishedAt": "2026-03-09T12:00:00.000Z",
    }


def test_the_list_is_a_table_that_can_be_narrowed():
    done = finished(title="a title that is longer than what is left of the line for it")
    paused = Job.objects.create(
        id=new_id(), type=JobType.UPLOAD, title="paused", paused_at=NOON, pause_reason="user"
    )

    everything = command("list")[1]
    assert done.public_id in everything
    assert paused.public_id in everything
    assert everything.splitlines()[0].split()[:3] == ["job", "type", "state"]
    assert done.public_id not in command("list", "--open")[1]
    assert done.public_id not in command("list", "--state", "paused")[1]
    assert command("list", "--type", "export")[2].startswith("There is no such job.")


def test_show_tells_the_story_of_a_job():
    open_job = job()
    command("pause", open_job.public_id, "--as-user", "ops-desk-1")

    code, result, _ = command("show", open_job.pk)
    body = json.loads(command("show", open_job.public_id, "--json")[1])

    assert code == 0
    assert "JOB_PAUSED" in result
    assert "ops-desk-1" in result
    assert "paused because" in result
    assert body["events"][-1]["kind"] == "JOB_PAUSED"
    assert body["events"][-1]["actor"] == "ops-desk-1"


@pytest.mark.parametrize(
    ("verb", "values", "before", "after"),
    [
        ("cancel", {}, "queued", "cancelled"),
        ("pause", {}, "queued", "paused"),
        ("resume", {"paused_at": NOON, "pause_reason": "user"}, "paused", "queued"),
        (
            "retry",
            {"status": JobStatus.FAILED, "finished_at": NOON, "error_code": "internal"},
            "failed",
            "queued",
        ),
    ],
)
def test_steering_says_what_it_did_and_a_rehearsal_changes_nothing(verb, values, before, after):
    steered = job(**values)

    code, rehearsed, _ = command(verb, steered.public_id, "--dry-run", "--json")
    steered.refresh_from_db()
    assert str(steered.state) == before

    assert code == 0
    assert json.loads(rehearsed) == {
        "jobId": steered.public_id,
        "action": verb,
        "before": before,
        "after": after,
        "dryRun": True,
    }
    code, result, _ = command(verb, steered.public_id)
    steered.refresh_from_db()
    assert (code, str(steered.state)) == (0, after)
    assert result.strip() == f"{steered.public_id} went from {before} to {after}."


@pytest.mark.parametrize("verb", ["cancel", "pause", "resume"])
def test_what_the_state_does_not_allow_ends_with_2(verb):
    done = finished()

    code, result, told = command(verb, done.public_id)

    assert (code, result) == (2, "")
    assert told.startswith("Job is")


@pytest.mark.parametrize("name", ["job_1", "x", "job_01J9ZD0V7KF3E2M8Q6R5T4W9XA"])
def test_an_unknown_job_ends_with_2(name):
    code, _, told = command("show", name)

    assert (code, told.strip()) == (
        2,
        "There is no such job; `manage.py jobs list` shows those that there are.",
    )
    assert json.loads(command("show", name, "--json")[1])["code"] == "not_found"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, 0),
        ({"partial": True}, 1),
        ({"status": JobStatus.FAILED, "error_code": "cancelled"}, 3),
        ({"status": JobStatus.FAILED, "error_code": "internal"}, 3),
    ],
)
def test_watching_ends_with_the_job_and_says_how(values, expected):
    watched = finished(progress_done=4, progress_total=4, **values)

    code, _, told = command("watch", watched.public_id)

    assert code == expected
    assert f"{watched.state} 4/4 100.0 %" in told


def test_watching_ends_when_only_somebody_else_can_help():
    halted = job(paused_at=NOON, pause_reason="session_expired")

    code, _, told = command("watch", halted.public_id)

    assert code == 3
    assert "paused: session_expired" in told


def test_ctrl_c_stops_watching_only(monkeypatch):
    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr("apps.core.console.time.sleep", interrupt)
    watched = job()

    code, result, told = command("watch", watched.public_id, "--json")

    assert code == 130
    assert [json.loads(line)["state"] for line in result.splitlines()] == ["queued"]
    assert "Detached" in told
    watched.refresh_from_db()
    assert watched.is_open


def test_a_line_of_progress_says_all_that_is_known():
    standing = Standing("running", 120, 412, 4.9, 61, 113, 7)

    assert str(standing) == (
        "running 120/412 29.1 % · 113 succeeded · 7 not · 4.9/s · 1 min 1 s left"
    )
    assert [in_words(seconds) for seconds in (59, 600, 3_700)] == ["59 s", "10 min", "1 h 1 min"]


def from_a_shell(*words, **environment):
    return subprocess.run(
        [sys.executable, "manage.py", "jobs", *words],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )


def test_an_unreachable_database_ends_with_4():
    done = from_a_shell("list", DATABASE_URL="postgres://nobody@127.0.0.1:1/none")

    assert done.returncode == 4
    assert done.stderr.startswith("Not reachable: connection failed")
    assert "Traceback" not in done.stderr


def test_a_wrong_word_ends_with_2_and_the_usage():
    done = from_a_shell("lsit")

    assert done.returncode == 2
    assert "usage: manage.py jobs" in done.stderr
    assert "'lsit'" in done.stderr


def test_the_help_teaches(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "100")
    told = ""
    for verb in VERBS:
        with pytest.raises(SystemExit) as end:
            call_command("jobs", verb, "--help")
        assert end.value.code == 0
        # Versions of Python break the lines of the usage differently.
        told += capsys.readouterr().out.partition("\n\n")[2]

    assert told == HELP.read_text(encoding="utf-8")
