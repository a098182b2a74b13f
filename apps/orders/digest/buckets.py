"""The open orders of a day, by how soon they are due."""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from apps.orders.digest.calendar import start_of
from apps.orders.models import Order

MOST_SHOWN = 200  # of each bucket: a mail with thousands of lines is refused, or not read


class Span(NamedTuple):
    """Days after the digest's own; the first belongs to it, the last does not."""

    key: str
    title: str
    first: int | None
    last: int


SPANS = (
    Span("overdue", "Overdue", None, 0),
    Span("oneDay", "Due today or tomorrow", 0, 2),
    Span("threeDay", "Due in 2 or 3 days", 2, 4),
    Span("sevenDay", "Due in 4 to 7 days", 4, 8),
)


@dataclass(frozen=True, slots=True)
class Bucket:
    """The orders of one span: all are counted, the first ones are shown."""

    key: str
    title: str
    count: int
    orders: list[Order]

    @property
    def hidden(self) -> int:
        """Return how many are not shown."""
        return self.count - len(self.orders)


def buckets_of(day: date) -> list[Bucket]:
    """Return the buckets of that day's digest, the most urgent first."""
    return [_bucket(day, span) for span in SPANS]


def _bucket(day: date, span: Span) -> Bucket:
    orders = Order.objects.due_by(start_of(day, days_later=span.last))
    if span.first is not None:
        orders = orders.filter(expected_delivery_date__gte=start_of(day, days_later=span.first))
    count = orders.count()
    shown = orders.order_by("expected_delivery_date", "code")[:MOST_SHOWN] if count else []
    return Bucket(span.key, span.title, count, list(shown))
