from datetime import datetime

from django.utils.crypto import get_random_string

from apps.orders.digest.calendar import business_day
from apps.orders.digest.letter import write_letter
from apps.orders.models import NotificationRecipient


def send_test_digest(*, recipient: NotificationRecipient, now: datetime) -> None:
    """
    Send today's digest to one recipient as a test, whatever has been sent already.

    :raises MailFailure: if it cannot be sent
    """
    letter = write_letter(business_day(now))
    letter.to(recipient.email, name=f"test.{get_random_string(12)}", is_test=True).send()
