"""From a workbook to a corrected workbook, with the mouse of somebody who never reads the API."""

import re
from io import BytesIO

from openpyxl import load_workbook
from playwright.sync_api import expect

from apps.batches.models import BatchRun, BatchSession
from demo.workbook import MAPPING, WORKBOOK
from tests.e2e.conftest import Worker
from tests.factories.batches import upload_of

ROWS = 560
LOCALLY_INVALID = 8
REFUSED = {"RX-88122": "status:422", "RX-88123": "status:422", "RX-88127": "status:503"}


def percent(page):
    return float(page.locator("[data-percent]").get_attribute("data-percent"))


def begin(desk, user):
    desk.sign_in(user)
    desk.page.click("text=New batch")
    desk.page.set_input_files("[name=file]", WORKBOOK)
    desk.page.click("text=Continue")


def started(desk, session):
    """Start the sample workbook the short way: from a recent upload and a saved mapping."""
    session.mappings = {"claims": {"mapping": MAPPING}}
    session.save()
    upload = upload_of(WORKBOOK, session.owner)
    desk.sign_in(session.owner)
    desk.open(f"/admin/batches/batchrun/new/{upload.pk}?session={session.pk}")
    desk.page.check("[name=allow_duplicates]")
    desk.page.click("button[value=start]")
    desk.page.wait_for_url("**/change/")
    return BatchRun.objects.get()


def test_a_workbook_is_uploaded_mapped_rehearsed_sent_watched_and_corrected(
    desk, partner, session, tmp_path
):
    partner.script(REFUSED)
    page = desk.page
    begin(desk, session.owner)
    # The proposal knows every field but the one that the sheet calls by another name.
    expect(page.get_by_text("Nothing fills requestId yet.")).to_be_visible()
    page.get_by_label("Field of Claim no").fill("requestId")
    page.get_by_label("Date format of Service date").fill("dd/MM/yyyy")
    page.check("[name=allow_duplicates]")
    page.click("button[value=preview]")
    expect(page.locator(f"[data-invalid='{LOCALLY_INVALID}']")).to_be_visible()
    assert desk.barriers() == []
    page.click("button[value=rehearse]")
    expect(page.get_by_text("Dry run: nothing was sent")).to_be_visible()
    assert partner.call_count() == 0
    page.fill("[name=mapping_name]", "claims")
    page.click("button[value=save]")
    expect(page.get_by_text("The mapping is saved with the session as “claims”.")).to_be_visible()
    assert "Claim no" in BatchSession.objects.get().mappings["claims"]["mapping"]
    page.check("[name=allow_duplicates]")
    page.click("button[value=start]")
    page.wait_for_url("**/change/")
    assert percent(page) == 0

    with Worker():
        seen = watch(page)

    assert any(0 < each < 100 for each in seen), "nobody saw the bar move"
    arithmetic = page.inner_text("[data-arithmetic]")
    total, _, terms = arithmetic.partition(" = ")
    assert int(total) == ROWS == sum(map(int, re.findall(r"\d+", terms)))
    run = BatchRun.objects.get()
    assert (run.failed, run.needs_action) == (1, LOCALLY_INVALID + 2)
    expect(page.get_by_role("status").first).to_have_text("Partial")
    assert desk.barriers() == []

    page.locator("tr", has_text="422").get_by_role("link").first.click()
    expect(page.get_by_text("RX-88122")).to_be_visible()
    expect(page.get_by_text("RX-88123")).to_be_visible()
    expect(page.get_by_text("RX-88127")).not_to_be_visible()

    page.go_back()
    with page.expect_download() as download:
        page.get_by_role("link", name="Corrected workbook").click()
    corrected = tmp_path / "corrected.xlsx"
    download.value.save_as(corrected)
    sheet = load_workbook(BytesIO(corrected.read_bytes()))["Claims"]
    assert {"_status", "_error", "_hint"} <= {cell.value for cell in sheet[1]}

    partner.script({"RX-88122": "ok", "RX-88123": "ok", "RX-88127": "ok"})
    page.set_input_files("[name=file]", corrected)
    page.click("text=Send changed rows")
    expect(page.get_by_text("3 sent again")).to_be_visible()
    with Worker():
        expect(page.locator("[data-arithmetic]")).to_contain_text(f"{ROWS - LOCALLY_INVALID} succ")
    effects = partner.effects()
    assert set(effects.values()) == {1}, "a row was done twice"


