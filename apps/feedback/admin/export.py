"""The feedback of the list as it is filtered, as rows for a spreadsheet."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from apps.feedback.models import Feedback

AT_A_TIME = 500
COLUMNS = (
    "Order",
    "Customer",
    "Customer id",
    "Given",
    "Rating",
    "Product quality",
    "Delivery experience",
    "Comment",
    "Public",
    "Reply",
    "Replied",
    "Hours to reply",
)


def rows_of(feedbacks: QuerySet[Feedback]) -> Iterator[tuple[Any, ...]]:
    """Return a row a feedback, in the list's own order."""
    for feedback in feedbacks.select_related("order").iterator(chunk_size=AT_A_TIME):
        order, replied = feedback.order, feedback.responded_at
        yield (
            order.code,
            order.customer_name,
            order.customer_id,
            feedback.created_at,
            feedback.rating,
            feedback.product_quality,
            feedback.delivery_experience,
            feedback.comment or "",
            "yes" if feedback.is_public else "no",
            feedback.response_text or "",
            replied,
            round((replied - feedback.created_at).total_seconds() / 3600, 1) if replied else None,
        )
