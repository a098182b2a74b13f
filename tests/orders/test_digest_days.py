"""When the digest goes out: once a local day, whatever the clocks and the scheduler do."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine

from apps.orders.digest.calendar import due_at, start_of
from apps.orders.models import DigestRun
from apps.orders.services.send_digest import DayNotBegun, send_digest
from apps.orders.services.send_due_digest import send_due_digest
from apps.orders.tasks import send_due_digest_task
from tests.factories.orders import OrderFactory, RecipientFactory

NINE_IN_KOLKATA = datetime(2025, 2, 1, 3, 30, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture(autouse=True)
def something_to_send(mail_server, db):
    RecipientFactory(email="asha@shop.example")
    OrderFactory(lines=[], expected_delivery_date=datetime(2025, 1, 1, tzinfo=UTC))


def tick_through(first, last, step=10 * MINUTE):
    """Let the scheduler's task run all the time; return when mails were sent, by day."""
    moment = first
    while moment <= last:
        with time_machine.travel(moment, tick=False):
            send_due_digest_task()
        moment += step
    return dict(DigestRun.objects.order_by("digest_date").values_list("digest_date", "sent_at"))


def utc(*when):
    return datetime(*when, tzinfo=UTC)


def test_nothing_goes_out_before_nine_where_the_shop_is(mail_server):
    assert send_due_digest(now=NINE_IN_KOLKATA - MINUTE) is None
    assert mail_server.mails == []

    report = send_due_digest(now=NINE_IN_KOLKATA)

    assert report.message == "Digest completed successfully"
    assert len(mail_server.mails) == 1


def test_the_scheduler_may_tick_all_day(mail_server):
    days = tick_through(utc(2025, 2, 1), utc(2025, 2, 3, 23, 50))

    assert days == {date(2025, 2, day): utc(2025, 2, day, 3, 30) for day in (1, 2, 3)}
    assert len(mail_server.mails) == 3


def test_a_scheduler_that_was_off_catches_up_on_the_same_day(mail_server):
    send_due_digest(now=NINE_IN_KOLKATA + 14 * HOUR)

    assert DigestRun.objects.get().digest_date == date(2025, 2, 1)
    assert len(mail_server.mails) == 1


def test_a_day_that_was_missed_altogether_is_not_sent_the_day_after(mail_server):
    send_due_digest(now=NINE_IN_KOLKATA + timedelta(days=1))

    assert DigestRun.objects.get().digest_date == date(2025, 2, 2)
    assert len(mail_server.mails) == 1


@pytest.mark.parametrize(
    ("night", "wanted"),
    [
        # 02:30 does not exist: the moment after it is 03:30 summer time.
        (date(2025, 3, 30), utc(2025, 3, 30, 1, 30)),
        # 02:30 comes twice: the first time counts.
        (date(2025, 10, 26), utc(2025, 10, 26, 0, 30)),
    ],
    ids=["clocks forward", "clocks back"],
)
def test_a_digest_in_the_night_of_the_clock_change_goes_out_once(
    settings, mail_server, night, wanted
):
    settings.BUSINESS_TIME_ZONE, settings.DIGEST_TIME = "Europe/Berlin", time(2, 30)
    before, after = night - timedelta(days=1), night + timedelta(days=1)
    days = [before, night, after]

    sent = tick_through(start_of(before), start_of(after) + 20 * HOUR)

    assert list(sent) == days
    assert sent[night] == wanted
    assert len(mail_server.mails) == 3


@pytest.mark.parametrize("night", [date(2025, 3, 30), date(2025, 10, 26)])
def test_nine_stays_nine_when_the_clocks_change(settings, night):
    settings.BUSINESS_TIME_ZONE = "Europe/Berlin"

    summer, winter = sorted(due_at(night + timedelta(days=days)).hour for days in (-1, 0))

    assert (summer, winter) == (7, 8)


@pytest.mark.parametrize(("night", "hours"), [(date(2025, 3, 30), 23), (date(2025, 10, 26), 25)])
def test_the_buckets_count_days_and_not_hours(settings, mail_server, night, hours):
    settings.BUSINESS_TIME_ZONE = "Europe/Berlin"
    midnight = start_of(night) + hours * HOUR
    last = OrderFactory(lines=[], expected_delivery_date=midnight + 24 * HOUR - MINUTE)
    OrderFactory(lines=[], expected_delivery_date=midnight + 24 * HOUR)

    counts = send_digest(day=night, now=due_at(night)).run.order_counts

    assert midnight == start_of(night + timedelta(days=1))
    assert (counts["oneDay"], counts["threeDay"]) == (1, 1)
    assert last.code in mail_server.only_mail().as_string()


def test_midnight_may_be_missing(settings):
    settings.BUSINESS_TIME_ZONE = "Asia/Beirut"

    assert start_of(date(2025, 3, 30)) == utc(2025, 3, 29, 22)
    assert start_of(date(2025, 3, 31)) == utc(2025, 3, 30, 21)


def test_a_run_that_was_never_finished_does_not_look_alive_the_day_after(settings, mail_server):
    run = DigestRun.objects.create(digest_date=date(2025, 2, 1), started_at=NINE_IN_KOLKATA)
    states = {"sent": NINE_IN_KOLKATA, "waiting": None, "sending": None}
    for state, sent_at in states.items():
        tried_at = None if state == "waiting" else NINE_IN_KOLKATA
        run.mails.create(
            email=f"{state}@x.example", state=state, sent_at=sent_at, tried_at=tried_at
        )

    send_due_digest(now=NINE_IN_KOLKATA + 20 * HOUR)

    run.refresh_from_db()
    told = dict(run.mails.values_list("email", "state"))
    assert (run.status, run.sent_at) == ("failed", None)
    assert told == {
        "sent@x.example": "sent",
        "waiting@x.example": "failed",
        "sending@x.example": "unknown",
    }
    assert mail_server.mails == []


def test_the_digest_of_tomorrow_cannot_be_sent(mail_server):
    with pytest.raises(DayNotBegun):
        send_digest(day=date(2025, 2, 2), now=NINE_IN_KOLKATA)
