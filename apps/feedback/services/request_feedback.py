from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from apps.core.outbox import enqueue
from apps.feedback.letters import address_of
from apps.feedback.models import CustomerMail
from apps.feedback.services.keep_feedback import has_feedback
from apps.feedback.services.unsubscribe import is_unsubscribed
from apps.feedback.status import MailKind
from apps.orders.models import Order

SEND = "feedback.send_mail"


@transaction.atomic
def request_feedback(
    *, order: Order, now: datetime, is_asked_for: bool = False
) -> CustomerMail | None:
    """
    Invite the customer by mail, once for an order; return nothing where there is no need or way.

    :param is_asked_for: somebody wants it sent now; else it waits its hours

    The mail is a row before it is a task: whoever completes an order twice, or two orders at once,
    writes to nobody twice.
    """
    email = address_to_invite(order)
    if email is None or has_feedback(order):
        return None
    hours = 0 if is_asked_for else settings.FEEDBACK_INVITE_AFTER_HOURS
    due_at = now + timedelta(hours=hours)
    return queue_mail(order=order, kind=MailKind.INVITATION, email=email, now=now, due_at=due_at)


def address_to_invite(order: Order) -> str | None:
    """Return where an invitation can go: to an address that has not said no to such mails."""
    email = address_of(order)
    return None if email is None or is_unsubscribed(email) else email


def queue_mail(
    *, order: Order, kind: MailKind, email: str, now: datetime, due_at: datetime
) -> CustomerMail | None:
    """Have the mail sent when it is due, unless there is one of this kind already."""
    mail, is_new = CustomerMail.objects.get_or_create(
        order=order, kind=kind, defaults={"email": email, "created_at": now}
    )
    if not is_new:
        return None
    enqueue(SEND, due_at=due_at, mail_id=mail.pk)
    return mail
