from datetime import datetime

from django.db import transaction
from django.utils.crypto import get_random_string

from apps.core.egress.mail import MailFailure
from apps.core.outbox import enqueue
from apps.orders.digest.calendar import business_day
from apps.orders.digest.delivery import LOST
from apps.orders.digest.letter import write_letter
from apps.orders.models import NotificationRecipient
from apps.orders.status import MailState

SEND = "orders.send_test_digest"


@transaction.atomic
def request_test_digest(*, recipient: NotificationRecipient) -> None:
    """Have today's digest sent to one recipient as a test, whatever has been sent already."""
    _note(recipient.pk, *MailState.values, "", state=MailState.WAITING, error="")
    enqueue(SEND, recipient_id=recipient.pk)


def send_test_digest(*, recipient_id: int, now: datetime) -> None:
    """
    Send the test that was asked for, and write beside the recipient what became of it.

    It is claimed before it is sent. Whoever finds it claimed says that it may have arrived, and
    sends no other; the one who has claimed it corrects that, if still alive.
    """
    if not _note(recipient_id, MailState.WAITING, state=MailState.SENDING, tried_at=now):
        _note(recipient_id, MailState.SENDING, state=MailState.UNKNOWN, error=LOST)
        return
    recipient = NotificationRecipient.objects.get(pk=recipient_id)
    mail = write_letter(business_day(now)).to(
        recipient.email, name=f"test.{get_random_string(12)}", is_test=True
    )
    state, error = MailState.SENT, ""
    try:
        mail.send()
    except MailFailure as failure:
        state = MailState.UNKNOWN if failure.may_have_arrived else MailState.FAILED
        error = str(failure)
    _note(recipient_id, MailState.SENDING, MailState.UNKNOWN, state=state, error=error)


def _note(recipient_id: int, *former: str, **outcome: object) -> bool:
    """Write what became of the test, if it still stands as we have seen it; tell whether it did."""
    recipients = NotificationRecipient.objects.filter(pk=recipient_id, test_state__in=former)
    return bool(recipients.update(**{f"test_{name}": value for name, value in outcome.items()}))
