"""Addresses of the order list, filtered to what a figure counts."""

from datetime import date
from urllib.parse import urlencode

from django.urls import reverse


def orders_url(
    first: date | None = None,
    last: date | None = None,
    *,
    status: str = "",
    source: str = "",
    item: str = "",
    customer: str = "",
    due: str = "",
) -> str:
    """Return where the orders sold from one day to another stand, of one kind where named."""
    filters = {
        "sold_from": first.isoformat() if first else "",
        "sold_to": last.isoformat() if last else "",
        "status__exact": status,
        "order_from__exact": source,
        "item": item,
        "customer": customer,
        "due": due,
    }
    asked = {name: value for name, value in filters.items() if value}
    return f"{reverse('admin:orders_order_changelist')}?{urlencode(asked)}"
