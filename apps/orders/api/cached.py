"""Which reads of orders may be answered from the cache, and for how long."""

from typing import Any

from django.http import QueryDict

from apps.core.api.desk import leading_number
from apps.core.cache.reads import DAY, Asked, CachedRead

MINUTE = 60
SALES_FILTERS = ("completed", "all")
# Names and prices in an order are its own; a change of an item does not change it.
ORDERS = ("orders",)


def _cursor(query: QueryDict, _kwargs: dict[str, Any]) -> Asked:
    return Asked([query.get("limit") or "10", query.get("cursor") or ""], MINUTE)


def _order(_query: QueryDict, kwargs: dict[str, Any]) -> Asked:
    return Asked([leading_number(kwargs["order_id"])], DAY)


def _sales(query: QueryDict, _kwargs: dict[str, Any]) -> Asked | None:
    asked = query.getlist("statusFilter") or ["completed"]
    return Asked(asked, MINUTE) if len(asked) == 1 and asked[0] in SALES_FILTERS else None


ALL_ORDERS = CachedRead(ORDERS, lambda _query, _kwargs: Asked([], DAY))
# What needs attention, and the ranges of the report, also change as time passes.
PRIORITY_ORDERS = CachedRead(ORDERS, lambda _query, _kwargs: Asked([], 5 * MINUTE))
ORDERS_BY_CURSOR = CachedRead(ORDERS, _cursor)
ONE_ORDER = CachedRead(ORDERS, _order)
SALES = CachedRead(ORDERS, _sales)
