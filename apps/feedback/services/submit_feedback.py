from datetime import datetime
from typing import Any

import pghistory
from django.db import transaction

from apps.feedback.models import Feedback, FeedbackToken
from apps.feedback.reading import Sent, read_answer
from apps.feedback.refusals import AlreadyGiven, LinkInvalid, NotCompleted
from apps.feedback.services.find_link import find_live_link
from apps.feedback.services.keep_feedback import has_feedback, keep_feedback
from apps.feedback.services.lock_order import lock_order
from apps.feedback.status import LinkState
from apps.orders.status import OrderStatus

CUSTOMER = "the customer"


@transaction.atomic
def submit_feedback(*, token: Any, sent: Sent, now: datetime) -> Feedback:
    """
    Keep what the customer says, and burn every link of the order in the same transaction.

    :raises TokenMissing: if there is no token
    :raises LinkInvalid: if it is unknown, used, revoked or expired
    :raises NotCompleted: if the order is not completed (any more)
    :raises AlreadyGiven: if the order has feedback already, also if another click was faster
    :raises FeedbackRefused: with the sentence of the first field that is not acceptable
    """
    link = find_live_link(token, now=now)
    order = lock_order(link.order_id)
    if order.status != OrderStatus.COMPLETED:
        raise NotCompleted
    if has_feedback(order):
        raise AlreadyGiven
    link.refresh_from_db()
    if link.state_at(now) != LinkState.LIVE:  # revoked while we waited for the order
        raise LinkInvalid
    with pghistory.context(name=CUSTOMER):
        feedback = keep_feedback(order, read_answer(sent) | {"is_public": False}, now=now)
    FeedbackToken.objects.open().filter(order=order).update(used_at=now)
    return feedback
