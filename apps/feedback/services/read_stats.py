from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import Count, Sum

from apps.feedback.models import Feedback

HUNDREDTH = Decimal("0.01")
RATED = ("rating", "product_quality", "delivery_experience")


@dataclass(frozen=True)
class FeedbackStats:
    """How many feedbacks there are, and their averages as text."""

    rating: str | None
    product_quality: str | None
    delivery_experience: str | None
    total: int


def read_stats() -> FeedbackStats:
    """Return the figures over all feedback, public or not; each skips what was not rated."""
    sums = {f"{name}_sum": Sum(name) for name in RATED}
    counts = {f"{name}_count": Count(name) for name in RATED}
    found = Feedback.objects.aggregate(total=Count("pk"), **sums, **counts)
    rating, quality, delivery = (
        average(found[f"{name}_sum"], found[f"{name}_count"]) for name in RATED
    )
    return FeedbackStats(rating, quality, delivery, found["total"])


def average(total: int | None, count: int) -> str | None:
    """
    Return the mean with two decimals, as JavaScript's toFixed writes its double: halves go up.

    Decimal(float) is the double itself, so 4.125 becomes 4.13 and 4.005, which is less, 4.00.
    """
    if not count or total is None:
        return None
    return str(Decimal(total / count).quantize(HUNDREDTH, ROUND_HALF_UP))
