"""Mail by mail: claimed before it is sent, noted after, so that nobody gets two."""

import time
from collections.abc import Iterable
from contextlib import closing
from datetime import datetime, timedelta

from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import F, QuerySet

from apps.core.egress.mail import MailFailure
from apps.orders.digest.letter import Letter
from apps.orders.models import DigestMail, DigestRun
from apps.orders.status import MailState

PASS_SECONDS = 60  # whoever waits for an answer gets one; the next tick goes on
LOST_AFTER = timedelta(minutes=5)  # longer than any pass: whoever claimed a mail then is dead
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=5), timedelta(hours=1)
MOST_ATTEMPTS = 10  # by itself; people may try as often as they like
LOST = "The process ended while this was being sent; it may have arrived."
OWED = (MailState.WAITING, MailState.FAILED)


def owed_mails(run: DigestRun) -> QuerySet[DigestMail]:
    """Return mails that certainly have not arrived, and that nobody is sending."""
    return run.mails.filter(state__in=OWED)


def is_due(mail: DigestMail, now: datetime) -> bool:
    """Tell whether it is time to try this mail again without being asked to."""
    if mail.tried_at is None:
        return True
    pause = min(FIRST_PAUSE * 2 ** (mail.attempts - 1), LONGEST_PAUSE)
    return mail.attempts < MOST_ATTEMPTS and mail.tried_at + pause <= now


def admit_losses(run: DigestRun, now: datetime) -> None:
    """Say of mails whose sender has died that nobody knows."""
    lost = run.mails.filter(state=MailState.SENDING, tried_at__lt=now - LOST_AFTER)
    lost.update(state=MailState.UNKNOWN, error=LOST)


def deliver(mails: Iterable[DigestMail], letter: Letter, now: datetime) -> None:
    """Send those of the mails that nobody else is sending; each outcome is noted at once."""
    end = time.monotonic() + PASS_SECONDS
    mails = list(mails)
    with closing(get_connection()) as connection:
        for position, mail in enumerate(mails):
            if time.monotonic() > end:
                return
            try:
                connection.open()
            except MailFailure as failure:
                # The server is away: asking it for each of them would take as long as they are.
                _note_all_failed(mails[position:], str(failure), now)
                return
            _send(mail, letter, connection, now)


def _send(mail: DigestMail, letter: Letter, connection: BaseEmailBackend, now: datetime) -> None:
    if not _claim(mail, now):
        return
    message = letter.to(mail.email, name=str(mail.pk))
    try:
        connection.send_messages([message])
    except MailFailure as failure:
        connection.close()
        state = MailState.UNKNOWN if failure.may_have_arrived else MailState.FAILED
        _note(mail, state=state, error=str(failure))
    else:
        _note(mail, state=MailState.SENT, sent_at=now, error="")


def _claim(mail: DigestMail, now: datetime) -> bool:
    """Return whether we are the one who sends it; committed, so that a crash leaves a trace."""
    claimed = DigestMail.objects.filter(pk=mail.pk, attempts=mail.attempts, state__in=OWED).update(
        state=MailState.SENDING, attempts=F("attempts") + 1, tried_at=now, error=""
    )
    mail.attempts += 1
    return bool(claimed)


def _note(mail: DigestMail, **outcome: object) -> None:
    """Write what became of our attempt, also when it was given up for lost meanwhile."""
    ours = (MailState.SENDING, MailState.UNKNOWN)
    DigestMail.objects.filter(pk=mail.pk, attempts=mail.attempts, state__in=ours).update(**outcome)


def _note_all_failed(mails: list[DigestMail], reason: str, now: datetime) -> None:
    owed = DigestMail.objects.filter(pk__in=[mail.pk for mail in mails], state__in=OWED)
    owed.update(state=MailState.FAILED, attempts=F("attempts") + 1, tried_at=now, error=reason)
