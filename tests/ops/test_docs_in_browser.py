"""Swagger UI in a real Chromium, under our Content-Security-Policy."""

import os
import shutil

import pytest
from playwright.sync_api import sync_playwright

from tests.factories.accounts import PASSWORD, UserFactory

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed"),
]


@pytest.fixture
def viewer():
    return UserFactory(staff=True, viewer=True)


def test_staff_sign_in_read_the_documents_and_try_a_call(live_server, viewer, monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # playwright runs a loop in our thread
    complaints = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"{live_server.url}/api/docs")
        page.fill("input[name=username]", viewer.username)
        page.fill("input[name=password]", PASSWORD)
        page.on("console", lambda entry: entry.type == "error" and complaints.append(_full(entry)))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.click("button[type=submit]")
        page.wait_for_url("**/api/docs")
        page.wait_for_selector(".opblock-summary-path")
        page.click("#operations-operations-live .opblock-summary-control")
        page.click("#operations-operations-live .try-out__btn")
        page.click("#operations-operations-live .execute")
        answer = page.inner_text("#operations-operations-live .live-responses-table .microlight")
        browser.close()

    assert '"status": "alive"' in answer
    assert complaints == []


def _full(entry):
    return f"{entry.text} at {entry.location['url']}"
