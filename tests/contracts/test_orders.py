"""Sections 1.11-1.16, 3 and 9.1 of the orders contract, through HTTP, line by line."""

import base64
import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from apps.orders.models import Order
from tests.factories.catalog import DesignFactory, ItemFactory
from tests.factories.orders import OrderFactory

ORDER_KEYS = re.findall(
    r"\w+",
    "id orderId orderFrom customerName customerId address totalPrice status paymentStatus"
    " paidAmount confirmationStatus customerNotes priority orderDate expectedDeliveryDate"
    " deliveryStatus trackingId deliveryPartner actualDeliveryDate createdAt _id items",
)
LINE_KEYS = re.findall(
    r"\w+", "id orderId itemId name price quantity customizationRequest _id item"
)
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
REQUIRED = "Order source, customer name, and customer ID are required"
PAYMENTS = "unpaid, partially_paid, paid, cash_on_delivery, refunded"
CONFIRMATIONS = "unconfirmed, pending_confirmation, confirmed, cancelled"
DELIVERIES = "not_shipped, shipped, in_transit, out_for_delivery, delivered, returned"
SOURCES = "instagram, facebook, whatsapp, call, offline"
PAYMENT = f"Invalid payment status. Must be one of: {PAYMENTS}"
CONFIRMATION = f"Invalid confirmation status. Must be one of: {CONFIRMATIONS}"
DELIVERY = f"Invalid delivery status. Must be one of: {DELIVERIES}"
SOURCE = f"Invalid order source. Must be one of: {SOURCES}"
STATUS = "Invalid status. Must be one of: pending, processing, completed, cancelled"
NOTES = "Customer notes cannot exceed 5000 characters"
PRIORITY = "Priority must be a number between 0 and 5"
PAID = "Paid amount must be a valid non-negative number"
TOO_MUCH = "Paid amount cannot exceed total price"
QUANTITY = "Quantity must be a positive integer"
NO_ITEMS = "At least one item is required"
PARTIAL = (
    "Partially paid orders must have a paid amount greater than 0 and less than the total price"
)
PARTIAL_LATER = (
    "For 'partially_paid' status, paid amount must be greater than 0 and less than total price"
)


