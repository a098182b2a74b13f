"""Section 9.3 of the orders contract, with W39 and W41, through HTTP and a real mail server."""

import json
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from apps.orders.models import DigestMail, DigestRun
from tests.factories.orders import OrderFactory, RecipientFactory

URL = "/api/internal/digest/run"
SECRET = "header-" + "k3v9x8d7f6g5h4j2" * 2
CRON = "bearer-" + "p0w9e8r7t6y5u4i3" * 2
KOLKATA = ZoneInfo("Asia/Kolkata")
MIDNIGHT = datetime(2025, 2, 1, tzinfo=KOLKATA).astimezone(UTC)
NINE = datetime(2025, 2, 1, 9, tzinfo=KOLKATA)
TODAY = "2025-02-01"
INSTANT = timedelta(microseconds=1)


@pytest.fixture(autouse=True)
def secrets(settings):
    settings.DIGEST_JOB_SECRET, settings.CRON_SECRET = SECRET, CRON


@pytest.fixture(autouse=True)
def nine_o_clock():
    with time_machine.travel(NINE, tick=False):
        yield


@pytest.fixture
def recipient(db):
    return RecipientFactory(email="asha@shop.example")


def due(moment, **values):
    return OrderFactory(lines=[], expected_delivery_date=moment, **values)


def run(api, method="post", **headers):
    return getattr(api, method)(URL, **(headers or {"HTTP_X_DIGEST_SECRET": SECRET}))


def parts(mail):
    text, html = (part.get_content().replace("\r\n", "\n") for part in mail.iter_parts())
    return text, html


@pytest.mark.parametrize("method", ["post", "get"])
@pytest.mark.parametrize(
    "header",
    [{"HTTP_X_DIGEST_SECRET": SECRET}, {"HTTP_AUTHORIZATION": f"Bearer {CRON}"}],
    ids=["X-DIGEST-SECRET", "bearer"],
)
def test_each_secret_in_its_header_has_the_digest_sent(
    anonymous_api, mail_server, recipient, method, header
):
    due(MIDNIGHT + timedelta(days=1))
    due(MIDNIGHT + timedelta(days=5))
    due(MIDNIGHT + timedelta(days=6))

    response = run(anonymous_api, method, **header)

    wanted = {
        "message": "Digest completed successfully",
        "status": "sent",
        "digestDate": TODAY,
        "orderCounts": {"overdue": 0, "oneDay": 1, "threeDay": 0, "sevenDay": 2},
    }
    assert response.status_code == 200
    assert json.dumps(response.json()) == json.dumps(wanted)  # the order of keys included
    assert mail_server.addresses() == {"asha@shop.example": 1}


@pytest.mark.parametrize(
    "header",
    [
        {"HTTP_ACCEPT": "*/*"},
        {"HTTP_X_DIGEST_SECRET": ""},
        {"HTTP_X_DIGEST_SECRET": CRON},
        {"HTTP_X_DIGEST_SECRET": SECRET[:-1]},
        {"HTTP_X_DIGEST_SECRET": "sécret"},
        {"HTTP_AUTHORIZATION": f"Bearer {SECRET}"},
        {"HTTP_AUTHORIZATION": CRON},
        {"HTTP_AUTHORIZATION": "Bearer None"},
        {"HTTP_AUTHORIZATION": "Bearer "},
    ],
)
def test_anybody_else_is_turned_away(anonymous_api, mail_server, recipient, header):
    response = run(anonymous_api, **header)

    assert response.status_code == 401
    assert response.json()["message"] == "Invalid or missing authentication"
    assert not DigestRun.objects.exists()


def test_staff_cannot_have_it_sent_without_the_secret(admin_api, recipient):
    assert admin_api.post(URL).status_code == 401


@pytest.mark.parametrize("header", ["", "None", "anything"])
def test_without_a_secret_the_route_is_closed(anonymous_api, settings, db, header):
    settings.DIGEST_JOB_SECRET = settings.CRON_SECRET = None

    response = run(anonymous_api, HTTP_X_DIGEST_SECRET=header)

    assert response.status_code == 500
    assert response.json()["message"] == "Server configuration error"


def test_a_secret_that_is_not_set_opens_nothing(anonymous_api, settings, db):
    settings.CRON_SECRET = None

    for bearer in ("Bearer None", "Bearer ", "Bearer"):
        assert run(anonymous_api, HTTP_AUTHORIZATION=bearer).status_code == 401


def test_a_second_call_on_the_same_day_sends_nothing(anonymous_api, mail_server, recipient):
    due(MIDNIGHT)
    run(anonymous_api)

    response = run(anonymous_api)

    assert response.status_code == 200
    assert response.json() == {"message": "Digest already sent for today", "digestDate": TODAY}
    assert mail_server.addresses() == {"asha@shop.example": 1}


def test_the_day_is_that_of_the_shop(anonymous_api, mail_server, recipient):
    due(MIDNIGHT)
    run(anonymous_api)

    with time_machine.travel(MIDNIGHT + timedelta(days=1) - INSTANT, tick=False):
        late = run(anonymous_api).json()
    with time_machine.travel(MIDNIGHT + timedelta(days=1), tick=False):
        next_day = run(anonymous_api).json()

    assert late["message"] == "Digest already sent for today"
    assert (next_day["status"], next_day["digestDate"]) == ("sent", "2025-02-02")
    assert mail_server.addresses() == {"asha@shop.example": 2}


def test_without_recipients_there_is_nothing_to_send(anonymous_api, mail_server, db):
    RecipientFactory(enabled=False)
    due(MIDNIGHT)

    response = run(anonymous_api)

    wanted = {"message": "No recipients configured", "status": "sent", "digestDate": TODAY}
    assert (response.status_code, response.json()) == (200, wanted)
    assert mail_server.mails == []


