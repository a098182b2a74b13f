from contextlib import closing
from datetime import datetime, timedelta

from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction

from apps.core.egress.mail import MailFailure
from apps.core.errors import DomainError
from apps.core.outbox import enqueue
from apps.feedback.letters import write_letter
from apps.feedback.models import CustomerMail
from apps.feedback.services.issue_token import issue_token
from apps.feedback.services.request_feedback import SEND
from apps.feedback.services.unsubscribe import UNSUBSCRIBED, is_unsubscribed
from apps.feedback.status import MailState

LOST = "The process ended while this was being sent; it may have arrived."
# A mail server may be away for a day: 5 minutes, 10, 20, ... and then every 6 hours.
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=5), timedelta(hours=6)
MOST_ATTEMPTS = 10


def send_mail(*, mail_id: int, now: datetime) -> None:
    """
    Send the mail unless it was sent before or is wanted no longer; it never leaves twice.

    It is claimed before it is handed over. Whoever finds it claimed knows that somebody died with
    it in hand, and says so instead of sending another.
    """
    mail = CustomerMail.objects.select_related("order").get(pk=mail_id)
    if mail.state == MailState.SENDING:
        _note(mail, MailState.SENDING, state=MailState.UNKNOWN, reason=LOST)
    if mail.state == MailState.QUEUED and (letter := _letter(mail, now)):
        _hand_over(mail, letter, now)


def _letter(mail: CustomerMail, now: datetime) -> EmailMultiAlternatives | None:
    """Return what to send; nothing, and a reason in the mail, if it is wanted no longer."""
    reason = UNSUBSCRIBED
    if not is_unsubscribed(mail.email):
        try:
            issued = issue_token(order_id=mail.order_id, now=now)
            return write_letter(mail, issued.token, issued.expires_at)
        except DomainError as error:  # given meanwhile, or the order is no longer completed
            reason = str(error)
    _note(mail, MailState.QUEUED, state=MailState.DROPPED, reason=reason)
    return None


def _hand_over(mail: CustomerMail, letter: EmailMultiAlternatives, now: datetime) -> None:
    if not _note(mail, MailState.QUEUED, state=MailState.SENDING):
        return
    try:
        with closing(get_connection()) as connection:
            connection.open()
            connection.send_messages([letter])
    except MailFailure as failure:
        _note_failure(mail, failure, now)
    else:
        _note(mail, MailState.SENDING, state=MailState.SENT, sent_at=now, reason="")


@transaction.atomic
def _note_failure(mail: CustomerMail, failure: MailFailure, now: datetime) -> None:
    """Try again later, unless it may have arrived, or was tried often enough."""
    attempts, state = mail.attempts + 1, MailState.QUEUED
    if failure.may_have_arrived:
        state = MailState.UNKNOWN
    elif attempts >= MOST_ATTEMPTS:
        state = MailState.REFUSED
    else:
        pause = min(FIRST_PAUSE * 2 ** (attempts - 1), LONGEST_PAUSE)
        enqueue(SEND, due_at=now + pause, mail_id=mail.pk)
    _note(mail, MailState.SENDING, state=state, attempts=attempts, reason=str(failure))


def _note(mail: CustomerMail, former: MailState, **columns: object) -> bool:
    """Write what became of the mail, if it is still as we have seen it; return whether it was."""
    return bool(CustomerMail.objects.filter(pk=mail.pk, state=former).update(**columns))