def today(days=0):
    return (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%d")


@pytest.fixture
def shirt(db):
    return ItemFactory(name="Linen shirt", price=Decimal("100.00"))


@pytest.fixture
def wanted(shirt):
    return {
        "orderFrom": "instagram",
        "customerName": "Mira",
        "customerId": "@mira",
        "address": "",
        "items": [{"itemId": str(shirt.pk), "quantity": 2, "customizationRequest": ""}],
    }


def post(api, body, **headers):
    return api.post("/api/orders", body, format="json", headers=headers)


def put(api, order, body):
    return api.put(f"/api/orders/{order.pk}", body, format="json")


def refusal(response):
    assert response.status_code == 400, response.content
    return response.json()["message"]


# 1.14: a new order


def test_a_new_order_answers_with_all_keys_in_order(operator_api, wanted, shirt):
    response = post(operator_api, wanted | {"paidAmount": 99.5, "paymentStatus": "partially_paid"})

    body = response.json()
    assert response.status_code == 201
    assert response["Content-Type"] == "application/json; charset=utf-8"
    assert list(body) == ORDER_KEYS
    assert [list(line) for line in body["items"]] == [LINE_KEYS]
    assert re.fullmatch(r"ORD[1-9]\d{5}", body["orderId"])
    assert body["_id"] == body["id"] == body["items"][0]["orderId"]
    assert body["items"][0]["item"] == body["items"][0]["itemId"] == shirt.pk
    assert STAMP.fullmatch(body["orderDate"])
    assert STAMP.fullmatch(body["createdAt"])
    assert body["expectedDeliveryDate"] is None
    assert b'"totalPrice":200,' in response.content
    assert b'"paidAmount":99.5,' in response.content
    assert (body["address"], body["trackingId"], body["items"][0]["customizationRequest"]) == (
        "",
        "",
        "",
    )


def test_the_defaults_of_a_new_order(operator_api, wanted):
    body = post(operator_api, wanted).json()

    names = ("status", "paymentStatus", "confirmationStatus", "deliveryStatus", "priority")
    assert [body[name] for name in names] == ["pending", "unpaid", "unconfirmed", "not_shipped", 0]
    assert body["paidAmount"] == 0


def test_the_client_sets_neither_status_nor_code_nor_total_nor_line_prices(operator_api, wanted):
    wanted["items"][0] |= {"price": 1, "name": "Silk"}
    sent = wanted | {"status": "completed", "orderId": "ORD111111", "totalPrice": 1}

    body = post(operator_api, sent).json()

    assert (body["status"], body["totalPrice"]) == ("pending", 200)
    assert body["orderId"] != "ORD111111"
    assert (body["items"][0]["name"], body["items"][0]["price"]) == ("Linen shirt", 100)


def test_texts_are_trimmed_and_non_ascii_stays_as_it_is(operator_api, wanted):
    response = post(
        operator_api,
        wanted | {"customerName": "  Zoë 🧵 ", "trackingId": "  ", "address": " 1 Rd "},
    )

    assert '"customerName":"Zoë 🧵"' in response.content.decode()
    assert (response.json()["trackingId"], response.json()["address"]) == ("", "1 Rd")


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({"customerNotes": "x" * 5001}, NOTES),
        ({"customerNotes": "\N{SPOOL OF THREAD}" * 2501}, NOTES),
        ({"orderFrom": ""}, REQUIRED),
        ({"customerName": None}, REQUIRED),
        ({"customerId": 0}, REQUIRED),
        ({"customerName": "   "}, REQUIRED),
        ({"customerId": "\t"}, REQUIRED),
        ({"items": []}, NO_ITEMS),
        ({"items": None}, NO_ITEMS),
        ({"items": "7"}, NO_ITEMS),
        ({"expectedDeliveryDate": "soon"}, "Invalid expected delivery date"),
        ({"expectedDeliveryDate": "2090-02-30"}, "Invalid expected delivery date"),
        ({"expectedDeliveryDate": "2020-01-01"}, "Expected delivery date cannot be in the past"),
        ({"confirmationStatus": "maybe"}, CONFIRMATION),
        ({"priority": 6}, PRIORITY),
        ({"priority": ""}, PRIORITY),
        ({"priority": -1}, PRIORITY),
        ({"priority": []}, PRIORITY),
        ({"deliveryStatus": "lost"}, DELIVERY),
        ({"actualDeliveryDate": "yesterday"}, "Invalid actual delivery date"),
        ({"items": [{"quantity": 1}]}, "Item with id undefined not found"),
        ({"items": [{"itemId": None}]}, "Item with id null not found"),
        ({"items": [{"itemId": 999999}]}, "Item with id 999999 not found"),
        ({"items": [{"itemId": "abc"}]}, "Item with id abc not found"),
        ({"items": [{"itemId": 10**15}]}, "Item with id 1000000000000000 not found"),
        ({"items": ["7"]}, "Item with id undefined not found"),
        ({"paymentStatus": "later"}, PAYMENT),
        ({"paidAmount": ""}, PAID),
        ({"paidAmount": "a lot"}, PAID),
        ({"paidAmount": -1}, PAID),
        ({"paidAmount": True}, PAID),
        ({"paidAmount": "Infinity"}, PAID),
        ({"paidAmount": 200.01}, TOO_MUCH),
        ({"paymentStatus": "partially_paid"}, PARTIAL),
        ({"paymentStatus": "partially_paid", "paidAmount": 200}, PARTIAL),
        ({"orderFrom": "telegram"}, SOURCE),
        ({"orderDate": "tomorrow"}, "Invalid order date"),
        ({"address": 7}, "Address must be text"),
        ({"customerName": 7}, "Customer name must be text"),
        ({"customerNotes": "a\0b"}, "Customer notes must be text"),
    ],
)
def test_what_a_new_order_is_refused_for(operator_api, wanted, sent, message):
    response = post(operator_api, wanted | sent)

    assert refusal(response) == message
    assert response.json()["error"] == message
    assert not Order.objects.exists()