def test_without_orders_there_is_nothing_to_send(anonymous_api, mail_server, recipient):
    response = run(anonymous_api)

    wanted = {"message": "No orders requiring reminders", "status": "sent", "digestDate": TODAY}
    assert (response.status_code, response.json()) == (200, wanted)
    assert mail_server.mails == []


def test_without_a_mail_server_the_run_fails_and_says_so(anonymous_api, settings, recipient):
    settings.EMAIL_BACKEND = "apps.core.egress.mail.NoMailBackend"
    due(MIDNIGHT)

    response = run(anonymous_api)

    sentence = "No mail server is configured: set EMAIL_URL or SMTP_HOST."
    body = response.json()
    assert response.status_code == 500
    assert body["message"] == "Digest failed"
    assert body["error"] == f"1 of 1 mails not confirmed: {sentence}"
    assert DigestRun.objects.get().status == "failed"
    assert DigestMail.objects.get().state == "failed"


@pytest.mark.parametrize(
    ("moment", "bucket"),
    [
        (MIDNIGHT - timedelta(days=400), "overdue"),
        (MIDNIGHT - INSTANT, "overdue"),
        (MIDNIGHT, "oneDay"),
        (MIDNIGHT + timedelta(days=2) - INSTANT, "oneDay"),
        (MIDNIGHT + timedelta(days=2), "threeDay"),
        (MIDNIGHT + timedelta(days=4) - INSTANT, "threeDay"),
        (MIDNIGHT + timedelta(days=4), "sevenDay"),
        (MIDNIGHT + timedelta(days=8) - INSTANT, "sevenDay"),
    ],
)
def test_an_order_is_in_exactly_one_bucket(anonymous_api, mail_server, recipient, moment, bucket):
    due(moment)

    counts = run(anonymous_api).json()["orderCounts"]

    assert {name for name, count in counts.items() if count} == {bucket}
    assert counts[bucket] == 1


def test_what_is_later_done_or_undated_is_in_none(anonymous_api, mail_server, recipient):
    due(MIDNIGHT + timedelta(days=8))
    due(MIDNIGHT, completed=True)
    due(MIDNIGHT, cancelled=True)
    due(None)

    assert run(anonymous_api).json()["message"] == "No orders requiring reminders"


def test_an_order_cannot_leave_the_digest_by_a_status_of_null(operator_api, mail_server, recipient):
    order = due(MIDNIGHT)

    operator_api.put(f"/api/orders/{order.pk}", {"status": None}, format="json")

    assert run(operator_api).json()["orderCounts"]["oneDay"] == 1


def test_each_enabled_recipient_gets_one_message_of_their_own(
    anonymous_api, mail_server, recipient
):
    RecipientFactory(email="ravi@shop.example")
    RecipientFactory(email="away@shop.example", enabled=False)
    due(MIDNIGHT)

    run(anonymous_api)

    assert mail_server.addresses() == {"asha@shop.example": 1, "ravi@shop.example": 1}


def test_the_message_has_subject_text_and_html(anonymous_api, mail_server, recipient):
    due(MIDNIGHT + timedelta(days=4), code="ORD200002", customer_name="Mira", status="processing")

    run(anonymous_api)

    mail = mail_server.only_mail()
    text, html = parts(mail)
    assert mail["Subject"].strip() == "⏰ Daily Order Reminder - 2025-02-01 - Action Required"
    assert mail["From"] == "noreply@order-management.local"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "- ORD200002 | Mira | 05 Feb 2025, 12:00 AM IST | Processing" in text
    for column in ("Order", "Customer", "Expected delivery", "Status"):
        assert re.search(rf'<th [^>]*scope="col"[^>]*>{column}</th>', html)
    for cell in ("ORD200002", "Mira", "05 Feb 2025, 12:00 AM IST", "Processing"):
        assert f">{cell}<" in html


def test_empty_sections_say_none_and_overdue_is_left_out(anonymous_api, mail_server, recipient):
    due(MIDNIGHT)

    run(anonymous_api)

    text, html = parts(mail_server.only_mail())
    titles = re.findall(r"<h2[^>]*>([^<]+) <span", html)
    assert titles == ["Due today or tomorrow", "Due in 2 or 3 days", "Due in 4 to 7 days"]
    assert html.count(">None</p>") == text.count("None\n") == 2


def test_the_sections_are_sorted_by_date_then_code(anonymous_api, mail_server, recipient):
    due(MIDNIGHT - timedelta(days=1), code="ORD200003")
    due(MIDNIGHT - timedelta(days=1), code="ORD200001")
    due(MIDNIGHT - timedelta(days=3), code="ORD200002")

    run(anonymous_api)

    text, html = parts(mail_server.only_mail())
    wanted = ["ORD200002", "ORD200001", "ORD200003"]
    assert re.findall(r"ORD\d+", text) == re.findall(r"ORD\d+", html) == wanted


def test_what_customers_wrote_is_escaped(anonymous_api, mail_server, recipient):
    name = '<img src=x onerror=alert(1)> & "Co"\n- ORD999999 | nobody'
    due(MIDNIGHT, customer_name=name)

    run(anonymous_api)

    text, html = parts(mail_server.only_mail())
    assert "<img" not in html
    assert "&lt;img src=x onerror=alert(1)&gt; &amp; &quot;Co&quot;" in html
    assert '<img src=x onerror=alert(1)> & "Co" - ORD999999 | nobody' in text
    assert "\n- ORD999999" not in text
