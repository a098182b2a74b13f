"""
Take the pictures of the README's tour from a running `make up`: `python -m docs.screens`.

Addresses and passwords come from `var/demo.json`. Nothing is changed but the pictures in
`docs/screens/`: the tour shows the batch that `make up` has sent.
"""

import json
import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
CARD = Path(os.environ.get("BACKROOM_VAR", ROOT / "var")) / "demo.json"
FOLDER = Path(__file__).resolve().parent / "screens"
NAMES = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--no-first-run"]
DESK = {"width": 1280, "height": 860}
PHONE = {"width": 390, "height": 844}
SMALL = {"width": 360, "height": 740}
CUSTOMERS = (
    ("", DESK, "light", "en"),
    ("-dark", DESK, "dark", "en"),
    ("-phone", SMALL, "light", "en"),
    ("-german", DESK, "light", "de"),
    ("-german-dark", DESK, "dark", "de"),
    ("-german-phone-dark", SMALL, "dark", "de"),
    ("-arabic", DESK, "light", "ar"),
    ("-arabic-dark", SMALL, "dark", "ar"),
)
# What customers see where there is no form, at addresses that need no link.
NO_FORMS = {"thanks": "thanks", "over": "0" * 64}


class Tour:
    """A walk through the admin as one of the demo's people, in one theme, on one screen."""

    def __init__(self, browser: Browser, card: dict[str, str]) -> None:
        self._browser, self._card = browser, card
        self._addresses: dict[str, str] = {}

    def take(self, theme: str, size: dict[str, int], suffix: str, *, only: str = "") -> None:
        """Take a picture of every page, or of one."""
        context = self._browser.new_context(
            viewport=size, color_scheme=theme, reduced_motion="reduce", device_scale_factor=1
        )
        page = context.new_page()
        self._sign_in(page, theme)
        self._addresses = self._addresses or self._find(page)
        for name, address in self._addresses.items():
            if only not in ("", name):
                continue
            page.goto(address)
            page.wait_for_load_state("networkidle")
            path = FOLDER / f"{name}{suffix}.png"
            page.screenshot(path=path)
            print(path.relative_to(ROOT))
        context.close()

    def _sign_in(self, page: Page, theme: str) -> None:
        page.goto(f"{self._card['url']}/admin/login/")
        page.fill("[name=username]", self._card["admin_user"])
        page.fill("[name=password]", self._card["admin_password"])
        page.press("[name=password]", "Enter")
        page.wait_for_url("**/admin/")
        page.evaluate("theme => localStorage.setItem('adminTheme', JSON.stringify(theme))", theme)

    def _find(self, page: Page) -> dict[str, str]:
        admin = f"{self._card['url']}/admin"
        batch = self._first_link(page, f"{admin}/batches/batchrun/?outcome=attention")
        rows = f"{admin}/batches/batchrow/?state=unsuccessful"
        return {
            "dashboard": f"{admin}/",
            "sales": f"{admin}/orders/order/sales?range=quarter",
            "orders": f"{admin}/orders/order/?due=open",
            "order": self._first_link(page, f"{admin}/orders/order/?due=7", "th a"),
            "items": f"{admin}/catalog/item/",
            "batches": f"{admin}/batches/batchrun/",
            "batch": batch,
            "rows": rows,
            "queues": f"{admin}/jobs/queuestate/",
            "row": self._first_link(page, f"{rows}&status=422"),
            "session": self._first_link(page, f"{admin}/batches/batchsession/"),
            "new-batch": f"{admin}/batches/batchrun/new",
            "columns": self._columns(page, f"{admin}/batches/batchrun/new"),
            "feedback-queue": f"{admin}/feedback/feedback/queue",
            "feedback-figures": f"{admin}/feedback/feedback/figures",
            "feedback-told": f"{admin}/feedback/feedback/add/",
        }

    def _first_link(self, page: Page, address: str, link: str = "a.br-link") -> str:
        page.goto(address)
        found = page.locator(f"#result_list tbody {link}").first
        return self._card["url"] + str(found.get_attribute("href"))

    def _columns(self, page: Page, address: str) -> str:
        page.goto(address)
        page.set_input_files("[name=file]", self._card["workbook"])
        page.click("text=Continue")
        page.wait_for_selector("[data-valid]")
        return page.url


def take_feedback_page(browser: Browser, card: dict[str, str]) -> None:
    """Take pictures of the page that customers get, filled in but never sent."""
    for suffix, size, theme, language in CUSTOMERS:
        context = browser.new_context(viewport=size, color_scheme=theme, locale=language)
        page = context.new_page()
        page.goto(card["feedback_url"])
        page.locator("[name=rating][value='5']").check(force=True)
        page.locator("[name=productQuality][value='4']").check(force=True)
        path = FOLDER / f"feedback{suffix}.png"
        page.screenshot(path=path, full_page=True)
        print(path.relative_to(ROOT))
        context.close()


def take_other_feedback_pages(browser: Browser, card: dict[str, str]) -> None:
    """Take pictures of a form that is refused, without a script, and of pages without a form."""
    context = browser.new_context(viewport=SMALL, java_script_enabled=False)
    page = context.new_page()
    page.goto(card["feedback_url"])
    page.get_by_role("textbox").fill("Lovely colours!")
    page.get_by_role("button").click()  # the stars are missing
    page.get_by_role("alert").wait_for()
    page.screenshot(path=FOLDER / "feedback-refused.png", full_page=True)
    for name, path in NO_FORMS.items():
        page.goto(f"{card['url']}/feedback/{path}")
        page.screenshot(path=FOLDER / f"feedback-{name}.png")
    context.close()


def main() -> None:
    """Take all pictures."""
    if not CARD.is_file():
        sys.exit("Run `make up DETACH=1` first: var/demo.json is missing.")
    card = json.loads(CARD.read_text())
    chromium = next(filter(None, map(shutil.which, NAMES)), None)
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=OPTIONS)
        tour = Tour(browser, card)
        tour.take("light", DESK, "")
        for page in ("batch", "sales", "feedback-queue", "feedback-figures"):
            tour.take("dark", DESK, "-dark", only=page)
            tour.take("light", PHONE, "-phone", only=page)
        take_feedback_page(browser, card)
        take_other_feedback_pages(browser, card)
        browser.close()


if __name__ == "__main__":
    main()
