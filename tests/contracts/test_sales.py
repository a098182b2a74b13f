"""Sections 1.24 and 5 of the orders contract, through HTTP."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tests.factories.catalog import ItemFactory
from tests.factories.orders import OrderFactory

RANGES = [
    {"key": "week", "label": "Last Week", "days": 7},
    {"key": "month", "label": "Last Month", "days": 30},
    {"key": "quarter", "label": "Last Quarter", "days": 90},
    {"key": "halfYear", "label": "Last 6 Months", "days": 180},
    {"key": "year", "label": "Last Year", "days": 365},
]
INVALID = "Invalid statusFilter. Must be 'completed' or 'all'"


def ago(**distance):
    return datetime.now(UTC) - timedelta(**distance)


def sold(lines, **values):
    return OrderFactory(lines=lines, **{"completed": True, "created_at": ago(days=1)} | values)


def sales(api, query="", key="week"):
    return api.get(f"/api/analytics/sales{query}").json()["analytics"][key]


def test_the_report_has_the_shape_of_the_contract(viewer_api):
    shirt = ItemFactory(name="Linen shirt", price=Decimal("1299.50"))
    sold([(shirt, 2)])
    sold([(shirt, 2)])

    response = viewer_api.get("/api/analytics/sales")

    item = {"name": "Linen shirt", "quantity": 4, "revenue": 5198}
    customer = {
        "customerId": "@mira",
        "customerName": "Mira",
        "orderCount": 2,
        "totalSpent": 5198,
        "items": {"Linen shirt": 4},
    }
    body = response.json()
    assert list(body) == ["analytics", "timeRanges", "generatedAt"]
    assert body["timeRanges"] == RANGES
    assert list(body["analytics"]) == [each["key"] for each in RANGES]
    wanted = {
        "totalSales": 5198,
        "orderCount": 2,
        "topItems": [item],
        "topItemsByRevenue": [item],
        "sourceBreakdown": {"instagram": {"count": 2, "revenue": 5198}},
        "topCustomersByOrders": [customer],
        "topCustomersByRevenue": [customer],
        "highestOrderingCustomer": customer,
        "averageOrderValue": 2599,
        "uniqueCustomers": 1,
    }
    assert list(body["analytics"]["week"].items()) == list(wanted.items())
    assert b'"totalSales":5198,' in response.content


def test_only_completed_orders_count_unless_all_are_asked_for(viewer_api):
    shirt = ItemFactory(price=Decimal(10))
    sold([(shirt, 1)])
    sold([(shirt, 1)], completed=False, cancelled=True)
    sold([(shirt, 1)], completed=False)

    assert sales(viewer_api)["orderCount"] == 1
    assert sales(viewer_api, "?statusFilter=completed")["orderCount"] == 1
    assert sales(viewer_api, "?statusFilter=all")["orderCount"] == 3


@pytest.mark.parametrize("query", ["pending", "", "ALL", "all&statusFilter=all"])
def test_any_other_filter_is_refused(viewer_api, query):
    response = viewer_api.get(f"/api/analytics/sales?statusFilter={query}")

    assert (response.status_code, response.json()["message"]) == (400, INVALID)


def test_the_date_of_an_order_is_its_order_date_else_its_creation(viewer_api):
    shirt = ItemFactory(price=Decimal(10))
    sold([(shirt, 1)], order_date=ago(days=60))
    sold([(shirt, 1)], order_date=None, created_at=ago(days=20))

    counts = [sales(viewer_api, key=each["key"])["orderCount"] for each in RANGES]

    assert counts == [0, 1, 2, 2, 2]


def test_of_equal_rank_the_one_seen_first_from_the_newest_order_on_comes_first(viewer_api):
    items = [ItemFactory(name=f"Item {number}", price=Decimal(10)) for number in range(7)]
    for number, item in enumerate(items):
        sold([(item, 1)], created_at=ago(hours=10 - number), customer_id=f"@{number}")

    week = sales(viewer_api)

    assert [item["name"] for item in week["topItems"]] == [f"Item {n}" for n in (6, 5, 4, 3, 2)]
    assert week["highestOrderingCustomer"]["customerId"] == "@6"
    assert week["uniqueCustomers"] == 7


def test_the_figures_have_no_binary_noise(viewer_api):
    sold([(ItemFactory(price=Decimal("0.70")), 3)])

    assert sales(viewer_api)["totalSales"] == 2.1


def test_a_change_shows_at_once(operator_api):
    order = sold([(ItemFactory(price=Decimal(10)), 1)])
    assert sales(operator_api)["totalSales"] == 10

    operator_api.put(f"/api/orders/{order.pk}", {"status": "cancelled"}, format="json")

    assert sales(operator_api)["totalSales"] == 0


def test_only_staff_see_the_figures(anonymous_api):
    assert anonymous_api.get("/api/analytics/sales").status_code == 401
