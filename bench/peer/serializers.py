from django.conf import settings
from django.db import transaction
from rest_framework import serializers

from apps.catalog.models import Item
from apps.orders.codes import next_code
from apps.orders.models import Order, OrderItem


class ItemSerializer(serializers.ModelSerializer):
    specialFeatures = serializers.CharField(source="special_features")
    imageUrl = serializers.SerializerMethodField()
    createdAt = serializers.DateTimeField(source="created_at")
    deletedAt = serializers.DateTimeField(source="deleted_at")
    _id = serializers.IntegerField(source="id")

    class Meta:
        model = Item
        fields = (
            "id",
            "name",
            "price",
            "color",
            "fabric",
            "specialFeatures",
            "imageUrl",
            "createdAt",
            "deletedAt",
            "_id",
        )

    def get_imageUrl(self, item):  # noqa: N802 - named as in JSON
        return f"{settings.PUBLIC_URL}/images/{item.image_path}" if item.image_path else ""


class LineSerializer(serializers.ModelSerializer):
    orderId = serializers.IntegerField(source="order_id", read_only=True)
    itemId = serializers.PrimaryKeyRelatedField(
        source="item", queryset=Item.objects.filter(deleted_at=None)
    )
    customizationRequest = serializers.CharField(
        source="customization_request", required=False, allow_blank=True, allow_null=True
    )
    _id = serializers.IntegerField(source="id", read_only=True)
    item = serializers.IntegerField(source="item_id", read_only=True)

    class Meta:
        model = OrderItem
        fields = (
            "id",
            "orderId",
            "itemId",
            "name",
            "price",
            "quantity",
            "customizationRequest",
            "_id",
            "item",
        )
        read_only_fields = ("name", "price")


class OrderSerializer(serializers.ModelSerializer):
    orderId = serializers.CharField(source="code", read_only=True)
    orderFrom = serializers.CharField(source="order_from")
    customerName = serializers.CharField(source="customer_name")
    customerId = serializers.CharField(source="customer_id")
    totalPrice = serializers.DecimalField(
        source="total_price", max_digits=10, decimal_places=2, read_only=True
    )
    paymentStatus = serializers.CharField(source="payment_status", required=False)
    paidAmount = serializers.DecimalField(
        source="paid_amount", max_digits=10, decimal_places=2, required=False
    )
    confirmationStatus = serializers.CharField(source="confirmation_status", required=False)
    customerNotes = serializers.CharField(
        source="customer_notes", required=False, allow_blank=True, allow_null=True
    )
    orderDate = serializers.DateTimeField(source="order_date", required=False)
    expectedDeliveryDate = serializers.DateTimeField(
        source="expected_delivery_date", required=False, allow_null=True
    )
    deliveryStatus = serializers.CharField(source="delivery_status", required=False)
    trackingId = serializers.CharField(source="tracking_id", required=False, allow_null=True)
    deliveryPartner = serializers.CharField(
        source="delivery_partner", required=False, allow_null=True
    )
    actualDeliveryDate = serializers.DateTimeField(
        source="actual_delivery_date", required=False, allow_null=True
    )
    createdAt = serializers.DateTimeField(source="created_at", read_only=True)
    _id = serializers.IntegerField(source="id", read_only=True)
    items = LineSerializer(many=True)

    class Meta:
        model = Order
        fields = (
            "id",
            "orderId",
            "orderFrom",
            "customerName",
            "customerId",
            "address",
            "totalPrice",
            "status",
            "paymentStatus",
            "paidAmount",
            "confirmationStatus",
            "customerNotes",
            "priority",
            "orderDate",
            "expectedDeliveryDate",
            "deliveryStatus",
            "trackingId",
            "deliveryPartner",
            "actualDeliveryDate",
            "createdAt",
            "_id",
            "items",
        )
        read_only_fields = ("status",)

    @transaction.atomic
    def create(self, validated_data):
        lines = validated_data.pop("items")
        total = sum(line["item"].price * line["quantity"] for line in lines)
        order = Order.objects.create(code=next_code(), total_price=total, **validated_data)
        OrderItem.objects.bulk_create(
            OrderItem(order=order, name=line["item"].name, price=line["item"].price, **line)
            for line in lines
        )
        order.refresh_from_db()
        return order
