from datetime import UTC, date, datetime

import pytest
from django.urls import reverse

from apps.core.models import OutboxMessage
from apps.orders.models import DigestRun, NotificationRecipient
from apps.orders.tasks import send_digest_task, send_test_digest_task
from tests.factories.accounts import UserFactory
from tests.factories.orders import OrderFactory, RecipientFactory

RECIPIENTS = "admin:orders_notificationrecipient_changelist"
RUNS = "admin:orders_digestrun_changelist"


@pytest.fixture
def desk(client, db):
    client.force_login(UserFactory(operator=True, staff=True))
    return client


def failed_run(email="asha@shop.example"):
    run = DigestRun.objects.create(
        digest_date=date(2025, 2, 1),
        started_at=datetime(2025, 2, 1, 3, 30, tzinfo=UTC),
        status="failed",
        error="1 of 1 mails not confirmed: The mail server broke off.",
        order_counts={"overdue": 2, "oneDay": 1, "threeDay": 0, "sevenDay": 0},
    )
    recipient = RecipientFactory(email=email)
    run.mails.create(recipient=recipient, email=email, state="unknown", attempts=1, error="Lost.")
    return run


def act(desk, url, action, *rows):
    chosen = {"action": action, "_selected_action": [row.pk for row in rows]}
    return desk.post(reverse(url), chosen, follow=True).content.decode()


def test_operators_add_recipients_and_switch_them_off_in_the_list(desk):
    desk.post(
        reverse("admin:orders_notificationrecipient_add"),
        {"email": "asha@shop.example", "enabled": "on"},
    )
    asha = NotificationRecipient.objects.get()

    form = {"form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 1, "form-0-id": asha.pk, "_save": "Save"}
    desk.post(reverse(RECIPIENTS), form)

    asha.refresh_from_db()
    assert (asha.email, asha.enabled) == ("asha@shop.example", False)


def test_an_address_is_listed_once_however_it_is_written(desk):
    RecipientFactory(email="asha@shop.example")

    page = desk.post(
        reverse("admin:orders_notificationrecipient_add"), {"email": "Asha@Shop.example"}
    ).content.decode()

    assert "This address gets the digest already." in page
    assert NotificationRecipient.objects.count() == 1


def work_off():
    """Run the test mails that wait in the outbox, each twice: messages may come again."""
    for message in OutboxMessage.objects.filter(task="orders.send_test_digest"):
        for _ in "12":
            send_test_digest_task(**message.kwargs)


def test_a_test_mail_leaves_in_the_background_and_counts_for_nothing(desk, mail_server):
    asha = RecipientFactory(email="asha@shop.example")
    OrderFactory(lines=[], expected_delivery_date=datetime.now(UTC))

    page = act(desk, RECIPIENTS, "send_test", asha)

    assert "A test mail to asha@shop.example is on its way" in page
    assert mail_server.mails == []
    work_off()
    assert mail_server.only_mail()["Subject"].strip().startswith("[Test] ⏰ Daily Order Reminder")
    assert not DigestRun.objects.exists()
    asha.refresh_from_db()
    assert (asha.test_state, asha.test_error) == ("sent", "")


def test_the_button_of_a_recipient_saves_and_sends_a_test_mail(desk, mail_server):
    asha = RecipientFactory(email="asha@shop.example")
    page = reverse("admin:orders_notificationrecipient_change", args=[asha.pk])
    name = "orders_notificationrecipient_save_and_send_test"
    assert f'name="{name}"' in desk.get(page).content.decode()

    desk.post(page, {"email": "ravi@shop.example", "enabled": "on", name: "1"})
    work_off()

    assert mail_server.addresses() == {"ravi@shop.example": 1}


def test_a_test_mail_that_fails_says_why(desk, settings):
    settings.EMAIL_BACKEND = "apps.core.egress.mail.NoMailBackend"
    asha = RecipientFactory()

    waiting = act(desk, RECIPIENTS, "send_test", asha)
    work_off()
    failed = desk.get(reverse(RECIPIENTS)).content.decode()
    again = act(desk, RECIPIENTS, "send_test", asha)

    sentence = "No mail server is configured: set EMAIL_URL or SMTP_HOST."
    assert (sentence in waiting, sentence in failed, sentence in again) == (False, True, False)


def test_a_test_mail_whose_sender_died_may_have_arrived(desk, mail_server):
    asha = RecipientFactory(test_state="sending")

    send_test_digest_task(recipient_id=asha.pk)

    asha.refresh_from_db()
    assert (asha.test_state, mail_server.mails) == ("unknown", [])
    assert "it may have arrived" in desk.get(reverse(RECIPIENTS)).content.decode()


def test_a_day_and_its_mails_are_visible(desk):
    run = failed_run()

    listed = desk.get(reverse(RUNS)).content.decode()
    page = desk.get(reverse("admin:orders_digestrun_change", args=[run.pk])).content.decode()

    for words in ("Failed", "0 of 1", "3, 2 overdue", "The mail server broke off."):
        assert words in listed
    for words in ("asha@shop.example", "May have arrived", "Lost."):
        assert words in page


@pytest.mark.parametrize(
    ("action", "also_unknown", "count"), [("send_missing", False, 0), ("send_unknown", True, 1)]
)
def test_what_is_missing_is_sent_in_the_background(desk, mail_server, action, also_unknown, count):
    run = failed_run()
    OrderFactory(lines=[], expected_delivery_date=run.started_at)

    page = act(desk, RUNS, action, run)
    message = OutboxMessage.objects.get(task="orders.send_digest")
    send_digest_task(**message.kwargs)

    assert "Being sent: 2025-02-01" in page
    assert message.kwargs == {"day": "2025-02-01", "also_unknown": also_unknown}
    assert len(mail_server.mails) == count


def test_viewers_look_and_change_nothing(client, db):
    client.force_login(UserFactory(viewer=True, staff=True))
    asha = RecipientFactory()

    assert client.get(reverse(RECIPIENTS)).status_code == 200
    assert client.get(reverse(RUNS)).status_code == 200
    assert client.get(reverse("admin:orders_notificationrecipient_add")).status_code == 403
    assert "Send a test mail" not in client.get(reverse(RECIPIENTS)).content.decode()
    form = {"form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 1, "form-0-id": asha.pk, "_save": "Save"}
    client.post(reverse(RECIPIENTS), form)
    asha.refresh_from_db()
    assert asha.enabled
