"""Writers and readers of the sales at the same time: nobody fails, and nothing is miscounted."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from apps.orders.models import Order, SalesChange
from apps.orders.sales.report import sales_report
from apps.orders.services.place_order import place_order
from apps.orders.services.update_order import update_order
from apps.orders.tasks import count_sales_task
from tests.factories.accounts import UserFactory
from tests.factories.catalog import ItemFactory
from tests.factories.orders import OrderFactory
from tests.orders.sales_world import plain, slow_report


@pytest.mark.django_db(transaction=True)
def test_orders_placed_while_the_figures_are_read_are_all_counted():
    staff = UserFactory(operator=True)
    items = [ItemFactory(price=Decimal(number)) for number in (3, 5, 7)]

    def sell(number):
        lines = [{"itemId": item.pk, "quantity": 1 + number % 3} for item in items]
        customer = {"orderFrom": "call", "customerName": "Mira", "customerId": f"@{number % 4}"}
        try:
            order_id = place_order(sent=customer | {"items": lines}, by=staff, now=timezone.now())
            update_order(order_id=order_id, sent={"status": "completed"}, by=staff)
        finally:
            connection.close()

    def look(_):
        try:
            return sales_report(completed_only=True, now=timezone.now())["week"]["orderCount"]
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:
        sales = [threads.submit(sell, number) for number in range(60)]
        looks = [threads.submit(look, number) for number in range(20)]
        for work in (*sales, *looks):
            work.result()

    now = timezone.now()
    assert Order.objects.count() == 60
    assert plain(sales_report(completed_only=True, now=now)) == plain(
        slow_report(completed_only=True, now=now)
    )


@pytest.mark.django_db
def test_the_task_leaves_nothing_to_count():
    OrderFactory()

    count_sales_task()

    assert not SalesChange.objects.exists()
