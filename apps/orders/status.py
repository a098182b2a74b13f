"""The words of an order; any status may follow any other (contracts/orders.md 3.3)."""

from django.db import models


class OrderSource(models.TextChoices):
    """Where the customer asked for it."""

    INSTAGRAM = "instagram", "Instagram"
    FACEBOOK = "facebook", "Facebook"
    WHATSAPP = "whatsapp", "WhatsApp"
    CALL = "call", "Call"
    OFFLINE = "offline", "Offline"


class OrderStatus(models.TextChoices):
    """How far the work is."""

    PENDING = "pending", "Pending"
    PROCESSING = "processing", "Processing"
    COMPLETED = "completed", "Completed"
    CANCELLED = "cancelled", "Cancelled"


class PaymentStatus(models.TextChoices):
    """What has been paid."""

    UNPAID = "unpaid", "Unpaid"
    PARTIALLY_PAID = "partially_paid", "Partially paid"
    PAID = "paid", "Paid"
    CASH_ON_DELIVERY = "cash_on_delivery", "Cash on delivery"
    REFUNDED = "refunded", "Refunded"


class ConfirmationStatus(models.TextChoices):
    """Whether the customer has said yes."""

    UNCONFIRMED = "unconfirmed", "Unconfirmed"
    PENDING_CONFIRMATION = "pending_confirmation", "Pending confirmation"
    CONFIRMED = "confirmed", "Confirmed"
    CANCELLED = "cancelled", "Cancelled"


class DeliveryStatus(models.TextChoices):
    """Where the goods are."""

    NOT_SHIPPED = "not_shipped", "Not shipped"
    SHIPPED = "shipped", "Shipped"
    IN_TRANSIT = "in_transit", "In transit"
    OUT_FOR_DELIVERY = "out_for_delivery", "Out for delivery"
    DELIVERED = "delivered", "Delivered"
    RETURNED = "returned", "Returned"


OPEN = (OrderStatus.PENDING, OrderStatus.PROCESSING)
HIGHEST_PRIORITY = 5


class DigestStatus(models.TextChoices):
    """How the digest of a day stands; `sent` means that nobody is owed a mail any more."""

    STARTED = "started", "Being sent"
    SENT = "sent", "Sent"
    FAILED = "failed", "Failed"
    EMPTY = "empty", "Nothing to send"


class MailState(models.TextChoices):
    """What is known of one recipient's mail."""

    WAITING = "waiting", "Waiting"
    SENDING = "sending", "Being sent"
    SENT = "sent", "Sent"
    FAILED = "failed", "Failed"
    UNKNOWN = "unknown", "May have arrived"
    DROPPED = "dropped", "Not wanted any more"
