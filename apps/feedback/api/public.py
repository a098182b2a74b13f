"""What a customer's client may do, who has a link instead of a login."""

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.desk import DeskView, fields_of
from apps.feedback import guard
from apps.feedback.api.feedbacks import REFUSED, SHOWN, TAGS
from apps.feedback.api.shapes import (
    TOKEN,
    FeedbackOutput,
    LinkOutput,
    PublicFeedbackInput,
    TokenInput,
)
from apps.feedback.services.find_link import find_live_link
from apps.feedback.services.keep_feedback import has_feedback
from apps.feedback.services.submit_feedback import submit_feedback

INVALID = OpenApiResponse(
    description="The link is unknown, used, revoked or expired; `code` is `feedback_exists` if it"
    " was used."
)
BUSY = OpenApiResponse(
    description="Too many refused calls with this link, or from this address without one."
)
GIVEN = OpenApiResponse(
    description="A rule forbids it; `message` says which. `code` is `feedback_exists` if another"
    " call was faster."
)
ANSWER = {
    "token": TOKEN,
    "rating": 5,
    "comment": "",
    "productQuality": 0,
    "deliveryExperience": 0,
}


class PublicView(DeskView):
    """A route that asks for the secret of a link, and for nothing else."""

    authentication_classes = ()
    permission_classes = ()


class ValidateToken(PublicView):
    """A look at a link."""

    @extend_schema(
        operation_id="validate_feedback_token",
        summary="Tell what a link leads to, without using it up",
        tags=TAGS,
        request=TokenInput,
        responses={200: LinkOutput, 400: REFUSED, 401: INVALID, 429: BUSY},
        examples=[
            OpenApiExample("A link", value={"token": TOKEN}, request_only=True),
            OpenApiExample(
                "An order that waits for feedback",
                value={
                    "order": {"_id": 41, "orderId": "ORD384210", "status": "completed"},
                    "hasExistingFeedback": False,
                },
                response_only=True,
                status_codes=["200"],
            ),
        ],
    )
    def post(self, request: Request) -> Response:
        token = fields_of(request).get("token")
        with guard.counted(request._request, token):  # noqa: SLF001  the guard of the page, too
            link = find_live_link(token, now=timezone.now())
        found = {"order": link.order, "hasExistingFeedback": has_feedback(link.order)}
        return Response(LinkOutput(found).data)


class SubmitFeedback(PublicView):
    """The customer's word."""

    @extend_schema(
        operation_id="submit_feedback",
        summary="Say how it was, and use the link up",
        tags=TAGS,
        request=PublicFeedbackInput,
        responses={201: FeedbackOutput, 400: GIVEN, 401: INVALID, 429: BUSY},
        examples=[OpenApiExample("As the client sends it", value=ANSWER, request_only=True), SHOWN],
    )
    # The link is the key that makes it happen once: no Idempotency-Key is needed.
    def post(self, request: Request) -> Response:
        sent = fields_of(request)
        token = sent.get("token")
        with guard.counted(request._request, token):  # noqa: SLF001  the guard of the page, too
            feedback = submit_feedback(token=token, sent=sent, now=timezone.now())
        return Response(FeedbackOutput(feedback).data, status=status.HTTP_201_CREATED)
