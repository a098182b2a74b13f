"""The customers' page in a real browser: phone and desk, with and without script, by keyboard."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from apps.feedback.models import Feedback
from tests.e2e.conftest import Desk
from tests.factories.catalog import ItemFactory
from tests.factories.feedback import FeedbackTokenFactory
from tests.factories.orders import OrderFactory

PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 800}
SCRIPTS = pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
SEND = {"en": "Send feedback", "de": "Bewertung senden", "ar": "إرسال التقييم"}
THANKS = {"en": "Thank you!", "de": "Vielen Dank!", "ar": "شكرًا لك!"}


@pytest.fixture(autouse=True)
def patient(settings):
    """Let the browser be faster than people are; the guard has tests of its own."""
    settings.FEEDBACK_FASTEST_SECONDS = 0


@pytest.fixture
def link(db):
    lines = [(ItemFactory(name="Linen shirt"), 2), (ItemFactory(), 1), (ItemFactory(), 1)]
    order = OrderFactory(completed=True, customer_name="Mira", lines=lines)
    return FeedbackTokenFactory(order=order)


@pytest.fixture
def address(live_server, link):
    return f"{live_server.url}/feedback/{link.secret}"


@pytest.fixture
def visit(chromium) -> Iterator[object]:
    """Return a function that opens a window of a customer's browser."""
    contexts: list[BrowserContext] = []

    def open_window(**options: object) -> Page:
        context = chromium.new_context(**{"viewport": PHONE, "locale": "en-GB", **options})
        contexts.append(context)
        return context.new_page()

    yield open_window
    for context in contexts:
        context.close()


@pytest.mark.parametrize(
    ("screen", "script", "language"),
    [
        (PHONE, True, "en"),
        (PHONE, False, "de"),
        (DESK, True, "de"),
        (DESK, False, "en"),
        (PHONE, True, "ar"),
    ],
)
def test_a_customer_says_how_it_was(visit, address, link, screen, script, language):
    page = visit(viewport=screen, java_script_enabled=script, locale=language)
    page.goto(address)
    stars = page.locator("[name=rating]")
    stars.nth(3).check(force=True)
    page.locator("[name=productQuality][value='5']").check(force=True)
    page.get_by_role("textbox").fill("Schön 🧵")
    page.get_by_role("button", name=SEND[language]).click()

    expect(page.get_by_role("heading", level=1)).to_have_text(THANKS[language])
    assert link.secret not in page.url
    feedback = Feedback.objects.get(order=link.order)
    assert (feedback.rating, feedback.product_quality, feedback.comment) == (4, 5, "Schön 🧵")
    assert feedback.delivery_experience is None


@SCRIPTS
def test_the_keyboard_alone_is_enough(visit, address, link, script):
    page = visit(viewport=DESK, java_script_enabled=script)
    page.goto(address)

    page.keyboard.press("Tab")  # the first star
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")  # one stop for all stars, so this is the next question
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("By keyboard")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you!")
    feedback = Feedback.objects.get(order=link.order)
    assert (feedback.rating, feedback.product_quality) == (4, 5)
    assert (feedback.delivery_experience, feedback.comment) == (None, "By keyboard")


def test_focus_is_always_seen(visit, address):
    page = visit()
    page.goto(address)

    outlines = []
    for _ in range(5):
        page.keyboard.press("Tab")
        outlines.append(
            page.evaluate(
                "() => { const e = document.activeElement, s = e.closest('.star, .none') || e;"
                " return getComputedStyle(s).outlineStyle + ' ' + e.tagName; }"
            )
        )

    assert outlines == ["solid INPUT"] * 3 + ["solid TEXTAREA", "solid BUTTON"]


