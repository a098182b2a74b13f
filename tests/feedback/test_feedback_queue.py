import re
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from apps.feedback.models import Feedback
from apps.feedback.services.update_feedback import update_feedback
from tests.factories.accounts import UserFactory
from tests.factories.feedback import FeedbackFactory, ReplyTemplateFactory
from tests.factories.orders import OrderFactory

QUEUE = "/admin/feedback/feedback/queue"


@pytest.fixture
def asha(db):
    return UserFactory(operator=True, staff=True, username="asha")


@pytest.fixture
def desk(client, asha):
    client.force_login(asha)
    return client


def given(**values):
    customer = values.pop("customer", "Mira Okonkwo")
    order = OrderFactory(lines=[], completed=True, customer_name=customer)
    return FeedbackFactory(order=order, **values)


def reply_to(desk, feedback, text, **form):
    return desk.post(QUEUE, {"feedback": feedback.pk, "reply": text, **form})


def shown(response):
    return [int(key) for key in re.findall(r'data-feedback="(\d+)"', response.content.decode())]


def test_what_waits_is_shown_oldest_first_and_leaves_with_its_reply(desk, asha):
    first, second, answered = given(), given(rating=1), given(answered=True)

    before = shown(desk.get(QUEUE))
    answer = reply_to(desk, first, "Thank you, Mira!", is_public="on")
    after = shown(desk.get(QUEUE))

    first.refresh_from_db()
    assert before == [first.pk, second.pk]
    assert answer.status_code == 302
    assert after == [second.pk]
    assert (first.response_text, first.is_public) == ("Thank you, Mira!", True)
    assert first.is_answered
    assert answered.pk not in before


def test_the_lowest_ratings_may_come_first(desk):
    five, one = given(rating=5), given(rating=1)

    assert shown(desk.get(QUEUE, {"sort": "lowest"})) == [one.pk, five.pk]
    assert shown(desk.get(QUEUE, {"sort": "nonsense"})) == [five.pk, one.pk]


def test_a_reply_may_hide_what_the_customer_said(desk):
    feedback = given()

    reply_to(desk, feedback, "We are sorry.")

    feedback.refresh_from_db()
    assert feedback.is_public is False


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("   ", "Write a reply first"),
        ("x" * 1001, "Response cannot exceed 1000 characters"),
    ],
)
def test_a_reply_that_is_not_acceptable_is_kept_in_the_form(desk, text, complaint):
    feedback = given()

    response = reply_to(desk, feedback, text)

    page = response.content.decode()
    assert response.status_code == 422
    assert complaint in page
    assert text in page
    feedback.refresh_from_db()
    assert not feedback.is_answered


def test_line_breaks_count_once(desk):
    feedback = given()

    reply_to(desk, feedback, "a\r\n" * 500)

    feedback.refresh_from_db()
    assert feedback.response_text == ("a\n" * 500).strip()


def test_whoever_comes_second_does_not_overwrite_the_first_reply(desk, asha):
    feedback = given()
    sent = {"responseText": "First!"}
    update_feedback(feedback_id=feedback.pk, sent=sent, by=asha, now=datetime.now(UTC))

    response = reply_to(desk, feedback, "Second!")

    feedback.refresh_from_db()
    assert response.status_code == 422
    assert "Somebody else has replied to this meanwhile." in response.content.decode()
    assert feedback.response_text == "First!"


@pytest.mark.parametrize("key", ["", "abc", "999999", "1" * 40])
def test_a_reply_to_nothing_is_refused(desk, key):
    response = desk.post(QUEUE, {"feedback": key, "reply": "Hello"})

    assert response.status_code == 422
    assert "Feedback not found" in response.content.decode()


def test_templates_are_offered_filled_in_for_each_feedback(desk, settings):
    settings.SHOP_NAME = "Loom & Co"
    ReplyTemplateFactory(text="Dear {firstName}, {name}, {order}, {rating}, {shop}, {other}")
    feedback = given(rating=4, customer="Zoë {rating} <b>")

    page = desk.get(QUEUE).content.decode()

    wanted = f"Dear Zoë, Zoë {{rating}} <b>, {feedback.order.code}, 4, Loom & Co, {{other}}"
    text = re.search(r'data-text="([^"]*)"', page)[1]
    assert text == wanted.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def test_a_template_is_put_into_the_form_without_a_script(desk):
    template = ReplyTemplateFactory()
    feedback, other = given(rating=4), given()

    response = reply_to(desk, feedback, "", use="1", template=template.pk)

    page = response.content.decode()
    text = f"Dear Mira, thank you for 4 stars for {feedback.order.code}."
    assert re.findall(r"<textarea[^>]*>([^<]*)</textarea>", page) == [text, ""]
    assert other.pk in shown(response)
    feedback.refresh_from_db()
    assert not feedback.is_answered


def test_what_customers_wrote_is_escaped(desk):
    given(comment="<script>alert(1)</script>", customer="<img src=x>")

    page = desk.get(QUEUE).content.decode()

    assert "<script>alert" not in page
    assert "<img src=x>" not in page


def test_ten_are_shown_at_once_and_the_rest_is_counted(desk):
    for _ in range(12):
        given()

    response = desk.get(QUEUE)

    assert len(shown(response)) == 10
    assert 'data-waiting="12"' in response.content.decode()
    assert "2 more wait" in response.content.decode()


def test_the_queue_asks_the_database_no_more_for_more_feedback(desk, django_assert_max_num_queries):
    for _ in range(10):
        given()

    with django_assert_max_num_queries(14):
        desk.get(QUEUE)


def test_viewers_see_the_queue_and_cannot_reply(client, db):
    client.force_login(UserFactory(viewer=True, staff=True))
    feedback = given()

    page = client.get(QUEUE)

    assert shown(page) == [feedback.pk]
    assert "<textarea" not in page.content.decode()
    assert reply_to(client, feedback, "Hello").status_code == 403
    assert not Feedback.objects.get().is_answered


def test_strangers_are_led_to_the_login(client, db):
    assert client.get(QUEUE).status_code == 302


def test_a_slip_in_a_template_is_told_when_it_is_saved(desk):
    add = reverse("admin:feedback_replytemplate_add")

    refused = desk.post(add, {"name": "Thanks", "text": "Dear {frstName}"})
    desk.post(add, {"name": "Thanks", "text": "Dear {firstName}"})

    assert "{frstName} stands for nothing" in refused.content.decode()
    assert (
        "Dear {firstName}"
        in desk.get(reverse("admin:feedback_replytemplate_changelist")).content.decode()
    )


def test_the_time_that_it_waits_is_told(desk):
    given(created_at=datetime.now(UTC) - timedelta(days=2, hours=3))

    assert "waits for 2 d 3 h" in desk.get(QUEUE).content.decode()
