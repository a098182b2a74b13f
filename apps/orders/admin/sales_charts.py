"""The figures of the sales dashboard as charts: each with its table, each bar with its orders."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

from apps.orders.admin.wording import TONES
from apps.orders.order_links import orders_url
from apps.orders.sales.overview import Group, Measure, Overview, Sold
from apps.orders.sales.spans import spans_of
from apps.orders.status import OrderSource, OrderStatus


class Line(NamedTuple):
    """A bar of a chart and a row of its table."""

    label: str
    sold: Sold
    url: str
    share: Decimal | None
    tone: str = ""


class Chart(NamedTuple):
    """A chart; `drawn` are the pictures of it, `lines` its table."""

    name: str
    title: str
    note: str
    first_column: str
    number_column: str
    lines: list[Line]
    total: Sold | None
    total_url: str
    drawn: list[dict[str, Any]]


class Asked(NamedTuple):
    """What the page's address asks for."""

    days: int
    status: str
    by: Measure

    @property
    def completed_only(self) -> bool:
        """Return whether only completed orders count."""
        return self.status == OrderStatus.COMPLETED


def charts_of(overview: Overview, asked: Asked) -> list[Chart]:
    """Return all charts of the page."""
    return [
        _over_time(overview, asked),
        _by_source(overview, asked),
        _by_status(overview, asked),
        _top_items(overview, asked),
        _top_customers(overview, asked),
    ]


def _over_time(overview: Overview, asked: Asked) -> Chart:
    total = overview.total
    lines = [
        Line(
            span.label,
            span.sold,
            orders_url(span.first, span.last, status=asked.status),
            _share(span.sold, total, "revenue"),
        )
        for span in spans_of(overview)
    ]
    drawn = [_draw("over-time", lines, by, axis="x") for by in ("revenue", "number")]
    return Chart(
        "over-time",
        "Over time",
        "By the day of the order, in UTC.",
        "When",
        "Orders",
        lines,
        total,
        orders_url(overview.first, status=asked.status),
        drawn,
    )


def _by_source(overview: Overview, asked: Asked) -> Chart:
    def url(group: Group) -> str:
        return orders_url(overview.first, status=asked.status, source=group.key)

    return _chart(
        "sources",
        "By source",
        "Where customers ordered.",
        ("Source", "Orders"),
        [group._replace(name=OrderSource(group.key).label) for group in overview.sources],
        asked,
        url,
        total=overview.total,
        total_url=orders_url(overview.first, status=asked.status),
    )


def _by_status(overview: Overview, asked: Asked) -> Chart:
    total = Sold()
    for group in overview.statuses:
        total = total.plus(group.sold)
    return _chart(
        "statuses",
        "By status",
        "Every order of the range, in whatever state.",
        ("Status", "Orders"),
        [group._replace(name=OrderStatus(group.key).label) for group in overview.statuses],
        asked,
        lambda group: orders_url(overview.first, status=group.key),
        total=total,
        total_url=orders_url(overview.first),
        tone=lambda group: TONES[group.key],
    )


def _top_items(overview: Overview, asked: Asked) -> Chart:
    def url(group: Group) -> str:
        return orders_url(overview.first, status=asked.status, item=group.key)

    return _chart(
        "items",
        "Top items",
        "What was ordered most; the link leads to the orders that the item is part of.",
        ("Item", "Pieces"),
        overview.items,
        asked,
        url,
        share_of=overview.total if asked.by == "revenue" else None,
    )


def _top_customers(overview: Overview, asked: Asked) -> Chart:
    def url(group: Group) -> str:
        return orders_url(overview.first, status=asked.status, customer=group.key)

    return _chart(
        "customers",
        "Top customers",
        "By customer id; the name is that of the latest order.",
        ("Customer", "Orders"),
        overview.customers,
        asked,
        url,
        share_of=overview.total,
    )


def _chart(
    name: str,
    title: str,
    note: str,
    columns: tuple[str, str],
    groups: list[Group],
    asked: Asked,
    url: Callable[[Group], str],
    *,
    total: Sold | None = None,
    total_url: str = "",
    share_of: Sold | None = None,
    tone: Callable[[Group], str] = lambda _group: "",
) -> Chart:
    whole = total or share_of
    lines = [
        Line(
            group.name,
            group.sold,
            url(group),
            _share(group.sold, whole, asked.by) if whole else None,
            tone(group),
        )
        for group in groups
    ]
    drawn = [_draw(name, lines, asked.by, axis="y", what=columns[1])]
    return Chart(name, title, note, *columns, lines, total, total_url, drawn)


def _share(part: Sold, whole: Sold, by: Measure) -> Decimal | None:
    if by == "revenue":
        return part.revenue / whole.revenue * 100 if whole.revenue else None
    return Decimal(part.number) / whole.number * 100 if whole.number else None


def _draw(
    name: str, lines: list[Line], by: Measure, *, axis: str, what: str = "Orders"
) -> dict[str, Any]:
    """Return what the script draws; every bar has an address."""
    return {
        "id": f"{name}-{by}",
        "axis": axis,
        "what": "Revenue" if by == "revenue" else what,
        "isMoney": by == "revenue",
        "labels": [line.label for line in lines],
        # Numbers for a picture; the table beside it has the exact ones.
        "values": [float(getattr(line.sold, by)) for line in lines],
        "urls": [line.url for line in lines],
        "tones": [line.tone for line in lines],
    }
