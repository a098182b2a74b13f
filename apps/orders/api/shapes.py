"""What orders look like outside, key by key in the order of the contract (1.0)."""

from typing import Any

from rest_framework import serializers

from apps.core.money import as_number
from apps.core.times import iso
from apps.orders.models import Order, OrderItem
from apps.orders.status import (
    HIGHEST_PRIORITY,
    ConfirmationStatus,
    DeliveryStatus,
    OrderSource,
    OrderStatus,
    PaymentStatus,
)

LINE = {
    "id": 90,
    "orderId": 41,
    "itemId": 7,
    "name": "Linen shirt",
    "price": 1299.5,
    "quantity": 2,
    "customizationRequest": "blue thread",
    "_id": 90,
    "item": 7,
}
ORDER = {
    "id": 41,
    "orderId": "ORD384210",
    "orderFrom": "instagram",
    "customerName": "Mira",
    "customerId": "@mira",
    "address": "",
    "totalPrice": 2599,
    "status": "pending",
    "paymentStatus": "partially_paid",
    "paidAmount": 500.5,
    "confirmationStatus": "confirmed",
    "customerNotes": "",
    "priority": 3,
    "orderDate": "2025-01-05T09:31:00.000Z",
    "expectedDeliveryDate": "2025-01-20T00:00:00.000Z",
    "deliveryStatus": "not_shipped",
    "trackingId": "",
    "deliveryPartner": "",
    "actualDeliveryDate": None,
    "createdAt": "2025-01-05T09:31:00.004Z",
    "_id": 41,
    "items": [LINE],
}
ORDER_INPUT = {
    "orderFrom": "instagram",
    "customerName": "Mira",
    "customerId": "@mira",
    "address": "",
    "items": [{"itemId": "7", "quantity": 2, "customizationRequest": ""}],
    "expectedDeliveryDate": "2030-01-20",
    "paymentStatus": "unpaid",
    "paidAmount": 0,
    "confirmationStatus": "unconfirmed",
    "customerNotes": "",
    "priority": 0,
}


class OrderLineOutput(serializers.Serializer[OrderItem]):
    """A line, at the name and price of the day it was agreed."""

    id = serializers.IntegerField()
    orderId = serializers.IntegerField(help_text="The order's number, not its code.")
    itemId = serializers.IntegerField()
    designId = serializers.IntegerField(required=False, help_text="Only where one was chosen.")
    name = serializers.CharField()
    price = serializers.FloatField()
    quantity = serializers.IntegerField()
    customizationRequest = serializers.CharField()
    _id = serializers.IntegerField(help_text="The same as `id`.")
    item = serializers.IntegerField(help_text="The same as `itemId`.")

    def to_representation(self, line: OrderItem) -> dict[str, Any]:
        design = {"designId": line.design_id} if line.design_id else {}
        return {
            "id": line.pk,
            "orderId": line.order_id,
            "itemId": line.item_id,
            **design,
            "name": line.name,
            "price": as_number(line.price),
            "quantity": line.quantity,
            "customizationRequest": line.customization_request or "",
            "_id": line.pk,
            "item": line.item_id,
        }


class OrderOutput(serializers.Serializer[Order]):
    """An order with its lines. The routes send the same bytes from one SQL statement."""

    id = serializers.IntegerField()
    orderId = serializers.CharField(help_text="The code that customers know.")
    orderFrom = serializers.ChoiceField(OrderSource.choices)
    customerName = serializers.CharField()
    customerId = serializers.CharField()
    address = serializers.CharField()
    totalPrice = serializers.FloatField()
    status = serializers.ChoiceField(OrderStatus.choices)
    paymentStatus = serializers.ChoiceField(PaymentStatus.choices)
    paidAmount = serializers.FloatField()
    confirmationStatus = serializers.ChoiceField(ConfirmationStatus.choices)
    customerNotes = serializers.CharField()
    priority = serializers.IntegerField(min_value=0, max_value=HIGHEST_PRIORITY)
    orderDate = serializers.DateTimeField(allow_null=True)
    expectedDeliveryDate = serializers.DateTimeField(allow_null=True)
    deliveryStatus = serializers.ChoiceField(DeliveryStatus.choices)
    trackingId = serializers.CharField()
    deliveryPartner = serializers.CharField()
    actualDeliveryDate = serializers.DateTimeField(allow_null=True)
    createdAt = serializers.DateTimeField()
    _id = serializers.IntegerField(help_text="The same as `id`.")
    items = OrderLineOutput(many=True)

    def to_representation(self, order: Order) -> dict[str, Any]:
        return {
            "id": order.pk,
            "orderId": order.code,
            "orderFrom": order.order_from,
            "customerName": order.customer_name,
            "customerId": order.customer_id,
            "address": order.address or "",
            "totalPrice": as_number(order.total_price),
            "status": order.status,
            "paymentStatus": order.payment_status,
            "paidAmount": as_number(order.paid_amount),
            "confirmationStatus": order.confirmation_status,
            "customerNotes": order.customer_notes or "",
            "priority": order.priority,
            "orderDate": iso(order.order_date),
            "expectedDeliveryDate": iso(order.expected_delivery_date),
            "deliveryStatus": order.delivery_status,
            "trackingId": order.tracking_id or "",
            "deliveryPartner": order.delivery_partner or "",
            "actualDeliveryDate": iso(order.actual_delivery_date),
            "createdAt": iso(order.created_at),
            "_id": order.pk,
            "items": [OrderLineOutput(line).data for line in order.items.all()],
        }


