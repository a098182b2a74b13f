"""The figures of the dashboard equal those that are made anew from the orders, to the cent."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.orders.models import Order
from apps.orders.sales.overview import Group, Sold, sales_overview
from apps.orders.sales.spans import spans_of
from apps.orders.sales.windows import DAYS
from tests.factories.catalog import ItemFactory
from tests.factories.orders import OrderFactory

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def overview(days=7, now=NOON, *, completed_only=False, by="revenue"):
    return sales_overview(days=days, completed_only=completed_only, by=by, now=now)


def sold(**values):
    return OrderFactory(**{"created_at": NOON - timedelta(hours=1)} | values)


def slow(orders):
    """Walk through the orders and add them up by what they are sold by."""
    items, customers, sources, days = {}, {}, {}, {}
    for order in orders:
        add(sources, order.order_from, 1, order.total_price)
        add(customers, order.customer_id, 1, order.total_price)
        add(days, order.order_date.date(), 1, order.total_price)
        for line in order.items.all():
            add(items, str(line.item_id), line.quantity, line.quantity * line.price)
    return items, customers, sources, days


def add(groups, key, number, revenue):
    groups[key] = groups.get(key, Sold()).plus(Sold(number, revenue))


def as_dict(groups):
    return {group.key: group.sold for group in groups}


def assert_equals_the_orders(days, completed_only, by, now):
    found = overview(days, now, completed_only=completed_only, by=by)

    orders = Order.objects.filter(order_date__date__gte=found.first).prefetch_related("items")
    of_all = slow(orders)
    items, customers, sources, by_day = slow(
        order for order in orders if order.status == "completed" or not completed_only
    )
    assert found.days == by_day
    assert as_dict(found.sources) == sources
    assert sum(group.sold.number for group in found.statuses) == sum(
        sold.number for sold in of_all[2].values()
    )
    assert found.customer_count == len(customers)
    for groups, expected in ((found.items, items), (found.customers, customers)):
        assert [getattr(group.sold, by) for group in groups] == sorted(
            (getattr(sold, by) for sold in expected.values()), reverse=True
        )[:10]
        assert as_dict(groups).items() <= expected.items()
    spans = spans_of(found)
    assert sum(span.sold.revenue for span in spans) == found.total.revenue


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([f"@{name}" for name in "abcdefghijklmnop"]),
            st.one_of(st.floats(-3, 9), st.floats(25, 40), st.floats(80, 400)),
            st.lists(st.tuples(st.integers(0, 12), st.integers(1, 9)), min_size=1, max_size=3),
            st.sampled_from(["pending", "completed", "cancelled"]),
            st.sampled_from(["call", "instagram"]),
        ),
        min_size=5,
        max_size=25,
    ),
    st.sampled_from(DAYS),
    st.booleans(),
    st.sampled_from(["revenue", "number"]),
    st.floats(0, 23.9),
)
def test_the_overview_equals_the_orders(db, orders, days, completed_only, by, hour):
    Order.objects.all().delete()
    items = [ItemFactory(price=Decimal(number) + Decimal("0.37")) for number in range(1, 14)]
    placed = [
        sold(
            customer_id=customer,
            created_at=NOON - timedelta(days=ago),
            lines=[(items[number], quantity) for number, quantity in lines],
            status=status,
            order_from=source,
        )
        for customer, ago, lines, status, source in orders
    ]
    now = NOON.replace(hour=0) + timedelta(hours=hour)

    assert_equals_the_orders(days, completed_only, by, now)
    Order.objects.filter(pk=placed[0].pk).update(status="processing")
    Order.objects.filter(pk=placed[1].pk).delete()
    assert_equals_the_orders(days, completed_only, by, now + timedelta(days=1))


def test_a_range_is_whole_days_with_today_as_the_last():
    at_midnight = sold(created_at=datetime(2026, 6, 9, tzinfo=UTC))
    sold(created_at=datetime(2026, 6, 8, 23, 59, 59, tzinfo=UTC))  # inside of 7 times 24 hours

    found = overview(7)

    assert found.total == Sold(1, at_midnight.total_price)
    assert found.customer_count == 1
    assert found.before.number == 1


def test_an_order_moves_to_its_new_state():
    order = sold()
    assert [group.key for group in overview().statuses] == ["pending"]

    Order.objects.filter(pk=order.pk).update(status="processing")

    assert overview().statuses == [Group("processing", "processing", Sold(1, order.total_price))]


def test_what_is_dated_later_stands_in_a_span_of_its_own():
    order = sold(order_date=NOON + timedelta(days=30))

    *within, later = spans_of(overview())

    assert (later.label, later.last, later.sold) == ("Later", None, Sold(1, order.total_price))
    assert len(within) == 7


@pytest.mark.parametrize(
    ("days", "labels"),
    [
        (7, ["9 Jun", "15 Jun"]),
        (90, ["18–22 Mar", "15 Jun"]),  # noqa: RUF001 - dashes, meant
        (365, ["16–30 Jun", "1–15 Jun"]),  # noqa: RUF001
    ],
)
def test_long_ranges_are_cut_into_weeks_and_months(days, labels):
    spans = spans_of(overview(days))

    assert [spans[0].label, spans[-1].label] == labels
    assert spans[0].first == overview(days).first
    assert all(after.first - before.last == timedelta(days=1) for before, after in pairwise(spans))
