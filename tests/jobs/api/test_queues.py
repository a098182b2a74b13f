from datetime import UTC, datetime, timedelta

import pytest

from apps.jobs.models import Job, QueueAction
from apps.jobs.services.claim_job import claim_job
from apps.jobs.services.note_worker import note_worker
from apps.jobs.services.pause_job import pause_job
from apps.jobs.services.steer_many import steer_many
from apps.jobs.services.work_slice import LostLease, Slice
from tests.factories.jobs import JobFactory

pytestmark = pytest.mark.django_db


def now():
    return datetime.now(UTC)


def test_all_queues_at_one_glance(viewer_api):
    JobFactory.create_batch(2, type="export")

    body = viewer_api.get("/queues").json()

    (export,) = [queue for queue in body["queues"] if queue["name"] == "export"]
    assert export["open"]["queued"] == 2
    assert export["oldestWaitingSeconds"] >= 0
    assert body["pause"] is None
    assert len(body["hours"]) == 24
    assert body["messages"] == {"unsent": 0, "oldestSeconds": None, "setAside": 0}


def test_an_admin_pauses_and_resumes_one_queue(admin_api):
    response = admin_api.post("/queues/export/pause", {"reason": "Disk is full"}, format="json")

    assert response.json()["pause"]["reason"] == "Disk is full"
    assert admin_api.get("/queues/export").json()["pause"]["actor"] == admin_api.user.username
    assert admin_api.get("/queues/batch").json()["pause"] is None
    assert admin_api.post("/queues/export/resume").json()["pause"] is None
    told = admin_api.get("/queues/actions").json()["actions"]
    assert [(action["action"], action["subject"]) for action in told] == [
        ("resume", "queue export"),
        ("pause", "queue export"),
    ]


def test_nobody_else_pauses_a_queue(operator_api, viewer_api):
    for api in (operator_api, viewer_api):
        assert api.post("/queues/all/pause", {}, format="json").status_code == 403
    assert not QueueAction.objects.exists()


def test_a_queue_that_is_none_is_a_404(admin_api):
    for response in (
        admin_api.get("/queues/exports"),
        admin_api.post("/queues/exports/pause", {}, format="json"),
    ):
        assert (response.status_code, response.json()["code"]) == (404, "queue_not_found")


def test_a_field_that_nobody_knows_is_refused(admin_api):
    response = admin_api.post("/queues/all/pause", {"why": "So"}, format="json")

    assert response.status_code == 422
    assert not QueueAction.objects.exists()


def test_a_job_is_paused_and_resumed(operator_api):
    job = JobFactory(owner=operator_api.user)

    assert operator_api.post(f"/status/{job.pk}/pause").json()["state"] == "paused"
    (reason,) = operator_api.get(f"/status/{job.pk}/waiting").json()["reasons"]
    assert reason["code"] == "paused"
    assert operator_api.post(f"/status/{job.pk}/resume").json()["state"] == "queued"
    assert operator_api.post(f"/status/{job.pk}/resume").status_code == 409


def test_a_job_whose_worker_does_not_react_is_ended_without_it(operator_api, handler):
    job = JobFactory(owner=operator_api.user)
    work = Slice(claim_job(job.pk))
    operator_api.post(f"/status/{job.pk}/cancel")
    assert operator_api.post(f"/status/{job.pk}/terminate").status_code == 409
    Job.objects.filter(pk=job.pk).update(cancel_requested_at=now() - timedelta(seconds=31))

    response = operator_api.post(f"/status/{job.pk}/terminate")

    assert response.json()["state"] == "cancelled"
    assert handler.cancelled == [job.pk]
    with pytest.raises(LostLease):
        work.finish()


