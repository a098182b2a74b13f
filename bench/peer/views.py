from rest_framework import generics
from rest_framework.pagination import PageNumberPagination

from apps.catalog.models import Item
from apps.orders.models import Order
from bench.peer.serializers import ItemSerializer, OrderSerializer


class Pages(PageNumberPagination):
    page_size = 10
    page_size_query_param = "limit"
    max_page_size = 100


class Items(generics.ListAPIView):
    """Items that are sold, newest first."""

    queryset = Item.objects.filter(deleted_at=None).order_by("-created_at", "-id")
    serializer_class = ItemSerializer
    pagination_class = Pages


class Orders(generics.ListCreateAPIView):
    """Orders with their lines, newest first."""

    queryset = Order.objects.order_by("-created_at", "-id").prefetch_related("items")
    serializer_class = OrderSerializer
    pagination_class = Pages
