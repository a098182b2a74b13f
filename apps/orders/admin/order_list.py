from functools import cached_property
from typing import Any, NamedTuple

from django.db.models import Count, F, Sum
from unfold.views import ChangeList

from apps.orders.admin.filters import ItemFilter
from apps.orders.models import OrderItem


class Together(NamedTuple):
    """What the orders of the list add up to, and what one item has of it."""

    orders: int
    revenue: Any
    item: Any = None
    pieces: int = 0
    item_revenue: Any = None


class OrderList(ChangeList):  # type: ignore[misc]
    """The list of orders; a filtered one says what it adds up to."""

    @cached_property
    def together(self) -> Together | None:
        """Return the sums of all pages; none for the whole list, where nobody asks for them."""
        if not (self.has_active_filters or self.query):
            return None
        orders = self.queryset.order_by()
        sums = orders.aggregate(orders=Count("pk"), revenue=Sum("total_price", default=0))
        item = next((spec.item for spec in self.filter_specs if isinstance(spec, ItemFilter)), None)
        if item is None:
            return Together(**sums)
        lines = OrderItem.objects.filter(item=item, order__in=orders.values("pk"))
        return Together(
            **sums,
            item=item,
            **lines.aggregate(
                pieces=Sum("quantity", default=0),
                item_revenue=Sum(F("price") * F("quantity"), default=0),
            ),
        )
