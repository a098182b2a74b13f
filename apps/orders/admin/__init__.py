from apps.orders.admin.order_admin import OrderAdmin

__all__ = ["OrderAdmin"]