@pytest.mark.parametrize("quantity", [0, -1, "x", None, "", 10**12, [], True])
def test_a_quantity_is_a_positive_integer(operator_api, wanted, quantity):
    wanted["items"][0]["quantity"] = quantity

    assert refusal(post(operator_api, wanted)) == QUANTITY


@pytest.mark.parametrize(("quantity", "read"), [("3", 3), ("2.9", 2), ("12abc", 12), (2.9, 2)])
def test_a_quantity_is_read_as_browsers_read_integers(operator_api, wanted, quantity, read):
    wanted["items"][0]["quantity"] = quantity

    assert post(operator_api, wanted).json()["items"][0]["quantity"] == read


def test_the_checks_come_in_the_order_of_the_contract(operator_api, wanted, shirt):
    """Mend one field after the other: each time the next one is complained about."""
    steps = [
        ("customerNotes", "x" * 5001, "", NOTES),
        ("customerName", "", "Mira", REQUIRED),
        ("items", [], [{"itemId": 0, "quantity": 0}], NO_ITEMS),
        ("expectedDeliveryDate", "x", today(), "Invalid expected delivery date"),
        ("confirmationStatus", "x", "confirmed", CONFIRMATION),
        ("priority", 9, 1, PRIORITY),
        ("deliveryStatus", "x", "shipped", DELIVERY),
        ("actualDeliveryDate", "x", None, "Invalid actual delivery date"),
        (
            "items",
            [{"itemId": 0, "quantity": 0}],
            [{"itemId": shirt.pk, "quantity": 0}],
            "Item with id 0 not found",
        ),
        (
            "items",
            [{"itemId": shirt.pk, "quantity": 0}],
            [{"itemId": shirt.pk, "quantity": 2}],
            QUANTITY,
        ),
        ("paymentStatus", "x", "partially_paid", PAYMENT),
        ("paidAmount", "x", 201, PAID),
        ("paidAmount", 201, 200, TOO_MUCH),
        ("paidAmount", 200, 199, PARTIAL),
        ("orderFrom", "telegram", "call", SOURCE),
        ("orderDate", "x", None, "Invalid order date"),
    ]
    sent = dict(wanted)
    for field, wrong, *_ in reversed(steps):
        sent[field] = wrong

    for field, wrong, right, message in steps:
        assert sent[field] == wrong
        assert refusal(post(operator_api, sent)) == message
        sent[field] = right

    assert post(operator_api, sent).status_code == 201


def test_items_and_quantities_are_checked_line_by_line(operator_api, wanted, shirt):
    wanted["items"] = [{"itemId": shirt.pk, "quantity": 0}, {"itemId": 0, "quantity": 1}]

    assert refusal(post(operator_api, wanted)) == QUANTITY


def test_a_deleted_item_cannot_be_ordered(operator_api, wanted):
    gone = ItemFactory(deleted=True)
    wanted["items"] = [{"itemId": gone.pk, "quantity": 1}]

    assert refusal(post(operator_api, wanted)) == f"Item with id {gone.pk} not found"


def test_money_is_decimal(operator_api, wanted):
    thread = ItemFactory(price=Decimal("0.70"))
    wanted["items"] = [{"itemId": thread.pk, "quantity": 3}]

    response = post(operator_api, wanted | {"paidAmount": 2.1, "paymentStatus": "paid"})

    assert b'"totalPrice":2.1,' in response.content


@pytest.mark.parametrize(("sent", "stored"), [("12.999", "13.00"), (0.005, "0.01"), ("1e2", "100")])
def test_an_amount_is_rounded_half_up(operator_api, wanted, sent, stored):
    post(operator_api, wanted | {"paidAmount": sent})

    assert Order.objects.get().paid_amount == Decimal(stored)


