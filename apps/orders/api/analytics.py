from typing import Any

from django.utils import timezone
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    inline_serializer,
)
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.desk import DeskView
from apps.core.errors import Refused
from apps.core.times import iso
from apps.orders.api import cached
from apps.orders.sales.report import sales_report
from apps.orders.sales.windows import TIME_RANGES

CUSTOMER = {
    "customerId": "@mira",
    "customerName": "Mira",
    "orderCount": 2,
    "totalSpent": 5198,
    "items": {"Linen shirt": 4},
}
ITEM = {"name": "Linen shirt", "quantity": 4, "revenue": 5198}
RANGE = {
    "totalSales": 5198,
    "orderCount": 2,
    "topItems": [ITEM],
    "topItemsByRevenue": [ITEM],
    "sourceBreakdown": {"instagram": {"count": 2, "revenue": 5198}},
    "topCustomersByOrders": [CUSTOMER],
    "topCustomersByRevenue": [CUSTOMER],
    "highestOrderingCustomer": CUSTOMER,
    "averageOrderValue": 2599,
    "uniqueCustomers": 1,
}
RANGES = [time_range._asdict() for time_range in TIME_RANGES]


class InvalidStatusFilter(Refused):
    """Invalid statusFilter. Must be 'completed' or 'all'"""

    code = "invalid_status_filter"


class SoldItem(serializers.Serializer[Any]):
    name = serializers.CharField()
    quantity = serializers.IntegerField()
    revenue = serializers.FloatField()


class SourceSales(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    revenue = serializers.FloatField()


class CustomerSales(serializers.Serializer[Any]):
    customerId = serializers.CharField()
    customerName = serializers.CharField()
    orderCount = serializers.IntegerField()
    totalSpent = serializers.FloatField()
    items = serializers.DictField(child=serializers.IntegerField())


class RangeSales(serializers.Serializer[Any]):
    totalSales = serializers.FloatField()
    orderCount = serializers.IntegerField()
    topItems = SoldItem(many=True)
    topItemsByRevenue = SoldItem(many=True)
    sourceBreakdown = serializers.DictField(child=SourceSales())
    topCustomersByOrders = CustomerSales(many=True)
    topCustomersByRevenue = CustomerSales(many=True)
    highestOrderingCustomer = CustomerSales(allow_null=True)
    averageOrderValue = serializers.FloatField()
    uniqueCustomers = serializers.IntegerField()


class AllRangesSales(serializers.Serializer[Any]):
    week = RangeSales()
    month = RangeSales()
    quarter = RangeSales()
    halfYear = RangeSales()
    year = RangeSales()


class SalesOutput(serializers.Serializer[Any]):
    analytics = AllRangesSales()
    timeRanges = inline_serializer(
        "TimeRange",
        {
            "key": serializers.CharField(),
            "label": serializers.CharField(),
            "days": serializers.IntegerField(),
        },
        many=True,
    )
    generatedAt = serializers.DateTimeField()


class Sales(DeskView):
    """What was sold, over rolling ranges."""

    cached_read = cached.SALES

    @extend_schema(
        operation_id="show_sales",
        summary="Show the sales of the last week, month, quarter, half year and year",
        tags=["Orders"],
        parameters=[
            OpenApiParameter(
                "statusFilter", str, enum=cached.SALES_FILTERS, description="`completed` if absent."
            )
        ],
        responses={
            200: SalesOutput,
            400: OpenApiResponse(description="`invalid_status_filter`"),
        },
        examples=[
            OpenApiExample(
                "Sales",
                value={
                    "analytics": {time_range.key: RANGE for time_range in TIME_RANGES},
                    "timeRanges": RANGES,
                    "generatedAt": "2025-02-01T08:00:00.000Z",
                },
                response_only=True,
                status_codes=["200"],
            )
        ],
    )
    def get(self, request: Request) -> Response:
        asked = request.query_params.getlist("statusFilter") or ["completed"]
        if len(asked) > 1 or asked[0] not in cached.SALES_FILTERS:
            raise InvalidStatusFilter
        now = timezone.now()
        analytics = sales_report(completed_only=asked[0] == "completed", now=now)
        return Response({"analytics": analytics, "timeRanges": RANGES, "generatedAt": iso(now)})
