"""Which reads of orders may be answered from the cache, and for how long."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.http import QueryDict
from django.utils import timezone

from apps.core.api.desk import PageAsked, leading_number
from apps.core.cache.reads import DAY, Asked, CachedRead
from apps.orders.services.find_orders import orders_page, priority_list

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


def _page_body(query: QueryDict, _site: str) -> Callable[[], str]:
    asked = PageAsked.by(query)
    return partial(orders_page, page=asked.number, limit=asked.limit)


def _priority_body(_query: QueryDict, _site: str) -> Callable[[], str]:
    return lambda: priority_list(timezone.now())


# The one list that is never kept (contracts/orders.md 7): who takes orders watches it.
ORDERS_BY_PAGE = CachedRead(ORDERS, lambda _query, _kwargs: Asked([], 0), _page_body)
ALL_ORDERS = CachedRead(ORDERS, lambda _query, _kwargs: Asked([], DAY))
# What needs attention, and the ranges of the report, also change as time passes.
PRIORITY_ORDERS = CachedRead(ORDERS, lambda _query, _kwargs: Asked([], 5 * MINUTE), _priority_body)
ORDERS_BY_CURSOR = CachedRead(ORDERS, _cursor)
ONE_ORDER = CachedRead(ORDERS, _order)
SALES = CachedRead(ORDERS, _sales)
