from apps.orders.models.digest import DigestMail, DigestRun, NotificationRecipient
from apps.orders.models.order import Order
from apps.orders.models.order_item import OrderItem
from apps.orders.models.order_reminder import OrderReminder
from apps.orders.models.order_tally import OrderTally
from apps.orders.models.sales import SalesChange, SalesDay, SalesFigure, SalesPart, SalesWindow

__all__ = [
    "DigestMail",
    "DigestRun",
    "NotificationRecipient",
    "Order",
    "OrderItem",
    "OrderReminder",
    "OrderTally",
    "SalesChange",
    "SalesDay",
    "SalesFigure",
    "SalesPart",
    "SalesWindow",
]
