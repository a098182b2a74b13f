"""Mails that ask for feedback: wanted, whole, once, and silent about their secret."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from apps.core.models import OutboxMessage
from apps.feedback.models import CustomerMail, FeedbackToken, MailOptOut
from apps.feedback.services.remind import remind
from apps.feedback.services.request_feedback import request_feedback
from apps.feedback.services.send_mail import MOST_ATTEMPTS, send_mail
from apps.feedback.services.submit_feedback import submit_feedback
from apps.feedback.status import MailKind, MailState
from apps.orders.services.update_order import update_order
from apps.orders.signals import order_completed
from tests.factories.accounts import UserFactory
from tests.factories.feedback import CustomerMailFactory, FeedbackFactory
from tests.factories.orders import OrderFactory
from tests.support.at_once import at_once
from tests.support.mail_server import MailServer

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MIRA = "mira@example.test"
SECRET = re.compile(r"/feedback/([0-9a-f]{64})")
STOP = re.compile(r"https://shop\.example(/feedback/unsubscribe/\S+?)(?=[\s\"<>])")


@pytest.fixture(autouse=True)
def inviting(settings):
    settings.FEEDBACK_AUTO_INVITE = True
    settings.PUBLIC_URL = "https://shop.example"
    settings.SHOP_NAME = "Linen & Thread"


@pytest.fixture
def mail():
    return CustomerMailFactory()


def complete(order):
    update_order(order_id=order.pk, sent={"status": "completed"}, by=UserFactory(operator=True))


def text_of(letter):
    return letter.get_body(("plain",)).get_content()


def html_of(letter):
    return letter.get_body(("html",)).get_content()


def state_of(mail):
    mail.refresh_from_db()
    return mail.state


# Who is invited


def test_completing_an_order_invites_its_customer_once(mail_server):
    order = OrderFactory(customer_id=f" {MIRA} ", status="processing")

    complete(order)
    order.status = "pending"
    order.save()
    complete(order)

    mail = CustomerMail.objects.get()
    assert (mail.order, mail.kind, mail.email) == (order, MailKind.INVITATION, MIRA)
    assert OutboxMessage.objects.get().kwargs == {"mail_id": mail.pk}


@pytest.mark.parametrize("customer_id", ["@mira", "+44 7700 901", "mira@", "a b@example.test"])
def test_who_has_no_mail_address_is_not_invited(customer_id):
    complete(OrderFactory(customer_id=customer_id))

    assert not CustomerMail.objects.exists()


def test_nobody_is_invited_unless_somebody_has_switched_it_on(settings):
    settings.FEEDBACK_AUTO_INVITE = False

    complete(OrderFactory(customer_id=MIRA))

    assert not CustomerMail.objects.exists()


def test_an_order_that_is_not_completed_after_all_invites_nobody():
    order = OrderFactory(customer_id=MIRA, completed=True)

    with transaction.atomic():
        order_completed.send(sender=type(order), order=order)
        transaction.set_rollback(True)

    assert not CustomerMail.objects.exists()
    assert not OutboxMessage.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_news_may_come_twice_at_once_and_outside_of_a_transaction():
    order = OrderFactory(customer_id=MIRA, completed=True)

    outcomes = at_once(10, lambda _: order_completed.send(sender=type(order), order=order))

    assert not [each for each in outcomes if isinstance(each, Exception)]
    assert CustomerMail.objects.count() == OutboxMessage.objects.count() == 1


def test_an_invitation_can_wait(settings):
    settings.FEEDBACK_INVITE_AFTER_HOURS = 48

    request_feedback(order=OrderFactory(customer_id=MIRA, completed=True), now=NOON)

    assert OutboxMessage.objects.get().due_at == NOON + timedelta(hours=48)


# What they get


def test_the_mail_holds_a_link_that_works(mail_server, mail, client):
    send_mail(mail_id=mail.pk, now=NOON)

    letter = mail_server.only_mail()
    assert letter["To"] == MIRA
    assert letter["Subject"] == f"How did you like your order {mail.order.code}?"
    assert letter["Auto-Submitted"] == "auto-generated"
    secrets = set(SECRET.findall(text_of(letter))) | set(SECRET.findall(html_of(letter)))
    assert len(secrets) == 1
    assert "Hello Mira," in text_of(letter)
    assert "Hello <bdi>Mira</bdi>," in html_of(letter)
    assert "https://shop.example/feedback/" in text_of(letter)
    assert FeedbackToken.objects.get().order == mail.order
    assert state_of(mail) == MailState.SENT
    assert mail.sent_at == NOON


def test_what_people_wrote_is_escaped_and_stays_on_its_line(mail_server, settings):
    settings.SHOP_NAME = "Linen <b>& Thread"
    order = OrderFactory(
        completed=True, customer_id=MIRA, customer_name="<img src=x>\nPS: pay here\n&"
    )

    send_mail(mail_id=CustomerMailFactory(order=order).pk, now=NOON)

    letter = mail_server.only_mail()
    assert "<img" not in html_of(letter)
    assert "&lt;img src=x&gt; PS: pay here &amp;" in html_of(letter)
    assert "Linen &lt;b&gt;&amp; Thread" in html_of(letter)
    assert "Hello <img src=x> PS: pay here &," in text_of(letter)


def test_mails_speak_the_shops_language(mail_server, settings):
    settings.FEEDBACK_MAIL_LANGUAGE = "de"

    send_mail(mail_id=CustomerMailFactory(reminder=True).pk, now=NOON)

    letter = mail_server.only_mail()
    assert letter["Subject"].startswith("Zur Erinnerung: Wie hat Ihnen")
    assert '<html lang="de" dir="ltr">' in html_of(letter)
    assert "31. März 2026" in text_of(letter)


# Once


@pytest.mark.django_db(transaction=True)
def test_a_mail_that_is_sent_many_times_at_once_leaves_once(mail_server, mail):
    at_once(10, lambda _: send_mail(mail_id=mail.pk, now=NOON))
    send_mail(mail_id=mail.pk, now=NOON)

    assert mail_server.addresses() == {MIRA: 1}


def test_a_mail_server_that_is_away_is_tried_again_later(settings, mail):
    with MailServer() as server:
        server.serve(settings)
    send_mail(mail_id=mail.pk, now=NOON)

    assert state_of(mail) == MailState.QUEUED
    assert mail.reason == "The mail server did not take the connection."
    assert OutboxMessage.objects.get().due_at == NOON + timedelta(minutes=5)
    with MailServer() as server:
        server.serve(settings)
        send_mail(mail_id=mail.pk, now=NOON)
        assert server.addresses() == {MIRA: 1}
    assert (state_of(mail), mail.reason) == (MailState.SENT, "")


def test_an_address_that_is_refused_is_given_up_in_the_end(settings, mail):
    with MailServer(refused=(MIRA,)) as server:
        server.serve(settings)
        for _ in range(MOST_ATTEMPTS + 2):
            send_mail(mail_id=mail.pk, now=NOON)

    assert state_of(mail) == MailState.REFUSED
    assert "550 no such mailbox" in mail.reason
    assert OutboxMessage.objects.count() == MOST_ATTEMPTS - 1


def test_a_mail_whose_arrival_nobody_knows_is_not_sent_again(settings, mail):
    with MailServer(breaks_after_text=(MIRA,)) as server:
        server.serve(settings)
        for _ in range(3):
            send_mail(mail_id=mail.pk, now=NOON)
        assert server.addresses() == {MIRA: 1}

    assert state_of(mail) == MailState.UNKNOWN


def test_a_mail_that_somebody_died_with_is_not_sent_again(mail_server, mail):
    CustomerMail.objects.filter(pk=mail.pk).update(state=MailState.SENDING)

    send_mail(mail_id=mail.pk, now=NOON)

    assert state_of(mail) == MailState.UNKNOWN
    assert mail_server.mails == []


@pytest.mark.parametrize("meanwhile", ["given", "reopened", "unsubscribed"])
def test_a_mail_that_is_wanted_no_longer_is_dropped(mail_server, mail, meanwhile):
    match meanwhile:
        case "given":
            FeedbackFactory(order=mail.order)
        case "reopened":
            mail.order.status = "processing"
            mail.order.save()
        case "unsubscribed":
            MailOptOut.objects.create(email=MIRA, created_at=NOON)

    send_mail(mail_id=mail.pk, now=NOON)

    assert state_of(mail) == MailState.DROPPED
    assert mail.reason
    assert mail_server.mails == []


# Reminders


def test_an_invitation_that_was_not_followed_is_repeated_once(mail_server):
    invitation = CustomerMailFactory(created_at=NOON, sent=True)
    week = NOON + timedelta(days=7)

    counts = [remind(now=week - timedelta(seconds=1)), remind(now=week), remind(now=week)]

    assert counts == [0, 1, 0]
    reminder = CustomerMail.objects.get(kind=MailKind.REMINDER)
    send_mail(mail_id=reminder.pk, now=week)
    assert mail_server.only_mail()["Subject"].startswith("A reminder:")
    assert reminder.email == invitation.email


def test_who_has_answered_or_wants_none_is_not_reminded():
    answered, unsent, stopped, reopened = (
        CustomerMailFactory(
            created_at=NOON,
            sent=which != 1,
            order=OrderFactory(completed=True, customer_id=f"customer{which}@example.test"),
        )
        for which in range(4)
    )
    FeedbackFactory(order=answered.order)
    MailOptOut.objects.create(email=stopped.email, created_at=NOON)
    reopened.order.status = "processing"
    reopened.order.save()
    assert unsent.state == MailState.QUEUED

    assert remind(now=NOON + timedelta(days=8)) == 0


def test_reminders_can_be_switched_off_and_old_ones_stay_quiet(settings):
    CustomerMailFactory(created_at=NOON, sent=True)

    settings.FEEDBACK_REMIND_AFTER_DAYS = 0
    assert remind(now=NOON + timedelta(days=8)) == 0
    settings.FEEDBACK_REMIND_AFTER_DAYS = 7
    assert remind(now=NOON + timedelta(days=60)) == 0


def test_a_reminder_leads_to_the_same_live_link(mail_server):
    order = OrderFactory(completed=True, customer_id=MIRA)
    for kind in ({}, {"reminder": True}):
        send_mail(mail_id=CustomerMailFactory(order=order, **kind).pk, now=NOON)

    first, second = (SECRET.search(text_of(letter))[1] for letter in mail_server.mails)

    assert first == second
    submit_feedback(token=second, sent={"rating": 5}, now=NOON)


# Unsubscribing


def test_looking_at_the_link_unsubscribes_nobody_and_the_button_does(mail_server, mail, client):
    waiting = CustomerMailFactory(
        order=OrderFactory(completed=True, customer_id="Mira@Example.test")
    )
    send_mail(mail_id=mail.pk, now=NOON)
    path = STOP.search(text_of(mail_server.only_mail()))[1]

    asked = client.get(path)
    assert "No more mails about feedback?" in asked.content.decode()
    assert not MailOptOut.objects.exists()
    done = client.post(path)

    assert "You are unsubscribed" in done.content.decode()
    assert state_of(waiting) == MailState.DROPPED
    complete(OrderFactory(customer_id="MIRA@example.test"))
    assert CustomerMail.objects.count() == 2
    assert client.post(path).status_code == 200


def test_mail_programs_can_unsubscribe_with_one_click(mail_server, mail, client):
    send_mail(mail_id=mail.pk, now=NOON)
    letter = mail_server.only_mail()
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = letter["List-Unsubscribe"].strip(" <>").removeprefix("https://shop.example")

    response = client.post(path, {"List-Unsubscribe": "One-Click"})

    assert response.status_code == 200
    assert MailOptOut.objects.get().email == MIRA


@pytest.mark.parametrize("code", ["x", "eyJh:1:2", "IkBtaXJhIg:x"])
def test_a_code_that_is_not_ours_unsubscribes_nobody(client, code):
    assert client.post(f"/feedback/unsubscribe/{code}").status_code == 410
    assert not MailOptOut.objects.exists()
