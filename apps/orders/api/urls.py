from django.urls import URLPattern, path

from apps.orders.api import analytics, digest, orders

app_name = "orders"
urlpatterns: list[URLPattern] = [
    path("orders", orders.Orders.as_view(), name="orders"),
    path("orders/all", orders.AllOrders.as_view(), name="all"),
    path("orders/priority", orders.PriorityOrders.as_view(), name="priority"),
    path("orders/cursor", orders.OrdersByCursor.as_view(), name="cursor"),
    path("orders/<str:order_id>", orders.OneOrder.as_view(), name="order"),
    path("analytics/sales", analytics.Sales.as_view(), name="sales"),
    path("internal/digest/run", digest.RunDigest.as_view(), name="digest-run"),
]
