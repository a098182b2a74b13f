"""Which digests have named an order: written when one went out, anew when its date changes."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse

from apps.orders.digest.reminders import reminders_of
from apps.orders.models import OrderReminder
from apps.orders.services.send_digest import send_digest
from tests.factories.accounts import UserFactory
from tests.factories.orders import OrderFactory, RecipientFactory
from tests.support.mail_server import MailServer

pytestmark = pytest.mark.django_db

DAY = date(2025, 2, 1)
NINE = datetime(2025, 2, 1, 3, 30, tzinfo=UTC)  # in Kolkata


@pytest.fixture
def order():
    RecipientFactory()
    return OrderFactory(lines=[], expected_delivery_date=NINE + timedelta(days=7))


def send(days_later=0):
    later = timedelta(days=days_later)
    return send_digest(day=DAY + later, now=NINE + later)


def test_each_digest_that_names_an_order_is_noted(mail_server, order):
    named = []
    for days in (0, 1, 4, 6, 7):
        send(days)
        named.append(reminders_of(order))

    week, three, one = "a week", "3 days", "a day"
    assert named == [[week], [week], [week, three], [week, three, one], [week, three, one]]
    assert len(mail_server.mails) == 5


def test_another_delivery_date_begins_anew(mail_server, order):
    send()
    order.expected_delivery_date += timedelta(days=1)
    order.save()

    before = reminders_of(order)
    send(5)

    assert before == []
    assert reminders_of(order) == ["3 days"]
    row = OrderReminder.objects.get()
    assert row.delivery_date_snapshot == order.expected_delivery_date
    assert (row.sent_7d, row.sent_3d, row.sent_1d) == (False, True, False)


def test_what_nobody_got_was_no_reminder(settings, order):
    with MailServer() as server:
        server.serve(settings)
    assert send().run.status == "failed"

    assert not OrderReminder.objects.exists()


def test_staff_see_it_on_the_page_of_the_order(client, mail_server, order):
    send()
    client.force_login(UserFactory(operator=True, staff=True))

    page = client.get(reverse("admin:orders_order_change", args=[order.pk])).content.decode()

    assert "<dt>In the digest</dt><dd>a week before</dd>" in page
