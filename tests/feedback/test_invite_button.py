"""Staff have an invitation mailed from the page of an order, where the customer can be mailed."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from apps.core.models import OutboxMessage
from apps.feedback.models import CustomerMail, MailOptOut
from tests.factories.accounts import UserFactory
from tests.factories.orders import OrderFactory

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def desk(client, db):
    client.force_login(UserFactory(operator=True, staff=True))
    return client


def order_page(order):
    return reverse("admin:orders_order_change", args=[order.pk])


def link_url(order):
    return reverse("admin:feedback_feedback_link", args=[order.pk])


def test_an_invitation_is_mailed_from_the_page_of_the_order_once(desk, settings):
    settings.PUBLIC_URL, settings.FEEDBACK_INVITE_AFTER_HOURS = "https://shop.example", 48
    order = OrderFactory(completed=True, customer_id="mira@example.test")
    assert "Mail an invitation to mira@example.test" in desk.get(order_page(order)).content.decode()

    told = [desk.post(link_url(order), {"invite": "1"}, follow=True) for _ in "12"]

    assert "An invitation to mira@example.test is on its way." in told[0].content.decode()
    assert "No invitation was sent." in told[1].content.decode()
    mail = CustomerMail.objects.get()
    assert OutboxMessage.objects.get(task="feedback.send_mail").due_at <= mail.created_at
    page = desk.get(order_page(order)).content.decode()
    assert "Invitation to mira@example.test" in page
    assert "Mail an invitation" not in page


@pytest.mark.parametrize("why", ["handle", "unsubscribed", "no public address"])
def test_who_cannot_be_mailed_is_not_offered_a_mail(desk, settings, why):
    settings.PUBLIC_URL = "" if why == "no public address" else "https://shop.example"
    email = "@mira" if why == "handle" else "mira@example.test"
    order = OrderFactory(completed=True, customer_id=email)
    if why == "unsubscribed":
        MailOptOut.objects.create(email=email, created_at=NOW)

    told = desk.post(link_url(order), {"invite": "1"}, follow=True).content.decode()

    assert "No invitation was sent." in told
    assert "Mail an invitation" not in told
    assert not CustomerMail.objects.exists()