def test_a_total_beyond_the_column_is_refused(operator_api, wanted):
    wanted["items"][0]["quantity"] = 2_000_000

    assert refusal(post(operator_api, wanted)) == "Total price cannot exceed 99999999.99"


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("2090-01-20", "2090-01-20T00:00:00.000Z"),
        ("2090-01-20T10:00:00+05:30", "2090-01-20T04:30:00.000Z"),
        ("2090-01-20T10:00:00.123Z", "2090-01-20T10:00:00.123Z"),
        ("2090-01-20T10:00", "2090-01-20T10:00:00.000Z"),
        (3_788_294_400_000, "2090-01-17T00:00:00.000Z"),
        ("", None),
        (0, None),
        (False, None),
    ],
)
def test_dates_are_read_as_utc(operator_api, wanted, sent, shown):
    body = post(operator_api, wanted | {"expectedDeliveryDate": sent}).json()

    assert body["expectedDeliveryDate"] == shown


def test_a_delivery_may_be_expected_today(operator_api, wanted):
    assert post(operator_api, wanted | {"expectedDeliveryDate": today()}).status_code == 201


def test_a_line_may_name_a_design_of_its_item(operator_api, wanted, shirt):
    design = DesignFactory(item=shirt)
    wanted["items"][0]["designId"] = design.pk

    line = post(operator_api, wanted).json()["items"][0]

    assert list(line)[2:4] == ["itemId", "designId"]
    assert line["designId"] == design.pk


def test_a_line_may_not_name_a_design_of_another_item(operator_api, wanted):
    wanted["items"][0]["designId"] = DesignFactory().pk

    assert refusal(post(operator_api, wanted)) == "Design does not belong to this item"


def test_a_repeated_post_under_one_key_places_one_order(operator_api, wanted):
    key = {"Idempotency-Key": "till-7-order-1"}

    first, second = (post(operator_api, wanted, **key) for _ in range(2))

    assert first.content == second.content
    assert second["Idempotency-Replayed"] == "true"
    assert Order.objects.count() == 1


def test_a_code_that_is_taken_is_passed_over(operator_api, wanted, monkeypatch):
    taken = OrderFactory(lines=[]).code
    codes = iter([taken, taken, "ORD999998"])
    monkeypatch.setattr("apps.orders.services.place_order.next_code", lambda: next(codes))

    assert post(operator_api, wanted).json()["orderId"] == "ORD999998"


@pytest.mark.parametrize("body", ["{", '"text"', "7"])
def test_a_body_that_is_no_object_is_refused(operator_api, body):
    response = operator_api.post("/api/orders", body, content_type="application/json")

    assert refusal(response) == "Invalid JSON body"


@pytest.mark.parametrize(
    ("body", "kind"), [("[1]", "application/json"), ("", "application/json"), ("x", "text/plain")]
)
def test_other_bodies_count_as_empty_objects(operator_api, body, kind):
    response = operator_api.post("/api/orders", body, content_type=kind)

    assert refusal(response) == REQUIRED


def test_a_viewer_may_not_order_and_a_stranger_not_look(viewer_api, anonymous_api, wanted):
    assert post(viewer_api, wanted).status_code == 403
    assert anonymous_api.get("/api/orders").status_code == 401


# 1.15: one order


def test_an_order_is_found_by_its_number(viewer_api):
    order = OrderFactory()

    response = viewer_api.get(f"/api/orders/{order.pk}")

    assert response.json()["orderId"] == order.code
    assert viewer_api.get(f"/api/orders/{order.pk}/").content == response.content


@pytest.mark.parametrize("key", ["ORD123456", "0", "-1", "99999999999", "9" * 40, "%00", "x"])
def test_anything_else_is_not_found(viewer_api, key):
    response = viewer_api.get(f"/api/orders/{key}")

    assert response.status_code == 404
    assert response.json()["message"] == "Order not found"


# 1.16: changes


