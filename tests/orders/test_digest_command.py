import io
import json
from datetime import UTC, datetime

import pytest
import time_machine
from django.core.management import call_command

from apps.orders.models import DigestMail, DigestRun
from tests.factories.orders import OrderFactory, RecipientFactory

NINE = datetime(2025, 2, 1, 3, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def nine_o_clock(db):
    with time_machine.travel(NINE, tick=False):
        yield


def digest(*arguments):
    """Return the exit code, and what was printed."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    try:
        call_command("digest", *arguments, stdout=out, stderr=err)
    except SystemExit as end:
        code = end.code
    return code, out.getvalue(), err.getvalue()


def something_due():
    return OrderFactory(lines=[], expected_delivery_date=NINE, customer_name="Mira")


def test_a_rehearsal_shows_all_and_writes_nothing(mail_server):
    RecipientFactory(email="asha@shop.example")
    order = something_due()

    code, out, _ = digest("send", "--dry-run")

    assert code == 0
    assert "Nothing was sent. The digest of 2025-02-01 would go to:\n  asha@shop.example" in out
    assert "Due today or tomorrow: 1" in out
    assert order.code in out
    assert mail_server.mails == []
    assert not DigestRun.objects.exists()
    assert not DigestMail.objects.exists()


def test_a_rehearsal_in_json(mail_server):
    RecipientFactory(email="asha@shop.example")
    something_due()

    _, out, _ = digest("send", "--dry-run", "--json")

    assert json.loads(out) == {
        "digestDate": "2025-02-01",
        "recipients": ["asha@shop.example"],
        "orderCounts": {"overdue": 0, "oneDay": 1, "threeDay": 0, "sevenDay": 0},
        "dryRun": True,
    }


def test_it_sends_and_tells_each_mail(mail_server):
    RecipientFactory(email="asha@shop.example")
    something_due()

    code, out, _ = digest("send", "--json")

    told = json.loads(out)
    assert code == 0
    assert (told["status"], told["message"]) == ("sent", "Digest completed successfully")
    assert told["mails"] == [
        {
            "email": "asha@shop.example",
            "state": "sent",
            "attempts": 1,
            "sentAt": "2025-02-01T03:30:00.000Z",
            "error": "",
        }
    ]


@pytest.mark.parametrize(
    ("refused", "wanted"), [(1, 1), (2, 3)], ids=["one of two refused", "both refused"]
)
def test_the_exit_code_is_honest(mail_server, refused, wanted):
    recipients = [RecipientFactory(), RecipientFactory()]
    mail_server.refused = {each.email for each in recipients[:refused]}
    something_due()

    code, out, _ = digest("send")

    assert code == wanted
    assert "550" in out


def test_an_earlier_day_may_be_sent_and_a_later_one_not(mail_server):
    RecipientFactory()
    something_due()

    sent, _, _ = digest("send", "--date", "2025-01-31")
    refused, _, complaint = digest("send", "--date", "2025-02-02")
    nonsense, _, advice = digest("send", "--date", "31/01/2025")

    assert (sent, refused, nonsense) == (0, 2, 2)
    assert "has not begun" in complaint
    assert "2025-02-01 is one" in advice
    assert [f"{run}" for run in DigestRun.objects.all()] == ["2025-01-31"]


def test_status_shows_the_latest_days(mail_server):
    RecipientFactory(email="asha@shop.example")
    something_due()
    digest("send")

    _, text, _ = digest("status")
    _, lines, _ = digest("status", "--json")

    assert "2025-02-01 sent" in text
    assert "asha@shop.example" in text
    assert [json.loads(line)["status"] for line in lines.splitlines()] == ["sent"]
