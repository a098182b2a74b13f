"""Staff answer customers, look at the figures and hand out links; and the pages of the digest."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from playwright.sync_api import expect

from apps.feedback.models import Feedback, FeedbackToken
from apps.orders.models import DigestRun
from tests.factories.accounts import PASSWORD
from tests.factories.feedback import FeedbackFactory, FeedbackTokenFactory, ReplyTemplateFactory
from tests.factories.orders import OrderFactory, RecipientFactory

PHONE = {"width": 360, "height": 740}
COMMENTS = {
    5: "The linen is lovely, and it came two days early.",
    4: "Good quality, but the parcel was a little crushed.",
    2: "Too late for the birthday.\nNobody answered my messages.",
    1: None,
}
QUEUE = "/admin/feedback/feedback/queue"


@pytest.fixture
def given(db):
    """Return feedback of some weeks, some of it answered; the templates to answer from."""
    ReplyTemplateFactory(name="Thanks")
    ReplyTemplateFactory(name="Sorry", text="Dear {firstName}, we are sorry about {order}.")
    now = datetime.now(UTC)
    for number in range(24):
        rating = (5, 5, 4, 4, 2, 1)[number % 6]
        FeedbackFactory(
            order=OrderFactory(completed=True, customer_name=f"Mira Okonkwo {number}"),
            rating=rating,
            comment=COMMENTS[rating],
            product_quality=rating if number % 2 else None,
            created_at=now - timedelta(days=3 * number, hours=2),
            answered=number % 3 > 0,
        )
    return list(Feedback.objects.unanswered().order_by("created_at"))


@pytest.fixture
def linked(db):
    order = OrderFactory(completed=True)
    FeedbackTokenFactory(order=order, expired=True, revoked_at=datetime.now(UTC))
    FeedbackTokenFactory(order=order)
    return order


@pytest.fixture
def digested(db):
    now = datetime.now(UTC)
    run = DigestRun.objects.create(
        digest_date=date(2026, 2, 1),
        started_at=now,
        status="failed",
        error="1 of 2 mails not confirmed: The mail server refused the address: 550 no such user",
        order_counts={"overdue": 2, "oneDay": 1, "threeDay": 0, "sevenDay": 4},
    )
    for name, state, sent_at in (("asha", "sent", now), ("ravi", "failed", None)):
        recipient = RecipientFactory(email=f"{name}@shop.example")
        run.mails.create(
            recipient=recipient,
            email=recipient.email,
            state=state,
            sent_at=sent_at,
            tried_at=now,
            attempts=1,
            error="" if sent_at else "The mail server refused the address: 550 no such user",
        )
    return run


@pytest.fixture
def paths(given, linked, digested):
    answered = Feedback.objects.exclude(response_text=None).first()
    recipient = digested.mails.first().recipient
    return {
        "queue": QUEUE,
        "list": "/admin/feedback/feedback/",
        "told": f"/admin/feedback/feedback/add/?order={linked.pk}",
        "feedback": f"/admin/feedback/feedback/{answered.pk}/change/",
        "figures": "/admin/feedback/feedback/figures?range=quarter",
        "templates": "/admin/feedback/replytemplate/",
        "template": "/admin/feedback/replytemplate/add/",
        "mails": "/admin/feedback/customermail/",
        "order": f"/admin/orders/order/{linked.pk}/change/",
        "digests": "/admin/orders/digestrun/",
        "digest": f"/admin/orders/digestrun/{digested.pk}/change/",
        "recipients": "/admin/orders/notificationrecipient/",
        "recipient": f"/admin/orders/notificationrecipient/{recipient.pk}/change/",
    }


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_is_free_of_barriers(desk, operator, paths, theme):
    desk.page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    desk.sign_in(operator)
    desk.page.evaluate("theme => localStorage.setItem('adminTheme', JSON.stringify(theme))", theme)

    found = {}
    for name, path in paths.items():
        assert desk.open(path) == 200, name
        if barriers := desk.barriers():
            found[name] = barriers

    assert found == {}


def test_every_page_fits_a_phone(desk, operator, paths):
    desk.page.set_viewport_size(PHONE)
    desk.sign_in(operator)

    too_wide = {}
    for name, path in paths.items():
        desk.open(path)
        if overflow := desk.overflow():
            too_wide[name] = overflow

    assert too_wide == {}


def test_a_reply_begins_from_a_template_and_is_sent_by_keyboard(desk, operator, given):
    first = given[0]
    desk.sign_in(operator)
    desk.open(QUEUE)
    page, card = desk.page, desk.page.locator(f"[data-feedback='{first.pk}']")

    card.get_by_label("Template").select_option(label="Sorry")
    card.get_by_role("button", name="Use").focus()
    page.keyboard.press("Enter")
    reply = f"Dear Mira, we are sorry about {first.order.code}."
    expect(card.get_by_label("Reply to")).to_have_value(reply)
    expect(card.get_by_label("Reply to")).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.type(" Asha")
    expect(card.locator("[data-count]")).to_have_text(f"{1000 - len(reply) - 5} characters left.")
    card.get_by_role("button", name="Send reply").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_text(f"Replied to {first.order.code}")).to_be_visible()
    expect(page.locator(f"[data-feedback='{first.pk}']")).to_have_count(0)
    first.refresh_from_db()
    assert first.response_text == f"{reply} Asha"


def test_a_template_asks_before_it_replaces_what_somebody_wrote(desk, operator, given):
    desk.sign_in(operator)
    desk.open(QUEUE)
    asked = []
    desk.page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    card = desk.page.locator(f"[data-feedback='{given[0].pk}']")

    card.get_by_label("Reply to").fill("My own words")
    card.get_by_label("Template").select_option(label="Thanks")
    card.get_by_role("button", name="Use").click()

    expect(card.get_by_label("Reply to")).to_have_value("My own words")
    assert asked == ["Replace what you have written?"]


def test_a_link_is_made_copied_and_revoked_on_the_page_of_the_order(desk, operator, live_server):
    order = OrderFactory(completed=True)
    page = desk.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=live_server.url)
    desk.sign_in(operator)
    desk.open(f"/admin/orders/order/{order.pk}/change/")

    page.get_by_role("button", name="Make a link and copy it").click()

    expect(page.locator("[data-link-news]")).to_contain_text("Copied. It works until")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert re.fullmatch(rf"{live_server.url}/feedback/[0-9a-f]{{64}}", copied)
    expect(page.get_by_label("Send this to the customer")).to_have_value(copied)
    page.reload()
    expect(page.locator("[data-link-panel]")).to_contain_text("Live")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("The link is revoked")).to_be_visible()
    assert FeedbackToken.objects.get().revoked_at


def test_without_a_script_replies_and_links_work_all_the_same(
    chromium, live_server, given, linked, operator
):
    first = given[0]
    with chromium.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{live_server.url}/admin/login/")
        page.fill("[name=username]", operator.username)
        page.fill("[name=password]", PASSWORD)
        page.press("[name=password]", "Enter")
        page.goto(f"{live_server.url}{QUEUE}")
        card = page.locator(f"[data-feedback='{first.pk}']")
        card.get_by_label("Template").select_option(label="Sorry")
        card.get_by_role("button", name="Use").click()
        card.get_by_role("button", name="Send reply").click()
        page.goto(f"{live_server.url}/admin/orders/order/{linked.pk}/change/")
        page.get_by_role("button", name="Copy the link").click()

        address = page.get_by_label("Send this to the customer").input_value()

    first.refresh_from_db()
    assert first.response_text == f"Dear Mira, we are sorry about {first.order.code}."
    assert re.fullmatch(rf"{live_server.url}/feedback/[0-9a-f]{{64}}", address)


def test_a_bar_leads_to_the_feedback_that_it_counts(desk, operator, given):
    desk.sign_in(operator)
    desk.open("/admin/feedback/feedback/figures?range=quarter")
    figure = desk.page.locator("[data-chart=ratings-number]")
    row = desk.page.locator("#ratings tbody tr", has_text="5 stars")
    count = int(row.locator("[data-number]").get_attribute("data-number"))

    box = figure.locator("canvas").bounding_box()
    desk.page.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + 14)

    desk.page.wait_for_url("**rating__exact=5**")
    expect(desk.page.locator("#result_list tbody tr")).to_have_count(count)
