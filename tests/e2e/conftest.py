"""A real Chromium before a real server, database, file store and partner."""

import os
import shutil
import threading
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection
from playwright.sync_api import Browser, Page, expect, sync_playwright

from apps.jobs.models import Job
from apps.jobs.services.run_slice import run_slice
from demo.workbook import KEY_FIELD, REQUIRED_FIELDS
from tests.factories.accounts import PASSWORD, UserFactory
from tests.factories.batches import BatchSessionFactory
from tests.support.partner import RecordingPartner

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
OPTIONS = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--no-first-run"]
NO_CHROMIUM = "*** NO CHROMIUM: the browser tests are SKIPPED; apt-get install chromium ***"
PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)
UNACCEPTABLE = ("serious", "critical")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/e2e/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.django_db(transaction=True))
            item.add_marker(pytest.mark.skipif(not CHROMIUM, reason=NO_CHROMIUM))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright keeps a loop in our thread, which Django takes for a mistake.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        browser.close()


class Desk:
    """A browser window, and what people do with it."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.complaints: list[str] = []
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _note(self, message: object) -> None:
        # A page that refuses a form answers 422, which Chromium reports as an error of ours.
        if message.type == "error" and "status of 422" not in message.text:
            self.complaints.append(f"{message.text} at {message.location['url']}")

    def sign_in(self, user: object) -> None:
        self.page.goto(f"{self.url}/admin/login/")
        self.page.fill("[name=username]", user.username)
        self.page.fill("[name=password]", PASSWORD)
        self.page.press("[name=password]", "Enter")
        self.page.wait_for_url("**/admin/")

    def open(self, path: str) -> int:
        return self.page.goto(f"{self.url}{path}").status

    def barriers(self) -> list[str]:
        """Return what axe finds serious or worse."""
        self.page.wait_for_load_state()  # a click may have led to a page that is still coming
        found = Axe().run(self.page).response
        assert found["passes"], "axe has not looked at the page"
        return [
            f"{each['id']}: {node['html'][:200]}"
            for each in found["violations"]
            if each["impact"] in UNACCEPTABLE
            for node in each["nodes"]
        ]

    def overflow(self) -> int:
        """Return by how many pixels the page is wider than the window."""
        element = "document.documentElement"
        return int(self.page.evaluate(f"{element}.scrollWidth - {element}.clientWidth"))


@pytest.fixture
def desk(chromium: Browser, live_server: object) -> Iterator[Desk]:
    with chromium.new_context(viewport={"width": 1280, "height": 900}) as context:
        desk = Desk(context.new_page(), live_server.url)
        yield desk
        assert desk.complaints == []


class Worker:
    """Works on whatever job is due, in a thread, until the test is over."""

    def __init__(self) -> None:
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._work, name="worker")

    def __enter__(self) -> "Worker":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join(timeout=60)

    def _work(self) -> None:
        try:
            while not self._is_over.wait(0.1):
                for key in list(Job.objects.runnable().values_list("pk", flat=True)):
                    run_slice(job_id=key)
        finally:
            connection.close()


@pytest.fixture
def partner() -> Iterator[RecordingPartner]:
    with RecordingPartner(latency_ms=20) as partner:
        yield partner


@pytest.fixture
def operator() -> object:
    return UserFactory(staff=True, operator=True)


@pytest.fixture
def session(partner: RecordingPartner, operator: object) -> object:
    """Return a session of the operator with the partner, for the sample workbook."""
    return BatchSessionFactory(
        owner=operator,
        name="Claims, March",
        api_url=partner.url,
        key_field=KEY_FIELD,
        required_fields=REQUIRED_FIELDS,
        requests_per_minute=6000,
        max_concurrent=20,
        min_interval_ms=0,
    )
