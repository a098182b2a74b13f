from datetime import datetime
from typing import Any

from django.db import transaction

from apps.accounts.models import User
from apps.feedback.models import Feedback
from apps.feedback.reading import STAFFS, Sent, read_answer, read_sent
from apps.feedback.refusals import AlreadyGiven, NotCompleted, OrderIdMissing
from apps.feedback.services.keep_feedback import has_feedback, keep_feedback
from apps.feedback.services.lock_order import lock_order
from apps.orders.history import recorded_as
from apps.orders.reading.numbers import row_number
from apps.orders.status import OrderStatus


@transaction.atomic
def create_feedback(*, sent: Sent, by: User, now: datetime) -> Feedback:
    """
    Keep what a customer has told staff in some other way; no link is touched.

    :raises OrderIdMissing: if no order is named
    :raises OrderNotFound: if there is no such order
    :raises NotCompleted: if the order is not completed
    :raises AlreadyGiven: if the order has feedback already
    :raises FeedbackRefused: with the sentence of the first field that is not acceptable
    """
    if not sent.get("orderId"):
        raise OrderIdMissing
    order = lock_order(row_number(sent["orderId"]))
    if order.status != OrderStatus.COMPLETED:
        raise NotCompleted
    if has_feedback(order):
        raise AlreadyGiven
    columns: dict[str, Any] = read_answer(sent)
    columns |= read_sent(sent, only={"isPublic": STAFFS["isPublic"]})
    with recorded_as(by):
        return keep_feedback(order, columns, now=now)
