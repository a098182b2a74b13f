"""The sales report made the slow way: every order is read and walked (contract, 5)."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

from apps.orders.models import Order
from apps.orders.sales.windows import TIME_RANGES


def slow_report(*, completed_only, now):
    orders = list(Order.objects.newest_first().prefetch_related("items"))
    if completed_only:
        orders = [order for order in orders if order.status == "completed"]
    return {
        time_range.key: slow_range(
            order
            for order in orders
            if (order.order_date or order.created_at) >= now - timedelta(days=time_range.days)
        )
        for time_range in TIME_RANGES
    }


def slow_range(orders):
    """Walk from the newest on; groups are ids, their names are those seen first."""
    items, customers, sources = {}, {}, {}
    total, count = Decimal(0), 0
    for order in orders:
        total, count = total + order.total_price, count + 1
        source = sources.setdefault(order.order_from, {"count": 0, "revenue": Decimal(0)})
        source["count"] += 1
        source["revenue"] += order.total_price
        customer = customers.setdefault(
            order.customer_id,
            {
                "customerId": order.customer_id,
                "customerName": order.customer_name,
                "orderCount": 0,
                "totalSpent": Decimal(0),
                "items": defaultdict(int),
            },
        )
        customer["orderCount"] += 1
        customer["totalSpent"] += order.total_price
        for line in order.items.all():
            item = items.setdefault(
                line.item_id, {"name": line.name, "quantity": 0, "revenue": Decimal(0)}
            )
            item["quantity"] += line.quantity
            item["revenue"] += line.price * line.quantity
            customer["items"][line.name] += line.quantity
    by_quantity = top(items, "quantity")
    by_orders = top(customers, "orderCount")
    return {
        "totalSales": total,
        "orderCount": count,
        "topItems": by_quantity[:5],
        "topItemsByRevenue": sorted(by_quantity, key=lambda item: -item["revenue"])[:5],
        "sourceBreakdown": sources,
        "topCustomersByOrders": by_orders[:5],
        "topCustomersByRevenue": sorted(by_orders, key=lambda one: -one["totalSpent"])[:5],
        "highestOrderingCustomer": by_orders[0] if by_orders else None,
        "averageOrderValue": float(total / count) if count else 0,
        "uniqueCustomers": len(customers),
    }


def top(groups, measure):
    return sorted(groups.values(), key=lambda group: -group[measure])


def plain(value):
    """Return it with lists of pairs for objects, so that the order of keys counts, too."""
    if isinstance(value, dict):
        return [(name, plain(inner)) for name, inner in value.items()]
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value if not isinstance(value, Decimal) else float(value)
