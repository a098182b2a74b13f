"""Pages by number: `page` >= 1, `pageSize` within the view's limit, 422 outside."""

import re
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request

from apps.core.errors import Detail, Invalid

DEFAULT_SIZE = 10
LARGEST_SIZE = 100
WHOLE = re.compile(r"[0-9]{1,18}")  # bounded: int() itself fails on thousands of digits


@dataclass(frozen=True)
class Page:
    """One page of a listing, and the numbers that describe it."""

    rows: list[Any]
    number: int
    size: int
    total: int

    @property
    def pagination(self) -> dict[str, int]:
        """Return the `pagination` object of the contracts."""
        return {
            "page": self.number,
            "pageSize": self.size,
            "total": self.total,
            "totalPages": -(-self.total // self.size),
        }


def whole_number(request: Request, name: str, *, default: int, least: int, most: int) -> int:
    """
    Read a whole number from the query string.

    :raises Invalid: if it is no number, or outside the limits
    """
    text = request.query_params.get(name)
    if text is None:
        return default
    if not WHOLE.fullmatch(text) or not least <= int(text) <= most:
        message = f"{name} must be a whole number from {least} to {most}."
        raise Invalid(message, details=[Detail(name, "out_of_range", message)])
    return int(text)


def paginate(
    request: Request,
    queryset: QuerySet[Any],
    *,
    default_size: int = DEFAULT_SIZE,
    largest_size: int = LARGEST_SIZE,
) -> Page:
    """
    Cut the page out of an ordered queryset that the query string asks for.

    :raises Invalid: if page or pageSize are out of range
    """
    number = whole_number(request, "page", default=1, least=1, most=10_000_000)
    size = whole_number(request, "pageSize", default=default_size, least=1, most=largest_size)
    start = (number - 1) * size
    return Page(list(queryset[start : start + size]), number, size, queryset.count())
