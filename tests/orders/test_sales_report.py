"""The figures that are kept equal those that are made anew, to the cent and in every order."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.orders.models import Order, OrderItem, SalesFigure, SalesPart
from apps.orders.sales.report import sales_report
from apps.orders.services.update_order import update_order
from tests.factories.accounts import UserFactory
from tests.factories.catalog import ItemFactory
from tests.factories.orders import OrderFactory
from tests.orders.sales_world import plain, slow_report

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def assert_figures_are_right(now):
    for completed_only in (False, True):
        kept = sales_report(completed_only=completed_only, now=now)
        assert plain(kept) == plain(slow_report(completed_only=completed_only, now=now))


def sold(days_ago, **values):
    created_at = NOON - timedelta(days=days_ago)
    return OrderFactory(created_at=created_at, **{"completed": True} | values)


def test_without_orders_all_ranges_are_empty():
    report = sales_report(completed_only=True, now=NOON)

    assert list(report) == ["week", "month", "quarter", "halfYear", "year"]
    assert report["week"] == {
        "totalSales": 0,
        "orderCount": 0,
        "topItems": [],
        "topItemsByRevenue": [],
        "sourceBreakdown": {},
        "topCustomersByOrders": [],
        "topCustomersByRevenue": [],
        "highestOrderingCustomer": None,
        "averageOrderValue": 0,
        "uniqueCustomers": 0,
    }


def test_an_order_leaves_a_range_as_time_passes_and_comes_back_if_it_turns():
    sold(6)

    counts = [
        sales_report(completed_only=True, now=NOON + timedelta(days=days))["week"]["orderCount"]
        for days in (0, 1, 2, 0, 400, 0)
    ]

    assert counts == [1, 1, 0, 1, 0, 1]


def test_the_first_moment_of_a_range_counts():
    sold(7)

    assert sales_report(completed_only=True, now=NOON)["week"]["orderCount"] == 1


def test_an_order_of_the_future_counts_in_every_range():
    OrderFactory(order_date=NOON + timedelta(days=900), created_at=NOON, completed=True)

    report = sales_report(completed_only=True, now=NOON)

    assert [sales["orderCount"] for sales in report.values()] == [1] * 5


def test_a_renamed_customer_and_a_renamed_item_stay_one():
    shirt = ItemFactory(name="Shirt")
    sold(2, lines=[(shirt, 1)])
    assert_figures_are_right(NOON)
    shirt.name = "Linen shirt"
    shirt.save()
    sold(1, lines=[(shirt, 1)], customer_name="Mira B.")

    week = sales_report(completed_only=True, now=NOON)["week"]

    assert week["uniqueCustomers"] == 1
    assert week["highestOrderingCustomer"]["customerName"] == "Mira B."
    assert week["topItems"][0]["name"] == "Linen shirt"
    assert week["topItems"][0]["quantity"] == 2


def test_without_the_latest_order_the_one_before_gives_the_name():
    sold(2, customer_name="Mira")
    latest = sold(1, customer_name="Mira B.")
    assert_figures_are_right(NOON)

    Order.objects.filter(pk=latest.pk).update(status="cancelled")

    week = sales_report(completed_only=True, now=NOON)["week"]
    assert week["highestOrderingCustomer"]["customerName"] == "Mira"


def test_names_that_look_like_numbers_come_first_in_a_basket():
    items = [ItemFactory(name=name) for name in ("shirt", "10", "9", "constructor", "007")]
    sold(1, lines=[(item, 1) for item in items])

    week = sales_report(completed_only=True, now=NOON)["week"]

    basket = week["highestOrderingCustomer"]["items"]
    assert list(basket) == ["9", "10", "shirt", "constructor", "007"]


def test_a_write_past_every_service_is_counted_as_well():
    order = sold(1)
    sales_report(completed_only=True, now=NOON)

    Order.objects.filter(pk=order.pk).update(status="cancelled")
    OrderItem.objects.filter(order=order).update(quantity=7)

    assert_figures_are_right(NOON)


def test_deleted_orders_leave_nothing_behind():
    sold(1)
    sales_report(completed_only=True, now=NOON)

    Order.objects.all().delete()

    assert sales_report(completed_only=False, now=NOON)["year"]["uniqueCustomers"] == 0
    assert not SalesFigure.objects.exists()
    assert not SalesPart.objects.exists()


CUSTOMERS = st.sampled_from([("@mira", "Mira"), ("@mira", "Mira B."), ("@zoe", "Zoë"), ("7", "Bo")])
PRICES = st.decimals("0", "999.99", places=2)
MOVES = st.one_of(
    st.tuples(
        st.just("place"),
        CUSTOMERS,
        st.floats(-2, 400),
        st.lists(st.tuples(st.integers(0, 6), st.integers(1, 9)), min_size=1, max_size=3),
        st.sampled_from(["pending", "completed", "cancelled"]),
    ),
    st.tuples(
        st.just("change"),
        st.integers(0, 20),
        st.fixed_dictionaries(
            {},
            optional={
                "status": st.sampled_from(["pending", "completed"]),
                "orderDate": st.sampled_from([None, "2026-06-01", "2026-05-30T12:00:00Z"]),
                "customerId": st.sampled_from(["@mira", "@zoe"]),
                "orderFrom": st.sampled_from(["call", "offline"]),
            },
        ),
        st.lists(st.tuples(st.integers(0, 6), st.integers(1, 9)), max_size=3),
    ),
    st.tuples(st.just("reprice"), st.integers(0, 6), PRICES),
    st.tuples(st.just("pass"), st.floats(-40, 200)),
    st.tuples(st.just("look")),
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(MOVES, min_size=3, max_size=14))
def test_whatever_happens_the_kept_figures_equal_those_made_anew(db, moves):
    Order.objects.all().delete()
    staff = UserFactory(operator=True)
    items = [ItemFactory(price=Decimal(number)) for number in (3, 5, 5, 7, 11, 13, 17)]
    now, orders = NOON, []

    for move in moves:
        match move:
            case ("place", (customer_id, name), days, lines, status):
                orders.append(
                    OrderFactory(
                        lines=[(items[number], quantity) for number, quantity in lines],
                        customer_id=customer_id,
                        customer_name=name,
                        status=status,
                        created_at=NOON - timedelta(days=days),
                    )
                )
            case ("change", number, sent, lines) if orders:
                changed = [{"itemId": items[one].pk, "quantity": many} for one, many in lines]
                update_order(
                    order_id=orders[number % len(orders)].pk,
                    sent=sent | ({"items": changed} if changed else {}),
                    by=staff,
                )
            case ("reprice", number, price):
                items[number].price = price
                items[number].save()
            case ("pass", days):
                now = NOON + timedelta(days=days)
            case ("look",):
                assert_figures_are_right(now)

    assert_figures_are_right(now)
    total = sum(order.total_price for order in Order.objects.all())
    far = datetime(1990, 1, 1, tzinfo=UTC)
    assert sales_report(completed_only=False, now=far)["year"]["totalSales"] == float(total)
