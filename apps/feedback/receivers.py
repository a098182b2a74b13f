"""What feedback does when an order is completed."""

from typing import Any

from django.conf import settings
from django.dispatch import receiver
from django.utils import timezone

from apps.feedback.services.request_feedback import request_feedback
from apps.orders.models import Order
from apps.orders.signals import order_completed


@receiver(order_completed, dispatch_uid="feedback.invite")
def invite_customer(order: Order, **_: Any) -> None:
    # Inside the sender's transaction, where there is one: the invitation is committed with the
    # news or not at all. It costs a row; the mail itself leaves in the background.
    if settings.FEEDBACK_AUTO_INVITE:
        request_feedback(order=order, now=timezone.now())
