"""A few orders that are awkward to write down, and an export from its POST to its file."""

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from openpyxl import load_workbook

from apps.accounts.models import User
from apps.jobs.models import Job
from apps.jobs.services.start_export import start_export
from tests.factories.accounts import UserFactory
from tests.factories.orders import OrderFactory
from tests.generation.world import content_of, worked_on

NOON = datetime(2025, 11, 3, 12, 0, 0, 418000, tzinfo=UTC)
AWKWARD = 'Mira "the\tfirst", of\r\nLinz \\ 100 % ü😀'


def of_orders(**more: Any) -> dict[str, Any]:
    """Return a request for the orders."""
    return {"source": {"kind": "dataset", "dataset": "orders"}, **more}


def awkward_orders() -> None:
    """Place orders with everything that a format might stumble over."""
    one = {"lines": [], "created_at": NOON, "order_date": None}
    OrderFactory(code="ORD100001", customer_name=AWKWARD, total_price=Decimal("12.50"), **one)
    OrderFactory(
        code="ORD100002",
        customer_name='=HYPERLINK("http://evil.example")',
        customer_id="+49 1234",
        customer_notes="",
        total_price=0,
        **one,
    )
    OrderFactory(code="ORD100003", customer_name="-1+1", total_price=Decimal("99999999.99"), **one)


def accepted(document: dict[str, Any], owner: User | None = None) -> Job:
    """Accept an export."""
    owner = owner or UserFactory(operator=True)
    return start_export(document=document, owner=owner, now=timezone.now())


def export(document: dict[str, Any], owner: User | None = None) -> Job:
    """Accept an export and work on it until it is over."""
    return worked_on(accepted(document, owner))


def csv_of(job: Job) -> list[dict[str, str]]:
    """Return the rows of a CSV file."""
    text = content_of(job).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def sheet_of(job: Job) -> list[tuple[Any, ...]]:
    """Return the rows of a workbook, its header first."""
    book = load_workbook(io.BytesIO(content_of(job)))
    return list(book.active.iter_rows(values_only=True))
