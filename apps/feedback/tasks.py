from celery import shared_task
from django.utils import timezone

from apps.feedback.services.remind import remind
from apps.feedback.services.send_mail import send_mail


@shared_task(name="feedback.send_mail")
def send_mail_task(*, mail_id: int) -> None:
    """Send a mail that asks for feedback."""
    send_mail(mail_id=mail_id, now=timezone.now())


@shared_task(name="feedback.remind")
def remind_task() -> None:
    """Queue the reminders that are due."""
    remind(now=timezone.now())
