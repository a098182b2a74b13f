from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from apps.feedback.models import CustomerMail
from apps.feedback.services.request_feedback import queue_mail
from apps.feedback.services.unsubscribe import is_unsubscribed
from apps.feedback.status import MailKind

MOST_AT_ONCE = 500
TOO_LATE = timedelta(days=30)  # an old invitation is not followed when reminders are switched on


@transaction.atomic
def remind(*, now: datetime) -> int:
    """Remind customers, once, of invitations that they have not followed; return how many."""
    days = settings.FEEDBACK_REMIND_AFTER_DAYS
    if not days:
        return 0
    due = now - timedelta(days=days)
    owed = CustomerMail.objects.owed_reminder(sent_before=due, sent_after=due - TOO_LATE)
    invitations = owed.select_related("order").order_by("sent_at")[:MOST_AT_ONCE]
    queued = [
        queue_mail(
            order=invitation.order,
            kind=MailKind.REMINDER,
            email=invitation.email,
            now=now,
            due_at=now,
        )
        for invitation in invitations
        if not is_unsubscribed(invitation.email)
    ]
    return sum(mail is not None for mail in queued)
