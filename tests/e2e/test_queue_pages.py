"""The queue pages as operators use them: a job from its start to its retry, many at once."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from apps.core.models import OutboxMessage
from apps.jobs.models import Job
from apps.jobs.services.note_worker import note_worker
from apps.jobs.services.pause_queue import pause_queue
from apps.jobs.services.steer_many import steer_many
from apps.jobs.status import JobType
from tests.e2e.conftest import Worker
from tests.factories.accounts import UserFactory
from tests.factories.jobs import JobFactory

QUEUES = "/admin/jobs/queuestate/"
JOBS = "/admin/jobs/job/"
GENERATE = "/admin/jobs/job/generate"
NARROW = {"width": 360, "height": 740}


@pytest.fixture
def admin():
    return UserFactory(staff=True, admin=True)


@pytest.fixture
def signed_in(desk, admin):
    desk.sign_in(admin)
    return desk


@pytest.fixture
def busy(admin):
    """Have something in every table of the queue pages."""
    note_worker(
        name="slices@here", queues=["slices"], pids=[8], processes=2, started_at=timezone.now()
    )
    running = JobFactory(running=True, owner=admin, worker_id="elsewhere:1", progress_total=10)
    JobFactory(completed=True, started_at=timezone.now())
    JobFactory(type=JobType.UPLOAD, owner=admin)
    JobFactory.create_batch(
        3, failed=True, owner=admin, error_fingerprint="f" * 16,
        error_detail={"origin": "KeyError in apps/x.py, f", "attempts": [
            {"at": "2026-03-09", "error": "KeyError in apps/x.py, f", "trace": ["apps/x.py:3 in f"]}
        ]},
    )  # fmt: skip
    pause_queue(queue="upload", actor="mia", reason="The storage is moved", now=timezone.now())
    return running


def paths():
    failed = Job.objects.filter(status="failed").first()
    return {
        "queues": QUEUES,
        "failures": f"{QUEUES}failures",
        "workers": f"{QUEUES}workers",
        "timetable": f"{QUEUES}timetable",
        "dead letters": f"{JOBS}?state=failed",
        "failed job": f"{JOBS}{failed.pk}/change/",
    }


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_is_free_of_barriers_and_fits_a_phone(signed_in, busy, theme):
    page = signed_in.page
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.evaluate("theme => localStorage.setItem('adminTheme', JSON.stringify(theme))", theme)

    found = {}
    for name, path in paths().items():
        assert signed_in.open(path) == 200, name
        if barriers := signed_in.barriers():
            found[name] = barriers
        page.set_viewport_size(NARROW)
        if overflow := signed_in.overflow():
            found[f"{name} on a phone"] = overflow
        page.set_viewport_size({"width": 1280, "height": 900})

    assert found == {}


def test_a_job_is_started_watched_cancelled_and_tried_again(signed_in, settings):
    settings.GENERATION_HELPERS = 0
    settings.MAX_ROWS = 5_000_000  # a quick machine must not be done before we cancel
    page = signed_in.page
    page.on("dialog", lambda dialog: dialog.accept())
    signed_in.open(GENERATE)
    page.fill("[name=rows]", "5000000")
    with Worker():
        page.get_by_role("button", name="Start").click()
        page.wait_for_url(f"**{JOBS}*/change/")

        percent = page.locator("[data-percent]")
        expect(percent).not_to_have_attribute("data-percent", "0")
        before = int(percent.get_attribute("data-percent"))
        page.wait_for_function(
            "before => Number(document.querySelector('[data-percent]').dataset.percent) > before",
            arg=before,
        )
        page.get_by_role("button", name="Cancel").click()
        state = page.locator("[data-state]")
        expect(state).to_have_text("Cancelled")

        page.get_by_role("button", name="Retry").click()
        expect(state).to_have_text("Running")
        page.get_by_role("button", name="Pause").click()
        expect(state).to_have_text("Paused")
        expect(page.locator("[data-waiting=paused]")).to_contain_text("It was paused by")
    page.get_by_role("button", name="Cancel").click()
    expect(state).to_have_text("Cancelled")
    assert Job.objects.get().error_code == "cancelled"


def carry_out():
    """Do what the worker of the default queue would."""
    for message in OutboxMessage.objects.filter(task="jobs.steer_many"):
        steer_many(**message.kwargs)
        message.delete()


def test_failures_are_tried_again_by_their_cause_and_by_a_filter(signed_in, busy):
    page = signed_in.page
    JobFactory.create_batch(2, failed=True, type=JobType.UPLOAD, error_fingerprint="0" * 16)
    signed_in.open(QUEUES)
    page.locator("[data-figure=failed]").click()

    page.get_by_role("button", name="Retry 3 jobs").click()

    expect(page.get_by_text("3 jobs are tried again.")).to_be_visible()
    Job.objects.filter(error_fingerprint="f" * 16).update(params={"files": []}, type="upload")
    carry_out()
    signed_in.open(f"{JOBS}?state=failed&type__exact=upload")
    page.locator("#action-toggle").check()
    page.locator("select[name=action]").select_option("retry_jobs")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_text("2 chosen jobs.")).to_be_visible()
    assert signed_in.barriers() == []
    page.get_by_role("button", name="Retry: 2 jobs").click()
    expect(page.get_by_text("2 jobs are being tried again.")).to_be_visible()
    carry_out()
    assert not Job.objects.filter(status="failed").exists()
    signed_in.open(QUEUES)
    expect(page.locator("#acts + ol li")).to_have_count(3)


def test_a_queue_is_paused_with_a_reason_and_resumed(signed_in, busy):
    page = signed_in.page
    signed_in.open(QUEUES)
    row = page.locator("[data-queue=sync]")

    row.locator("summary").click()
    row.get_by_label("Why?").fill("Stock count")
    row.get_by_role("button", name="Pause").click()

    expect(row).to_contain_text("Stock count")
    row.get_by_role("button", name="Resume").click()
    expect(row.locator("summary")).to_be_visible()


HIDE = """hidden => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event('visibilitychange'));
}"""


def test_a_hidden_tab_asks_for_nothing(signed_in, busy):
    page = signed_in.page
    page.clock.install()
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "/live" in request.url else 0)
    signed_in.open(QUEUES)
    page.get_by_label("Refresh").select_option("2")
    with page.expect_response("**/live"):
        page.clock.run_for(2_100)

    page.evaluate(HIDE, True)
    page.clock.run_for(60_000)
    so_far = len(asked)
    page.clock.run_for(60_000)

    assert len(asked) == so_far
    with page.expect_response("**/live"):
        page.evaluate(HIDE, False)
    page.get_by_label("Refresh").select_option("0")
    so_far = len(asked)
    page.clock.run_for(120_000)
    assert len(asked) == so_far


def test_what_somebody_types_survives_a_refresh(signed_in, busy):
    page = signed_in.page
    page.clock.install()
    signed_in.open(QUEUES)
    row = page.locator("[data-queue=sync]")
    row.locator("summary").click()
    row.get_by_label("Why?").fill("Stock")
    JobFactory.create_batch(2, type=JobType.UPLOAD)

    with page.expect_response("**/live"):
        page.clock.run_for(5_100)

    expect(page.locator("[data-figure=waiting] strong")).to_have_text("3")
    expect(row.get_by_label("Why?")).to_have_value("Stock")