@pytest.fixture
def order(shirt):
    return OrderFactory(lines=[(shirt, 2)])


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({"customerNotes": "x" * 5001}, NOTES),
        ({"customerName": None}, "Customer name cannot be empty"),
        ({"customerName": " "}, "Customer name cannot be empty"),
        ({"customerId": ""}, "Customer ID cannot be empty"),
        ({"status": None}, STATUS),
        ({"status": "done"}, STATUS),
        ({"paymentStatus": ""}, PAYMENT),
        ({"confirmationStatus": None}, CONFIRMATION),
        ({"deliveryStatus": None}, DELIVERY),
        ({"paidAmount": None}, PAID),
        ({"priority": None}, PRIORITY),
        ({"expectedDeliveryDate": "x"}, "Invalid expected delivery date"),
        ({"actualDeliveryDate": "x"}, "Invalid actual delivery date"),
        ({"items": None}, NO_ITEMS),
        ({"items": []}, NO_ITEMS),
        ({"items": [{"itemId": 0, "quantity": 1}]}, "Item with id 0 not found"),
        ({"paidAmount": 201}, TOO_MUCH),
        ({"paidAmount": 200, "paymentStatus": "partially_paid"}, PARTIAL_LATER),
        ({"paymentStatus": "partially_paid"}, PARTIAL_LATER),
        ({"orderFrom": None}, SOURCE),
        ({"orderFrom": "telegram"}, SOURCE),
        ({"orderDate": "x"}, "Invalid order date"),
        ({"version": "7"}, "Version must be a number"),
    ],
)
def test_what_a_change_is_refused_for(operator_api, order, sent, message):
    before = operator_api.get(f"/api/orders/{order.pk}").content

    assert refusal(put(operator_api, order, sent)) == message
    assert operator_api.get(f"/api/orders/{order.pk}").content == before


def test_the_checks_of_a_change_come_in_the_order_of_the_contract(operator_api, order, shirt):
    steps = [
        ("customerNotes", "x" * 5001, "", NOTES),
        ("customerName", "", "Mira", "Customer name cannot be empty"),
        ("customerId", "", "@mira", "Customer ID cannot be empty"),
        ("status", "x", "pending", STATUS),
        ("paymentStatus", "x", "partially_paid", PAYMENT),
        ("confirmationStatus", "x", "confirmed", CONFIRMATION),
        ("deliveryStatus", "x", "shipped", DELIVERY),
        ("paidAmount", "x", 101, PAID),
        ("priority", "x", 1, PRIORITY),
        ("expectedDeliveryDate", "x", None, "Invalid expected delivery date"),
        ("actualDeliveryDate", "x", None, "Invalid actual delivery date"),
        ("items", [], [{"itemId": shirt.pk, "quantity": 1}], NO_ITEMS),
        ("paidAmount", 101, 100, TOO_MUCH),
        ("paidAmount", 100, 50, PARTIAL_LATER),
    ]
    sent = {}
    for field, wrong, *_ in reversed(steps):
        sent[field] = wrong

    for field, _, right, message in steps:
        assert refusal(put(operator_api, order, sent)) == message
        sent[field] = right

    assert put(operator_api, order, sent).json()["totalPrice"] == 100


def test_a_change_is_validated_before_the_order_is_looked_for(operator_api):
    wrong = operator_api.put("/api/orders/1", {"status": "x"}, format="json")
    right = operator_api.put("/api/orders/1", {"status": "pending"}, format="json")

    assert refusal(wrong) == STATUS
    assert (right.status_code, right.json()["message"]) == (404, "Order not found")


def test_an_empty_change_changes_nothing(operator_api, order):
    before = operator_api.get(f"/api/orders/{order.pk}")

    after = put(operator_api, order, {})

    assert after.content == before.content
    assert after["X-Order-Version"] == before["X-Order-Version"]


def test_what_can_be_cleared_and_what_can_never_be_set(operator_api, order):
    sent = {
        "address": " ",
        "trackingId": None,
        "customerNotes": None,
        "orderDate": "",
        "expectedDeliveryDate": None,
        "id": 7,
        "orderId": "ORD111111",
        "createdAt": "2020-01-01",
        "totalPrice": 1,
    }

    body = put(operator_api, order, sent).json()

    assert (body["id"], body["orderId"], body["totalPrice"]) == (order.pk, order.code, 200)
    assert (body["address"], body["orderDate"], body["expectedDeliveryDate"]) == ("", None, None)


