"""The orders of the list as it is filtered, as a file: streamed, whatever their number."""

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from tempfile import TemporaryFile
from typing import IO, Any

import xlsxwriter
from django.db.models import QuerySet

from apps.batches.export.cells import harmless
from apps.orders.models import Order

AT_A_TIME = 500
LONGEST_CELL = 32_767
COLUMNS = (
    "Order",
    "Created",
    "Source",
    "Customer",
    "Customer id",
    "Lines",
    "Total",
    "Paid",
    "Status",
    "Payment",
    "Confirmation",
    "Delivery",
    "Priority",
    "Ordered",
    "Expected",
    "Delivered",
    "Partner",
    "Tracking id",
    "Address",
    "Notes",
)
Row = tuple[Any, ...]


def rows_of(orders: QuerySet[Order]) -> Iterator[Row]:
    """Return a row an order, in the list's own order."""
    for order in orders.prefetch_related("items").iterator(chunk_size=AT_A_TIME):
        yield (
            order.code,
            order.created_at,
            order.get_order_from_display(),
            order.customer_name,
            order.customer_id,
            "; ".join(str(line) for line in order.items.all()),
            order.total_price,
            order.paid_amount,
            order.get_status_display(),
            order.get_payment_status_display(),
            order.get_confirmation_status_display(),
            order.get_delivery_status_display(),
            order.priority,
            order.order_date,
            order.expected_delivery_date,
            order.actual_delivery_date,
            order.delivery_partner or "",
            order.tracking_id or "",
            order.address or "",
            order.customer_notes or "",
        )


class _Echo:
    """Hands back what the csv module writes, line by line."""

    def write(self, line: str) -> str:
        return line


def csv_pieces(rows: Iterable[Row]) -> Iterator[bytes]:
    """Return the file piece by piece: UTF-8 that Excel knows, no cell that runs as a formula."""
    writer: Any = csv.writer(_Echo(), lineterminator="\r\n")
    yield ("\ufeff" + writer.writerow(COLUMNS)).encode()
    for row in rows:
        yield writer.writerow([_text(value) for value in row]).encode()


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return harmless(value) if isinstance(value, str) else str("" if value is None else value)


def xlsx_file(rows: Iterable[Row]) -> IO[bytes]:
    """Return the workbook, ready to be read: numbers are numbers, dates are dates."""
    target = TemporaryFile()  # noqa: SIM115 - whoever sends it closes it
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "remove_timezone": True,
    }
    with xlsxwriter.Workbook(target, options) as workbook:
        sheet = workbook.add_worksheet("Orders")
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, COLUMNS, workbook.add_format({"bold": True}))
        formats = {
            datetime: workbook.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
            Decimal: workbook.add_format({"num_format": "0.00"}),
        }
        for number, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                if value is not None:
                    shown = value[:LONGEST_CELL] if isinstance(value, str) else value
                    sheet.write(number, column, shown, formats.get(type(value)))
    target.seek(0)
    return target
