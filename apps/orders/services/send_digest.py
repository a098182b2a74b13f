from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Count

from apps.core.errors import Invalid
from apps.core.locking import lock
from apps.orders.digest.calendar import business_day
from apps.orders.digest.delivery import admit_losses, deliver, is_due, owed_mails
from apps.orders.digest.letter import Letter, write_letter
from apps.orders.digest.reminders import note_reminders
from apps.orders.models import DigestMail, DigestRun, NotificationRecipient
from apps.orders.status import DigestStatus, MailState

ALREADY_SENT = "Digest already sent for today"
COMPLETED = "Digest completed successfully"
NO_RECIPIENTS = "No recipients configured"
NO_ORDERS = "No orders requiring reminders"
UNDER_WAY = "Digest is being sent"
FAILED = "Digest failed"


class DayNotBegun(Invalid):
    """The digest of a day that has not begun cannot be sent."""

    code = "day_not_begun"


@dataclass(frozen=True, slots=True)
class DigestReport:
    """How a run stands after somebody has asked for it, in the words that schedulers know."""

    run: DigestRun
    message: str

    @property
    def was_sent_before(self) -> bool:
        """Return whether there was nothing left to do."""
        return self.message == ALREADY_SENT


def send_digest(
    *, day: date, now: datetime, is_asked_for: bool = True, also_unknown: bool = False
) -> DigestReport:
    """
    Send the digest of that day to everybody who has not got it yet.

    Any number may call this at once, and as often as they like: a recipient gets one mail.

    :param is_asked_for: somebody wants it now; else mails that failed have to wait their pause
    :param also_unknown: try those again that may have arrived, because somebody has asked
    :raises DayNotBegun: if the day is in the future
    """
    if day > business_day(now):
        raise DayNotBegun
    run = _open(day, now)
    if run.status == DigestStatus.SENT:
        return DigestReport(run, ALREADY_SENT)
    letter = write_letter(day)
    mails = _prepare(run, letter, now, also_unknown=also_unknown)
    deliver([mail for mail in mails if is_asked_for or is_due(mail, now)], letter, now)
    if run.mails.filter(state=MailState.SENT).exists():
        note_reminders(letter, now)  # before the run is settled: after a crash it is done anew
    settle(run, now)
    return DigestReport(run, _message(run))


def _open(day: date, now: datetime) -> DigestRun:
    run, _ = DigestRun.objects.get_or_create(digest_date=day, defaults={"started_at": now})
    return run


# Durable: what is claimed from here on has to outlive a crash, so no caller may wrap us.
@transaction.atomic(durable=True)
def _prepare(
    run: DigestRun, letter: Letter, now: datetime, *, also_unknown: bool
) -> list[DigestMail]:
    """Bring the run's mails in line with the list of recipients; return those to be sent."""
    lock(run)
    if run.status == DigestStatus.SENT:
        return []
    admit_losses(run, now)
    wanted = NotificationRecipient.objects.filter(enabled=True)
    if letter.is_empty:
        wanted = wanted.none()
    owed_mails(run).exclude(recipient__in=wanted).update(state=MailState.DROPPED)
    dropped = run.mails.filter(state=MailState.DROPPED, recipient__in=wanted)
    dropped.update(state=MailState.WAITING)
    if also_unknown:
        run.mails.filter(state=MailState.UNKNOWN).update(state=MailState.WAITING)
    DigestMail.objects.bulk_create(
        [DigestMail(run=run, recipient=each, email=each.email) for each in wanted],
        ignore_conflicts=True,
    )
    run.order_counts = letter.counts if _has_recipients() else None
    run.save(update_fields=["order_counts"])
    return list(owed_mails(run))


@transaction.atomic
def settle(run: DigestRun, now: datetime) -> None:
    """Say how the run stands, by its mails alone."""
    lock(run)
    if run.status == DigestStatus.SENT:
        return
    states = dict(run.mails.order_by().values_list("state").annotate(Count("pk")))
    run.status, run.error = _verdict(run, states)
    run.sent_at = now if run.status == DigestStatus.SENT else None
    run.save(update_fields=["status", "error", "sent_at"])


def _verdict(run: DigestRun, states: dict[str, int]) -> tuple[DigestStatus, str | None]:
    if states.get(MailState.WAITING) or states.get(MailState.SENDING):
        return DigestStatus.STARTED, None
    if unsent := states.get(MailState.FAILED, 0) + states.get(MailState.UNKNOWN, 0):
        return DigestStatus.FAILED, _reason(run, unsent, sum(states.values()))
    return (DigestStatus.SENT if states.get(MailState.SENT) else DigestStatus.EMPTY), None


def _reason(run: DigestRun, unsent: int, total: int) -> str:
    """Return the most frequent complaint, and how many mails it is about."""
    complaints = (
        run.mails.filter(state__in=(MailState.FAILED, MailState.UNKNOWN))
        .order_by()
        .values_list("error")
        .annotate(times=Count("pk"))
        .order_by("-times", "error")
    )
    return f"{unsent} of {total} mails not confirmed: {complaints[0][0]}"


def _has_recipients() -> bool:
    return NotificationRecipient.objects.filter(enabled=True).exists()


def _message(run: DigestRun) -> str:
    match run.status:
        case DigestStatus.SENT:
            return COMPLETED
        case DigestStatus.FAILED:
            return FAILED
        case DigestStatus.STARTED:
            return UNDER_WAY
        case _:
            return NO_RECIPIENTS if run.order_counts is None else NO_ORDERS