def watch(page):
    """Return the percentages that a person saw until the batch had ended."""
    seen = []
    while page.locator("[data-live]").get_attribute("data-open") == "yes":
        seen.append(percent(page))
        page.wait_for_timeout(250)
    return seen


def test_a_batch_is_paused_resumed_and_cancelled(desk, session):
    run = started(desk, session)
    page = desk.page

    page.click("button[value=pause]")
    expect(page.locator("[data-state]")).to_have_text("Paused")
    page.click("button[value=resume]")
    expect(page.locator("[data-state]")).to_have_text("Queued")
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.click("button[value=cancel]")
    expect(page.locator("[data-state]")).to_have_text("Queued")
    page.once("dialog", lambda dialog: dialog.accept())
    page.click("button[value=cancel]")

    expect(page.locator("[data-state]")).to_have_text("Cancelled")
    expect(page.locator("button[value=cancel]")).to_have_count(0)
    run.job.refresh_from_db()
    assert run.job.error_code == "cancelled"
    assert run.job.events.filter(kind="CANCEL_REQUESTED", actor=session.owner.username).exists()


def test_rows_that_failed_are_sent_again(desk, partner, session):
    partner.script({"RX-88122": "status:503"})
    started(desk, session)
    page = desk.page
    with Worker():
        expect(page.locator("[data-live]")).to_have_attribute("data-open", "no")
        expect(page.get_by_label("Failed rows (1)")).to_be_checked()
        partner.script({"RX-88122": "ok"})
        page.click("button[value=retry]")
        expect(page.locator("[data-arithmetic]")).to_contain_text(f"{ROWS - LOCALLY_INVALID} succ")

    assert partner.effects()["RX-88122"] == 1


def test_the_page_asks_no_more_when_the_batch_has_ended(desk, session):
    run = started(desk, session)
    desk.page.once("dialog", lambda dialog: dialog.accept())
    desk.page.click("button[value=cancel]")
    expect(desk.page.locator("[data-state]")).to_have_text("Cancelled")
    asked = []
    desk.page.on("request", lambda request: request.url.endswith("/live") and asked.append(1))

    desk.open(f"/admin/batches/batchrun/{run.pk}/change/")
    desk.page.wait_for_timeout(2000)

    assert asked == []


def test_an_unchanged_batch_costs_only_a_304(desk, session):
    run = started(desk, session)
    desk.page.click("button[value=pause]")
    expect(desk.page.locator("[data-state]")).to_have_text("Paused")
    answers = []
    desk.page.on(
        "response", lambda each: each.url.endswith("/live") and answers.append(each.status)
    )

    desk.open(f"/admin/batches/batchrun/{run.pk}/change/")
    for _ in range(300):
        if len(answers) == 2:
            break
        desk.page.wait_for_timeout(100)

    assert answers == [200, 304]


def test_a_wrong_mapping_is_explained_beside_its_column(desk, session):
    begin(desk, session.owner)
    desk.page.get_by_label("Date format of Service date").fill("yyyy-QQ")
    desk.page.click("button[value=start]")

    wrong = desk.page.get_by_label("Field of Service date")
    expect(wrong).to_have_attribute("aria-invalid", "true")
    assert not BatchRun.objects.exists()
    assert desk.barriers() == []


def test_a_file_of_another_kind_is_refused_beside_the_field(desk, session, tmp_path):
    poster = tmp_path / "poster.pdf"
    poster.write_bytes(b"%PDF-1.7")
    desk.sign_in(session.owner)
    desk.open("/admin/batches/batchrun/new")
    desk.page.set_input_files("[name=file]", poster)
    desk.page.click("text=Continue")

    expect(desk.page.get_by_role("alert")).to_contain_text("Files ending in .pdf")
    assert desk.barriers() == []
