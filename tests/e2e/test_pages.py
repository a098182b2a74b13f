"""Every page of the admin: for everybody's eyes, on a phone, in the dark, and by role."""

import pytest
from playwright.sync_api import expect

from apps.batches.models import BatchRow, BatchRun
from apps.jobs.models import Job
from apps.jobs.services.start_job import start_job
from tests.factories.accounts import UserFactory
from tests.factories.batches import upload_of
from tests.factories.finished import finished_batch

NARROW = {"width": 360, "height": 740}


@pytest.fixture
def batch(session, partner, tmp_path):
    """Return a batch that ended with a row of each kind."""
    return finished_batch(session, partner, tmp_path)


def paths(run):
    session, upload = run.session, run.upload
    failed = BatchRow.objects.get(run=run, key="RX-2")
    invalid = BatchRow.objects.get(run=run, state="needsAction", status_code=None)
    other = start_job(type="upload", owner=session.owner, title="March, 3 files", params={})
    return {
        "dashboard": "/admin/",
        "jobs": "/admin/jobs/job/",
        "job": f"/admin/jobs/job/{other.pk}/change/",
        "batches": "/admin/batches/batchrun/",
        "batch": f"/admin/batches/batchrun/{run.pk}/change/",
        "rows": "/admin/batches/batchrow/",
        "failed rows": f"/admin/batches/batchrow/?batch={run.pk}&state=unsuccessful",
        "failed row": f"/admin/batches/batchrow/{failed.pk}/change/",
        "invalid row": f"/admin/batches/batchrow/{invalid.pk}/change/",
        "sessions": "/admin/batches/batchsession/",
        "session": f"/admin/batches/batchsession/{session.pk}/change/",
        "new session": "/admin/batches/batchsession/add/",
        "uploads": "/admin/uploads/upload/",
        "upload": f"/admin/uploads/upload/{upload.pk}/change/",
        "new batch": "/admin/batches/batchrun/new",
        "columns": f"/admin/batches/batchrun/new/{upload.pk}?session={session.pk}",
    }


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_is_free_of_barriers(desk, batch, theme):
    desk.page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    desk.sign_in(batch.session.owner)
    desk.page.evaluate("theme => localStorage.setItem('adminTheme', JSON.stringify(theme))", theme)

    found = {}
    for name, path in paths(batch).items():
        assert desk.open(path) == 200, name
        if barriers := desk.barriers():
            found[name] = barriers

    assert found == {}
    is_dark = desk.page.evaluate("document.documentElement.classList.contains('dark')")
    assert is_dark == (theme == "dark")


def test_every_page_fits_a_phone(desk, batch):
    desk.page.set_viewport_size(NARROW)
    desk.sign_in(batch.session.owner)

    too_wide = {}
    for name, path in paths(batch).items():
        desk.open(path)
        if overflow := desk.overflow():
            too_wide[name] = overflow

    assert too_wide == {}


def test_a_viewer_looks_and_has_no_buttons(desk, batch):
    viewer = batch.session.owner
    viewer.role = "viewer"
    viewer.save()
    desk.sign_in(viewer)

    expect(desk.page.get_by_text("New batch")).to_have_count(0)
    desk.open(f"/admin/batches/batchrun/{batch.pk}/change/")
    expect(desk.page.locator("[data-arithmetic]")).to_be_visible()
    expect(desk.page.get_by_role("link", name="Corrected workbook")).to_be_visible()
    expect(desk.page.locator("[data-live] button")).to_have_count(0)


def test_the_page_of_a_batch_works_without_javascript(chromium, live_server, batch):
    with chromium.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{live_server.url}/admin/login/")
        page.fill("[name=username]", batch.session.owner.username)
        page.fill("[name=password]", "correct horse battery staple")
        page.press("[name=password]", "Enter")
        page.goto(f"{live_server.url}/admin/batches/batchrun/{batch.pk}/change/")
        page.click("button[value=retry]")

        assert "Queued again." in page.content()
        assert Job.objects.get(pk=batch.pk).is_open


def test_a_workbook_is_mapped_and_started_by_the_keyboard_alone(desk, session, tmp_path):
    upload = upload_of(sheet_of(tmp_path), session.owner)
    desk.sign_in(session.owner)
    desk.open(f"/admin/batches/batchrun/new/{upload.pk}?session={session.pk}")
    page = desk.page

    page.get_by_label("Field of Claim").focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("requestId")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.value") == "start":
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/change/")

    assert BatchRun.objects.get().total == 1


def sheet_of(folder):
    path = folder / "claims.csv"
    path.write_text("Claim,Member\nRX-1,000000001\n", encoding="utf-8")
    return path


def test_each_number_of_the_dashboard_leads_to_what_it_counts(desk, batch):
    desk.sign_in(batch.session.owner)
    figure = desk.page.locator("[data-figure=needs-action]")
    count = int(figure.locator("strong").inner_text())

    figure.click()

    expect(desk.page.locator("#result_list tbody tr")).to_have_count(count)


def test_somebody_elses_batch_is_not_found(desk, batch):
    stranger = UserFactory(staff=True, operator=True)
    desk.sign_in(stranger)
    desk.complaints.clear()

    answers = [desk.open(path) for name, path in paths(batch).items() if name in HIDDEN]

    assert answers == [404, 404, 404, 404]
    desk.complaints.clear()  # Chromium reports each of them


HIDDEN = ("batch", "failed row", "invalid row", "job")
