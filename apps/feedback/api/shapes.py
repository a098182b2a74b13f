"""What feedback looks like outside, key by key in the order of the contract (1.0)."""

from typing import Any

from rest_framework import serializers

from apps.core.api.desk_shapes import DeskPaginationOutput
from apps.core.times import iso
from apps.feedback.models import Feedback
from apps.feedback.models.feedback import HIGHEST, LONGEST_TEXT, LOWEST
from apps.feedback.services.issue_token import IssuedToken
from apps.feedback.services.read_stats import FeedbackStats
from apps.orders.models import Order
from apps.orders.status import OrderStatus

TOKEN = "4f1c" * 16
FEEDBACK = {
    "id": 3,
    "orderId": 41,
    "rating": 5,
    "comment": "Lovely",
    "productQuality": 5,
    "deliveryExperience": None,
    "isPublic": False,
    "responseText": "",
    "respondedAt": None,
    "createdAt": "2025-02-01T08:00:00.000Z",
    "updatedAt": "2025-02-01T08:00:00.000Z",
    "_id": 3,
}


class FeedbackOutput(serializers.Serializer[Feedback]):
    """What a customer has said about an order."""

    id = serializers.IntegerField()
    orderId = serializers.IntegerField(help_text="The order's number, not its code.")
    rating = serializers.IntegerField(min_value=LOWEST, max_value=HIGHEST)
    comment = serializers.CharField()
    productQuality = serializers.IntegerField(allow_null=True)
    deliveryExperience = serializers.IntegerField(allow_null=True)
    isPublic = serializers.BooleanField()
    responseText = serializers.CharField()
    respondedAt = serializers.DateTimeField(allow_null=True)
    createdAt = serializers.DateTimeField()
    updatedAt = serializers.DateTimeField()
    _id = serializers.IntegerField(help_text="The same as `id`.")

    def to_representation(self, feedback: Feedback) -> dict[str, Any]:
        return {
            "id": feedback.pk,
            "orderId": feedback.order_id,
            "rating": feedback.rating,
            "comment": feedback.comment or "",
            "productQuality": feedback.product_quality,
            "deliveryExperience": feedback.delivery_experience,
            "isPublic": feedback.is_public,
            "responseText": feedback.response_text or "",
            "respondedAt": iso(feedback.responded_at),
            "createdAt": iso(feedback.created_at),
            "updatedAt": iso(feedback.updated_at),
            "_id": feedback.pk,
        }


class FeedbackPage(serializers.Serializer[Any]):
    """A page by number; without `page` and `limit` the answer is a bare array."""

    feedbacks = FeedbackOutput(many=True)
    pagination = DeskPaginationOutput()


class FeedbackStatsOutput(serializers.Serializer[FeedbackStats]):
    """Averages are text with two decimals, or null."""

    avgRating = serializers.CharField(allow_null=True)
    avgProductQuality = serializers.CharField(allow_null=True)
    avgDeliveryExperience = serializers.CharField(allow_null=True)
    totalFeedbacks = serializers.IntegerField()

    def to_representation(self, stats: FeedbackStats) -> dict[str, Any]:
        return {
            "avgRating": stats.rating,
            "avgProductQuality": stats.product_quality,
            "avgDeliveryExperience": stats.delivery_experience,
            "totalFeedbacks": stats.total,
        }


class TokenOutput(serializers.Serializer[IssuedToken]):
    """The secret of a link."""

    token = serializers.CharField(min_length=64, max_length=64)
    orderId = serializers.IntegerField()
    expiresAt = serializers.DateTimeField()

    def to_representation(self, issued: IssuedToken) -> dict[str, Any]:
        return {
            "token": issued.token,
            "orderId": issued.order_id,
            "expiresAt": iso(issued.expires_at),
        }


class LinkedOrderOutput(serializers.Serializer[Order]):
    """What a customer's client learns about the order, and no more."""

    _id = serializers.IntegerField()
    orderId = serializers.CharField(help_text="The code that customers know.")
    status = serializers.ChoiceField(OrderStatus.choices)

    def to_representation(self, order: Order) -> dict[str, Any]:
        return {"_id": order.pk, "orderId": order.code, "status": order.status}


class LinkOutput(serializers.Serializer[Any]):
    """What a link leads to."""

    order = LinkedOrderOutput()
    hasExistingFeedback = serializers.BooleanField()


class TokenInput(serializers.Serializer[Any]):
    """The secret of a link."""

    token = serializers.CharField()


class AnswerInput(serializers.Serializer[Any]):
    """Documents what customers say; apps/feedback/reading.py reads it."""

    rating = serializers.IntegerField(min_value=LOWEST, max_value=HIGHEST)
    comment = serializers.CharField(required=False, max_length=LONGEST_TEXT, allow_blank=True)
    productQuality = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=HIGHEST, help_text="0: not rated."
    )
    deliveryExperience = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=HIGHEST, help_text="0: not rated."
    )


class PublicFeedbackInput(AnswerInput):
    """What a customer's client sends."""

    token = serializers.CharField()


class FeedbackInput(AnswerInput):
    """What staff write down for a customer."""

    orderId = serializers.IntegerField(help_text="The order's number, also as text.")
    isPublic = serializers.BooleanField(required=False, default=True)


class FeedbackChange(AnswerInput):
    """What staff change; what is not sent stays."""

    rating = serializers.IntegerField(required=False, min_value=LOWEST, max_value=HIGHEST)
    isPublic = serializers.BooleanField(required=False)
    responseText = serializers.CharField(
        required=False, allow_null=True, allow_blank=True, max_length=LONGEST_TEXT
    )