@pytest.mark.parametrize(
    ("screen", "theme", "language"),
    [
        (PHONE, "light", "en"),
        (PHONE, "dark", "de"),
        (DESK, "light", "de"),
        (DESK, "dark", "en"),
        (PHONE, "light", "ar"),
        (DESK, "dark", "ar"),
    ],
)
def test_every_page_is_free_of_barriers_and_fits(
    visit, address, live_server, screen, language, theme
):
    page = visit(viewport=screen, locale=language, color_scheme=theme, reduced_motion="reduce")
    window = Desk(page, live_server.url)
    used = FeedbackTokenFactory(used=True)
    paths = [
        address.removeprefix(live_server.url),
        "/feedback/thanks",
        f"/feedback/{used.secret}",
        "/feedback/unknown",
    ]

    for path in paths:
        window.open(path)
        assert window.barriers() == [], path
        assert window.overflow() == 0, path
    page.goto(address)
    page.get_by_role("button").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert window.barriers() == []
    assert page.locator("html").get_attribute("dir") == ("rtl" if language == "ar" else "ltr")


def test_the_whole_form_is_on_one_screen_of_a_phone(visit, address):
    page = visit(viewport=PHONE)
    page.goto(address)

    button = page.get_by_role("button").bounding_box()

    assert button["y"] + button["height"] <= PHONE["height"]


def test_everything_that_is_touched_is_large_enough(visit, address):
    page = visit(viewport=PHONE)
    page.goto(address)

    boxes = [
        target.bounding_box()
        for target in page.locator(".star, .none, textarea, button, footer a").all()
    ]

    assert len(boxes) > 18
    assert min(min(box["width"], box["height"]) for box in boxes) >= 24


def test_from_right_to_left_the_stars_begin_on_the_right(visit, address):
    page = visit(locale="ar")
    page.goto(address)

    first, last = (page.locator("[name=rating]").nth(which).bounding_box() for which in (0, 4))

    assert first["x"] > last["x"]


def test_a_draft_outlives_a_reload_and_a_change_of_language(visit, address):
    page = visit()
    page.goto(address)
    page.locator("[name=rating][value='2']").check(force=True)
    page.get_by_role("textbox").fill("Half a thought")

    page.reload()
    expect(page.get_by_role("textbox")).to_have_value("Half a thought")
    page.get_by_role("link", name="Deutsch").click()

    expect(page.get_by_role("textbox")).to_have_value("Half a thought")
    expect(page.locator("[name=rating][value='2']")).to_be_checked()
    page.get_by_role("button").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Vielen Dank!")
    page.wait_for_function("!Object.keys(sessionStorage).length")  # by a script that comes last


def test_a_refused_form_keeps_the_draft_without_script(visit, address):
    page = visit(java_script_enabled=False)
    page.goto(address)
    page.locator("[name=deliveryExperience][value='3']").check(force=True)
    page.get_by_role("textbox").fill("No stars yet")
    page.get_by_role("button").click()

    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_role("textbox")).to_have_value("No stars yet")
    expect(page.locator("[name=deliveryExperience][value='3']")).to_be_checked()
    assert not Feedback.objects.exists()


@pytest.mark.parametrize(
    ("language", "typed", "told"),
    [
        ("en", 999, "1 character left"),
        ("en", 997, "3 characters left"),
        ("en", 1002, "2 characters too many"),
        ("de", 997, "Noch 3 Zeichen"),
        ("ar", 998, "تبقى حرفان (2)"),
        ("ar", 997, "تبقى 3 أحرف"),
        ("ar", 989, "تبقى 11 حرفًا"),
    ],
)
def test_the_counter_counts_in_the_plurals_of_the_language(visit, address, language, typed, told):
    page = visit(locale=language)
    page.goto(address)

    page.get_by_role("textbox").fill("x" * typed)

    expect(page.locator("#count")).to_have_text(told)


def test_a_double_tap_makes_one_feedback(visit, address):
    page = visit()
    page.goto(address)
    page.locator("[name=rating][value='5']").check(force=True)

    page.get_by_role("button").dblclick()

    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you!")
    assert Feedback.objects.count() == 1


def test_nothing_is_asked_of_anybody_else_and_no_script_is_stopped(
    visit, address, live_server, link
):
    page = visit()
    asked, complaints = [], []
    page.on("request", lambda request: asked.append(request))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(address)
    page.locator("[name=rating][value='5']").check(force=True)
    page.get_by_role("button").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you!")

    assert {request.url.startswith(live_server.url) for request in asked} == {True}
    told = {request.all_headers().get("referer", "") for request in asked}
    assert not any(link.secret in referer for referer in told), told
    assert complaints == []
    assert page.context.cookies() == []
