"""The queue pages of the admin, without a browser."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.core.models import OutboxMessage
from apps.jobs.models import Job, JobEvent, QueueAction, QueueState
from apps.jobs.services.note_worker import note_worker
from apps.jobs.services.pause_queue import pause_queue
from apps.jobs.services.steer_many import steer_many
from tests.factories.accounts import UserFactory
from tests.factories.jobs import JobFactory

pytestmark = pytest.mark.django_db

PAGES = ("changelist", "failures", "workers", "timetable")


def staff(**traits):
    client = Client()
    client.user = UserFactory(staff=True, **traits)
    client.force_login(client.user)
    return client


@pytest.fixture
def admin():
    return staff(admin=True)


def page(name, *args):
    return reverse(f"admin:jobs_queuestate_{name}", args=args)


def text_of(response):
    assert response.status_code == 200
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", response.content.decode())))


@pytest.mark.parametrize("name", PAGES)
def test_whoever_may_look_sees_every_page_and_a_stranger_none(name):
    assert staff(viewer=True).get(page(name)).status_code == 200
    stranger = Client().get(page(name))
    assert (stranger.status_code, "login" in stranger.url) == (302, True)


def test_queue_dashboards_are_found_where_people_look(admin):
    assert admin.get("/admin/queues").url == page("changelist")


def test_counts_lead_to_the_jobs_that_they_count(admin):
    JobFactory.create_batch(2, type="export")
    JobFactory(type="export", failed=True)
    body = admin.get(page("changelist")).content.decode()

    row = body.partition('data-queue="export"')[2].partition("</tr>")[0]
    waiting, failed = re.findall(r'href="([^"]+)">(\d)<', row)

    assert (waiting[1], failed[1]) == ("2", "1")
    for url, count in (waiting, failed):
        assert admin.get(url.replace("&amp;", "&")).context["cl"].result_count == int(count)


def test_a_bar_leads_to_the_jobs_of_its_hour(admin):
    job = JobFactory(completed=True)
    JobFactory(completed=True, finished_at=timezone.now() - timedelta(hours=3))
    body = admin.get(page("changelist")).content.decode()

    url = re.findall(r'<a href="([^"]+)" tabindex="-1"', body)[-1]

    assert list(admin.get(url).context["cl"].queryset) == [job]
    assert (
        admin.get(page("changelist").replace("queuestate", "job") + "?ended=so").status_code == 200
    )


def test_a_part_that_has_not_changed_is_a_304(admin):
    url = page("live", "timetable")
    first = admin.get(url)

    again = admin.get(url, headers={"If-None-Match": first["ETag"]})

    assert (first.status_code, again.status_code) == (200, 304)
    assert admin.get(page("live", "nothing")).status_code == 404


def test_an_admin_pauses_a_queue_with_a_reason_that_everybody_reads(admin):
    admin.post(page("switch"), {"queue": "export", "action": "pause", "reason": "Disk is full"})

    told = text_of(staff(viewer=True).get(page("changelist")))
    assert f"by {admin.user.username}" in told
    assert "Disk is full" in told
    admin.post(page("switch"), {"queue": "export", "action": "resume"})
    assert QueueState.objects.get().paused_at is None
    assert QueueAction.objects.count() == 2


def test_who_may_only_look_finds_no_buttons_and_is_refused():
    JobFactory(failed=True, error_fingerprint="f" * 16)
    for client in (staff(viewer=True), staff(operator=True)):
        assert b"<form" not in content(client.get(page("changelist")))
        sent = {"queue": "all", "action": "pause", "reason": "So"}
        assert client.post(page("switch"), sent).status_code == 403
    viewer = staff(viewer=True)
    assert b"<form" not in content(viewer.get(page("failures")))
    assert viewer.post(page("retry"), {"fingerprint": "f" * 16}).status_code == 403
    assert not QueueState.objects.exists()
    assert not OutboxMessage.objects.exists()


def content(response):
    """Return the page without its frame, which has a form to sign out."""
    return response.content.partition(b'aria-label="Queue pages"')[2].partition(b"</main>")[0]


def test_what_a_browser_would_never_send_breaks_nothing(admin):
    sent = {"queue": "export", "action": "pause", "reason": "\x00Why\x00"}
    assert admin.post(page("switch"), sent).status_code == 302
    assert QueueState.objects.get().reason == "Why"
    assert admin.post(page("retry"), {"fingerprint": "\x00", "span": "\x00"}).status_code == 302


def test_a_queue_that_is_none_is_told(admin):
    response = admin.post(page("switch"), {"queue": "exports", "action": "pause"}, follow=True)

    assert "There is no such queue" in text_of(response)


def test_one_click_retries_a_group_and_nothing_else(admin, handler):
    alike = JobFactory.create_batch(2, failed=True, error_fingerprint="f" * 16)
    JobFactory(failed=True, error_fingerprint="0" * 16)
    sent = {"fingerprint": "f" * 16, "span": "week", "expected": "2"}

    response = admin.post(page("retry"), sent, follow=True)

    assert "2 jobs are tried again." in text_of(response)
    (message,) = OutboxMessage.objects.filter(task="jobs.steer_many")
    assert message.kwargs["job_ids"] == [str(job.pk) for job in alike]
    steer_many(**message.kwargs)
    event = JobEvent.objects.filter(job=alike[0], kind="JOB_RETRIED").get()
    assert event.actor == admin.user.username


def test_a_group_that_has_grown_is_looked_at_again(admin):
    JobFactory.create_batch(3, failed=True, error_fingerprint="f" * 16)
    sent = {"fingerprint": "f" * 16, "span": "week", "expected": "2"}

    response = admin.post(page("retry"), sent, follow=True)

    assert "Look again" in text_of(response)
    assert not OutboxMessage.objects.exists()


def test_of_other_peoples_work_only_the_kind_is_told():
    note_worker(
        name="slices@here", queues=["slices"], pids=[8], processes=1, started_at=timezone.now()
    )
    JobFactory(running=True, title="The secret of the chef", worker_id="elsewhere:1")

    assert "The secret of the chef" in text_of(staff(admin=True).get(page("workers")))
    told = text_of(staff(operator=True).get(page("workers")))
    assert "secret" not in told
    assert "somebody's sync" in told


@pytest.mark.parametrize("name", PAGES)
def test_pages_ask_the_database_as_often_for_many_jobs_as_for_few(
    admin, name, django_assert_max_num_queries
):
    for number in range(12):
        JobFactory(failed=True, error_fingerprint=f"{number:016}")
        JobFactory(running=True, worker_id=f"here:{number}")
    pause_queue(queue="export", actor="mia", reason="", now=timezone.now())
    admin.get(page(name))

    with django_assert_max_num_queries(12):
        admin.get(page(name))


JOBS = "/admin/jobs/job/"


def bulk(client, action, query="", **fields):
    sent = {"action": action, "index": "0", **fields}
    return client.post(f"{JOBS}{query}", sent, follow=True)


def test_all_that_match_a_filter_are_counted_first_and_then_steered(admin):
    jobs = JobFactory.create_batch(3, failed=True)
    JobFactory(completed=True)
    everything = {"select_across": "1", "_selected_action": str(jobs[0].pk)}

    looked_at = bulk(admin, "retry_jobs", "?type__exact=sync", **everything)

    assert "All 3 jobs that match the filter." in text_of(looked_at)
    assert "1 more is in a state that does not allow it" in text_of(looked_at)
    assert not OutboxMessage.objects.exists()
    said_yes = {**everything, "confirmed": "1", "expected": "3"}
    done = bulk(admin, "retry_jobs", "?type__exact=sync", **said_yes)
    assert "3 jobs are being tried again." in text_of(done)
    (message,) = OutboxMessage.objects.filter(task="jobs.steer_many")
    assert len(message.kwargs["job_ids"]) == 3
    action = QueueAction.objects.get()
    assert (action.subject, action.count) == ("jobs that match type__exact=sync", 3)
    assert action.actor == admin.user.username


def test_more_than_were_seen_are_not_touched(admin):
    jobs = JobFactory.create_batch(3)
    chosen = {"_selected_action": [str(job.pk) for job in jobs]}

    response = bulk(admin, "cancel_jobs", **chosen, confirmed="1", expected="2")

    assert "3 match now" in text_of(response)
    assert not OutboxMessage.objects.exists()


def test_some_that_ended_meanwhile_are_no_reason_to_ask_again(admin):
    jobs = JobFactory.create_batch(2)
    chosen = {"_selected_action": [str(job.pk) for job in jobs]}

    bulk(admin, "cancel_jobs", **chosen, confirmed="1", expected="3")

    assert QueueAction.objects.get().count == 2


def test_what_no_state_allows_is_said(admin):
    job = JobFactory(completed=True)

    response = bulk(admin, "retry_jobs", _selected_action=str(job.pk))

    assert "none of these jobs allows" in text_of(response)


def test_a_viewer_has_no_actions():
    viewer = staff(viewer=True)
    job = JobFactory(failed=True, owner=viewer.user)

    bulk(viewer, "retry_jobs", _selected_action=str(job.pk), confirmed="1", expected="1")

    assert not QueueAction.objects.exists()


def test_the_page_of_a_job_hides_secrets_and_says_what_went_wrong():
    operator = staff(operator=True)
    job = JobFactory(
        failed=True, owner=operator.user, error_fingerprint="f" * 16,
        params={"name": "customers", "target": {"password": "hunter2"}},
        error_detail={"failures": 1, "attempts": [
            {"at": "2026-03-09", "error": "KeyError in apps/x.py, f", "trace": ["apps/x.py:3 in f"]}
        ]},
    )  # fmt: skip

    told = text_of(operator.get(reverse("admin:jobs_job_change", args=[job.pk])))

    assert "hunter2" not in told
    assert "customers" in told
    assert "apps/x.py:3 in f" in told
    assert "1 job failed in this way" in told


def test_the_page_of_a_job_says_why_it_waits():
    operator = staff(operator=True)
    job = JobFactory(owner=operator.user)
    pause_queue(queue="sync", actor="mia", reason="Stock count", now=timezone.now())

    told = text_of(operator.get(reverse("admin:jobs_job_change", args=[job.pk])))

    assert "The sync queue was paused by mia" in told
    assert "Stock count" in told


def test_a_generation_is_cloned_with_a_click():
    operator = staff(operator=True)
    params = {"rows": 5, "seed": 3, "fields": [{"name": "id", "type": "sequence"}]}
    job = JobFactory(type="generation", completed=True, owner=operator.user, params=params)

    response = operator.post(reverse("admin:jobs_job_steer", args=[job.pk]), {"action": "clone"})

    clone = Job.objects.exclude(pk=job.pk).get()
    assert response.url == reverse("admin:jobs_job_change", args=[clone.pk])
    assert clone.params["seed"] == 3
