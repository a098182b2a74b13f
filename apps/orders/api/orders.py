from typing import Any, cast

from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
)
from rest_framework import status
from rest_framework.request import Request

from apps.accounts.models import User
from apps.core.api.desk import DeskView, PageAsked, fields_of, leading_number
from apps.core.api.idempotency import idempotent
from apps.core.api.ready import ready
from apps.core.errors import Refused
from apps.orders.api import answers, cached
from apps.orders.api.cursors import read_cursor, write_cursor
from apps.orders.api.lean import PLACE_ORDER
from apps.orders.api.shapes import (
    ORDER,
    ORDER_INPUT,
    OrderChange,
    OrderCursorPage,
    OrderInput,
    OrderOutput,
    OrderPage,
)
from apps.orders.refusals import OrderRefused
from apps.orders.services.find_orders import (
    find_after,
    find_all,
    find_newest,
    find_order,
    orders_page,
    priority_list,
)
from apps.orders.services.place_order import place_and_show
from apps.orders.services.update_order import update_order

TAGS = ["Orders"]
MOST_ROWS = 100
LARGEST_ID = 2**31 - 1
REFUSED = OpenApiResponse(description="A field is not acceptable; `message` says which and why.")
SHOWN = OpenApiExample("An order", value=ORDER, response_only=True, status_codes=["200", "201"])
PLACED = OpenApiExample("A new order", value=ORDER_INPUT, request_only=True)
PAGE = {"page": 1, "limit": 10, "total": 37, "totalPages": 4}
VERSION = OpenApiParameter(
    answers.VERSION_HEADER,
    int,
    OpenApiParameter.HEADER,
    response=True,
    description="Send it back as `version` to change only what you have seen.",
)
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="At most 128 characters. The same key and body within 24 hours replay the answer.",
)


class InvalidLimit(Refused):
    """Limit must be a number between 1 and 100"""

    code = "out_of_range"


class Orders(DeskView):
    """All orders, newest first."""

    cached_read = cached.ORDERS_BY_PAGE
    lean_write = PLACE_ORDER

    @extend_schema(
        operation_id="list_orders",
        summary="List orders by page, newest first",
        tags=TAGS,
        parameters=[
            OpenApiParameter("page", str, description="From 1; what makes no sense means 1."),
            OpenApiParameter("limit", str, description="10, 20, 50 or 100; else 10."),
        ],
        responses={200: OrderPage},
        examples=[
            OpenApiExample(
                "A page", value={"orders": [ORDER], "pagination": PAGE}, response_only=True
            )
        ],
    )
    def get(self, request: Request) -> HttpResponse:
        asked = PageAsked.of(request)
        return ready(orders_page(page=asked.number, limit=asked.limit))

    @extend_schema(
        operation_id="place_order",
        summary="Place an order at the catalogue's prices",
        tags=TAGS,
        parameters=[IDEMPOTENCY_KEY, VERSION],
        request=OrderInput,
        responses={201: OrderOutput, 400: REFUSED},
        examples=[PLACED, SHOWN],
    )
    @idempotent
    def post(self, request: Request) -> HttpResponse:
        order = place_and_show(
            sent=fields_of(request), by=cast(User, request.user), now=timezone.now()
        )
        return answers.one(order, status.HTTP_201_CREATED)


class AllOrders(DeskView):
    """Every order at once."""

    cached_read = cached.ALL_ORDERS

    @extend_schema(
        operation_id="list_all_orders",
        summary="Stream every order, newest first",
        tags=TAGS,
        responses={200: OrderOutput(many=True)},
    )
    def get(self, _request: Request) -> StreamingHttpResponse:
        content_type = "application/json; charset=utf-8"
        return StreamingHttpResponse(answers.pieces(find_all()), content_type=content_type)


class PriorityOrders(DeskView):
    """What needs attention."""

    cached_read = cached.PRIORITY_ORDERS

    @extend_schema(
        operation_id="list_priority_orders",
        summary="List open orders that are due, overdue or urgent",
        tags=TAGS,
        responses={200: OrderOutput(many=True)},
    )
    def get(self, _request: Request) -> HttpResponse:
        return ready(priority_list(timezone.now()))


class OrdersByCursor(DeskView):
    """All orders, for scrolling."""

    cached_read = cached.ORDERS_BY_CURSOR

    @extend_schema(
        operation_id="scroll_orders",
        summary="List orders by cursor, newest first",
        tags=TAGS,
        parameters=[
            OpenApiParameter("limit", str, description="From 1 to 100; 10 if absent."),
            OpenApiParameter("cursor", str, description="`nextCursor` of the answer before."),
        ],
        responses={200: OrderCursorPage, 400: REFUSED},
        examples=[
            OpenApiExample(
                "The last page",
                value={
                    "orders": [ORDER],
                    "pagination": {"limit": 10, "nextCursor": None, "hasMore": False},
                },
                response_only=True,
                status_codes=["200"],
            )
        ],
    )
    def get(self, request: Request) -> HttpResponse:
        limit, cursor = _limit(request), request.query_params.get("cursor")
        if cursor:
            orders = find_after(read_cursor(cursor), limit=limit + 1)
        else:
            orders = find_newest(limit=limit + 1)
        has_more, orders = len(orders) > limit, orders[:limit]
        pagination: dict[str, Any] = {
            "limit": limit,
            "nextCursor": write_cursor(orders[-1]) if has_more else None,
            "hasMore": has_more,
        }
        return answers.listed(orders, pagination)


class OneOrder(DeskView):
    """One order."""

    cached_read = cached.ONE_ORDER

    @extend_schema(
        operation_id="get_order",
        summary="Show an order",
        tags=TAGS,
        parameters=[VERSION],
        responses={200: OrderOutput},
        examples=[SHOWN],
    )
    def get(self, _request: Request, order_id: str) -> HttpResponse:
        return answers.one(find_order(_number(order_id)))

    @extend_schema(
        operation_id="change_order",
        summary="Change what is sent of an order",
        tags=TAGS,
        parameters=[VERSION],
        request=OrderChange,
        responses={
            200: OrderOutput,
            400: REFUSED,
            409: OpenApiResponse(description="`order_changed`"),
        },
        examples=[SHOWN],
    )
    def put(self, request: Request, order_id: str) -> HttpResponse:
        sent = fields_of(request)
        order = update_order(
            order_id=_number(order_id),
            sent=sent,
            by=cast(User, request.user),
            version=_version(sent),
        )
        return answers.one(find_order(order.pk))


def _number(text: str) -> int | None:
    number = leading_number(text)
    return number if number and 0 < number <= LARGEST_ID else None


def _version(sent: dict[str, Any]) -> int | None:
    version = sent.get("version")
    if version is None or (isinstance(version, int) and not isinstance(version, bool)):
        return version
    raise OrderRefused("Version must be a number", "version")


def _limit(request: Request) -> int:
    text = request.query_params.get("limit")
    if not text:
        return 10
    if text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MOST_ROWS and len(text) < 9:
        return int(text)
    raise InvalidLimit
