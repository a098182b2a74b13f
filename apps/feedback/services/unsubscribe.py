from datetime import datetime

from django.db import transaction

from apps.feedback.models import CustomerMail, MailOptOut
from apps.feedback.status import MailState

UNSUBSCRIBED = "The customer wants no such mails."


@transaction.atomic
def unsubscribe(*, email: str, now: datetime) -> None:
    """Never ask this address for feedback again; mails that wait are dropped."""
    address = email.casefold()
    MailOptOut.objects.get_or_create(email=address, defaults={"created_at": now})
    waiting = CustomerMail.objects.filter(state=MailState.QUEUED, email__iexact=address)
    waiting.update(state=MailState.DROPPED, reason=UNSUBSCRIBED)


def is_unsubscribed(email: str) -> bool:
    """Return whether this address wants no mails that ask for feedback."""
    return MailOptOut.objects.filter(email=email.casefold()).exists()