def test_a_delivery_may_be_expected_in_the_past_when_it_is_resent(operator_api, order):
    body = put(operator_api, order, {"expectedDeliveryDate": "2020-01-01"}).json()

    assert body["expectedDeliveryDate"] == "2020-01-01T00:00:00.000Z"


def test_lines_are_replaced_and_the_total_is_made_anew(operator_api, order):
    silk = ItemFactory(name="Silk", price=Decimal("50.25"))

    body = put(operator_api, order, {"items": [{"itemId": silk.pk, "quantity": 2}]}).json()

    assert [(line["name"], line["price"]) for line in body["items"]] == [("Silk", 50.25)]
    assert body["totalPrice"] == 100.5


def test_a_line_that_stays_keeps_its_name_and_price(operator_api, order, shirt):
    type(shirt).objects.filter(pk=shirt.pk).update(
        price=999, name="Dearer", deleted_at=due(days=-1)
    )
    silk = ItemFactory(price=Decimal("50.00"))
    lines = [{"itemId": shirt.pk, "quantity": 2}, {"itemId": silk.pk, "quantity": 1}]

    body = put(operator_api, order, {"items": lines}).json()

    assert (body["items"][0]["name"], body["items"][0]["price"]) == ("Linen shirt", 100)
    assert body["totalPrice"] == 250


def test_fewer_lines_may_not_leave_more_paid_than_the_total(operator_api, order, shirt):
    put(operator_api, order, {"paidAmount": 200})

    response = put(operator_api, order, {"items": [{"itemId": shirt.pk, "quantity": 1}]})

    assert refusal(response) == TOO_MUCH


def test_two_editors_do_not_overwrite_each_other(operator_api, order):
    version = int(operator_api.get(f"/api/orders/{order.pk}")["X-Order-Version"])

    first = put(operator_api, order, {"address": "1 Rd", "version": version})
    second = put(operator_api, order, {"address": "2 Rd", "version": version})

    assert (first.status_code, second.status_code) == (200, 409)
    assert second.json()["code"] == "order_changed"
    assert second.json()["version"] == version + 1
    assert Order.objects.get().address == "1 Rd"


# 1.11, 1.12 and 9.1: lists


def test_a_page_of_orders(viewer_api):
    orders = [OrderFactory() for _ in range(12)]

    body = viewer_api.get("/api/orders?page=2&limit=10").json()

    assert list(body) == ["orders", "pagination"]
    assert [order["id"] for order in body["orders"]] == [orders[1].pk, orders[0].pk]
    assert body["pagination"] == {"page": 2, "limit": 10, "total": 12, "totalPages": 2}


def test_a_page_without_orders(viewer_api):
    body = viewer_api.get("/api/orders?page=3").json()

    assert body == {
        "orders": [],
        "pagination": {"page": 3, "limit": 10, "total": 0, "totalPages": 0},
    }


@pytest.mark.parametrize(
    ("query", "page", "limit"),
    [
        ("", 1, 10),
        ("page=0&limit=7", 1, 10),
        ("page=x&limit=20", 1, 20),
        ("page=2.9&limit=50x", 2, 50),
        ("limit=100", 1, 100),
        ("page=1&page=3", 3, 10),
    ],
)
def test_values_that_make_no_sense_are_no_error(viewer_api, query, page, limit):
    pagination = viewer_api.get(f"/api/orders?{query}").json()["pagination"]

    assert (pagination["page"], pagination["limit"]) == (page, limit)


def test_a_page_far_away_is_empty(viewer_api):
    OrderFactory()

    assert viewer_api.get(f"/api/orders?page={'9' * 30}").json()["orders"] == []


def test_orders_of_the_same_instant_come_by_falling_number(viewer_api):
    instant = datetime(2025, 3, 1, tzinfo=UTC)
    orders = [OrderFactory(created_at=instant) for _ in range(3)]

    shown = [order["id"] for order in viewer_api.get("/api/orders").json()["orders"]]

    assert shown == sorted((order.pk for order in orders), reverse=True)


