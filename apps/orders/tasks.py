from celery import shared_task
from django.utils import timezone

from apps.orders.sales.counting import count_sales


@shared_task(name="orders.count_sales")
def count_sales_task() -> None:
    """Count what has changed, so that the next reader of the report has little to do."""
    count_sales(timezone.now())
