from collections.abc import Iterator
from typing import cast

import orjson
from django.http import StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    PolymorphicProxySerializer,
    extend_schema,
)
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.models import User
from apps.core.api.desk import DeskView, PageAsked, fields_of, id_in_path
from apps.core.api.idempotency import idempotent
from apps.feedback.api import cached
from apps.feedback.api.shapes import (
    FEEDBACK,
    TOKEN,
    FeedbackChange,
    FeedbackInput,
    FeedbackOutput,
    FeedbackPage,
    FeedbackStatsOutput,
    TokenOutput,
)
from apps.feedback.models import Feedback
from apps.feedback.refusals import FeedbackNotFound, NoFeedbackYet
from apps.feedback.services.create_feedback import create_feedback
from apps.feedback.services.issue_token import issue_token
from apps.feedback.services.read_stats import read_stats
from apps.feedback.services.update_feedback import update_feedback
from apps.orders.refusals import OrderNotFound

TAGS = ["Feedback"]
REFUSED = OpenApiResponse(description="A rule forbids it; `message` says which.")
SHOWN = OpenApiExample(
    "A feedback", value=FEEDBACK, response_only=True, status_codes=["200", "201"]
)
PAGE = {"page": 1, "limit": 10, "total": 37, "totalPages": 4}
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="At most 128 characters. The same key and body within 24 hours replay the answer.",
)


class Feedbacks(DeskView):
    """All feedback, newest first."""

    cached_read = cached.FEEDBACKS

    @extend_schema(
        operation_id="list_feedbacks",
        summary="List feedback, newest first: all of it, or a page",
        tags=TAGS,
        parameters=[
            OpenApiParameter("page", str, description="From 1; what makes no sense means 1."),
            OpenApiParameter("limit", str, description="10, 20, 50 or 100; else 10."),
        ],
        responses={
            200: PolymorphicProxySerializer(
                component_name="FeedbackList",
                serializers=[FeedbackPage, FeedbackOutput(many=True)],
                resource_type_field_name=None,
                many=False,
            )
        },
        examples=[
            OpenApiExample(
                "A page", value={"feedbacks": [FEEDBACK], "pagination": PAGE}, response_only=True
            )
        ],
    )
    def get(self, request: Request) -> Response | StreamingHttpResponse:
        if not any(request.query_params.get(name) for name in ("page", "limit")):
            content_type = "application/json; charset=utf-8"
            return StreamingHttpResponse(_pieces(), content_type=content_type)
        rows, pagination = PageAsked.of(request).cut(Feedback.objects.newest_first())
        shown = [FeedbackOutput(row).data for row in rows]
        return Response({"feedbacks": shown, "pagination": pagination})

    @extend_schema(
        operation_id="create_feedback",
        summary="Write down what a customer has said in some other way",
        tags=TAGS,
        parameters=[IDEMPOTENCY_KEY],
        request=FeedbackInput,
        responses={201: FeedbackOutput, 400: REFUSED},
        examples=[SHOWN],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        feedback = create_feedback(
            sent=fields_of(request), by=cast(User, request.user), now=timezone.now()
        )
        return Response(FeedbackOutput(feedback).data, status=status.HTTP_201_CREATED)


class OneFeedback(DeskView):
    """One feedback."""

    cached_read = cached.ONE_FEEDBACK

    @extend_schema(
        operation_id="get_feedback",
        summary="Show a feedback",
        tags=TAGS,
        responses={200: FeedbackOutput},
        examples=[SHOWN],
    )
    def get(self, _request: Request, feedback_id: str) -> Response:
        number = id_in_path(feedback_id, FeedbackNotFound)
        feedback = Feedback.objects.filter(pk=number).first()
        if feedback is None:
            raise FeedbackNotFound
        return Response(FeedbackOutput(feedback).data)

    @extend_schema(
        operation_id="change_feedback",
        summary="Reply to a feedback, show, hide or correct it",
        tags=TAGS,
        request=FeedbackChange,
        responses={200: FeedbackOutput, 400: REFUSED},
        examples=[SHOWN],
    )
    def put(self, request: Request, feedback_id: str) -> Response:
        try:
            number = id_in_path(feedback_id, FeedbackNotFound)
        except FeedbackNotFound:
            number = None  # what was sent is judged first
        feedback = update_feedback(
            feedback_id=number,
            sent=fields_of(request),
            by=cast(User, request.user),
            now=timezone.now(),
        )
        return Response(FeedbackOutput(feedback).data)


class FeedbackOfOrder(DeskView):
    """The feedback of an order."""

    cached_read = cached.FEEDBACK_OF_ORDER

    @extend_schema(
        operation_id="get_feedback_of_order",
        summary="Show the feedback of an order",
        tags=TAGS,
        responses={200: FeedbackOutput},
        examples=[SHOWN],
    )
    def get(self, _request: Request, order_id: str) -> Response:
        number = id_in_path(order_id, NoFeedbackYet)
        feedback = Feedback.objects.filter(order_id=number).first()
        if feedback is None:
            raise NoFeedbackYet
        return Response(FeedbackOutput(feedback).data)


class Stats(DeskView):
    """The averages."""

    cached_read = cached.STATS

    @extend_schema(
        operation_id="get_feedback_stats",
        summary="Show how customers rate, on average",
        tags=TAGS,
        responses={200: FeedbackStatsOutput},
        examples=[
            OpenApiExample(
                "Three feedbacks",
                value={
                    "avgRating": "4.33",
                    "avgProductQuality": "4.50",
                    "avgDeliveryExperience": None,
                    "totalFeedbacks": 3,
                },
                response_only=True,
            )
        ],
    )
    def get(self, _request: Request) -> Response:
        return Response(FeedbackStatsOutput(read_stats()).data)


class GenerateToken(DeskView):
    """The link of an order."""

    @extend_schema(
        operation_id="generate_feedback_token",
        summary="Return the live link of a completed order, making one if there is none",
        tags=TAGS,
        request=None,
        responses={200: TokenOutput, 400: REFUSED},
        examples=[
            OpenApiExample(
                "A link",
                value={"token": TOKEN, "orderId": 41, "expiresAt": "2025-03-03T08:00:00.000Z"},
                response_only=True,
            )
        ],
    )
    # Repeating it returns the same link anyway; an Idempotency-Key would store the answer, and
    # with it the secret in clear.
    def post(self, _request: Request, order_id: str) -> Response:
        issued = issue_token(order_id=id_in_path(order_id, OrderNotFound), now=timezone.now())
        return Response(TokenOutput(issued).data)


def _pieces() -> Iterator[bytes]:
    """Return the array of all feedback piece by piece; in memory is one portion."""
    yield b"["
    comma = b""
    for portion in Feedback.objects.portions():
        yield comma + b",".join(orjson.dumps(FeedbackOutput(row).data) for row in portion)
        comma = b","
    yield b"]"
