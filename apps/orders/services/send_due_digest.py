from datetime import date, datetime

from django.db import transaction

from apps.core.locking import lock
from apps.orders.digest.calendar import business_day, due_at
from apps.orders.digest.delivery import LOST_AFTER, admit_losses
from apps.orders.models import DigestRun, NotificationRecipient
from apps.orders.services.send_digest import DigestReport, send_digest, settle
from apps.orders.status import DigestStatus, MailState

OVER = "The day was over before this was sent."


def send_due_digest(*, now: datetime) -> DigestReport | None:
    """
    Send what is owed of today's digest; None if nothing is.

    Called every minute: whoever was off at the time of the digest catches up, on that day.
    """
    today = business_day(now)
    close_past_days(today, now)
    if now < due_at(today) or not _is_wanted(today):
        return None
    return send_digest(day=today, now=now, is_asked_for=False)


def _is_wanted(day: date) -> bool:
    """Tell whether there is somebody to send to, and the day's run is not over."""
    over = DigestRun.objects.filter(
        digest_date=day, status__in=(DigestStatus.SENT, DigestStatus.EMPTY)
    )
    return NotificationRecipient.objects.filter(enabled=True).exists() and not over.exists()


def close_past_days(today: date, now: datetime) -> None:
    """Let no run of an earlier day look as if it were still going on."""
    left = DigestRun.objects.filter(
        status=DigestStatus.STARTED, digest_date__lt=today, started_at__lt=now - LOST_AFTER
    )
    for run in left:
        _close(run, now)


@transaction.atomic
def _close(run: DigestRun, now: datetime) -> None:
    lock(run)
    admit_losses(run, now)
    if run.mails.filter(tried_at__gte=now - LOST_AFTER).exists():
        return  # somebody sends an old day's digest right now
    run.mails.filter(state=MailState.WAITING).update(state=MailState.FAILED, error=OVER)
    settle(run, now)
