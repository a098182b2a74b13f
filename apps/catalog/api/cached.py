"""Which reads of the catalogue may be answered from the cache, and for how long."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.http import QueryDict

from apps.catalog.api.listing import names_nothing_but_a_page
from apps.catalog.api.shapes import pictures_at
from apps.catalog.services.list_items import items_page
from apps.core.api.desk import PageAsked, leading_number
from apps.core.cache.reads import DAY, Asked, CachedRead

HOUR = 3600
SHORT = 300  # what anybody can ask for in any number of ways must not pile up
LAST_USUAL_PAGE = 100
PAGING = ("page", "limit", "cursor")


def _list(query: QueryDict, _kwargs: dict[str, Any]) -> Asked:
    if not any(query.get(name) for name in PAGING):
        return Asked(["all"], DAY)
    return _page(query, _kwargs)


def _page(query: QueryDict, _kwargs: dict[str, Any]) -> Asked:
    page, search = PageAsked.by(query), query.get("search", "").strip()
    cursor = query.get("cursor") if not query.get("page") else None
    is_first_of_either = bool(query.get("limit") and not query.get("page"))
    is_usual = not (search or cursor) and page.number <= LAST_USUAL_PAGE
    words = [page.number, page.limit, search, cursor or "", is_first_of_either]
    return Asked(words, DAY if is_usual else SHORT)


def _item(query: QueryDict, kwargs: dict[str, Any]) -> Asked:
    return Asked([leading_number(kwargs["item_id"]), query.get("includeDesigns") == "true"], HOUR)


def _items_body(query: QueryDict, site: str) -> Callable[[], str] | None:
    if not names_nothing_but_a_page(query):
        return None
    asked = PageAsked.by(query)
    return partial(items_page, page=asked.number, limit=asked.limit, base=pictures_at(site))


ITEMS = CachedRead(("items",), _list, _items_body)
DELETED_ITEMS = CachedRead(("items",), _page)
ONE_ITEM = CachedRead(("items",), _item)
