"""Whatever goes wrong: one mail a recipient and business day, and a run that says how it stands."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Barrier
from urllib.parse import urlsplit

import pytest
from django.db import connection

from apps.orders.models import DigestMail, DigestRun
from apps.orders.services.send_digest import send_digest
from apps.orders.services.send_due_digest import send_due_digest
from tests.factories.orders import OrderFactory, RecipientFactory
from tests.support.mail_server import MailServer

ROOT = Path(__file__).resolve().parents[2]
DAY = date(2025, 2, 1)
NINE = datetime(2025, 2, 1, 3, 30, tzinfo=UTC)  # in Kolkata
ADDRESSES = [f"desk{number}@shop.example" for number in range(6)]
HALF = tuple(ADDRESSES[::2])
MINUTE = timedelta(minutes=1)


def recipients(*addresses):
    return [RecipientFactory(email=address) for address in addresses or ADDRESSES]


def a_due_order(now=NINE):
    return OrderFactory(lines=[], expected_delivery_date=now)


def states():
    return dict(DigestMail.objects.values_list("email", "state"))


def once(addresses):
    return dict.fromkeys(addresses, 1)


@pytest.mark.django_db(transaction=True)
def test_of_two_triggers_at_once_each_recipient_hears_once(mail_server):
    recipients()
    a_due_order()
    both_ready = Barrier(2)

    def trigger(_):
        try:
            both_ready.wait()
            return send_digest(day=DAY, now=NINE).run.status
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(trigger, range(2)))

    assert mail_server.addresses() == once(ADDRESSES)
    assert set(answers) <= {"sent", "started"}
    assert DigestRun.objects.get().status == "sent"
    assert set(DigestMail.objects.values_list("attempts", flat=True)) == {1}


def test_while_the_mail_server_is_down_nothing_is_called_sent(db, settings):
    with MailServer() as gone:
        gone.serve(settings)
    recipients()
    a_due_order()

    run = send_digest(day=DAY, now=NINE).run

    assert (run.status, run.sent_at) == ("failed", None)
    assert run.error == ("6 of 6 mails not confirmed: The mail server did not take the connection.")
    assert set(states().values()) == {"failed"}


def test_when_the_server_is_back_the_next_tick_after_the_pause_sends(db, settings):
    with MailServer() as gone:
        gone.serve(settings)
    recipients()
    a_due_order()
    send_due_digest(now=NINE)

    with MailServer() as server:
        server.serve(settings)
        send_due_digest(now=NINE + 4 * MINUTE)
        early = server.addresses()
        send_due_digest(now=NINE + 5 * MINUTE)
        send_due_digest(now=NINE + 6 * MINUTE)

        assert early == {}
        assert server.addresses() == once(ADDRESSES)
    run = DigestRun.objects.get()
    assert (run.status, run.sent_at, run.error) == ("sent", NINE + 5 * MINUTE, None)


def test_of_half_that_failed_only_those_are_tried_again(db, settings):
    recipients()
    a_due_order()

    with MailServer(refused=HALF) as server:
        server.serve(settings)
        run = send_digest(day=DAY, now=NINE).run
        failed = (run.status, run.error, states())
        server.refused.clear()
        send_due_digest(now=NINE + 5 * MINUTE)

        assert server.addresses() == once(ADDRESSES)
    wanted = {address: "failed" if address in HALF else "sent" for address in ADDRESSES}
    complaint = "The mail server refused the address: 550 no such mailbox"
    assert failed == ("failed", f"3 of 6 mails not confirmed: {complaint}", wanted)
    assert DigestRun.objects.get().status == "sent"


def test_an_address_that_is_always_refused_is_given_up_in_the_end(db, settings):
    recipients(*HALF)
    a_due_order()

    with MailServer(refused=HALF[:1]) as server:
        server.serve(settings)
        for minutes in range(0, 10 * 60, 20):
            send_due_digest(now=NINE + minutes * MINUTE)

        assert server.addresses() == once(HALF[1:])
        assert DigestMail.objects.get(email=HALF[0]).attempts == 10
        connections = server.connections
        send_digest(day=DAY, now=NINE + timedelta(hours=14))
        assert server.connections > connections  # whoever asks for it gets another try
    assert DigestRun.objects.get().status == "failed"


def test_a_mail_whose_answer_got_lost_is_called_unknown_and_left_to_people(db, settings):
    recipients()
    a_due_order()

    with MailServer(breaks_after_text=HALF[:1]) as server:
        server.serve(settings)
        run = send_digest(day=DAY, now=NINE).run
        server.breaks_after_text.clear()
        send_due_digest(now=NINE + timedelta(hours=2))
        send_digest(day=DAY, now=NINE + timedelta(hours=3))
        untouched = server.addresses()
        answered = states()
        again = send_digest(day=DAY, now=NINE + timedelta(hours=4), also_unknown=True).run

        assert run.status == "failed"
        assert "before it had confirmed the mail" in run.error
        assert untouched == once(ADDRESSES)
        assert answered[HALF[0]] == "unknown"
        assert server.addresses()[HALF[0]] == 2  # because somebody asked for it
        first, second = (mail for mail in server.mails if mail["To"] == HALF[0])
        assert first["Message-ID"] == second["Message-ID"]
    assert again.status == "sent"


def test_the_failure_of_a_mail_does_not_keep_the_others_waiting(db, settings):
    recipients()
    a_due_order()

    with MailServer(breaks_after_text=HALF[:1]) as server:
        server.serve(settings)
        send_digest(day=DAY, now=NINE)

        assert server.addresses() == once(ADDRESSES)
    assert list(states().values()).count("sent") == len(ADDRESSES) - 1


@pytest.mark.django_db(transaction=True)
def test_a_killed_process_leaves_the_truth_behind(settings):
    recipients()
    a_due_order(datetime.now(UTC))
    with MailServer(hangs_on=ADDRESSES[2:3]) as server:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "digest", "send"],
            cwd=ROOT,
            env=os.environ | mailing_to(server),
        )
        assert server.texts_taken.wait(60)
        process.kill()
        process.wait()
        server.hangs_on.clear()
        server.serve(settings)
        at_the_kill = states()
        run = DigestRun.objects.get()

        send_digest(day=run.digest_date, now=run.started_at + MINUTE)
        after_a_minute = DigestRun.objects.get().status
        send_digest(day=run.digest_date, now=run.started_at + 10 * MINUTE)

        assert at_the_kill == dict(
            zip(
                ADDRESSES, ["sent", "sent", "sending", "waiting", "waiting", "waiting"], strict=True
            )
        )
        assert after_a_minute == "started"
        assert states() == {
            address: "unknown" if address == ADDRESSES[2] else "sent" for address in ADDRESSES
        }
        assert server.addresses() == once(ADDRESSES)
    run.refresh_from_db()
    assert run.status == "failed"
    assert run.error.startswith("1 of 6 mails not confirmed: The process ended")


def mailing_to(server):
    database = urlsplit(os.environ["DATABASE_URL"])
    return {
        "DATABASE_URL": database._replace(path=f"/{connection.settings_dict['NAME']}").geturl(),
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "EMAIL_URL": f"smtp://127.0.0.1:{server.port}",
    }


def test_whoever_is_switched_off_meanwhile_gets_nothing(db, settings):
    away, *_ = recipients()
    a_due_order()
    with MailServer(refused=HALF) as server:
        server.serve(settings)
        send_digest(day=DAY, now=NINE)
        away.enabled = False
        away.save()
        server.refused.clear()

        run = send_digest(day=DAY, now=NINE + MINUTE).run

        assert server.addresses() == once(ADDRESSES[1:])
    assert run.status == "sent"
    assert states()[away.email] == "dropped"


def test_whoever_is_put_on_the_list_again_on_the_same_day_has_had_the_mail(db, settings):
    first, *_ = recipients()
    a_due_order()
    with MailServer(refused=ADDRESSES[1:2]) as server:
        server.serve(settings)
        send_digest(day=DAY, now=NINE)
        first.delete()
        recipients(ADDRESSES[0].upper())

        send_digest(day=DAY, now=NINE + MINUTE)

        assert server.addresses()[ADDRESSES[0]] == 1
        assert ADDRESSES[0].upper() not in server.addresses()


def test_recipients_who_come_after_an_empty_run_get_the_digest_when_it_is_asked_for(
    db, mail_server
):
    a_due_order()
    empty = send_digest(day=DAY, now=NINE)
    recipients()

    report = send_digest(day=DAY, now=NINE + MINUTE)

    assert (empty.run.status, empty.message) == ("empty", "No recipients configured")
    assert report.message == "Digest completed successfully"
    assert mail_server.addresses() == once(ADDRESSES)


def test_a_server_on_a_private_address_needs_leave(db, mail_server, settings):
    settings.EGRESS_ALLOW_PRIVATE = False
    recipients()
    a_due_order()

    refused = send_digest(day=DAY, now=NINE).run.error
    settings.SMTP_ALLOW_PRIVATE = True
    allowed = send_digest(day=DAY, now=NINE + MINUTE).run.status

    assert "SMTP_ALLOW_PRIVATE=true allows one" in refused
    assert allowed == "sent"


def test_only_the_first_two_hundred_orders_of_a_section_are_listed(db, mail_server):
    recipients(ADDRESSES[0])
    for _ in range(203):
        a_due_order()

    run = send_digest(day=DAY, now=NINE).run

    text, _ = mail_server.only_mail().iter_parts()
    assert run.order_counts["oneDay"] == 203
    assert text.get_content().count("- ORD") == 200
    assert "and 3 more" in text.get_content()
