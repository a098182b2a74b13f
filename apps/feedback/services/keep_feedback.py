from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from apps.feedback.models import Feedback
from apps.feedback.refusals import AlreadyGiven
from apps.feedback.signals import feedback_changed
from apps.orders.models import Order


def has_feedback(order: Order) -> bool:
    """Return whether there is feedback for the order."""
    return Feedback.objects.filter(order=order).exists()


def keep_feedback(order: Order, columns: dict[str, Any], *, now: datetime) -> Feedback:
    """
    Store the order's only feedback.

    :raises AlreadyGiven: if the database has one already
    """
    feedback = Feedback(order=order, created_at=now, updated_at=now, **columns)
    try:
        with transaction.atomic():
            feedback.save(force_insert=True)
    except IntegrityError:
        if has_feedback(order):
            raise AlreadyGiven from None
        raise
    feedback_changed.send(sender=Feedback, feedback_id=feedback.pk)
    return feedback
