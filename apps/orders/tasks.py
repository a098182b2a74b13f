from datetime import date

from celery import shared_task
from django.utils import timezone

from apps.orders.sales.counting import count_sales
from apps.orders.services.send_digest import send_digest
from apps.orders.services.send_due_digest import send_due_digest
from apps.orders.services.send_test_digest import send_test_digest


@shared_task(name="orders.count_sales")
def count_sales_task() -> None:
    """Count what has changed, so that the next reader of the report has little to do."""
    count_sales(timezone.now())


@shared_task(name="orders.send_due_digest")
def send_due_digest_task() -> None:
    send_due_digest(now=timezone.now())


@shared_task(name="orders.send_digest")
def send_digest_task(*, day: str, also_unknown: bool = False) -> None:
    send_digest(day=date.fromisoformat(day), now=timezone.now(), also_unknown=also_unknown)


@shared_task(name="orders.send_test_digest")
def send_test_digest_task(*, recipient_id: int) -> None:
    send_test_digest(recipient_id=recipient_id, now=timezone.now())
