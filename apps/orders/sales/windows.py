from typing import NamedTuple

from django.db import models


class PartKind(models.TextChoices):
    """What sales are broken down by."""

    SOURCE = "source", "Source"
    CUSTOMER = "customer", "Customer"
    ITEM = "item", "Item"


class TimeRange(NamedTuple):
    """A rolling range of the report: the last so many times 24 hours."""

    key: str
    label: str
    days: int


TIME_RANGES = (
    TimeRange("week", "Last Week", 7),
    TimeRange("month", "Last Month", 30),
    TimeRange("quarter", "Last Quarter", 90),
    TimeRange("halfYear", "Last 6 Months", 180),
    TimeRange("year", "Last Year", 365),
)
DAYS = [time_range.days for time_range in TIME_RANGES]
