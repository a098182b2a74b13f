from datetime import datetime

from django.db import transaction

from apps.feedback.models import FeedbackToken
from apps.feedback.services.lock_order import lock_order


@transaction.atomic
def revoke_links(*, order_id: int, now: datetime) -> int:
    """
    Make the order's open link useless; return whether there was one, as a number.

    :raises OrderNotFound: if there is no such order
    """
    order = lock_order(order_id)
    return FeedbackToken.objects.open().filter(order=order).update(revoked_at=now)