class DeskPagination(serializers.Serializer[Any]):
    page = serializers.IntegerField()
    limit = serializers.IntegerField()
    total = serializers.IntegerField()
    totalPages = serializers.IntegerField()


class OrderPage(serializers.Serializer[Any]):
    orders = OrderOutput(many=True)
    pagination = DeskPagination()


class CursorPagination(serializers.Serializer[Any]):
    limit = serializers.IntegerField()
    nextCursor = serializers.CharField(allow_null=True)
    hasMore = serializers.BooleanField()


class OrderCursorPage(serializers.Serializer[Any]):
    orders = OrderOutput(many=True)
    pagination = CursorPagination()


class OrderLineInput(serializers.Serializer[Any]):
    """Documents a line; apps/orders/reading reads it, in the order of the contract."""

    itemId = serializers.IntegerField(help_text="A number, also as text.")
    designId = serializers.IntegerField(required=False, allow_null=True)
    quantity = serializers.IntegerField(min_value=1)
    customizationRequest = serializers.CharField(required=False, allow_blank=True)


class OrderChange(serializers.Serializer[Any]):
    """Documents what may be changed; only what is sent changes."""

    orderFrom = serializers.ChoiceField(OrderSource.choices, required=False)
    customerName = serializers.CharField(required=False)
    customerId = serializers.CharField(required=False)
    address = serializers.CharField(required=False, allow_null=True, allow_blank=True)
    items = OrderLineInput(many=True, required=False)
    status = serializers.ChoiceField(OrderStatus.choices, required=False)
    paymentStatus = serializers.ChoiceField(PaymentStatus.choices, required=False)
    paidAmount = serializers.FloatField(min_value=0, required=False)
    confirmationStatus = serializers.ChoiceField(ConfirmationStatus.choices, required=False)
    customerNotes = serializers.CharField(required=False, allow_null=True, allow_blank=True)
    priority = serializers.IntegerField(min_value=0, max_value=HIGHEST_PRIORITY, required=False)
    orderDate = serializers.CharField(required=False, allow_null=True)
    expectedDeliveryDate = serializers.CharField(required=False, allow_null=True)
    actualDeliveryDate = serializers.CharField(required=False, allow_null=True)
    deliveryStatus = serializers.ChoiceField(DeliveryStatus.choices, required=False)
    trackingId = serializers.CharField(required=False, allow_null=True, allow_blank=True)
    deliveryPartner = serializers.CharField(required=False, allow_null=True, allow_blank=True)
    version = serializers.IntegerField(
        required=False, help_text="The `X-Order-Version` that was read; another one now is a 409."
    )


class OrderInput(serializers.Serializer[Any]):
    """Documents a new order."""

    orderFrom = serializers.ChoiceField(OrderSource.choices)
    customerName = serializers.CharField()
    customerId = serializers.CharField()
    items = OrderLineInput(many=True)
    address = serializers.CharField(required=False, allow_null=True, allow_blank=True)
    paymentStatus = serializers.ChoiceField(PaymentStatus.choices, required=False)
    paidAmount = serializers.FloatField(min_value=0, required=False)
    confirmationStatus = serializers.ChoiceField(ConfirmationStatus.choices, required=False)
    customerNotes = serializers.CharField(required=False, allow_null=True, allow_blank=True)
    priority = serializers.IntegerField(min_value=0, max_value=HIGHEST_PRIORITY, required=False)
    orderDate = serializers.CharField(required=False, allow_null=True)
    expectedDeliveryDate = serializers.CharField(required=False, allow_null=True)
    actualDeliveryDate = serializers.CharField(required=False, allow_null=True)
    deliveryStatus = serializers.ChoiceField(DeliveryStatus.choices, required=False)
    trackingId = serializers.CharField(required=False, allow_null=True, allow_blank=True)
    deliveryPartner = serializers.CharField(required=False, allow_null=True, allow_blank=True)
