"""What the routes of the shop's desk share: lenient bodies, page numbers, ids in paths."""

import re
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import QueryDict
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser, FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.core.api.parsing import OrjsonParser
from apps.core.api.rendering import OrjsonRenderer
from apps.core.errors import Missing, TooLarge

SIZES = (10, 20, 50, 100)
MOST_PAGES = 1_000_000_000  # as far as anybody can have meant
LARGEST_ID = 2**31 - 1
WHOLE = re.compile(r"\s*([+-]?[0-9]{1,18})")


class DeskRenderer(OrjsonRenderer):
    """JSON that names its encoding, as the desk's clients have always got it."""

    charset = "utf-8"


class DeskJsonParser(OrjsonParser):
    """JSON objects; a list is an object without fields, anything else is refused."""

    refuses_inexact = False  # no amount of the desk is that large: its field refuses it by name

    def parse(self, stream: Any, media_type: str | None = None, context: Any = None) -> Any:
        """
        Read the body.

        :raises ParseError: in the words that the clients know
        """
        try:
            data = super().parse(stream, media_type, context)
        except ParseError:
            raise ParseError("Invalid JSON body") from None
        if isinstance(data, list):
            return {}
        if not isinstance(data, dict):
            raise ParseError("Invalid JSON body")
        return data


class _Bounded:
    """Refuse a form by the length that it announces, before any of it is read."""

    def parse(self, stream: Any, media_type: str | None = None, context: Any = None) -> Any:
        request = (context or {})["request"]
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.DESK_MAX_BODY_BYTES:
            raise TooLarge
        return super().parse(stream, media_type, context)  # type: ignore[misc]


class DeskFormParser(_Bounded, FormParser):
    """A url-encoded form."""


class DeskMultiPartParser(_Bounded, MultiPartParser):
    """A form with files."""


class IgnoringParser(BaseParser):
    """Any other type of body counts as an empty object."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, context: Any = None) -> Any:
        """Return no fields, and leave the body where it is."""
        return {}


class DeskView(APIView):
    """A route of the desk; what it may take and how it answers is the same for all of them."""

    scope = "desk"
    words = "desk"  # in which a 401 is told
    parser_classes = (DeskJsonParser, DeskFormParser, DeskMultiPartParser, IgnoringParser)
    renderer_classes = (DeskRenderer,)
    max_body_bytes: int = settings.DESK_MAX_BODY_BYTES


def fields_of(request: Request) -> dict[str, Any]:
    """Return the fields that the body names; of a repeated form field the last one."""
    data: Any = request.data
    return dict(data.items()) if isinstance(data, QueryDict) else data


def leading_number(text: str) -> int | None:
    """Return the number that the text begins with, as browsers read one: `12abc` is 12."""
    found = WHOLE.match(text)
    return int(found[1]) if found else None


def id_in_path(text: str, missing: type[Missing]) -> int:
    """
    Return the id that a path names.

    :raises Missing: if it names none that any row can have
    """
    number = leading_number(text)
    if number is None or not 0 < number <= LARGEST_ID:
        raise missing
    return number


@dataclass(frozen=True)
class PageAsked:
    """A page as the query string asks for it; values that make no sense mean the first ten."""

    number: int
    limit: int

    @classmethod
    def of(cls, request: Request) -> "PageAsked":
        """Read `page` and `limit`."""
        return cls.by(request.query_params)

    @classmethod
    def by(cls, query: QueryDict) -> "PageAsked":
        """Read `page` and `limit`."""
        number = leading_number(query.get("page", "")) or 1
        limit = leading_number(query.get("limit", ""))
        return cls(
            number=min(max(number, 1), MOST_PAGES),
            limit=limit if limit in SIZES else SIZES[0],
        )

    def cut(self, rows: QuerySet[Any]) -> tuple[list[Any], dict[str, int]]:
        """Return the rows of the page, and the numbers that describe it."""
        total = rows.count()
        start = (self.number - 1) * self.limit
        page = list(rows[start : start + self.limit]) if start < total else []
        return page, {
            "page": self.number,
            "limit": self.limit,
            "total": total,
            "totalPages": -(-total // self.limit),
        }
