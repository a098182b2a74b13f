"""One list for two generations of clients: whole, by page number, or by cursor."""

import re
from datetime import datetime
from typing import Any

import structlog
from django.conf import settings
from django.http import QueryDict
from rest_framework.request import Request
from rest_framework.response import Response

from apps.catalog.api.shapes import ItemOutput, image_base
from apps.catalog.models import Item
from apps.catalog.querysets import ItemQuerySet
from apps.core.api.desk import LARGEST_ID, PageAsked
from apps.core.errors import Refused

log = structlog.get_logger(__name__)

CURSOR = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(?:\.[0-9]{1,6})?Z):([0-9]{1,18})")
COLUMNS = {"createdAt": "created_at", "deletedAt": "deleted_at"}


class InvalidCursor(Refused):
    """Invalid cursor format."""

    code = "invalid_cursor"


def searched(request: Request, items: ItemQuerySet) -> ItemQuerySet:
    """Return the items that the query string searches; PostgreSQL's texts hold no NUL."""
    return items.searched(_words(request.query_params))


def _words(query: QueryDict) -> str:
    return query.get("search", "").replace("\x00", "").strip()


def asks_for_a_page(request: Request) -> bool:
    """Return whether the query string wants a part of the list, and not all of it."""
    return any(request.query_params.get(name) for name in ("page", "limit", "cursor"))


def names_nothing_but_a_page(query: QueryDict) -> bool:
    """Return whether the query string names a page by number, and searches nothing."""
    return bool(query.get("page")) and not _words(query)


def whole_list(request: Request, items: ItemQuerySet) -> Response:
    """Return the list without pages, up to LIST_MOST_ROWS; the header tells how many there are."""
    rows = list(items[: settings.LIST_MOST_ROWS])
    total = len(rows) if len(rows) < settings.LIST_MOST_ROWS else items.count()
    log.info("items.listed_whole", rows=len(rows), total=total)
    return Response(shown(request, rows), headers={"X-Total-Count": str(total)})


def page_of_items(request: Request, items: ItemQuerySet, falls_by: str) -> dict[str, Any]:
    """
    Return the page that is asked for, of a list that falls by createdAt or deletedAt.

    By number if `page` is given or nothing is; by cursor if `cursor` is; a bare `limit` may be
    the first page of either, so it gets both descriptions.

    :raises InvalidCursor: if the cursor is none that we have given out
    """
    items, asked, query = searched(request, items), PageAsked.of(request), request.query_params
    if query.get("cursor") and not query.get("page"):
        return _after_cursor(request, items, asked.limit, falls_by)
    rows, pagination = asked.cut(items)
    answer = {"items": shown(request, rows), "pagination": pagination}
    if query.get("limit") and not query.get("page"):
        has_more = pagination["total"] > asked.limit
        answer["page"] = _place(rows, asked.limit, falls_by, has_more=has_more)
    return answer


def shown(request: Request, rows: Any) -> Any:
    """Return the items as JSON."""
    return ItemOutput(rows, many=True, context={"base": image_base(request)}).data


def _after_cursor(
    request: Request, items: ItemQuerySet, limit: int, falls_by: str
) -> dict[str, Any]:
    moment, item_id = _read(request.query_params["cursor"], falls_by)
    rows = list(items.after(COLUMNS[falls_by], moment, item_id)[: limit + 1])
    has_more, rows = len(rows) > limit, rows[:limit]
    place = _place(rows, limit, falls_by, has_more=has_more)
    return {"items": shown(request, rows), "page": place}


def _read(cursor: str, falls_by: str) -> tuple[datetime, int]:
    refusal = InvalidCursor(f'Invalid cursor format. Expected format: "{falls_by}:id"')
    found = CURSOR.fullmatch(cursor)
    if not found:
        raise refusal
    try:
        return datetime.fromisoformat(found[1]), min(int(found[2]), LARGEST_ID)
    except ValueError:  # such as 30 February
        raise refusal from None


def _place(rows: list[Item], limit: int, falls_by: str, *, has_more: bool) -> dict[str, Any]:
    return {
        "limit": limit,
        "nextCursor": _write(rows[-1], falls_by) if has_more and rows else None,
        "hasMore": has_more,
    }


def _write(item: Item, falls_by: str) -> str:
    # All six digits: with three, rows of the same millisecond would be skipped.
    moment: datetime = getattr(item, COLUMNS[falls_by])
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z:{item.pk}"