def test_the_history_of_a_job_has_everything_but_its_secrets(operator_api):
    job = JobFactory(
        owner=operator_api.user, params={"name": "customers", "options": {"apiKey": "brk_secret"}}
    )
    pause_job(job=job, actor="mia", now=now())

    response = operator_api.get(f"/status/{job.pk}/history")

    assert response["Content-Disposition"].startswith('attachment; filename="job_')
    body = response.json()
    assert body["params"] == {"name": "customers", "options": {"apiKey": "[redacted]"}}
    assert [(event["kind"], event["actor"]) for event in body["events"]] == [("JOB_PAUSED", "mia")]
    assert body["state"] == "paused"


@pytest.mark.parametrize("what", ["history", "waiting"])
def test_other_peoples_jobs_are_nobodys_business(operator_api, what):
    assert operator_api.get(f"/status/{JobFactory().pk}/{what}").status_code == 404


def test_a_group_of_failures_is_tried_again_as_a_whole(operator_api, handler):
    alike = JobFactory.create_batch(
        3, failed=True, owner=operator_api.user, error_fingerprint="f" * 16
    )
    other = JobFactory(failed=True, owner=operator_api.user, error_fingerprint="0" * 16)
    JobFactory(failed=True, error_fingerprint="f" * 16)

    groups = operator_api.get("/queues/failures").json()["failures"]
    body = {"action": "retry", "filter": {"fingerprint": groups[0]["fingerprint"]}}
    response = operator_api.post("/status/bulk", body, format="json")

    assert [group["count"] for group in groups] == [3, 1]
    assert response.json()["count"] == 3
    steer_many(action="retry", actor="me", job_ids=[str(job.pk) for job in alike])
    other.refresh_from_db()
    assert other.status == "failed"
    assert Job.objects.filter(status="pending").count() == 3
    (action,) = QueueAction.objects.all()
    assert (action.count, action.actor) == (3, operator_api.user.username)
    assert action.subject == f"jobs fingerprint={'f' * 16}"


@pytest.mark.parametrize(
    ("action", "trait", "after"),
    [("pause", {}, "paused"), ("resume", {"scheduled": True}, "queued")],
)
def test_many_jobs_are_paused_or_run_at_once(operator_api, action, trait, after):
    job = JobFactory(owner=operator_api.user, **trait)
    JobFactory(owner=operator_api.user, completed=True)

    body = {"action": action, "filter": {"type": "sync"}}
    response = operator_api.post("/status/bulk", body, format="json")

    assert (response.json()["matched"], response.json()["count"]) == (2, 1)
    steer_many(action=action, actor="me", job_ids=[str(job.pk)])
    job.refresh_from_db()
    assert job.state == after


def test_workers_say_who_they_are_and_what_they_do(viewer_api):
    note_worker(
        name="slices@here", queues=["slices", "quick"], pids=[8, 9], processes=2, started_at=now()
    )
    names = viewer_api.get("/queues/workers").json()["workers"]
    assert [(each["name"], each["state"]) for each in names] == [("slices@here", "idle")]
    process = f"{names[0]['host']}:9"
    job = JobFactory(running=True, worker_id=process)
    stranger = JobFactory(running=True, worker_id="elsewhere:1")

    known, unknown = sorted(
        viewer_api.get("/queues/workers").json()["workers"], key=lambda each: -len(each["queues"])
    )

    assert known["state"] == "busy"
    assert known["jobs"] == [{"jobId": str(job.pk), "type": "sync"}]
    assert unknown["name"] == "elsewhere:1"
    assert unknown["jobs"][0]["jobId"] == str(stranger.pk)


def test_jobs_are_found_by_who_works_on_them(operator_api):
    job = JobFactory(owner=operator_api.user, running=True, worker_id="here:9")
    JobFactory(owner=operator_api.user, running=True, worker_id="here:8")
    JobFactory(owner=operator_api.user, type="generation", progress_total=10)

    found = operator_api.get("/status?worker=here:9").json()["jobs"]
    quick = operator_api.get("/status?queue=quick").json()["jobs"]

    assert [each["jobId"] for each in found] == [str(job.pk)]
    assert [each["type"] for each in quick] == ["generation"]