def test_all_orders_are_streamed_as_one_array(viewer_api, monkeypatch):
    monkeypatch.setattr("apps.orders.services.find_orders.AT_A_TIME", 2)
    orders = [OrderFactory() for _ in range(5)]

    response = viewer_api.get("/api/orders/all")

    shown = json.loads(b"".join(response.streaming_content))
    assert [order["id"] for order in shown] == [order.pk for order in reversed(orders)]
    assert list(shown[0]) == ORDER_KEYS


def test_all_of_no_orders_is_an_empty_array(viewer_api):
    assert b"".join(viewer_api.get("/api/orders/all").streaming_content) == b"[]"


def scroll(api, cursor=None):
    query = {"limit": "10"} | ({"cursor": cursor} if cursor else {})
    return api.get("/api/orders/cursor", query).json()


def test_scrolling_shows_every_order_once_even_of_one_instant(viewer_api):
    instant = datetime(2025, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
    for number in range(25):
        OrderFactory(created_at=instant + timedelta(microseconds=number // 5))

    body = scroll(viewer_api)
    seen = [order["id"] for order in body["orders"]]
    while body["pagination"]["hasMore"]:
        body = scroll(viewer_api, body["pagination"]["nextCursor"])
        seen += [order["id"] for order in body["orders"]]

    assert len(seen) == len(set(seen)) == 25


def test_a_cursor_is_base64_of_the_place(viewer_api):
    orders = [OrderFactory() for _ in range(2)]

    pagination = viewer_api.get("/api/orders/cursor?limit=1").json()["pagination"]

    place = json.loads(base64.b64decode(pagination["nextCursor"]))
    assert list(pagination) == ["limit", "nextCursor", "hasMore"]
    assert place["id"] == orders[1].pk
    assert place["createdAt"].startswith("2025-01-05T")


@pytest.mark.parametrize("limit", ["0", "101", "x", "-1", "9" * 30, "1.5"])
def test_a_limit_of_a_scroll_must_be_a_number(viewer_api, limit):
    response = viewer_api.get(f"/api/orders/cursor?limit={limit}")

    assert refusal(response) == "Limit must be a number between 1 and 100"


@pytest.mark.parametrize(
    "cursor", ["x", "e30=", "bnVsbA==", "WzFd", "eyJjcmVhdGVkQXQiOjEsImlkIjoieCJ9"]
)
def test_a_cursor_of_another_making_is_refused(viewer_api, cursor):
    response = viewer_api.get("/api/orders/cursor", {"cursor": cursor})

    assert refusal(response) == "Invalid cursor format"


# 1.13 and 3.6: the priority list


def due(**distance):
    return datetime.now(UTC) + timedelta(**distance)


def test_the_priority_list_is_ranked(viewer_api):
    urgent_undated = OrderFactory(priority=5)
    in_two_days = OrderFactory(expected_delivery_date=due(hours=48))
    tomorrow = OrderFactory(expected_delivery_date=due(hours=20), status="processing")
    overdue_less = OrderFactory(expected_delivery_date=due(days=-1))
    overdue_more = OrderFactory(expected_delivery_date=due(days=-9))
    urgent_far = OrderFactory(expected_delivery_date=due(days=30), priority=5)
    OrderFactory(expected_delivery_date=due(days=4), priority=4)
    OrderFactory(expected_delivery_date=due(days=-2), completed=True)
    OrderFactory(priority=5, cancelled=True)
    OrderFactory()

    body = viewer_api.get("/api/orders/priority").json()

    wanted = [overdue_more, overdue_less, tomorrow, in_two_days, urgent_far, urgent_undated]
    assert [order["id"] for order in body] == [order.pk for order in wanted]
    assert list(body[0]) == ORDER_KEYS


def test_of_equal_rank_and_date_the_higher_priority_comes_first(viewer_api):
    moment = due(hours=50)
    low, high = (
        OrderFactory(expected_delivery_date=moment, priority=priority) for priority in (1, 4)
    )

    body = viewer_api.get("/api/orders/priority").json()

    assert [order["id"] for order in body] == [high.pk, low.pk]


def test_an_empty_priority_list(viewer_api):
    assert viewer_api.get("/api/orders/priority").content == b"[]"
