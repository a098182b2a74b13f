from apps.orders.admin.digest_run_admin import DigestRunAdmin
from apps.orders.admin.order_admin import OrderAdmin
from apps.orders.admin.recipient_admin import NotificationRecipientAdmin

__all__ = ["DigestRunAdmin", "NotificationRecipientAdmin", "OrderAdmin"]
